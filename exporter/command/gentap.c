/*
 * The `gentap` command: runs a program under the preload library, or draws a trace file.
 *
 * gentap stays while the program runs. Afterwards it sends what the program could not send: because it was killed, or
 * because the collector was slow. With GENTAP_SPOOL=off and a destination, gentap executes the program in its own place.
 *
 * Without a destination, or when a summary is requested, every process of the run appends its spans to one private
 * file. At the end gentap prints a summary of that file on stderr: standard output belongs to the program.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporter/command/blind.h"
#include "exporter/command/deliver.h"
#include "exporter/command/doctor.h"
#include "exporter/command/launch.h"
#include "exporter/command/output.h"
#include "exporter/command/preload.h"
#include "exporter/command/run_file.h"
#include "exporter/command/show.h"
#include "exporter/command/summary.h"
#include "exporter/command/summary_json.h"
#include "exporter/command/summary_setting.h"
#include "exporter/command/trace_file.h"
#include "exporter/cost/price_list.h"
#include "shim/shared/log.h"
#include "shim/shared/match.h"
#include "shim/shared/named_file.h"
#include "shim/shared/sampler.h"
#include "shim/shared/standard_error.h"
#include "shim/shared/traceparent.h"
#include "shim/shared/unpreloadable.h"
#include "version.h"

#define NOTE_MAX 80 /* bytes of a run note */

static const char usage[] = "usage: gentap [--] COMMAND [ARGUMENT]...\n"
			    "       gentap show FILE\n"
			    "       gentap doctor COMMAND | PID\n"
			    "       gentap flush\n"
			    "       gentap prices\n"
			    "       gentap providers\n"
			    "       gentap --help | --version\n";

static const char help[] =
	"\n"
	"Runs COMMAND, and every process that it starts, with libgentap.so preloaded. Their calls to LLM providers and MCP\n"
	"servers become OpenTelemetry spans. Input, output, signals and exit code of COMMAND do not change.\n"
	"\n"
	"  gentap python agent.py       without a destination: prints the tree of calls on stderr at the end\n"
	"  gentap show FILE             draws a file of OTLP/JSON lines on standard output (`-`: reads standard input)\n"
	"  gentap doctor COMMAND        prints what gentap sees of a program or a process, what not, and the cure\n"
	"  gentap flush                 sends the spans that killed programs could not send\n"
	"  gentap prices                prints the prices that costs are computed from, and their date\n"
	"  gentap providers             prints the provider names that gentap knows, for GENTAP_ENDPOINTS\n"
	"  gentap -- show FILE          runs a command named `show`\n"
	"\n"
	"Environment:\n"
	"  OTEL_EXPORTER_OTLP_ENDPOINT  where spans go, e.g. http://localhost:4318\n"
	"  OTEL_TRACES_EXPORTER         otlp, file, console, none\n"
	"  GENTAP_SUMMARY               tree, json, json:PATH (to a file), off; if set, printed even with a destination\n"
	"  GENTAP_DISABLED              1: runs COMMAND without gentap\n"
	"  NO_COLOR, COLUMNS            no colours; width of the output where it is not a terminal\n"
	"The source has a list of all variables, in exporter/config/README.md.\n"
	"\n"
	"Exit code: that of COMMAND; 127 if it is not found, 126 if it cannot be run, 125 if gentap itself fails.\n"
	"If a signal kills COMMAND, gentap ends by the same signal.\n";

/* ---------------------------------------------------------------- settings */

/* Empty counts as unset. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

/* Must agree with how the preload reads its kill switches. When true, gentap does not change the environment either. */
static bool is_switched_off(void)
{
	struct gt_str disabled = gt_str_trim(gt_str_of(getenv("GENTAP_DISABLED")));
	struct gt_str sdk = gt_str_trim(gt_str_of(getenv("OTEL_SDK_DISABLED")));

	if (disabled.len && !gt_str_eq(disabled, GT_STR("0")) && !gt_str_ieq(disabled, GT_STR("false")))
		return true;
	return gt_str_ieq(sdk, GT_STR("true"));
}

static bool has_destination(void)
{
	return variable("OTEL_EXPORTER_OTLP_ENDPOINT") || variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ||
	       variable("OTEL_TRACES_EXPORTER");
}

static struct gt_summary_setting summary_wanted(void)
{
	const char *value = getenv("GENTAP_SUMMARY");
	struct gt_summary_setting setting;

	if (!gt_summary_setting_parse(value, &setting))
		fprintf(stderr, "gentap: GENTAP_SUMMARY: \"%s\" is not tree, json, json:PATH or off; it is ignored\n", value);
	return setting;
}

/* True when an outer gentap already collects the spans. Variables left over from a run that has ended do not count and
 * are removed: a terminal multiplexer that the run started may still have them in its environment. */
static bool is_inner(void)
{
	const char *file = variable("GENTAP_RUN_FILE");
	int fd = file ? gt_named_file_open_marked(file, variable("GENTAP_RUN_FILE_MARK")) : -1;

	if (fd >= 0) {
		close(fd);
		return true;
	}
	if (!file)
		return false;
	unsetenv("GENTAP_RUN_FILE");
	unsetenv("GENTAP_RUN_FILE_MARK");
	unsetenv("GENTAP_RUN_TRACE_ID");
	return false;
}

/* ---------------------------------------------------------------- the environment of the run */

static int trouble(const char *what, const char *reason)
{
	fprintf(stderr, "gentap: %s: %s\n", what, reason);
	return GT_EXIT_TROUBLE;
}

/* Returns 0, or an exit code after reporting the reason. */
static int set_preload(void)
{
	char library[4096], *merged;
	int ret;

	if (!gt_preload_find(library, sizeof(library)))
		return trouble(library, GT_PRELOAD_LIBRARY " is neither in this directory nor in ../lib");
	if (!gt_preload_can_name(library))
		return trouble(library, "LD_PRELOAD cannot contain a path with spaces or colons; move gentap elsewhere");
	merged = gt_preload_merge(library, getenv("LD_PRELOAD"));
	ret = merged ? setenv("LD_PRELOAD", merged, 1) : -1;
	free(merged);
	if (ret == 0) {
		merged = gt_preload_asan_options(getenv("ASAN_OPTIONS"));
		ret = merged ? setenv("ASAN_OPTIONS", merged, 1) : -1;
		free(merged);
	}
	if (ret == 0)
		ret = setenv("GENTAP_RUN_FOLLOW", "1", 1);
	return ret ? trouble("LD_PRELOAD", strerror(ENOMEM)) : 0;
}

/* All root spans of a run share one trace id. TRACEPARENT or an outer gentap takes precedence. */
static void set_trace_id(void)
{
	struct gt_str outer = gt_str_of(getenv("GENTAP_RUN_TRACE_ID"));
	struct gt_trace_context context;
	struct gt_trace_id id;
	char digits[2 * sizeof(id.b) + 1];

	if (gt_traceparent_parse(gt_str_of(getenv("TRACEPARENT")), &context) || gt_unhex(outer, id.b, sizeof(id.b)))
		return;
	id = gt_ident_trace();
	gt_hex(id.b, sizeof(id.b), digits);
	digits[sizeof(digits) - 1] = 0;
	setenv("GENTAP_RUN_TRACE_ID", digits, 1);
}

/* The variable that excludes the whole run from sampling, or NULL. All root spans share one trace id, so the sampler
 * decides the same for each. */
static const char *sampled_out(void)
{
	struct gt_str parent = gt_str_of(getenv("TRACEPARENT")), run = gt_str_of(getenv("GENTAP_RUN_TRACE_ID"));
	struct gt_trace_context context;
	struct gt_sampler sampler;
	struct gt_trace_id id;
	bool has_parent = gt_traceparent_parse(parent, &context);

	gt_sampler_parse(variable("OTEL_TRACES_SAMPLER"), variable("OTEL_TRACES_SAMPLER_ARG"), &sampler);
	if (!has_parent && !gt_unhex(run, id.b, sizeof(id.b)))
		return NULL;
	if (gt_sampler_keeps(&sampler, has_parent ? context.trace_id : id, has_parent ? &context : NULL))
		return NULL;
	return has_parent && sampler.is_parent_based ? "TRACEPARENT" : "OTEL_TRACES_SAMPLER";
}

/* At a limit of file sizes the preload writes no run notes (shim/run_note.h). */
static bool is_mute(int fd)
{
	struct rlimit limit;
	struct stat st;

	return getrlimit(RLIMIT_FSIZE, &limit) || fstat(fd, &st) || (uint64_t)st.st_size + NOTE_MAX > limit.rlim_cur;
}

static const char *chosen_by(void)
{
	return variable("GENTAP_INCLUDE") ? "GENTAP_INCLUDE" : variable("GENTAP_EXCLUDE") ? "GENTAP_EXCLUDE" : NULL;
}

/* Without a destination the preload must not fall back to OpenTelemetry's default, which is a port on this host. */
static void set_run_only(bool is_only)
{
	if (is_only)
		setenv("GENTAP_RUN_ONLY", "1", 1);
	else
		unsetenv("GENTAP_RUN_ONLY");
}

/* Without a summary the run has no file. Its processes report losses themselves, where the user looks. */
static void set_stderr(void)
{
	char mark[GT_STDERR_MARK_ROOM];

	if (gt_stderr_mark(mark))
		setenv("GENTAP_RUN_STDERR", mark, 1);
}

/* A level or component that does not exist leaves the log empty, and with it the reason. */
static void check_log(void)
{
	const char *own = variable("GENTAP_LOG"), *otel = variable("OTEL_LOG_LEVEL");

	if (!gt_log_open(own ? own : otel, NULL))
		fprintf(stderr, "gentap: %s: \"%s\" has an unknown level or component; the known words are used\n",
			own ? "GENTAP_LOG" : "OTEL_LOG_LEVEL", own ? own : otel);
	gt_log_open(NULL, NULL); /* the launcher itself logs nothing */
}

/* ---------------------------------------------------------------- the end of the run */

static int write_json(const struct gt_summary_setting *setting, const struct gt_run *run, const struct gt_trace *t)
{
	struct gt_text text;
	int ret;

	gt_text_init(&text, (size_t)1 << 30);
	ret = gt_summary_json(&text, run, t);
	if (!ret)
		gt_summary_setting_write(setting, gt_str_make(text.p, text.len));
	gt_text_free(&text);
	return ret;
}

static int write_tree(const struct gt_run *run, const struct gt_trace *t)
{
	struct gt_terminal terminal = gt_terminal_of(2);
	struct gt_picture picture;
	int ret;

	gt_picture_init(&picture, &terminal);
	gt_picture_end_line(&picture); /* an empty line after the output of the program */
	ret = gt_summary_of_run(&picture, run, t);
	if (!ret)
		gt_output_write(2, gt_str_make(picture.text.p, picture.text.len));
	gt_picture_free(&picture);
	return ret;
}

/* `why`: of the first loss, empty where only the processes of the run know it */
static void report_lost(uint64_t n, const char *why)
{
	if (n)
		fprintf(stderr, "gentap: %llu span%s of this run did not reach the destination%s%s\n", (unsigned long long)n,
			n == 1 ? "" : "s", *why ? ": " : "; GENTAP_LOG=warn logs the reason", why);
}

static void write_summary(const struct gt_summary_setting *setting, const struct gt_run *run, const struct gt_trace *t,
			  const char *why_lost)
{
	int ret = setting->kind == GT_SUMMARY_JSON ? write_json(setting, run, t) : write_tree(run, t);

	if (ret)
		fprintf(stderr, "gentap: no summary: %s\n", gt_trace_file_reason(ret));
	else if (t->bad_lines && setting->kind != GT_SUMMARY_JSON)
		fprintf(stderr, "gentap: skipped %llu damaged line%s in the spans of this run\n",
			(unsigned long long)t->bad_lines, t->bad_lines == 1 ? "" : "s");
	if (setting->kind != GT_SUMMARY_JSON)
		report_lost(t->notes.lost, why_lost);
}

/* What the processes of the run left is sent before the summary is drawn from the run's file. */
static struct gt_recovery deliver(struct gt_launch *launch)
{
	struct gt_recovery r;
	const char *problem = gt_deliver(gt_launch_is_interrupted, launch, &r);

	if (problem)
		fprintf(stderr, "gentap: spans of killed processes are not sent: %s\n", problem);
	else if (r.left)
		fprintf(stderr, "gentap: the destination did not take %llu span%s (%s); `gentap flush` sends %s\n",
			(unsigned long long)r.left, r.left == 1 ? "" : "s", r.problem[0] ? r.problem : "no time",
			r.left == 1 ? "it" : "them");
	return r;
}

/* Why gentap will not be in the command; NULL when it will. */
static const char *why_untraced(const char *file)
{
	char path[4096];

	return gt_preload_find_program(file, path, sizeof(path)) ? gt_unpreloadable(path) : NULL;
}

/* The launcher's own exec of the command is not hooked. */
static void note_command(struct gt_run_notes *notes, const char *file)
{
	const char *base = strrchr(file, '/'), *why = why_untraced(file);

	if (why)
		gt_run_notes_add_untraced(notes, base ? base + 1 : file, why);
}

/* The spans have a destination; what gentap could not see has only this place. */
static void write_blind(struct gt_run_file *file, const char *command)
{
	struct gt_terminal terminal = gt_terminal_of(2);
	struct gt_picture picture;
	struct gt_trace trace;

	gt_trace_init(&trace);
	gt_picture_init(&picture, &terminal);
	if (gt_trace_file_load(&trace, file->fd) == 0) {
		note_command(&trace.notes, command);
		gt_blind_put(&picture, &trace);
		if (picture.text.len && !picture.text.has_failed)
			gt_output_write(2, gt_str_make(picture.text.p, picture.text.len));
	}
	gt_picture_free(&picture);
	gt_trace_free(&trace);
}

/* Does the user want to read nothing of gentap? */
static bool is_silenced(void)
{
	bool is;

	gt_log_open(variable("GENTAP_LOG") ? variable("GENTAP_LOG") : variable("OTEL_LOG_LEVEL"), NULL);
	is = gt_log_is_silenced();
	gt_log_open(NULL, NULL);
	return is;
}

/* A command that runs for hours should not run in vain. */
static void warn_at_launch(const char *file)
{
	const char *why = why_untraced(file);

	if (why && !is_silenced())
		fprintf(stderr, "gentap: %s cannot be followed: %s (see gentap doctor %s)\n", file, gt_blind_reason(why), file);
}

/* Returns only when the command could not be run: an exit code, after reporting the reason. */
static int run_and_deliver(char *const argv[], bool may_report)
{
	struct gt_launch launch;
	struct gt_recovery left = { 0 };
	struct gt_run_file file;
	struct gt_run run;
	bool may_write;
	int code;

	gt_launch_hold(&launch);
	may_report = may_report && !is_silenced();
	may_write = may_report && gt_run_file_create(&file);
	if (may_write) {
		setenv("GENTAP_RUN_NOTES", file.path, 1);
		setenv("GENTAP_RUN_FILE_MARK", file.mark, 1);
	}
	code = gt_launch_run(&launch, argv, &run);
	if (!code)
		left = deliver(&launch);
	if (!code && may_report)
		report_lost(left.dropped, left.problem);
	if (!code && may_write)
		write_blind(&file, argv[0]);
	if (may_write)
		gt_run_file_remove(&file);
	gt_launch_release(&launch);
	if (code)
		return code;
	gt_launch_end_like(run.status);
}

/* Returns only when the command could not be run: an exit code, after reporting the reason. */
static int run_with_summary(char *const argv[], const struct gt_summary_setting *setting)
{
	struct gt_launch launch;
	struct gt_recovery left = { 0 };
	struct gt_run_file file;
	struct gt_trace trace;
	struct gt_run run;
	int code, ret;

	gt_launch_hold(&launch);
	if (!gt_run_file_create(&file)) {
		fprintf(stderr, "gentap: no summary: cannot create a file in TMPDIR or /tmp: %s\n", strerror(errno));
		gt_launch_release(&launch);
		return gt_launch_become(argv);
	}
	setenv("GENTAP_RUN_FILE", file.path, 1);
	setenv("GENTAP_RUN_FILE_MARK", file.mark, 1);
	code = gt_launch_run(&launch, argv, &run);
	if (code) {
		gt_run_file_remove(&file);
		gt_launch_release(&launch);
		return code;
	}
	if (gt_deliver_is_on())
		left = deliver(&launch);
	gt_trace_init(&trace);
	ret = gt_trace_file_load(&trace, file.fd);
	note_command(&trace.notes, argv[0]);
	trace.notes.lost += left.dropped;
	run.sampled_out = sampled_out();
	run.chosen_by = chosen_by();
	run.is_mute = is_mute(file.fd);
	run.goes_on = gt_run_notes_alive(&trace.notes);
	gt_run_file_remove(&file);
	gt_launch_release(&launch);
	if (ret)
		fprintf(stderr, "gentap: some spans of this run are missing: %s\n", gt_trace_file_reason(ret));
	write_summary(setting, &run, &trace, left.dropped ? left.problem : "");
	gt_trace_free(&trace);
	gt_launch_end_like(run.status);
}

static int run(char *const argv[])
{
	bool has_place = has_destination(), is_part;
	struct gt_summary_setting setting;
	int code;

	if (is_switched_off())
		return gt_launch_become(argv);
	is_part = is_inner();
	code = set_preload();
	if (code)
		return code;
	set_trace_id();
	if (is_part)
		return gt_launch_become(argv);
	check_log();
	set_run_only(!has_place);
	setting = summary_wanted();
	unsetenv("GENTAP_RUN_STDERR");
	unsetenv("GENTAP_RUN_NOTES");
	if (setting.kind == GT_SUMMARY_UNSET && has_place)
		set_stderr();
	if (setting.kind == GT_SUMMARY_UNSET || setting.kind == GT_SUMMARY_TREE)
		warn_at_launch(argv[0]);
	if (setting.kind == GT_SUMMARY_OFF || (setting.kind == GT_SUMMARY_UNSET && has_place))
		return has_place && gt_deliver_is_on() ? run_and_deliver(argv, setting.kind == GT_SUMMARY_UNSET) :
							 gt_launch_become(argv);
	return run_with_summary(argv, &setting);
}

/* ---------------------------------------------------------------- arguments */

static int misused(void)
{
	fputs(usage, stderr);
	return 2;
}

static int flush(void)
{
	struct gt_recovery r;
	const char *problem = gt_deliver_all(&r);

	if (problem) {
		fprintf(stderr, "gentap: flush: %s\n", problem);
		return 1;
	}
	printf("sent %llu span%s of %llu process%s", (unsigned long long)r.sent, r.sent == 1 ? "" : "s",
	       (unsigned long long)r.processes, r.processes == 1 ? "" : "es");
	if (r.left)
		printf("; the destination did not take %llu", (unsigned long long)r.left);
	if (r.dropped > r.unconfirmed)
		printf("; %llu lost", (unsigned long long)(r.dropped - r.unconfirmed));
	if (r.unconfirmed)
		printf("; %llu sent but not confirmed", (unsigned long long)r.unconfirmed);
	if ((r.left || r.dropped) && r.problem[0])
		printf(": %s", r.problem);
	putchar('\n');
	return fflush(stdout) || r.left || r.dropped;
}

static int print(struct gt_str text)
{
	if (gt_output_write(1, text))
		return 0;
	fprintf(stderr, "gentap: standard output: %s\n", strerror(errno));
	return 1;
}

/* In the format of a GENTAP_PRICES file. */
static int print_prices(void)
{
	return print(gt_price_list_text());
}

static int print_providers(void)
{
	struct gt_text text;
	struct gt_str name;
	int ret;

	gt_text_init(&text, 1 << 16);
	for (size_t i = 0; (name = gt_match_provider(i)).p; i++) {
		gt_text_add(&text, name);
		gt_text_add(&text, GT_STR("\n"));
	}
	ret = text.has_failed ? trouble("providers", strerror(ENOMEM)) : print(gt_str_make(text.p, text.len));
	gt_text_free(&text);
	return ret;
}

int main(int argc, char *argv[])
{
	if (argc < 2)
		return misused();
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return printf("%s%s", usage, help) < 0 || fflush(stdout);
	if (strcmp(argv[1], "--version") == 0)
		return puts("gentap " GENTAP_VERSION) < 0 || fflush(stdout);
	if (strcmp(argv[1], "show") == 0)
		return argc == 3 ? gt_show(argv[2]) : misused();
	if (strcmp(argv[1], "doctor") == 0)
		return argc == 3 ? gt_doctor(argv[2]) : misused();
	if (strcmp(argv[1], "flush") == 0)
		return argc == 2 ? flush() : misused();
	if (strcmp(argv[1], "prices") == 0)
		return argc == 2 ? print_prices() : misused();
	if (strcmp(argv[1], "providers") == 0)
		return argc == 2 ? print_providers() : misused();
	if (strcmp(argv[1], "--") == 0)
		return argc > 2 ? run(argv + 2) : misused();
	if (argv[1][0] == '-') {
		fprintf(stderr, "gentap: unknown option %s\n", argv[1]);
		return misused();
	}
	return run(argv + 1);
}
