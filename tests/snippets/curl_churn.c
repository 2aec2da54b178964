/*
 * Threads create easy handles, set options and free them: another thread gets a freed address at once.
 *
 *	curl_churn MILLISECONDS
 *
 * cc: -O1 -lcurl
 */
#include <curl/curl.h>

#include "peer.h"

#define THREADS 8
#define OPTIONS 6

static double end_s;

static void *churn(void *unused)
{
	char url[200];

	(void)unused;
	for (long i = 0; now_s() < end_s; i++) {
		CURL *easy = curl_easy_init();

		for (int k = 0; k < OPTIONS; k++) {
			snprintf(url, sizeof(url), "http://127.0.0.1/%ld/%0*d", i, 20 * k + 1, k);
			MUST(curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK);
		}
		curl_easy_cleanup(easy);
	}
	return NULL;
}

int main(int argc, char *argv[])
{
	pthread_t threads[THREADS];

	if (argc != 2)
		return 2;
	curl_global_init(CURL_GLOBAL_ALL);
	end_s = now_s() + atoi(argv[1]) / 1e3;
	for (int i = 0; i < THREADS; i++)
		MUST(pthread_create(&threads[i], NULL, churn, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	puts("done");
	return 0;
}
