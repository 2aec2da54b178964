/*
 * Requests are half sent, each a little further than the previous. Then another exchange gets the first answer of the
 * process, and the requests are finished. Over sockets, and over TLS through a buffer of a few bytes.
 *
 * cc: -O1 -lssl -lcrypto
 */
#include "peer_tls.h"

#define N 60

static char sent[4096], got[4096];
static size_t len;

static bool try(int fd, size_t *done)
{
	ssize_t n = send(fd, sent + *done, len - *done, MSG_NOSIGNAL);

	if (n > 0)
		*done += (size_t)n;
	return n > 0 || errno == EAGAIN;
}

int main(void)
{
	struct pair p[N], other;
	struct tls_pair t[N];
	size_t done[N] = { 0 }, have[N] = { 0 };
	static char tls_got[N][4096];
	int same = 0, tls_same = 0;

	len = ask_for(sent, sizeof(sent), "half", 0);
	for (int i = 0; i < N; i++) {
		p[i] = pair_up(0);
		fcntl(p[i].near, F_SETFL, O_NONBLOCK);
		for (int k = 0; k < i * 2; k++)
			MUST(try(p[i].near, &done[i]));
		t[i] = tls_pair_up(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, 11);
		for (int k = 0; k < i && SSL_write(t[i].near, sent, (int)len) <= 0; k++)
			have[i] += far_tls_sip(t[i].far, tls_got[i] + have[i], sizeof(tls_got[i]) - have[i]);
	}
	unsetenv("DRIBBLE");
	other = pair_up(0);
	printf("other: %s\n", exchange(other, "other") ? "whole" : "broken");
	nap_ms(300); /* time for a thread that the answer started */
	for (int i = 0; i < N; i++) {
		size_t n = 0;
		int ret = -1;

		while (done[i] < len && try(p[i].near, &done[i]))
			;
		n = far_request(p[i].far, got, sizeof(got));
		same += same_but_for_lines(got, n, sent, len);
		for (int k = 0; k < 1000 && !request_len(tls_got[i], have[i]); k++) {
			if (ret <= 0)
				ret = SSL_write(t[i].near, sent, (int)len);
			have[i] += far_tls_sip(t[i].far, tls_got[i] + have[i], sizeof(tls_got[i]) - have[i]);
		}
		tls_same += same_but_for_lines(tls_got[i], have[i], sent, len);
	}
	printf("%d and %d of %d arrived as sent\n", same, tls_same, N);
	say_lines();
	return 0;
}
