/*
 * A name service module that resolves every name to 127.0.0.1. Like the modules of systemd and sssd it asks daemons
 * over sockets first. It opens so many sockets at once that they include a program's low numbers. Each query holds a lock
 * of the module, for NSS_NAP_MS milliseconds if that is set.
 *
 * cc: -O1 -fPIC -shared -Wl,-soname,libnss_gentap.so.2
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <nss.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKETS 20

/* For programs that watch the look-ups of their own process. */
_Atomic int nss_gentap_within, nss_gentap_answers;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* glibc calls this to look up addresses of one family. */
enum nss_status _nss_gentap_gethostbyname2_r(const char *name, int family, struct hostent *out, char *room, size_t len,
					     int *err, int *host_err);

static void ask_daemons(void)
{
	struct sockaddr_un nobody = { AF_UNIX, "/nonexistent/daemon" };
	int fds[SOCKETS];

	for (int i = 0; i < SOCKETS; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		(void)!connect(fds[i], (struct sockaddr *)&nobody, sizeof(nobody));
	}
	for (int i = 0; i < SOCKETS; i++)
		close(fds[i]);
}

static void take_time(void)
{
	const char *nap = getenv("NSS_NAP_MS");

	pthread_mutex_lock(&lock);
	nss_gentap_within = 1;
	ask_daemons();
	if (nap)
		usleep((useconds_t)atoi(nap) * 1000);
	nss_gentap_within = 0;
	pthread_mutex_unlock(&lock);
}

enum nss_status _nss_gentap_gethostbyname2_r(const char *name, int family, struct hostent *out, char *room, size_t len,
					     int *err, int *host_err)
{
	struct {
		char *none;
		char *addresses[2];
		in_addr_t address;
		char name[];
	} *r = (void *)room;

	take_time();
	if (family != AF_INET) {
		*err = ENOENT;
		*host_err = HOST_NOT_FOUND;
		return NSS_STATUS_NOTFOUND;
	}
	if (len < sizeof(*r) + strlen(name) + 1) {
		*err = ERANGE;
		return NSS_STATUS_TRYAGAIN;
	}
	r->none = NULL;
	r->address = htonl(INADDR_LOOPBACK);
	r->addresses[0] = (char *)&r->address;
	r->addresses[1] = NULL;
	strcpy(r->name, name);
	*out = (struct hostent){
		.h_name = r->name,
		.h_aliases = &r->none,
		.h_addrtype = AF_INET,
		.h_length = sizeof(r->address),
		.h_addr_list = r->addresses,
	};
	nss_gentap_answers++;
	return NSS_STATUS_SUCCESS;
}
