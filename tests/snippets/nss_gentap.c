/*
 * A module of the name service that answers 127.0.0.1 to everything, and asks a daemon over a socket first, as those of systemd and
 * sssd do.
 *
 * cc: -O1 -fPIC -shared -Wl,-soname,libnss_gentap.so.2
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <nss.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum nss_status _nss_gentap_gethostbyname4_r(const char *name, struct gaih_addrtuple **out, char *room, size_t len, int *err,
					     int *host_err, int32_t *ttl);

enum nss_status _nss_gentap_gethostbyname4_r(const char *name, struct gaih_addrtuple **out, char *room, size_t len, int *err,
					     int *host_err, int32_t *ttl)
{
	struct sockaddr_un nobody = { AF_UNIX, "/nonexistent/daemon" };
	struct gaih_addrtuple *t = (struct gaih_addrtuple *)room;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)host_err;
	if (fd >= 0) {
		(void)!connect(fd, (struct sockaddr *)&nobody, sizeof(nobody));
		close(fd);
	}
	if (len < sizeof(*t) + strlen(name) + 1) {
		*err = ERANGE;
		return NSS_STATUS_TRYAGAIN;
	}
	memset(t, 0, sizeof(*t));
	t->name = strcpy(room + sizeof(*t), name);
	t->family = AF_INET;
	t->addr[0] = htonl(INADDR_LOOPBACK);
	if (ttl)
		*ttl = 0;
	if (*out)
		**out = *t;
	else
		*out = t;
	return NSS_STATUS_SUCCESS;
}
