#include "exporter/base/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#define FILE_SIZE_MAX (256 * 1024) /* bytes; mountinfo of a busy host is large */

char *gt_small_file(struct gt_arena *a, const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t room = 4096, used = 0;
	char *p, *bigger;
	ssize_t n = -1;

	if (fd < 0)
		return NULL;
	p = gt_arena_alloc(a, room);
	while (p && used < FILE_SIZE_MAX && (n = read(fd, p + used, room - 1 - used)) > 0) {
		used += (size_t)n;
		if (used < room - 1)
			continue;
		bigger = gt_arena_alloc(a, room * 2);
		if (bigger)
			memcpy(bigger, p, used);
		p = bigger;
		room *= 2;
	}
	close(fd);
	if (!p || n < 0)
		return NULL;
	p[used] = 0;
	*len = used;
	return p;
}
