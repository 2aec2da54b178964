/*
 * Opens libraries by bare names that only the RUNPATH of the calling object resolves: once from the program, once
 * from a plugin. Built twice, with PLUGIN and without.
 *
 * cc: -O1 -ldl
 */
#include <dlfcn.h>
#include <stdio.h>

#ifdef PLUGIN

const char *plugin_open(void);

const char *plugin_open(void)
{
	return dlopen("libleaf_of_plugin.so", RTLD_NOW) ? "found" : dlerror();
}

#else

int main(int argc, char *argv[])
{
	const char *(*open)(void);
	void *plugin;

	printf("program's: %s\n", dlopen("libleaf_of_program.so", RTLD_NOW) ? "found" : dlerror());
	printf("plugin's, asked for by the program: %s\n", dlopen("libleaf_of_plugin.so", RTLD_NOW) ? "found" : "not found");
	plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	if (!plugin)
		return 3;
	*(void **)&open = dlsym(plugin, "plugin_open");
	printf("plugin's: %s\n", open());
	printf("itself: %s\n", dlopen(NULL, RTLD_NOW) ? "found" : dlerror());
	printf("nothing: %s\n", dlopen("no_such_library.so", RTLD_NOW) ? "found" : dlerror());
	return 0;
}

#endif
