#include "exporter/command/show.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exporter/command/output.h"
#include "exporter/command/summary.h"
#include "exporter/command/trace_file.h"

/* Returns 0, or 1 after reporting the reason. */
static int draw(const char *name, const struct gt_trace *t)
{
	struct gt_terminal terminal = gt_terminal_of(1);
	struct gt_picture picture;
	int ret;

	gt_picture_init(&picture, &terminal);
	ret = gt_summary_of_file(&picture, name, t);
	if (ret)
		fprintf(stderr, "gentap: %s: %s\n", name, gt_trace_file_reason(ret));
	else if (!gt_output_write(1, gt_str_make(picture.text.p, picture.text.len))) {
		fprintf(stderr, "gentap: standard output: %s\n", strerror(errno));
		ret = -1;
	}
	gt_picture_free(&picture);
	return ret ? 1 : 0;
}

int gt_show(const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	int fd = is_stdin ? 0 : open(path, O_RDONLY | O_CLOEXEC), ret;
	struct gt_trace t;

	if (fd < 0) {
		fprintf(stderr, "gentap: %s: %s\n", name, strerror(errno));
		return 1;
	}
	gt_trace_init(&t);
	ret = gt_trace_file_load(&t, fd);
	if (ret)
		fprintf(stderr, "gentap: %s: %s\n", name, gt_trace_file_reason(ret));
	if (t.bad_lines)
		fprintf(stderr, "gentap: %s: %llu line%s %s not OTLP/JSON\n", name, (unsigned long long)t.bad_lines,
			t.bad_lines == 1 ? "" : "s", t.bad_lines == 1 ? "is" : "are");
	if (!ret && !t.n) {
		fprintf(stderr, "gentap: %s: contains no spans\n", name);
		ret = 1;
	}
	/* after an error, draw the spans that were read */
	if (t.n && draw(name, &t))
		ret = 1;
	gt_trace_free(&t);
	if (!is_stdin)
		close(fd);
	return ret ? 1 : 0;
}
