#include "shim/curl_reading.h"

#include <errno.h>
#include <stdio.h>

#include "shim/curl_events.h"
#include "shim/curl_state.h"
#include "shim/guard.h"

static void begin_callback(struct gt_easy *e)
{
	e->callbacks++;
	gt_callback_begin();
}

static void end_callback(struct gt_easy *e)
{
	gt_callback_end();
	e->callbacks--;
}

/* Bytes that libcurl took from the application, for the first time or after a rewind. */
static void took(struct gt_easy *e, const char *p, size_t len)
{
	struct gt_curl_source *s = &e->source;
	uint64_t again = s->seen > s->at ? s->seen - s->at : 0;

	s->at += len;
	if (again >= len || !e->now.is_open)
		return;
	s->seen = s->at;
	gt_curl_emit_request(e, p + again, len - again);
}

static size_t on_read(char *ptr, size_t size, size_t n, void *user)
{
	struct gt_easy *e = user;
	size_t got;
	int saved;

	begin_callback(e);
	got = e->source.read(ptr, size, n, e->source.data);
	end_callback(e);
	saved = errno;
	if (got && got <= size * n && got != CURL_READFUNC_ABORT && got != CURL_READFUNC_PAUSE)
		took(e, ptr, got);
	errno = saved;
	return got;
}

static int on_seek(void *user, int64_t offset, int origin)
{
	struct gt_easy *e = user;
	int ret;

	begin_callback(e);
	ret = e->set.seek ? e->set.seek(e->set.seek_data, offset, origin) : 0;
	end_callback(e);
	if (ret == 0 && origin == SEEK_SET)
		e->source.at = (uint64_t)offset;
	return ret;
}

static int on_ioctl(void *easy, int command, void *user)
{
	struct gt_easy *e = user;
	int ret;

	begin_callback(e);
	ret = e->set.ioctl ? e->set.ioctl(easy, command, e->set.ioctl_data) : 0;
	end_callback(e);
	if (ret == 0 && command == CURLIOCMD_RESTARTREAD)
		e->source.at = 0;
	return ret;
}

/* ---------------------------------------------------------------- the FILE in front of the application's */

/* libcurl's fread asks again after a short count, as it would ask the application's FILE. But that FILE was asked
 * already, and a terminal would wait for input. The end is reported as an error, because some C libraries remember the
 * end of a FILE beyond a rewind of the application's; libcurl looks at neither. */
static ssize_t read_file(void *cookie, char *buf, size_t len)
{
	struct gt_easy *e = cookie;
	size_t got;
	int saved;

	if (e->source.is_at_end) {
		e->source.is_at_end = false;
		return -1;
	}
	begin_callback(e);
	got = fread(buf, 1, len, e->source.data);
	end_callback(e);
	saved = errno;
	e->source.is_at_end = got && got < len;
	if (got)
		took(e, buf, got);
	errno = saved;
	return got ? (ssize_t)got : -1;
}

static int seek_file(void *cookie, off64_t *offset, int whence)
{
	struct gt_easy *e = cookie;
	int ret;

	begin_callback(e);
	ret = fseeko(e->source.data, *offset, whence);
	end_callback(e);
	e->source.is_at_end = false;
	if (ret == 0 && whence == SEEK_SET)
		e->source.at = (uint64_t)*offset;
	return ret;
}

static FILE *file_of(struct gt_easy *e)
{
	cookie_io_functions_t functions = { .read = read_file, .seek = seek_file };

	if (!e->source.file) {
		e->source.file = fopencookie(e, "r", functions);
		/* a buffer would take more from the application's FILE than libcurl wants */
		if (e->source.file)
			setvbuf(e->source.file, NULL, _IONBF, 0);
	}
	return e->source.file;
}

/* ---------------------------------------------------------------- the options */

static void wrap_seek(struct gt_easy *e)
{
	gt_easy_set_real(e, GT_CURLOPT_SEEKDATA, e);
	e->now.wraps_seek = true;
}

static void wrap_ioctl(struct gt_easy *e)
{
	gt_easy_set_real(e, GT_CURLOPT_IOCTLDATA, e);
	e->now.wraps_ioctl = true;
}

void gt_curl_reading_begin(struct gt_easy *e)
{
	struct gt_easy_options *o = &e->set;
	struct gt_curl_source *s = &e->source;
	bool is_file = !o->read || o->read == (gt_curl_data_fn *)fread;

	/* since 7.46.0 libcurl takes both pointers when the transfer begins, and looks at later values for the next one */
	s->read = o->read;
	s->data = o->has_read_data ? o->read_data : stdin;
	s->at = s->seen = 0;
	s->is_at_end = false;
	if (is_file && (!s->data || !file_of(e)))
		return; /* the body is not seen */
	if (is_file) {
		gt_easy_set_real(e, GT_CURLOPT_READDATA, s->file);
	} else {
		gt_easy_set_real(e, GT_CURLOPT_READFUNCTION, (void *)on_read);
		gt_easy_set_real(e, GT_CURLOPT_READDATA, e);
	}
	e->now.reads = is_file ? READS_BY_FILE : READS_BY_FUNCTION;
	if (o->seek) {
		gt_easy_set_real(e, GT_CURLOPT_SEEKFUNCTION, (void *)on_seek);
		wrap_seek(e);
	}
	if (o->ioctl) {
		gt_easy_set_real(e, GT_CURLOPT_IOCTLFUNCTION, (void *)on_ioctl);
		wrap_ioctl(e);
	}
}

void gt_curl_reading_put_back(const struct gt_easy *e, struct gt_easy *in)
{
	const struct gt_easy_options *o = &e->set;

	if (e->now.reads == READS_BY_FUNCTION)
		gt_easy_set_real(in, GT_CURLOPT_READFUNCTION, (void *)o->read);
	if (e->now.reads != READS_UNSEEN)
		gt_easy_set_real(in, GT_CURLOPT_READDATA, o->has_read_data ? o->read_data : stdin);
	if (e->now.wraps_seek) {
		gt_easy_set_real(in, GT_CURLOPT_SEEKFUNCTION, (void *)o->seek);
		gt_easy_set_real(in, GT_CURLOPT_SEEKDATA, o->seek_data);
	}
	if (e->now.wraps_ioctl) {
		gt_easy_set_real(in, GT_CURLOPT_IOCTLFUNCTION, (void *)o->ioctl);
		gt_easy_set_real(in, GT_CURLOPT_IOCTLDATA, o->ioctl_data);
	}
}

bool gt_curl_reading_note(struct gt_easy *e, int option, void **value)
{
	bool is_seek = option == GT_CURLOPT_SEEKFUNCTION;
	bool *wraps = is_seek ? &e->now.wraps_seek : &e->now.wraps_ioctl;

	if (e->now.reads == READS_UNSEEN)
		return true;
	if (!*value) {
		/* libcurl looks for the next way to rewind */
		if (*wraps)
			gt_easy_set_real(e, is_seek ? GT_CURLOPT_SEEKDATA : GT_CURLOPT_IOCTLDATA,
					 is_seek ? e->set.seek_data : e->set.ioctl_data);
		*wraps = false;
		return true;
	}
	if (*wraps)
		return false;
	*value = is_seek ? (void *)on_seek : (void *)on_ioctl;
	if (is_seek)
		wrap_seek(e);
	else
		wrap_ioctl(e);
	return true;
}

void gt_curl_reading_forget(struct gt_easy *e)
{
	if (e->source.file)
		fclose(e->source.file);
	e->source = (struct gt_curl_source){ 0 };
}
