#include "exporter/transfer/own_sockets.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/shared/compiler.h"

/* room for one connection, and for the attempts over IPv6 and IPv4 that race for it */
static struct own_socket {
	int fd;
	dev_t dev;
	ino_t ino;
	bool is_open;
} sockets[8];

static bool is_ours(const struct own_socket *s)
{
	struct stat st;

	return fstat(s->fd, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino;
}

static struct own_socket *find(int fd)
{
	for (size_t i = 0; i < GT_COUNT_OF(sockets); i++)
		if (sockets[i].is_open && sockets[i].fd == fd)
			return &sockets[i];
	return NULL;
}

static struct own_socket *find_free(void)
{
	for (size_t i = 0; i < GT_COUNT_OF(sockets); i++)
		if (!sockets[i].is_open)
			return &sockets[i];
	return NULL;
}

int gt_own_socket(int family, int type, int protocol)
{
	struct own_socket *s = find_free();
	struct stat st;
	int fd = s ? socket(family, type | SOCK_CLOEXEC, protocol) : -1;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0) {
		close(fd);
		return -1;
	}
	*s = (struct own_socket){ .fd = fd, .dev = st.st_dev, .ino = st.st_ino, .is_open = true };
	return fd;
}

static void drop(struct own_socket *s)
{
	if (is_ours(s))
		close(s->fd);
	s->is_open = false;
}

void gt_own_socket_close(int fd)
{
	struct own_socket *s = find(fd);

	if (s)
		drop(s);
}

bool gt_own_sockets_are_ours(void)
{
	for (size_t i = 0; i < GT_COUNT_OF(sockets); i++)
		if (sockets[i].is_open && !is_ours(&sockets[i]))
			return false;
	return true;
}

void gt_own_sockets_drop(void)
{
	for (size_t i = 0; i < GT_COUNT_OF(sockets); i++)
		if (sockets[i].is_open)
			drop(&sockets[i]);
}
