/*
 * Ways to use libcurl: curl_cases CASE BASE_URL.
 * Prints what the application can see: bodies, result codes, and its own header list at the end.
 */
#include <curl/curl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON "Content-Type: application/json"

static const char chat[] = "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Is bus 7 late?\"}]}";
static const char chat_stream[] = "{\"model\":\"gpt-4o-mini\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
				  "\"messages\":[{\"role\":\"user\",\"content\":\"Is bus 7 late?\"}]}";

static char base[512];

static size_t print_body(char *data, size_t size, size_t n, void *to)
{
	fwrite(data, size, n, to ? to : stdout);
	return size * n;
}

static CURL *new_easy(const char *path, const char *body, struct curl_slist *fields)
{
	CURL *c = curl_easy_init();
	char url[1024];

	snprintf(url, sizeof(url), "%s%s", base, path);
	curl_easy_setopt(c, CURLOPT_URL, url);
	if (fields)
		curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(c, CURLOPT_CAINFO, getenv("CURL_CA_BUNDLE"));
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 20L);
	return c;
}

static void print_list(const struct curl_slist *l)
{
	for (; l; l = l->next)
		printf("  [%s]\n", l->data);
}

static void perform(CURL *c)
{
	CURLcode result = curl_easy_perform(c);
	long status = 0;

	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	printf("\nresult %d, status %ld\n", result, status);
}

/* ---------------------------------------------------------------- easy */

static void once(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat, fields);

	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	perform(c);
	curl_easy_cleanup(c);
}

/* libcurl's default write function: fwrite to stdout */
static void default_write(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat_stream, fields);

	setvbuf(stdout, NULL, _IONBF, 0);
	perform(c);
	curl_easy_cleanup(c);
}

static void write_data_only(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat, fields);
	FILE *to = tmpfile();
	char line[4096];

	curl_easy_setopt(c, CURLOPT_WRITEDATA, to);
	perform(c);
	rewind(to);
	while (fgets(line, sizeof(line), to))
		fputs(line, stdout);
	fclose(to);
	curl_easy_cleanup(c);
}

static void reuse(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat, fields);

	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	for (int i = 0; i < 3; i++)
		perform(c);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, chat_stream);
	perform(c);
	curl_easy_cleanup(c);
}

static void reset(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat, fields);
	char url[1024];

	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	perform(c);
	curl_easy_reset(c);
	snprintf(url, sizeof(url), "%s/v1/chat/completions", base);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, chat);
	curl_easy_setopt(c, CURLOPT_CAINFO, getenv("CURL_CA_BUNDLE"));
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	perform(c);
	curl_easy_cleanup(c);
}

static void duphandle(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat, fields), *d;

	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	perform(c);
	d = curl_easy_duphandle(c);
	curl_easy_cleanup(c);
	perform(d);
	curl_easy_cleanup(d);
}

static void no_list_of_its_own(struct curl_slist *fields)
{
	/* without a header list, libcurl sends the Content-Type of a form */
	CURL *c = new_easy("/v1/messages", "{\"model\":\"claude-tap-1\",\"max_tokens\":256,\"messages\":[]}", NULL);

	(void)fields;
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	perform(c);
	curl_easy_cleanup(c);
}

/* the application appends to its list between two transfers, through its own pointer */
static void grown_list(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat, fields);

	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	perform(c);
	curl_slist_append(fields, "X-Second: yes");
	perform(c);
	curl_easy_cleanup(c);
}

static void removed_list(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat, fields);

	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	perform(c);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	perform(c);
	curl_easy_cleanup(c);
}

static size_t count_headers(char *data, size_t size, size_t n, void *to)
{
	(void)data;
	*(int *)to += 1;
	return size * n;
}

static void header_function(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat, fields);
	int lines = 0;

	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, count_headers);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, &lines);
	perform(c);
	printf("%d header lines\n", lines);
	curl_easy_cleanup(c);
}

static size_t print_header(char *data, size_t size, size_t n, void *to)
{
	fprintf(to, "header: %.*s", (int)(size * n), data);
	return size * n;
}

/* HEADERDATA without HEADERFUNCTION: libcurl passes headers to the write function, with the data pointer for headers */
static void headerdata(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat, fields);
	FILE *to = tmpfile();
	char line[4096];

	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_header);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, stdout);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, to);
	perform(c);
	rewind(to);
	while (fgets(line, sizeof(line), to))
		printf("kept apart: %s", line);
	fclose(to);
	curl_easy_cleanup(c);
}

static void header_in_body(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat_stream, fields);

	curl_easy_setopt(c, CURLOPT_HEADER, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	perform(c);
	curl_easy_cleanup(c);
}

static void redirect(struct curl_slist *fields)
{
	CURL *c = new_easy("/moved/v1/chat/completions", chat, fields);

	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_POSTREDIR, (long)CURL_REDIR_POST_ALL);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	perform(c);
	curl_easy_cleanup(c);
}

static size_t refuse_body(char *data, size_t size, size_t n, void *to)
{
	(void)data;
	(void)size;
	(void)n;
	(void)to;
	return 0;
}

static void abort_in_callback(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat_stream, fields);

	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, refuse_body);
	perform(c);
	curl_easy_cleanup(c);
}

struct upload {
	const char *data;
	size_t left, most;
};

static size_t read_upload(char *to, size_t size, size_t n, void *from)
{
	struct upload *u = from;
	size_t take = size * n < u->left ? size * n : u->left;

	if (take > u->most)
		take = u->most;
	memcpy(to, u->data, take);
	u->data += take;
	u->left -= take;
	return take;
}

/* with a known length, then chunked because the length is unknown */
static void readfunction(struct curl_slist *fields)
{
	for (int known = 1; known >= 0; known--) {
		CURL *c = new_easy("/v1/chat/completions", NULL, fields);
		struct upload u = { chat, strlen(chat), 10 };

		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, known ? (long)strlen(chat) : -1L);
		curl_easy_setopt(c, CURLOPT_READFUNCTION, read_upload);
		curl_easy_setopt(c, CURLOPT_READDATA, &u);
		curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
		perform(c);
		curl_easy_cleanup(c);
	}
}

static void copypostfields(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", NULL, fields);
	char *body = strdup(chat);

	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, body);
	memset(body, 'x', strlen(body)); /* libcurl has its own copy */
	free(body);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	perform(c);
	curl_easy_cleanup(c);
}

static void curlu(struct curl_slist *fields)
{
	CURL *c = new_easy("/nowhere", chat, fields);
	CURLU *u = curl_url();

	curl_url_set(u, CURLUPART_URL, base, 0);
	curl_url_set(u, CURLUPART_PATH, "/v1/chat/completions", 0);
	curl_url_set(u, CURLUPART_QUERY, "api-version=1", 0);
	curl_easy_setopt(c, CURLOPT_CURLU, u);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	perform(c);
	curl_easy_cleanup(c);
	curl_url_cleanup(u);
}

/* ---------------------------------------------------------------- multi */

static void drain(CURLM *m)
{
	struct CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(m, &left)))
		if (msg->msg == CURLMSG_DONE)
			printf("\ndone: result %d\n", msg->data.result);
}

static void drive(CURLM *m)
{
	int running = 1;

	while (running) {
		if (curl_multi_perform(m, &running) != CURLM_OK)
			break;
		if (running)
			curl_multi_poll(m, NULL, 0, 1000, NULL);
	}
}

/* three transfers at once, each with its own output, so that their order does not matter */
static void multi(struct curl_slist *fields)
{
	const char *bodies[] = { chat, chat_stream, chat };
	CURLM *m = curl_multi_init();
	CURL *c[3];
	FILE *to[3];
	char line[4096];

	for (int i = 0; i < 3; i++) {
		to[i] = tmpfile();
		c[i] = new_easy("/v1/chat/completions", bodies[i], fields);
		curl_easy_setopt(c[i], CURLOPT_WRITEFUNCTION, print_body);
		curl_easy_setopt(c[i], CURLOPT_WRITEDATA, to[i]);
		curl_multi_add_handle(m, c[i]);
	}
	drive(m);
	drain(m);
	for (int i = 0; i < 3; i++) {
		rewind(to[i]);
		while (fgets(line, sizeof(line), to[i]))
			fputs(line, stdout);
		fclose(to[i]);
		curl_multi_remove_handle(m, c[i]);
		curl_easy_cleanup(c[i]);
	}
	curl_multi_cleanup(m);
}

static void multi_readd(struct curl_slist *fields)
{
	CURLM *m = curl_multi_init();
	CURL *c = new_easy("/v1/chat/completions", chat, fields);

	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	for (int i = 0; i < 3; i++) {
		curl_multi_add_handle(m, c);
		drive(m);
		drain(m);
		curl_multi_remove_handle(m, c);
	}
	curl_easy_cleanup(c);
	curl_multi_cleanup(m);
}

/* When the handle is added, its header list is still that of the previous transfer, and invalid. The application sets
 * the new list after that. libcurl reads the list only when the transfer runs: an earlier read would crash. */
static void multi_late_list(struct curl_slist *fields)
{
	CURLM *m = curl_multi_init();
	CURL *c = new_easy("/v1/chat/completions", chat, NULL);
	struct curl_slist lists[3];

	(void)fields;
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	for (int i = 0; i < 3; i++) {
		lists[i] = (struct curl_slist){ (char *)JSON, NULL };
		curl_multi_add_handle(m, c);
		curl_easy_setopt(c, CURLOPT_HTTPHEADER, &lists[i]);
		drive(m);
		drain(m);
		curl_multi_remove_handle(m, c);
		lists[i] = (struct curl_slist){ NULL, (struct curl_slist *)8 };
	}
	/* added, but never run: not a transfer */
	curl_multi_add_handle(m, c);
	curl_multi_remove_handle(m, c);
	curl_multi_add_handle(m, c);
	curl_easy_cleanup(c);
	curl_multi_cleanup(m);
}

static size_t got; /* bytes of the body so far */

static size_t count_body(char *data, size_t size, size_t n, void *to)
{
	(void)data;
	(void)to;
	got += size * n;
	return size * n;
}

/* A pool that recycles its handle in a callback of another handle's transfer. */
static struct {
	CURL *easy;
	struct curl_slist list;
	int recycled;
} pooled;

static int recycle(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	if (pooled.recycled++)
		return 0;
	curl_easy_cleanup(pooled.easy);
	pooled.list.next = (struct curl_slist *)8;
	pooled.easy = new_easy("/v1/chat/completions", chat, NULL); /* most likely at the same address */
	curl_easy_setopt(pooled.easy, CURLOPT_WRITEFUNCTION, print_body);
	return 0;
}

static int reset_once(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	char url[1024];

	(void)arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	if (pooled.recycled++)
		return 0;
	curl_easy_reset(pooled.easy);
	pooled.list.next = (struct curl_slist *)8;
	snprintf(url, sizeof(url), "%s/v1/chat/completions", base);
	curl_easy_setopt(pooled.easy, CURLOPT_URL, url);
	curl_easy_setopt(pooled.easy, CURLOPT_CAINFO, getenv("CURL_CA_BUNDLE"));
	curl_easy_setopt(pooled.easy, CURLOPT_WRITEFUNCTION, print_body);
	curl_easy_setopt(pooled.easy, CURLOPT_POSTFIELDS, chat);
	return 0;
}

static int duplicate_once(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	CURL *copy;

	(void)arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	if (pooled.recycled++)
		return 0;
	copy = curl_easy_duphandle(pooled.easy);
	curl_easy_cleanup(pooled.easy);
	pooled.easy = copy;
	return 0;
}

static CURLM *pool_multi;

/* The server holds back the rest of a stream. The application removes that transfer in a callback of another transfer,
 * and then uses the handle again. */
static int take_out_once(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	if (!pooled.recycled++)
		printf("taken out: %d\n", curl_multi_remove_handle(pool_multi, pooled.easy));
	return 0;
}

static void taken_out_in_callback(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat, fields);
	int running = 1;

	pool_multi = curl_multi_init();
	pooled.easy = new_easy("/v1/chat/completions", chat_stream, fields);
	curl_easy_setopt(pooled.easy, CURLOPT_WRITEFUNCTION, count_body);
	curl_multi_add_handle(pool_multi, pooled.easy);
	while (running && !got) {
		curl_multi_perform(pool_multi, &running);
		curl_multi_poll(pool_multi, NULL, 0, 1000, NULL);
	}
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, take_out_once);
	perform(c);
	curl_easy_setopt(pooled.easy, CURLOPT_POSTFIELDS, chat);
	perform(pooled.easy);
	curl_easy_cleanup(c);
	curl_easy_cleanup(pooled.easy);
	curl_multi_cleanup(pool_multi);
}

static void with_progress(curl_xferinfo_callback on_progress, struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat, fields);

	pooled.list = (struct curl_slist){ (char *)JSON, NULL };
	pooled.easy = new_easy("/v1/chat/completions", chat, &pooled.list);
	curl_easy_setopt(pooled.easy, CURLOPT_WRITEFUNCTION, print_body);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	perform(c);
	perform(pooled.easy);
	curl_easy_setopt(pooled.easy, CURLOPT_HTTPHEADER, fields);
	perform(pooled.easy);
	curl_easy_cleanup(c);
	curl_easy_cleanup(pooled.easy);
}

static void recycled(struct curl_slist *fields)
{
	with_progress(recycle, fields);
}

static void reset_in_callback(struct curl_slist *fields)
{
	with_progress(reset_once, fields);
}

static void duplicated_in_callback(struct curl_slist *fields)
{
	with_progress(duplicate_once, fields);
}

static int wanted; /* events wanted for the only socket, as a caller of curl_multi_socket_action would keep them */
static curl_socket_t watched = CURL_SOCKET_BAD;

static int watch(CURL *c, curl_socket_t s, int what, void *arg, void *of_socket)
{
	(void)c;
	(void)arg;
	(void)of_socket;
	watched = what == CURL_POLL_REMOVE ? CURL_SOCKET_BAD : s;
	wanted = what;
	return 0;
}

static void multi_socket(struct curl_slist *fields)
{
	CURLM *m = curl_multi_init();
	CURL *c = new_easy("/v1/chat/completions", chat_stream, fields);
	int running = 1;

	curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, watch);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print_body);
	curl_multi_add_handle(m, c);
	curl_multi_socket_action(m, CURL_SOCKET_TIMEOUT, 0, &running);
	while (running) {
		struct curl_waitfd w = { watched, 0, 0 };

		if (watched == CURL_SOCKET_BAD) {
			curl_multi_wait(m, NULL, 0, 10, NULL);
			curl_multi_socket_action(m, CURL_SOCKET_TIMEOUT, 0, &running);
			continue;
		}
		w.events = (short)((wanted & CURL_POLL_IN ? CURL_WAIT_POLLIN : 0) |
				   (wanted & CURL_POLL_OUT ? CURL_WAIT_POLLOUT : 0));
		curl_multi_wait(m, &w, 1, 100, NULL);
		curl_multi_socket_action(m, watched, 0, &running);
		curl_multi_socket_action(m, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	drain(m);
	curl_multi_remove_handle(m, c);
	curl_easy_cleanup(c);
	curl_multi_cleanup(m);
}

struct pausing {
	CURL *easy;
	int times;
};

static size_t pause_twice(char *data, size_t size, size_t n, void *to)
{
	struct pausing *p = to;

	if (p->times > 0) {
		p->times--;
		return CURL_WRITEFUNC_PAUSE;
	}
	return print_body(data, size, n, NULL);
}

static void paused(struct curl_slist *fields)
{
	CURLM *m = curl_multi_init();
	struct pausing p = { new_easy("/v1/chat/completions", chat_stream, fields), 2 };
	int running = 1;

	curl_easy_setopt(p.easy, CURLOPT_WRITEFUNCTION, pause_twice);
	curl_easy_setopt(p.easy, CURLOPT_WRITEDATA, &p);
	curl_multi_add_handle(m, p.easy);
	while (running) {
		curl_multi_perform(m, &running);
		curl_multi_poll(m, NULL, 0, 10, NULL);
		curl_easy_pause(p.easy, CURLPAUSE_CONT);
	}
	drain(m);
	curl_multi_remove_handle(m, p.easy);
	curl_easy_cleanup(p.easy);
	curl_multi_cleanup(m);
}

/* the server holds back the rest of the stream; the application removes the transfer */
static void abort_by_remove(struct curl_slist *fields)
{
	CURLM *m = curl_multi_init();
	CURL *c = new_easy("/v1/chat/completions", chat_stream, fields);
	int running = 1;

	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, count_body);
	curl_multi_add_handle(m, c);
	while (running && !got) {
		curl_multi_perform(m, &running);
		curl_multi_poll(m, NULL, 0, 1000, NULL);
	}
	printf("body began: %s\n", got ? "yes" : "no");
	curl_multi_remove_handle(m, c);
	curl_easy_cleanup(c);
	curl_multi_cleanup(m);
}

/* a transfer inside the write callback of another transfer */
static struct curl_slist *inner_fields;

static size_t perform_inside(char *data, size_t size, size_t n, void *to)
{
	int *first = to;

	if (*first) {
		*first = 0;
		once(inner_fields);
	}
	return print_body(data, size, n, NULL);
}

static void nested(struct curl_slist *fields)
{
	CURL *c = new_easy("/v1/chat/completions", chat_stream, fields);
	int first = 1;

	inner_fields = fields;
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, perform_inside);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &first);
	perform(c);
	curl_easy_cleanup(c);
}

/* ---------------------------------------------------------------- main */

static const struct {
	const char *name;
	void (*run)(struct curl_slist *fields);
	const char *more; /* another header field of the application */
} cases[] = {
	{ "once", once, NULL },
	{ "default_write", default_write, NULL },
	{ "write_data_only", write_data_only, NULL },
	{ "reuse", reuse, NULL },
	{ "reset", reset, NULL },
	{ "duphandle", duphandle, NULL },
	{ "no_list_of_its_own", no_list_of_its_own, NULL },
	{ "grown_list", grown_list, NULL },
	{ "removed_list", removed_list, NULL },
	{ "own_traceparent", once, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
	{ "header_function", header_function, NULL },
	{ "headerdata", headerdata, NULL },
	{ "header_in_body", header_in_body, NULL },
	{ "redirect", redirect, NULL },
	{ "abort_in_callback", abort_in_callback, NULL },
	{ "readfunction", readfunction, NULL },
	{ "copypostfields", copypostfields, NULL },
	{ "curlu", curlu, NULL },
	{ "multi", multi, NULL },
	{ "multi_readd", multi_readd, NULL },
	{ "multi_late_list", multi_late_list, NULL },
	{ "recycled", recycled, NULL },
	{ "reset_in_callback", reset_in_callback, NULL },
	{ "duplicated_in_callback", duplicated_in_callback, NULL },
	{ "taken_out_in_callback", taken_out_in_callback, NULL },
	{ "multi_socket", multi_socket, NULL },
	{ "paused", paused, NULL },
	{ "abort_by_remove", abort_by_remove, NULL },
	{ "nested", nested, NULL },
};

int main(int argc, char **argv)
{
	struct curl_slist *fields = NULL;

	if (argc != 3)
		return 2;
	snprintf(base, sizeof(base), "%s", argv[2]);
	curl_global_init(CURL_GLOBAL_ALL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(cases[i].name, argv[1]))
			continue;
		fields = curl_slist_append(fields, JSON);
		fields = curl_slist_append(fields, "Authorization: Bearer sk-not-a-key");
		if (cases[i].more)
			fields = curl_slist_append(fields, cases[i].more);
		cases[i].run(fields);
		puts("its own list:");
		print_list(fields);
		curl_slist_free_all(fields);
		curl_global_cleanup();
		return 0;
	}
	fprintf(stderr, "no case %s\n", argv[1]);
	return 2;
}
