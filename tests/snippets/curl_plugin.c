/*
 * A plugin linked with libcurl, like PHP's extension: makes one transfer.
 *
 * cc: -O1 -shared -fPIC -lcurl
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t on_data(char *p, size_t size, size_t n, void *heard)
{
	strncat(heard, p, size * n);
	return size * n;
}

int plugin_run(const char *tag);

int plugin_run(const char *tag)
{
	struct curl_slist *fields = curl_slist_append(NULL, "Content-Type: application/json");
	CURL *easy = curl_easy_init();
	char url[128], body[256], heard[4096] = "";
	CURLcode ret;

	snprintf(url, sizeof(url), "http://127.0.0.1:%s/v1/chat/completions", getenv("PORT"));
	snprintf(body, sizeof(body), "{\"model\":\"%s\",\"messages\":[]}", tag);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, heard);
	ret = curl_easy_perform(easy);
	curl_easy_cleanup(easy);
	curl_slist_free_all(fields);
	return ret == CURLE_OK && strstr(heard, "\"completion_tokens\":5") != NULL;
}
