/*
 * One POST through a proxy.
 *
 *	curl_proxy URL PROXY TUNNEL HEADEROPT [PROXYHEADER]
 *
 * PROXY "": from the environment. TUNNEL: 1 for CONNECT. HEADEROPT: -1 leaves the default.
 *
 * cc: -O1 -lcurl
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
	struct curl_slist *fields = curl_slist_append(NULL, "Content-Type: application/json"), *proxy_fields = NULL;
	CURL *c = curl_easy_init();

	curl_easy_setopt(c, CURLOPT_URL, argv[1]);
	if (argv[2][0])
		curl_easy_setopt(c, CURLOPT_PROXY, argv[2]);
	curl_easy_setopt(c, CURLOPT_HTTPPROXYTUNNEL, atol(argv[3]));
	if (atol(argv[4]) >= 0)
		curl_easy_setopt(c, CURLOPT_HEADEROPT, atol(argv[4]));
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields);
	if (argc > 5)
		proxy_fields = curl_slist_append(NULL, argv[5]);
	curl_easy_setopt(c, CURLOPT_PROXYHEADER, proxy_fields);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, "{\"model\":\"gpt-4o-mini\",\"messages\":[]}");
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 20L);
	printf("\nresult %d\n", curl_easy_perform(c));
	curl_easy_cleanup(c);
	curl_slist_free_all(fields);
	curl_slist_free_all(proxy_fields);
	return 0;
}
