/*
 * Removes a handle from its multi handle in a callback of its own transfer. libcurl refuses (since 7.59.0), and the
 * transfer goes on.
 *
 *	curl_refused write|header URL
 *
 * cc: -O1 -lcurl
 */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static CURL *easy;
static CURLM *multi;
static int tries;

static size_t on_data(char *p, size_t size, size_t n, void *user)
{
	if (!tries++)
		printf("remove: %d\n", curl_multi_remove_handle(multi, easy));
	return user ? fwrite(p, size, n, user) : size * n;
}

int main(int argc, char *argv[])
{
	struct curl_slist *fields = curl_slist_append(NULL, "Content-Type: application/json");
	int running = 1, left;
	CURLMsg *message;

	if (argc != 3)
		return 2;
	easy = curl_easy_init();
	multi = curl_multi_init();
	curl_easy_setopt(easy, CURLOPT_URL, argv[2]);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "{\"model\":\"gpt-4o-mini\",\"messages\":[]}");
	curl_easy_setopt(easy, !strcmp(argv[1], "write") ? CURLOPT_WRITEFUNCTION : CURLOPT_HEADERFUNCTION, on_data);
	curl_easy_setopt(easy, !strcmp(argv[1], "write") ? CURLOPT_WRITEDATA : CURLOPT_HEADERDATA,
			 argv[1][0] == 'w' ? stdout : NULL);
	curl_multi_add_handle(multi, easy);
	while (running && curl_multi_perform(multi, &running) == CURLM_OK)
		curl_multi_poll(multi, NULL, 0, 100, NULL);
	message = curl_multi_info_read(multi, &left);
	printf("\nresult %d\n", message ? (int)message->data.result : -1);
	curl_multi_remove_handle(multi, easy);
	curl_easy_cleanup(easy);
	curl_multi_cleanup(multi);
	curl_slist_free_all(fields);
	return 0;
}
