/*
 * POSTs whose body libcurl reads itself and has to send again.
 *
 *	curl_rewind HOW URL [TIMES]
 *
 * file: READDATA alone. fread: with READFUNCTION set to fread. pipe: READDATA that cannot be rewound. function: a read
 * function and nothing else. seek, ioctl: a read function, and a function to rewind it. Each prints libcurl's result and
 * its message.
 *
 * cc: -O1 -lcurl -Wno-deprecated-declarations
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char body[] = "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Is bus 7 late?\"}]}";
static size_t at;
static int rewinds;

static size_t on_read(char *p, size_t size, size_t n, void *user)
{
	size_t len = strlen(body) - at;

	(void)user;
	if (len > size * n)
		len = size * n;
	memcpy(p, body + at, len);
	at += len;
	return len;
}

static int on_seek(void *user, curl_off_t offset, int origin)
{
	(void)user;
	rewinds++;
	at = (size_t)offset;
	return origin == SEEK_SET ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static curlioerr on_ioctl(CURL *c, int command, void *user)
{
	(void)c;
	(void)user;
	rewinds++;
	at = 0;
	return command == CURLIOCMD_RESTARTREAD ? CURLIOE_OK : CURLIOE_UNKNOWNCMD;
}

static FILE *a_file(void)
{
	FILE *f = tmpfile();

	fputs(body, f);
	rewind(f);
	return f;
}

static FILE *a_pipe(void)
{
	int ends[2];

	if (pipe(ends) || write(ends[1], body, strlen(body)) < 0)
		exit(3);
	close(ends[1]);
	return fdopen(ends[0], "r");
}

int main(int argc, char *argv[])
{
	struct curl_slist *fields = curl_slist_append(curl_slist_append(NULL, "Content-Type: application/json"), "Expect:");
	char message[CURL_ERROR_SIZE] = "";
	CURL *c = curl_easy_init();
	FILE *f = NULL;

	curl_easy_setopt(c, CURLOPT_URL, argv[2]);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields);
	curl_easy_setopt(c, CURLOPT_POST, 1L);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_HTTPAUTH, CURLAUTH_DIGEST | CURLAUTH_BASIC);
	curl_easy_setopt(c, CURLOPT_USERPWD, "user:word");
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, message);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 20L);
	if (!strcmp(argv[1], "file") || !strcmp(argv[1], "fread") || !strcmp(argv[1], "pipe")) {
		f = strcmp(argv[1], "pipe") ? a_file() : a_pipe();
		curl_easy_setopt(c, CURLOPT_READDATA, f);
		if (!strcmp(argv[1], "fread"))
			curl_easy_setopt(c, CURLOPT_READFUNCTION, fread);
	} else {
		curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
	}
	if (!strcmp(argv[1], "seek"))
		curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
	if (!strcmp(argv[1], "ioctl"))
		curl_easy_setopt(c, CURLOPT_IOCTLFUNCTION, on_ioctl);
	for (int i = 0; i < (argc > 3 ? atoi(argv[3]) : 1); i++) {
		CURLcode result = curl_easy_perform(c);
		long status = 0;

		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
		printf("\nresult %d (%s), status %ld, %d rewinds, at %ld\n", result, message, status, rewinds,
		       f ? ftell(f) : (long)at);
		at = 0;
		if (f)
			rewind(f);
	}
	curl_easy_cleanup(c);
	curl_slist_free_all(fields);
	return 0;
}
