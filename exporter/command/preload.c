#include "exporter/command/preload.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/shared/preload_list.h"
#include "shim/shared/str.h"

/* Removes the last component of a path; false when the path has no slash. */
static bool to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return false;
	*slash = 0;
	return true;
}

static bool append(char *path, size_t room, const char *rest)
{
	size_t len = strlen(path);

	return snprintf(path + len, room - len, "%s", rest) < (int)(room - len);
}

bool gt_preload_find(char *path, size_t room)
{
	ssize_t n = readlink("/proc/self/exe", path, room - 1);
	size_t folder;

	path[n > 0 ? n : 0] = 0;
	if (!to_parent(path))
		return false;
	folder = strlen(path);
	if (append(path, room, "/" GT_PRELOAD_LIBRARY) && access(path, R_OK) == 0)
		return true;
	path[folder] = 0;
	if (to_parent(path) && append(path, room, "/lib/" GT_PRELOAD_LIBRARY) && access(path, R_OK) == 0)
		return true;
	n = readlink("/proc/self/exe", path, room - 1);
	path[n > 0 ? n : 0] = 0;
	to_parent(path);
	return false;
}

bool gt_preload_find_program(const char *file, char *path, size_t room)
{
	struct gt_str rest = gt_str_of(getenv("PATH")), folder;
	int n;

	if (strchr(file, '/'))
		return gt_str_copy(gt_str_of(file), path, room) == strlen(file);
	while (gt_str_next(&rest, ':', &folder)) {
		n = snprintf(path, room, "%.*s%s%s", GT_STR_ARG(folder), folder.len ? "/" : "", file);
		if (n > 0 && (size_t)n < room && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

bool gt_preload_can_name(const char *path)
{
	return !path[strcspn(path, " :")];
}

/* True for the same path, another path to the same file, or the bare name, which the loader searches for. */
static bool is_library(struct gt_str item, const char *library)
{
	struct stat ours, theirs;
	char path[4096];

	if (gt_str_eq(item, gt_str_of(library)) || gt_str_eq(item, GT_STR(GT_PRELOAD_LIBRARY)))
		return true;
	if (item.len >= sizeof(path))
		return false;
	gt_str_copy(item, path, sizeof(path));
	return stat(path, &theirs) == 0 && stat(library, &ours) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

static bool is_listed(const char *library, struct gt_str list)
{
	struct gt_str item;

	while (gt_preload_next(&list, &item))
		if (is_library(item, library))
			return true;
	return false;
}

char *gt_preload_merge(const char *library, const char *existing)
{
	struct gt_str list = gt_str_of(existing), own = gt_str_of(library);
	char *merged;

	if (is_listed(library, list))
		return strdup(existing);
	merged = malloc(gt_preload_room(own, list));
	if (merged)
		gt_preload_put(merged, own, list);
	return merged;
}

char *gt_preload_asan_options(const char *existing)
{
	const char *name = "verify_asan_link_order", *before = existing ? existing : "";
	size_t room = strlen(before) + 1 + strlen(name) + 2 + 1;
	char *merged;

	if (strstr(before, name))
		return strdup(before);
	merged = malloc(room);
	if (merged)
		snprintf(merged, room, "%s%s%s=0", before, before[0] ? ":" : "", name);
	return merged;
}
