/*
 * A host that loads a plugin, lets it make exchanges, unloads it, and loads the next version under the same path.
 *
 *	reload PATH VERSION ...
 *
 * VERSION: path of the file that becomes PATH. The plugins print their number when they run and when they are unloaded.
 *
 * cc: -O1 -ldl
 */
#include <dlfcn.h>

#include "peer.h"

int main(int argc, char *argv[])
{
	char port[16], tag[32], copy[4096];

	snprintf(port, sizeof(port), "%d", far_start(true));
	setenv("PORT", port, 1);
	for (int i = 2; i < argc; i++) {
		int (*run)(const char *);
		void *lib;

		snprintf(copy, sizeof(copy), "cp -f %s %s.new && mv -f %s.new %s", argv[i], argv[1], argv[1], argv[1]);
		MUST(system(copy) == 0);
		lib = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
		if (!lib) {
			printf("%s\n", dlerror());
			return 3;
		}
		*(void **)&run = dlsym(lib, "plugin_run");
		for (int k = 0; k < 2; k++) {
			snprintf(tag, sizeof(tag), "load-%d-%d", i, k);
			printf("%s: %s\n", tag, run(tag) ? "whole" : "broken");
		}
		MUST(dlclose(lib) == 0);
		/* an unloaded plugin is gone */
		printf("still loaded: %s\n", dlopen(argv[1], RTLD_LAZY | RTLD_NOLOAD) ? "yes" : "no");
		fflush(stdout);
	}
	nap_ms(50);
	say_lines();
	return 0;
}
