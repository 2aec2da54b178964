#include "shim/program_path.h"

#include <stddef.h>
#include <stdlib.h>

/* Without PATH. */
#ifdef __GLIBC__
#define USUAL_PATH "/bin:/usr/bin"
#else
#define USUAL_PATH "/usr/local/bin:/bin:/usr/bin"
#endif

void gt_program_path_begin(struct gt_program_path *p, const char *file)
{
	const char *list = getenv("PATH");

	p->name = gt_str_of(file);
	p->rest = gt_str_of(list ? list : USUAL_PATH);
	p->file = gt_str_find(p->name, '/') < p->name.len ? file : NULL;
	if (p->file)
		p->rest = GT_STR_NONE;
}

const char *gt_program_path_next(struct gt_program_path *p)
{
	const char *file = p->file;
	struct gt_str folder;

	p->file = NULL;
	if (file || !p->name.len)
		return file;
	while (gt_str_next(&p->rest, ':', &folder)) {
		if (folder.len + 1 + p->name.len >= sizeof(p->path))
			continue;
		memcpy(p->path, folder.p, folder.len);
		p->path[folder.len] = '/';
		memcpy(p->path + folder.len + 1, p->name.p, p->name.len);
		p->path[folder.len + 1 + p->name.len] = 0;
		return folder.len ? p->path : p->path + 1;
	}
	return NULL;
}
