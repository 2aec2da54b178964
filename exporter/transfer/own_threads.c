#include "exporter/transfer/own_threads.h"

#include "exporter/transfer/own_calls.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "shim/shared/gate.h"

struct beginning {
	void *(*run)(void *arg);
	void *arg;
};

typedef int pthread_create_fn(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg);
typedef int getaddrinfo_fn(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out);

/* The linker's names for libc's functions. They are missing where nothing is wrapped, and then ours are never
 * called. */
pthread_create_fn __real_pthread_create __attribute__((weak));
pthread_create_fn __wrap_pthread_create;
getaddrinfo_fn __wrap_getaddrinfo;

static const struct gt_exporter_host *_Atomic lender;

void gt_own_threads_init(const struct gt_exporter_host *host)
{
	atomic_store_explicit(&lender, host, memory_order_release);
}

static void *begin(void *arg)
{
	const struct gt_exporter_host *host = atomic_load_explicit(&lender, memory_order_acquire);
	struct beginning b = *(struct beginning *)arg;
	void *ret;

	free(arg);
	if (host)
		host->begin_thread();
	ret = b.run(b.arg);
	if (host)
		host->end_thread();
	return ret;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	struct beginning *b = malloc(sizeof(*b));
	int failed;

	if (!b)
		return EAGAIN;
	*b = (struct beginning){ run, arg };
	failed = __real_pthread_create(thread, attr, begin, b);
	if (failed)
		free(b);
	return failed;
}

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	const struct gt_exporter_host *host = atomic_load_explicit(&lender, memory_order_acquire);
	int failed;

	if (gt_gate_missing(GT_SIDE_OWN, GT_NEED_LOOKUP))
		return EAI_FAIL;
	if (host)
		host->hold_lookup();
	failed = gt_own_getaddrinfo(node, service, hints, out);
	if (host)
		host->let_lookup();
	return failed;
}
