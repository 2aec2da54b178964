/*
 * Writes OTLP/JSON, one line for each batch.
 *
 * The file is opened for each line and closed again, because a program may close or count its descriptors. A line is
 * one write to an O_APPEND descriptor, so that several processes can share a file without mixing lines.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "exporter/otlp/otlp_json.h"
#include "exporter/sinks/loss.h"
#include "exporter/sinks/sink.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"
#include "shim/shared/named_file.h"

struct file_sink {
	struct gt_sink base;
	struct gt_loss loss;
	bool is_torn;	  /* the last write was incomplete: the file may end in half a line */
	const char *mark; /* of the launcher's file, which must exist and have it; borrowed; NULL: not known */
	char path[];
};

/* Not strerror: it would load the locale's files. */
static const char *error_text(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return "permission denied";
	case ENOENT:
		return "no such directory";
	case ENOTDIR:
		return "part of the path is not a directory";
	case EISDIR:
		return "it is a directory";
	case ENOSPC:
	case EDQUOT:
		return "the disk is full";
	case EFBIG:
		return "the file has reached its size limit";
	case EROFS:
		return "the file system is read-only";
	case EMFILE:
	case ENFILE:
		return "too many open files";
	case ENXIO:
	case EAGAIN:
		return "no reader on the pipe";
	case ENOTSUP:
		return "it is a block device";
	}
	return "write error";
}

/* Returns NULL, or why the write failed. */
static const char *append(struct file_sink *s, const char *line, size_t len)
{
	/* a newline ends a torn line, so that readers lose only that line */
	struct iovec parts[2] = { { (void *)"\n", s->is_torn ? 1 : 0 }, { (void *)line, len } };
	int fd = s->base.is_of_run ? gt_named_file_open_marked(s->path, s->mark) : gt_named_file_open(s->path, true);
	int error = 0;
	ssize_t n;

	if (fd < 0)
		return error_text(errno);
	n = gt_named_file_append(fd, parts, 2);
	if (n < 0)
		error = errno;
	else if ((size_t)n < parts[0].iov_len + len)
		error = ENOSPC;
	if (n > 0) /* the newline alone leaves nothing torn */
		s->is_torn = error && (size_t)n > parts[0].iov_len;
	gt_gate(line_close, fd);
	return error ? error_text(error) : NULL;
}

/* A file that cannot be written from the start is a wrong setting, which the user must see. Logged once, at any log
 * level, unless the log is switched off. */
static void report_to_user(struct file_sink *s, const char *problem)
{
	if (!s->loss.is_reported && !gt_log_is_silenced())
		gt_log_line(GT_LOG_SINK, GT_LOG_WARN, "GENTAP_FILE: \"%s\" cannot be written: %s; spans are dropped", s->path,
			    problem);
	s->loss.is_reported = true;
}

/* Another process may be able to write them. The launcher's file ends with its run, so nothing is left for it. */
static bool leave(struct file_sink *s, const struct gt_batch_view *batch, const char *problem)
{
	if (!batch->hold || !batch->hold->is_patient || s->base.is_of_run)
		return false;
	gt_loss_note_problem(&s->base, s->path, problem);
	gt_hold_leave(batch->hold);
	s->base.left += batch->n;
	return true;
}

static void file_write(struct gt_sink *sink, const struct gt_batch_view *batch)
{
	struct file_sink *s = (struct file_sink *)sink;
	const char *problem = "no memory";
	size_t len;
	char *line;

	if (!batch->n)
		return;
	line = gt_otlp_json_encode(batch, &len);
	if (line)
		problem = append(s, line, len);
	free(line);
	if (problem && leave(s, batch, problem))
		return;
	if (problem && !s->base.is_of_run && !sink->sent)
		report_to_user(s, problem);
	if (problem)
		gt_loss_note(&s->loss, sink, batch->hold, batch->n, s->path, problem);
	else
		gt_loss_over(&s->loss, sink, batch->hold, batch->n);
}

static void file_close(struct gt_sink *sink)
{
	free(sink);
}

static const struct gt_sink_ops file_ops = { .name = "file", .write = file_write, .close = file_close };

static struct file_sink *make(const char *path)
{
	struct file_sink *s = calloc(1, sizeof(*s) + PATH_MAX + strlen(path) + 2);
	size_t at = 0;

	if (!s)
		return NULL;
	s->base.ops = &file_ops;
	/* the application may change its folder between two lines */
	if (path[0] != '/' && gt_gate(folder, s->path, PATH_MAX) > 0) {
		at = strlen(s->path);
		s->path[at++] = '/';
	}
	memcpy(s->path + at, path, strlen(path) + 1);
	return s;
}

struct gt_sink *gt_sink_file_open(const char *path)
{
	struct file_sink *s = make(path);

	return s ? &s->base : NULL;
}

struct gt_sink *gt_sink_run_file_open(const char *path, const char *mark)
{
	struct file_sink *s = make(path);

	if (!s)
		return NULL;
	s->base.is_of_run = true;
	s->mark = mark;
	return &s->base;
}
