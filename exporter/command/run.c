#include "exporter/command/run.h"

#include "exporter/resource/program_name.h"

int gt_run_names(const struct gt_run *run, struct gt_str names[2])
{
	struct gt_program program;
	size_t at;

	names[0] = gt_str_of(run->argv[0]);
	for (at = names[0].len; at && names[0].p[at - 1] != '/'; at--)
		;
	names[0] = gt_str_skip(names[0], at);
	gt_program_find(&program, run->argv[0], run->argv);
	names[1] = program.name;
	return program.is_run && !gt_str_eq(names[0], names[1]) ? 2 : 1;
}
