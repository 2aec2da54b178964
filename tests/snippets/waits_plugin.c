/*
 * A plugin with a thread of its own. The thread makes an exchange over TLS while the plugin is opened, and ends the session
 * while it is closed. The plugin waits for it both times. The loader holds its lock then.
 *
 * cc: -O1 -shared -fPIC -lssl -lcrypto -lpthread
 */
#include "peer_tls.h"

static struct tls_pair p;
static pthread_t thread;
static _Atomic bool is_answered, is_over;

static void *work(void *unused)
{
	char sent[2048], got[2048];
	size_t len = ask_for(sent, sizeof(sent), "opened", 0), n = 0;

	(void)unused;
	MUST(SSL_write(p.near, sent, (int)len) == (int)len);
	while (!request_len(got, n))
		n += far_tls_sip(p.far, got + n, sizeof(got) - n);
	MUST(far_tls_answer(p.far));
	for (n = 0; n < strlen(chat_answer());)
		n += (size_t)SSL_read(p.near, got, sizeof(got));
	is_answered = true;
	while (!is_over)
		nap_ms(1);
	SSL_shutdown(p.near);
	SSL_free(p.near);
	return NULL;
}

__attribute__((constructor)) static void opened(void)
{
	p = tls_pair_up(0, 20000);
	MUST(pthread_create(&thread, NULL, work, NULL) == 0);
	while (!is_answered)
		nap_ms(1);
}

__attribute__((destructor)) static void closed(void)
{
	is_over = true;
	pthread_join(thread, NULL);
	printf("closed\n");
}

int plugin_run(const char *tag);

int plugin_run(const char *tag)
{
	(void)tag;
	return is_answered;
}
