/*
 * errno in libcurl's callbacks and after its calls. Whatever a preload does meanwhile, the program finds what it left there itself,
 * or what libcurl left.
 *
 *	curl_errno write	an answer that libcurl reads in one go and hands over in several calls.
 *	curl_errno read		a body in many pieces.
 *	curl_errno refused	callbacks that set errno and refuse, as a program does to say why.
 *
 * The first two take the limit of memory down to nothing in a callback, and put it back in a later call. Each transfer has a process
 * of its own and a request of another length. So each allocation of a preload is once the first to fail. They print in how many calls
 * errno was ENOMEM.
 *
 * cc: -O1 -lcurl
 */
#include <curl/curl.h>
#include <sys/resource.h>

#include "peer.h"

#define ROUNDS	20
#define STEP	16000
#define ANSWER	(40 * 1000) /* libcurl hands over 16 KB at a time */
#define UPLOAD	(600 * 1000)
#define MINE	EDOM
#define REQUEST (1 << 20)

static int port;
static struct rlimit usual;

static void take_memory(void)
{
	struct rlimit nothing = { 0, usual.rlim_max };

	MUST(setrlimit(RLIMIT_AS, &nothing) == 0);
}

static void give_memory_back(void)
{
	MUST(setrlimit(RLIMIT_AS, &usual) == 0);
}

/* ---------------------------------------------------------------- the far end */

static void *answer(void *number)
{
	static const char end[] = "\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8}}";
	int listener = *(int *)number, head;
	char *request = malloc(REQUEST), said[ANSWER + 200] = "";
	size_t len;

	head = snprintf(said, 200, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n{", ANSWER);
	memset(said + head, ' ', ANSWER - 1);
	memcpy(said + head + ANSWER - sizeof(end), end, sizeof(end));
	for (;;) {
		int fd = far_accept(listener);

		while ((len = far_request(fd, request, REQUEST))) {
			lines_seen += take_lines(request, &len);
			far_say(fd, said);
		}
		far_close(fd);
	}
	return NULL;
}

/* ---------------------------------------------------------------- the callbacks */

static int calls, strange;

static void look(void)
{
	strange += calls++ && errno == ENOMEM;
}

static size_t on_data(char *p, size_t size, size_t n, void *unused)
{
	(void)p;
	(void)unused;
	look();
	if (calls == 1)
		take_memory();
	else
		give_memory_back();
	errno = MINE;
	return size * n;
}

static size_t on_wish(char *p, size_t size, size_t n, void *left)
{
	size_t len = size * n < *(size_t *)left ? size * n : *(size_t *)left;

	look();
	if (calls == 1)
		take_memory();
	memset(p, 'x', len);
	*(size_t *)left -= len;
	if (!*(size_t *)left)
		give_memory_back();
	errno = MINE;
	return len;
}

static size_t drop(char *p, size_t size, size_t n, void *unused)
{
	(void)p;
	(void)unused;
	return size * n;
}

static size_t refuse_data(char *p, size_t size, size_t n, void *unused)
{
	(void)p;
	(void)size;
	(void)n;
	(void)unused;
	errno = MINE;
	return 0;
}

static size_t refuse_wish(char *p, size_t size, size_t n, void *unused)
{
	refuse_data(p, size, n, unused);
	return CURL_READFUNC_ABORT;
}

/* ---------------------------------------------------------------- transfers */

static struct curl_slist *fields;

static CURL *handle(void)
{
	CURL *easy = curl_easy_init();
	char url[100];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1/chat/completions", port);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 512 * 1024L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
	return easy;
}

/* The caller frees. */
static char *set_body(CURL *easy, size_t len)
{
	char *body = malloc(len + 100);

	memset(body, ' ', len);
	strcpy(body + len, "{\"model\":\"m\",\"messages\":[]}");
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	return body;
}

static void set_upload(CURL *easy, curl_read_callback read, size_t *left)
{
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)*left);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, read);
	curl_easy_setopt(easy, CURLOPT_READDATA, left);
}

static int transfer(bool is_upload, size_t len)
{
	size_t left = UPLOAD + len;
	CURL *easy = handle();
	char *body = NULL;

	if (is_upload) {
		set_upload(easy, on_wish, &left);
	} else {
		body = set_body(easy, len);
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	}
	MUST(curl_easy_perform(easy) == CURLE_OK && calls > 1);
	curl_easy_cleanup(easy);
	free(body);
	return strange;
}

static void in_short_memory(bool is_upload)
{
	int status, bad = 0;

	for (size_t i = 1; i <= ROUNDS; i++) {
		pid_t child = fork();

		MUST(child >= 0);
		if (child == 0)
			_exit(transfer(is_upload, i * STEP));
		MUST(waitpid(child, &status, 0) == child && WIFEXITED(status));
		bad += WEXITSTATUS(status);
	}
	printf("calls that found ENOMEM: %d\n", bad);
}

/* errno after the call in which the callback refused. */
static int after_perform(CURL *easy)
{
	errno = 0;
	MUST(curl_easy_perform(easy) != CURLE_OK);
	return errno;
}

static int after_multi_perform(CURL *easy)
{
	CURLM *multi = curl_multi_init();
	int running = 1, after;

	curl_multi_add_handle(multi, easy);
	for (;;) {
		errno = 0;
		curl_multi_perform(multi, &running);
		after = errno;
		if (!running)
			break;
		curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	curl_multi_remove_handle(multi, easy);
	curl_multi_cleanup(multi);
	return after;
}

static void refused(const char *what, int (*run)(CURL *))
{
	size_t left = UPLOAD;
	CURL *easy = handle();
	char *body = set_body(easy, 0);

	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, refuse_data);
	printf("%s: write refused: %s\n", what, strerror(run(easy)));
	curl_easy_cleanup(easy);
	free(body);
	easy = handle();
	set_upload(easy, refuse_wish, &left);
	printf("%s: read refused: %s\n", what, strerror(run(easy)));
	curl_easy_cleanup(easy);
}

int main(int argc, char *argv[])
{
	int listener = far_listen(0, &port);
	pthread_t thread;

	MUST(argc > 1 && getrlimit(RLIMIT_AS, &usual) == 0);
	MUST(pthread_create(&thread, NULL, answer, &listener) == 0);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	fields = curl_slist_append(NULL, "Content-Type: application/json");
	if (!strcmp(argv[1], "refused")) {
		refused("easy", after_perform);
		refused("multi", after_multi_perform);
	} else {
		in_short_memory(!strcmp(argv[1], "read"));
	}
	say_lines();
	return 0;
}
