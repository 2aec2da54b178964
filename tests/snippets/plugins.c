/*
 * Opens plugins after the start, each in its own scope, and lets each make its exchange.
 *
 *	plugins local|deepbind TAG=PATH ...
 *
 * cc: -O1 -ldl
 */
#include <dlfcn.h>

#include "peer.h"

int main(int argc, char *argv[])
{
	int flags = RTLD_NOW | RTLD_LOCAL | (!strcmp(argv[1], "deepbind") ? RTLD_DEEPBIND : 0);
	char port[16];

	snprintf(port, sizeof(port), "%d", far_start(true));
	setenv("PORT", port, 1);
	for (int i = 2; i < argc; i++) {
		char *path = strchr(argv[i], '=');
		int (*run)(const char *);
		void *lib;

		*path++ = 0;
		lib = dlopen(path, flags);
		if (!lib) {
			printf("%s\n", dlerror());
			return 3;
		}
		*(void **)&run = dlsym(lib, "plugin_run");
		printf("%s: %s\n", argv[i], run(argv[i]) ? "whole" : "broken");
	}
	nap_ms(50); /* time for the server to count the last lines */
	say_lines();
	return 0;
}
