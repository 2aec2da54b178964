#include "exporter/spool/spool_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporter/base/errors.h"
#include "shim/shared/clock.h"
#include "shim/shared/log.h"
#include "shim/shared/str.h"

#define LOOKED_MAX 256 /* of a folder */

static bool is_spool_name(const char *name)
{
	struct gt_str s = gt_str_of(name), suffix = GT_STR(GT_SPOOL_SUFFIX);

	return s.len > suffix.len && gt_str_eq(gt_str_skip(s, s.len - suffix.len), suffix);
}

/* The spools of a run with a summary are its own, until one of its processes has forwarded them. */
static bool is_chosen(const struct gt_spool_file *f, const struct gt_spool_choice *choice)
{
	const struct gt_spool_head *h = f->head;

	if (h->destination != gt_spool_destination(choice->env) || (choice->run && h->run != choice->run))
		return false;
	return !h->run_file || h->is_forwarded || choice->is_all || h->run_file == gt_spool_run_file(choice->env);
}

/* A file of a folder. */
struct entry {
	char name[NAME_MAX + 1];
	int64_t changed_ns;
	uint64_t bytes; /* that it takes */
	bool is_left;	/* it was not given away */
};

/* The spools in a folder, as many as there is room for. */
static unsigned list(struct entry *entries, unsigned room, DIR *d, int fd)
{
	struct dirent *e;
	struct stat st;
	unsigned n = 0;

	while (n < room && (e = readdir(d))) {
		if (!is_spool_name(e->d_name) || strlen(e->d_name) > NAME_MAX ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		strcpy(entries[n].name, e->d_name);
		entries[n].changed_ns = st.st_mtim.tv_sec * GT_NS_PER_S + st.st_mtim.tv_nsec;
		entries[n].bytes = (uint64_t)st.st_blocks * 512;
		entries[n++].is_left = true;
	}
	return n;
}

static struct entry *oldest_left(struct entry *entries, unsigned n)
{
	struct entry *oldest = NULL;

	for (unsigned i = 0; i < n; i++)
		if (entries[i].is_left && (!oldest || entries[i].changed_ns < oldest->changed_ns))
			oldest = &entries[i];
	return oldest;
}

/* What is left may be of another destination or version, and perhaps no process will ever send it. */
static void remove_excess(int folder, struct entry *entries, unsigned n)
{
	unsigned left = 0, removed = 0;
	struct entry *oldest;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++) {
		left += entries[i].is_left;
		bytes += entries[i].is_left ? entries[i].bytes : 0;
	}
	while ((left > GT_SPOOL_LEFT_MAX || bytes > GT_SPOOL_LEFT_BYTES) && (oldest = oldest_left(entries, n))) {
		removed += gt_spool_file_discard(folder, oldest->name);
		oldest->is_left = false;
		bytes -= oldest->bytes;
		left--;
	}
	if (removed)
		gt_log(GT_LOG_EXPORTER, GT_LOG_WARN,
		       "removed the oldest %u spool%s of processes that are gone: too many were left", removed,
		       removed == 1 ? "" : "s");
}

/* True when the spool was given away. */
static bool visit(int folder, const char *name, struct gt_spool_choice *choice,
		  void (*take)(void *ctx, struct gt_spool_file *f), void *ctx)
{
	struct gt_spool_file *f = malloc(sizeof(*f));
	bool is_given = false;
	int ret;

	if (!f)
		return false;
	ret = gt_spool_file_open(f, folder, name);
	if (ret && ret != GT_EBUSY) {
		free(f);
		return false;
	}
	if (ret == GT_EBUSY) {
		choice->busy += is_chosen(f, choice);
	} else if (is_chosen(f, choice) && gt_spool_file_read(f) == 0) {
		is_given = f->n > 0;
		if (is_given)
			take(ctx, f);
		else
			gt_spool_file_remove(f);
	}
	if (!is_given) {
		gt_spool_file_close(f);
		free(f);
	}
	return is_given;
}

static unsigned visit_folder(int fd, struct gt_spool_choice *choice, unsigned done,
			     void (*take)(void *ctx, struct gt_spool_file *f), void *ctx)
{
	struct entry *entries = malloc(LOOKED_MAX * sizeof(*entries));
	DIR *d = fdopendir(fd);
	unsigned n = entries && d ? list(entries, LOOKED_MAX, d, fd) : 0;

	for (unsigned i = 0; i < n && done < choice->max && !choice->is_over; i++) {
		entries[i].is_left = !visit(fd, entries[i].name, choice, take, ctx);
		done += !entries[i].is_left;
	}
	if (!choice->run)
		remove_excess(fd, entries, n);
	free(entries);
	if (d)
		closedir(d);
	else
		close(fd);
	return done;
}

unsigned gt_spool_folder_visit(struct gt_spool_choice *choice, void (*take)(void *ctx, struct gt_spool_file *f), void *ctx)
{
	const char *folders[GT_SPOOL_FOLDERS_MAX + 1];
	bool is_named;
	unsigned done = 0;

	choice->busy = 0;
	gt_spool_folders(choice->env, folders, &is_named);
	for (int i = 0; folders[i] && done < choice->max && !choice->is_over; i++) {
		int fd = gt_spool_open_folder(folders[i], false, !is_named);

		if (fd >= 0)
			done = visit_folder(fd, choice, done, take, ctx);
	}
	return done;
}

static bool has_chosen(int fd, const struct gt_spool_choice *choice)
{
	DIR *d = fdopendir(fd);
	struct gt_spool_file f;
	struct dirent *entry;
	bool has = false;

	if (!d) {
		close(fd);
		return true;
	}
	while (!has && (entry = readdir(d))) {
		int ret = is_spool_name(entry->d_name) ? gt_spool_file_open(&f, fd, entry->d_name) : GT_EUNSUPPORTED;

		if (ret && ret != GT_EBUSY)
			continue;
		has = is_chosen(&f, choice);
		gt_spool_file_close(&f);
	}
	closedir(d);
	return has;
}

bool gt_spool_folder_has_any(const struct gt_spool_choice *choice)
{
	const char *folders[GT_SPOOL_FOLDERS_MAX + 1];
	bool is_named, has = false;

	gt_spool_folders(choice->env, folders, &is_named);
	for (int i = 0; folders[i] && !has; i++) {
		int fd = gt_spool_open_folder(folders[i], false, !is_named);

		has = fd >= 0 && has_chosen(fd, choice);
	}
	return has;
}
