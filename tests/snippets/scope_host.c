/*
 * A host with a library of its own that opens plugins with RTLD_DEEPBIND. Each plugin has its copy of that library, and
 * prints whose copy its calls reach.
 *
 *	scope_host TAG=PATH ...
 *
 * cc: -O1 -rdynamic -ldl
 */
#include <dlfcn.h>

#include "peer.h"

const char *leaf_version(void);
const char *leaf_version(void)
{
	return "the host's";
}

int main(int argc, char *argv[])
{
	char port[16];

	snprintf(port, sizeof(port), "%d", far_start(true));
	setenv("PORT", port, 1);
	for (int i = 1; i < argc; i++) {
		char *path = strchr(argv[i], '=');
		int (*run)(const char *);
		const char *(*leaf)(void);
		void *lib;

		*path++ = 0;
		lib = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
		if (!lib) {
			printf("%s\n", dlerror());
			return 3;
		}
		*(void **)&leaf = dlsym(lib, "plugin_leaf");
		if (leaf)
			printf("%s: %s\n", argv[i], leaf());
		*(void **)&run = dlsym(lib, "plugin_run");
		if (run)
			printf("%s: %s\n", argv[i], run(argv[i]) ? "whole" : "broken");
	}
	nap_ms(50);
	say_lines();
	return 0;
}
