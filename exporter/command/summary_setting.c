#include "exporter/command/summary_setting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "exporter/command/output.h"

bool gt_summary_setting_parse(const char *value, struct gt_summary_setting *out)
{
	struct gt_str word = gt_str_trim(gt_str_of(value)), json = GT_STR("json:");

	*out = (struct gt_summary_setting){ .kind = GT_SUMMARY_UNSET };
	if (gt_str_istarts(word, json) && word.len > json.len) {
		out->kind = GT_SUMMARY_JSON;
		out->path = word.p + json.len; /* not trimmed at its end: a file name may end in a blank */
	} else if (gt_str_ieq(word, GT_STR("off")) || gt_str_ieq(word, GT_STR("none"))) {
		out->kind = GT_SUMMARY_OFF;
	} else if (gt_str_ieq(word, GT_STR("tree"))) {
		out->kind = GT_SUMMARY_TREE;
	} else if (gt_str_ieq(word, GT_STR("json"))) {
		out->kind = GT_SUMMARY_JSON;
	}
	return out->kind != GT_SUMMARY_UNSET || !word.len;
}

static bool write_file(const char *path, struct gt_str text)
{
	/* O_NONBLOCK is for pipes: the end of the command must not wait for a reader */
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666), saved;
	bool is_written;

	if (fd < 0)
		return false;
	is_written = gt_output_write(fd, text);
	saved = errno;
	close(fd);
	errno = saved;
	return is_written;
}

void gt_summary_setting_write(const struct gt_summary_setting *setting, struct gt_str text)
{
	if (setting->path && write_file(setting->path, text))
		return;
	if (setting->path)
		fprintf(stderr, "gentap: GENTAP_SUMMARY: %s: %s\n", setting->path, strerror(errno));
	gt_output_write(2, text);
}
