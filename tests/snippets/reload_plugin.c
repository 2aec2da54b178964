/*
 * A plugin with a version that makes a transfer with libcurl, or with -DTLS an exchange over TLS.
 *
 * cc: -O1 -shared -fPIC
 */
#include <stdio.h>

#ifndef VERSION
#define VERSION 0
#endif

static int calls;

__attribute__((destructor)) static void unloaded(void)
{
	printf("version %d unloaded\n", VERSION);
}

int plugin_run(const char *tag);

#define plugin_run base_run
#ifdef TLS
#include "tls_plugin.c"
#else
#include "curl_plugin.c"
#endif
#undef plugin_run

int plugin_run(const char *tag)
{
	printf("version %d, call %d\n", VERSION, ++calls);
	return base_run(tag);
}
