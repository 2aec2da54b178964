/*
 * Forks after the exporter has looked the collector's name up, or while it does. The child makes an exchange of its own, so that its
 * exporter looks the name up too.
 *
 *	fork_lookup after|within PORT
 *
 * cc: -O1
 */
#include <dlfcn.h>
#include <nss.h>
#include <stdatomic.h>

#include "peer.h"

/* A variable of the module (nss_gentap.c), once the module is loaded. */
static _Atomic int *of_module(const char *name)
{
	void *module = dlopen("libnss_gentap.so.2", RTLD_NOW | RTLD_NOLOAD);

	return module ? dlsym(module, name) : NULL;
}

static void wait_for(const char *name)
{
	double until = now_s() + 10;
	_Atomic int *v;

	while (!(v = of_module(name)) || !*v) {
		MUST(now_s() < until);
		nap_ms(1);
	}
}

int main(int argc, char *argv[])
{
	int port = argc > 2 ? atoi(argv[2]) : 0, status;
	pid_t child;

	MUST(__nss_configure_lookup("hosts", "gentap") == 0);
	MUST(visit(port, "parent"));
	wait_for(strcmp(argv[1], "within") ? "nss_gentap_answers" : "nss_gentap_within");
	child = fork();
	MUST(child >= 0);
	if (child == 0)
		exit(visit(port, "child") ? 0 : 4);
	MUST(waitpid(child, &status, 0) == child);
	printf("child: %d\n", status);
	return 0;
}
