#include "exporter/transfer/own_calls.h"

#include <dirent.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporter/transfer/no_fork.h"

/* The linker's names for the first definition. They are missing where nothing is wrapped, and then ours are never
 * called. */
#define GT_OWN_CALL(type, name, parameters, arguments)       \
	type __real_##name parameters __attribute__((weak)); \
	type __wrap_##name parameters;
#include "exporter/transfer/own_calls.def"

typedef int getaddrinfo_fn(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out);

getaddrinfo_fn __real_getaddrinfo __attribute__((weak));

/* libc's own, written once before other threads of the exporter exist; NULL: not found */
static struct {
#define GT_OWN_CALL(type, name, parameters, arguments) type(*_Atomic name) parameters;
#include "exporter/transfer/own_calls.def"
	getaddrinfo_fn *_Atomic getaddrinfo;
} own;

static void find(const struct gt_exporter_host *host, const char *name, void *to)
{
	void *f = host->libc_own(name);

	__atomic_store((void **)to, &f, __ATOMIC_RELEASE);
}

void gt_own_calls_init(const struct gt_exporter_host *host)
{
	if (!host || !host->libc_own)
		return;
	gt_no_fork_begin();
#define GT_OWN_CALL(type, name, parameters, arguments) find(host, #name, &own.name);
#include "exporter/transfer/own_calls.def"
	find(host, "getaddrinfo", &own.getaddrinfo);
	gt_no_fork_end();
}

#define GT_OWN_CALL(type, name, parameters, arguments)                                       \
	type __wrap_##name parameters                                                        \
	{                                                                                    \
		type(*f) parameters = atomic_load_explicit(&own.name, memory_order_acquire); \
                                                                                             \
		return f ? f arguments : __real_##name arguments;                            \
	}
#include "exporter/transfer/own_calls.def"

int gt_own_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	getaddrinfo_fn *f = atomic_load_explicit(&own.getaddrinfo, memory_order_acquire);

	return f ? f(node, service, hints, out) : __real_getaddrinfo(node, service, hints, out);
}
