#include "exporter/spool/spool_folder.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exporter/base/errors.h"
#include "shim/shared/str.h"

static bool is_spool_name(const char *name)
{
	struct gt_str s = gt_str_of(name), suffix = GT_STR(GT_SPOOL_SUFFIX);

	return s.len > suffix.len && gt_str_eq(gt_str_skip(s, s.len - suffix.len), suffix);
}

static bool is_chosen(const struct gt_spool_file *f, const struct gt_spool_choice *choice)
{
	return f->head->destination == gt_spool_destination(choice->env) && (!choice->run || f->head->run == choice->run);
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
	DIR *d = fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		close(fd);
		return done;
	}
	while (done < choice->max && (entry = readdir(d)))
		if (is_spool_name(entry->d_name) && visit(fd, entry->d_name, choice, take, ctx))
			done++;
	closedir(d);
	return done;
}

unsigned gt_spool_folder_visit(struct gt_spool_choice *choice, void (*take)(void *ctx, struct gt_spool_file *f), void *ctx)
{
	const char *folders[GT_SPOOL_FOLDERS_MAX + 1];
	bool is_named;
	unsigned done = 0;

	choice->busy = 0;
	gt_spool_folders(choice->env, folders, &is_named);
	for (int i = 0; folders[i] && done < choice->max; i++) {
		int fd = gt_spool_open_folder(folders[i], false, !is_named);

		if (fd >= 0)
			done = visit_folder(fd, choice, done, take, ctx);
	}
	return done;
}
