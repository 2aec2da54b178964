/*
 * Jumps and switches out of library calls. The thread must be traced as before.
 *
 *	jumps read|deeper|curl|coroutine|stacks|bounce PORT
 *
 * read: a signal handler jumps out of a blocked SSL_read, as a timeout. deeper: the same, and the next calls are made
 * from deeper in the stack. curl: the same out of curl_easy_perform. coroutine: a header callback, which gentap does not
 * wrap, switches to another coroutine with a stack of its own, which makes its transfer meanwhile. stacks: the same with
 * four coroutines in turn. bounce: a header callback makes a transfer itself.
 *
 * cc: -O1 -lssl -lcrypto -lcurl -ldl
 */
#include <curl/curl.h>
#include <setjmp.h>
#include <ucontext.h>

#include "peer_tls.h"

static sigjmp_buf out;
static char url[128];

static void on_alarm(int signal)
{
	(void)signal;
	siglongjmp(out, 1);
}

static void soon(void)
{
	struct itimerval t = { .it_value.tv_usec = 100000 };

	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &t, NULL);
}

/* ---------------------------------------------------------------- TLS */

static bool tls_exchange(const char *tag)
{
	struct tls_pair p = tls_pair_up(0, 1 << 16);
	char sent[1024], got[4096];
	size_t len = ask_for(sent, sizeof(sent), tag, 0), n;
	bool good;

	MUST(SSL_write(p.near, sent, (int)len) == (int)len);
	n = far_tls_sip(p.far, got, sizeof(got));
	good = same_but_for_lines(got, n, sent, len) && far_tls_answer(p.far);
	n = (size_t)SSL_read(p.near, got, sizeof(got));
	good = good && n == strlen(chat_answer()) && !memcmp(got, chat_answer(), n);
	SSL_free(p.near);
	return good;
}

__attribute__((noinline)) static bool from_deeper(const char *tag, int depth)
{
	volatile char room[1000]; /* never written */

	(void)room;
	return depth ? from_deeper(tag, depth - 1) : tls_exchange(tag);
}

/* A session over a socket whose other side says nothing. */
static void blocked_read(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct pair sockets = pair_up(0);
	SSL *ssl = SSL_new(ctx);
	char buf[64];

	SSL_set_fd(ssl, sockets.near);
	SSL_set_connect_state(ssl);
	soon();
	SSL_read(ssl, buf, sizeof(buf));
}

/* ---------------------------------------------------------------- libcurl */

static size_t collect(char *p, size_t size, size_t n, void *heard)
{
	strncat(heard, p, size * n);
	return size * n;
}

typedef size_t header_fn(char *p, size_t size, size_t n, void *user);

static bool transfer(const char *tag, header_fn *on_header)
{
	struct curl_slist *fields = curl_slist_append(NULL, "Content-Type: application/json");
	CURL *c = curl_easy_init();
	char body[256], heard[4096] = "";
	CURLcode ret;

	snprintf(body, sizeof(body), "{\"model\":\"%s\",\"messages\":[]}", tag);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, heard);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	ret = curl_easy_perform(c);
	curl_easy_cleanup(c);
	curl_slist_free_all(fields);
	return ret == CURLE_OK && strstr(heard, "\"completion_tokens\":5");
}

static size_t jump_out(char *p, size_t size, size_t n, void *user)
{
	(void)p;
	(void)user;
	(void)size;
	(void)n;
	longjmp(out, 1);
}

static size_t bounce(char *p, size_t size, size_t n, void *user)
{
	static bool done;

	(void)p;
	(void)user;
	if (!done) {
		done = true;
		printf("inner: %s\n", transfer("inner", NULL) && tls_exchange("inner-tls") ? "whole" : "broken");
	}
	return size * n;
}

/* ---------------------------------------------------------------- coroutines */

enum { ROUTINES = 4 };

static struct {
	ucontext_t context;
	bool is_over;
} routines[ROUTINES];
static int n_routines, current;

/* To the next routine that is not over. */
static void next(void)
{
	int from = current;

	for (int i = 1; i <= n_routines; i++) {
		int to = (from + i) % n_routines;

		if (routines[to].is_over || to == from)
			continue;
		current = to;
		swapcontext(&routines[from].context, &routines[to].context);
		return;
	}
}

static size_t switch_away(char *p, size_t size, size_t n, void *user)
{
	(void)p;
	(void)user;
	next();
	return size * n;
}

static void routine(int i)
{
	char tag[32];

	for (int k = 0; k < 2; k++) {
		snprintf(tag, sizeof(tag), "routine-%d-%d", i, k);
		printf("%s: %s\n", tag, transfer(tag, switch_away) ? "whole" : "broken");
	}
	routines[i].is_over = true;
	next();
}

static void run_routines(int n)
{
	n_routines = n;
	for (int i = 1; i < n; i++) {
		getcontext(&routines[i].context);
		routines[i].context.uc_stack.ss_size = 1 << 18;
		routines[i].context.uc_stack.ss_sp = malloc(1 << 18);
		routines[i].context.uc_link = &routines[0].context;
		makecontext(&routines[i].context, (void (*)(void))routine, 1, i);
	}
	routine(0);
}

int main(int argc, char *argv[])
{
	struct pair plain;

	MUST(argc == 3);
	snprintf(url, sizeof(url), "http://127.0.0.1:%s/v1/chat/completions", argv[2]);
	curl_global_init(CURL_GLOBAL_ALL);
	if (!strcmp(argv[1], "read") || !strcmp(argv[1], "deeper")) {
		if (!sigsetjmp(out, 1))
			blocked_read();
		else
			puts("timed out");
	} else if (!strcmp(argv[1], "curl")) {
		if (!sigsetjmp(out, 1))
			transfer("left", jump_out);
		else
			puts("jumped");
	} else if (!strcmp(argv[1], "bounce")) {
		printf("outer: %s\n", transfer("outer", bounce) ? "whole" : "broken");
	} else {
		run_routines(!strcmp(argv[1], "stacks") ? ROUTINES : 2);
	}
	/* an exchange of each kind: each has one span */
	printf("tls: %s\n", (strcmp(argv[1], "deeper") ? tls_exchange("tls") : from_deeper("tls", 30)) ? "whole" : "broken");
	printf("curl: %s\n", transfer("curl", NULL) ? "whole" : "broken");
	plain = pair_up(0);
	printf("socket: %s\n", exchange(plain, "socket") ? "whole" : "broken");
	return 0;
}
