#include "exporter/spool/spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporter/base/errors.h"
#include "exporter/base/sort.h"
#include "version.h"

/* Where bytes come from: a file or memory. */
struct source {
	int fd; /* -1: memory */
	const char *bytes;
	size_t len;
};

static bool read_at(const struct source *from, size_t at, char *to, size_t len)
{
	if (at > from->len || len > from->len - at)
		return false;
	if (from->fd < 0) {
		memcpy(to, from->bytes + at, len);
		return true;
	}
	while (len) {
		ssize_t n = pread(from->fd, to, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		at += (size_t)n;
		len -= (size_t)n;
	}
	return true;
}

static int read_head(struct gt_spool_file *f, const struct source *from)
{
	f->head = malloc(sizeof(*f->head));
	if (!f->head)
		return GT_ENOMEM;
	if (!read_at(from, 0, (char *)f->head, sizeof(*f->head)) ||
	    memcmp(f->head->magic, GT_SPOOL_MAGIC, sizeof(GT_SPOOL_MAGIC)) != 0 ||
	    memcmp(f->head->version, GENTAP_VERSION, sizeof(GENTAP_VERSION)) != 0 || f->head->layout != gt_spool_layout())
		return GT_EUNSUPPORTED;
	f->head->program[sizeof(f->head->program) - 1] = 0;
	if (f->head->resource_len > sizeof(f->head->resource))
		f->head->resource_len = 0;
	return 0;
}

/* ---------------------------------------------------------------- events */

/* Times beyond it are damage: sums and differences of two others do not overflow. */
#define TIME_MAX (INT64_MAX / 2)

/* A byte of a file may have a value that the type does not have. */
static bool is_bool(const bool *b)
{
	unsigned char byte;

	memcpy(&byte, b, 1);
	return byte <= 1;
}

static bool is_begin(const struct gt_event *e)
{
	const struct gt_begin *b = (const struct gt_begin *)e->data;

	return e->len >= sizeof(*b) && e->len - sizeof(*b) >= (size_t)b->host_len + b->provider_len + b->tracestate_len &&
	       b->source <= GT_SOURCE_MESSAGE && b->api < GT_API_COUNT && b->started.unix_ns <= TIME_MAX &&
	       is_bool(&b->parent_is_remote) && is_bool(&b->is_injected) && is_bool(&b->is_tls) && is_bool(&b->is_inbound) &&
	       is_bool(&b->is_certain) && is_bool(&b->is_bare) && is_bool(&b->is_after_gap) && is_bool(&b->is_http2);
}

static bool has_good_data(const struct gt_event *e)
{
	switch (e->type) {
	case GT_EVENT_BEGIN:
		return is_begin(e);
	case GT_EVENT_PARENT:
		return e->len >= sizeof(struct gt_new_parent) && is_bool(&((const struct gt_new_parent *)e->data)->has_link);
	case GT_EVENT_GAP:
		return e->len >= sizeof(struct gt_gap);
	case GT_EVENT_PLACEHOLDER:
		return e->len >= sizeof(struct gt_placeholder) &&
		       is_bool(&((const struct gt_placeholder *)e->data)->has_no_body);
	case GT_EVENT_END:
		return e->len >= sizeof(struct gt_end) && ((const struct gt_end *)e->data)->why <= GT_END_COMPLETE;
	default:
		return e->type <= GT_EVENT_SPAN;
	}
}

static bool is_good(const struct gt_event *e, unsigned class)
{
	return e->is_live && e->class == class && e->len <= gt_block_size(class) - sizeof(*e) && e->at.ns >= 0 &&
	       e->at.ns <= TIME_MAX && is_bool(&e->is_waiting) && is_bool(&e->is_partial) && is_bool(&e->is_written) &&
	       is_bool(&e->is_sent) && has_good_data(e);
}

static int by_serial(const void *a, const void *b)
{
	uint64_t x = (*(const struct gt_event *const *)a)->serial, y = (*(const struct gt_event *const *)b)->serial;

	return x < y ? -1 : x > y;
}

static bool add(struct gt_spool_file *f, size_t *room, const struct gt_event *e)
{
	if (f->n == *room) {
		size_t more = *room ? *room * 2 : 256;
		const struct gt_event **events = realloc(f->events, more * sizeof(*events));

		if (!events)
			return false;
		f->events = events;
		*room = more;
	}
	f->events[f->n++] = e;
	return true;
}

struct gt_spool_segment {
	struct gt_spool_segment *next;
	_Alignas(16) char bytes[GT_SEGMENT_SIZE];
};

/* Adds the events of segment number `s`. False without memory. */
static bool add_segment(struct gt_spool_file *f, size_t *room, char *bytes, size_t s)
{
	unsigned class = f->head->classes[s] - 1u;

	for (size_t i = 0; i < GT_SEGMENT_SIZE / gt_block_size(class); i++) {
		struct gt_event *e = (struct gt_event *)(bytes + i * gt_block_size(class));

		e->index = (uint32_t)(s * GT_BLOCKS_PER_SEGMENT + i); /* the file may be damaged */
		if (is_good(e, class) && !add(f, room, e))
			return false;
	}
	return true;
}

static int read_events(struct gt_spool_file *f, const struct source *from)
{
	struct gt_spool_segment *next = NULL;
	size_t room = 0, before;
	bool is_whole = true;

	for (size_t s = 0; is_whole && s < GT_SEGMENTS_MAX; s++) {
		unsigned class = f->head->classes[s] - 1u;

		if (!next)
			next = malloc(sizeof(*next));
		if (!next)
			return GT_ENOMEM;
		/* a segment that is not in the file was in anonymous memory */
		if (class >= GT_CLASSES || !read_at(from, GT_SPOOL_HEAD + s * GT_SEGMENT_SIZE, next->bytes, GT_SEGMENT_SIZE))
			continue;
		before = f->n;
		is_whole = add_segment(f, &room, next->bytes, s);
		if (f->n == before)
			continue;
		next->next = f->segments;
		f->segments = next;
		next = NULL;
	}
	free(next);
	gt_sort(f->events, f->n, sizeof(*f->events), by_serial);
	return is_whole ? 0 : GT_ENOMEM;
}

/* ---------------------------------------------------------------- files */

static struct source source_of(int fd)
{
	struct stat st;

	return (struct source){ .fd = fd, .len = fstat(fd, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0 };
}

/* Another user cannot write into the folder, but this user's programs can link other files into it. */
static bool is_own_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1 && !(st.st_mode & 077);
}

int gt_spool_file_open(struct gt_spool_file *f, int folder, const char *name)
{
	struct source from;
	int ret = GT_EUNSUPPORTED;

	*f = (struct gt_spool_file){ .folder = -1, .fd = -1 };
	if (strlen(name) > NAME_MAX)
		return GT_EUNSUPPORTED;
	strcpy(f->name, name);
	f->fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	f->folder = f->fd < 0 ? -1 : fcntl(folder, F_DUPFD_CLOEXEC, 3);
	if (f->folder >= 0 && is_own_file(f->fd)) {
		from = source_of(f->fd);
		ret = read_head(f, &from);
		if (!ret && flock(f->fd, LOCK_EX | LOCK_NB) != 0)
			ret = GT_EBUSY;
	}
	if (ret && ret != GT_EBUSY)
		gt_spool_file_close(f);
	return ret;
}

int gt_spool_file_read(struct gt_spool_file *f)
{
	struct source from = source_of(f->fd);

	return read_events(f, &from);
}

int gt_spool_file_of(struct gt_spool_file *f, const char *bytes, size_t len)
{
	struct source from = { .fd = -1, .bytes = bytes, .len = len };
	int ret;

	*f = (struct gt_spool_file){ .folder = -1, .fd = -1 };
	ret = read_head(f, &from);
	if (!ret)
		ret = read_events(f, &from);
	if (ret)
		gt_spool_file_close(f);
	return ret;
}

void gt_spool_file_mark_forwarded(struct gt_spool_file *f)
{
	f->head->is_forwarded = 1;
	if (f->fd >= 0)
		(void)!pwrite(f->fd, &f->head->is_forwarded, sizeof(f->head->is_forwarded),
			      offsetof(struct gt_spool_head, is_forwarded));
}

void gt_spool_file_mark_sent(struct gt_spool_file *f, uint32_t index, bool is_sent)
{
	size_t segment = index / GT_BLOCKS_PER_SEGMENT;
	size_t block = (index % GT_BLOCKS_PER_SEGMENT) * (size_t)gt_block_size(f->head->classes[segment] - 1u);

	(void)!pwrite(f->fd, &is_sent, sizeof(is_sent),
		      (off_t)(GT_SPOOL_HEAD + segment * GT_SEGMENT_SIZE + block + offsetof(struct gt_event, is_sent)));
}

void gt_spool_file_remove(struct gt_spool_file *f)
{
	struct stat open, named;

	if (f->fd >= 0 && fstat(f->fd, &open) == 0 && fstatat(f->folder, f->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    open.st_ino == named.st_ino && open.st_dev == named.st_dev)
		unlinkat(f->folder, f->name, 0);
}

bool gt_spool_file_discard(int folder, const char *name)
{
	struct gt_spool_file f = { .folder = folder };
	char magic[sizeof(GT_SPOOL_MAGIC)];
	struct source from;
	bool is_free;

	if (strlen(name) > NAME_MAX)
		return false;
	strcpy(f.name, name);
	f.fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (f.fd < 0)
		return false;
	from = source_of(f.fd);
	is_free = is_own_file(f.fd) && read_at(&from, 0, magic, sizeof(magic)) &&
		  memcmp(magic, GT_SPOOL_MAGIC, sizeof(magic)) == 0 && flock(f.fd, LOCK_EX | LOCK_NB) == 0;
	if (is_free)
		gt_spool_file_remove(&f);
	close(f.fd);
	return is_free;
}

void gt_spool_file_free_events(struct gt_spool_file *f)
{
	for (struct gt_spool_segment *s = f->segments, *next; s; s = next) {
		next = s->next;
		free(s);
	}
	free(f->events);
	f->segments = NULL;
	f->events = NULL;
	f->n = 0;
}

void gt_spool_file_close(struct gt_spool_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->folder >= 0)
		close(f->folder);
	free(f->head);
	gt_spool_file_free_events(f);
	*f = (struct gt_spool_file){ .folder = -1, .fd = -1 };
}
