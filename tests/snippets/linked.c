/*
 * A program that is linked with libssl and libcurl in the ordinary way. It uses both, and plain sockets.
 *
 * cc: -O1 -lcurl -lssl -lcrypto
 */
#define plugin_run run_tls
#include "tls_plugin.c"
#undef plugin_run
#define plugin_run run_curl
#include "curl_plugin.c"

int main(void)
{
	char port[16];

	snprintf(port, sizeof(port), "%d", far_start(true));
	setenv("PORT", port, 1);
	printf("tls %d\n", run_tls("tls"));
	printf("curl %d\n", run_curl("curl"));
	printf("socket %d\n", exchange(pair_up(0), "socket"));
	return 0;
}
