/*
 * Asks a server over GnuTLS: gnutls_ways PORT WAY [BYTES]. Prints what each send returned, and what came back. BYTES is the
 * length of the request's body. The prototypes are here, so that the headers of GnuTLS are not needed.
 *
 * cc: -O1 -l:libgnutls.so.30
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

typedef void *session_t;
typedef struct {
	unsigned char *data;
	unsigned size;
} datum;
typedef struct {
	size_t low, high;
} range_t;

enum { AGAIN = -28, INTERRUPTED = -52, CLIENT = 2, CERTIFICATE = 1, DNS = 1, WAIT = 1 };

int gnutls_init(session_t *, unsigned);
void gnutls_deinit(session_t);
int gnutls_bye(session_t, int);
int gnutls_handshake(session_t);
int gnutls_set_default_priority(session_t);
int gnutls_server_name_set(session_t, int, const void *, size_t);
int gnutls_certificate_allocate_credentials(void **);
int gnutls_credentials_set(session_t, int, void *);
void gnutls_transport_set_ptr(session_t, void *);
void gnutls_transport_set_errno(session_t, int);
void gnutls_transport_set_push_function(session_t, ssize_t (*)(void *, const void *, size_t));
ssize_t gnutls_record_send(session_t, const void *, size_t);
ssize_t gnutls_record_send2(session_t, const void *, size_t, size_t, unsigned);
ssize_t gnutls_record_send_range(session_t, const void *, size_t, const range_t *);
void gnutls_record_cork(session_t);
int gnutls_record_uncork(session_t, unsigned);
ssize_t gnutls_record_recv(session_t, void *, size_t);
ssize_t gnutls_record_recv_packet(session_t, void **);
void gnutls_packet_get(void *, datum *, unsigned char *);
void gnutls_packet_deinit(void *);

static session_t session;
static bool is_slow;
static int turns;

/* Takes a few bytes, and nothing at every other turn. */
static ssize_t push_slowly(void *fd, const void *p, size_t len)
{
	if (!is_slow)
		return send((int)(long)fd, p, len, 0);
	if (turns++ % 2 == 0) {
		gnutls_transport_set_errno(session, EAGAIN);
		return -1;
	}
	return send((int)(long)fd, p, len < 700 ? len : 700, 0);
}

static void print(long ret)
{
	printf("%ld ", ret);
}

/* Sends all; `way` repeats a refused send with the same bytes, or with none. */
static void send_all(const char *p, size_t len, bool with_none)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = gnutls_record_send(session, p + done, len - done);

		while (n == AGAIN || n == INTERRUPTED)
			n = with_none ? gnutls_record_send(session, NULL, 0) :
					gnutls_record_send(session, p + done, len - done);
		print(n);
		if (n <= 0)
			return;
		done += (size_t)n;
	}
}

static void receive_packets(void)
{
	size_t all = 0;
	void *packet;
	ssize_t n;
	datum d;

	while ((n = gnutls_record_recv_packet(session, &packet)) > 0 || n == AGAIN) {
		if (n < 0)
			continue;
		gnutls_packet_get(packet, &d, NULL);
		all += d.size;
		gnutls_packet_deinit(packet);
	}
	printf("\nanswer: %s, end %ld\n", all > 100 ? "yes" : "no", (long)n);
}

static void receive(size_t piece)
{
	char buf[4096];
	size_t all = 0;
	ssize_t n;

	while ((n = gnutls_record_recv(session, buf, piece)) > 0 || n == AGAIN)
		all += n > 0 ? (size_t)n : 0;
	printf("\nanswer: %s, end %ld\n", all > 100 ? "yes" : "no", (long)n);
}

int main(int argc, char *argv[])
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	size_t body = argc > 3 ? (size_t)atol(argv[3]) : 100, len;
	const char *way = argc > 2 ? argv[2] : "";
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char *request = calloc(1, body + 1000);
	void *credentials;

	if (argc < 3)
		return 2;
	to.sin_port = htons((unsigned short)atoi(argv[1]));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return 1;
	len = (size_t)sprintf(
		request,
		"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
		"Connection: close\r\nContent-Length: %zu\r\n\r\n{\"model\":\"gpt-5.1\",\"messages\":[{\"role\":\"user\",\"content\":\"",
		body);
	memset(request + len, 'x', body);
	body -= strlen("{\"model\":\"gpt-5.1\",\"messages\":[{\"role\":\"user\",\"content\":\"");
	memcpy(request + len + body - 4, "\"}]}", 4);
	len += body;

	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_init(&session, CLIENT);
	gnutls_set_default_priority(session);
	gnutls_credentials_set(session, CERTIFICATE, credentials);
	gnutls_server_name_set(session, DNS, "localhost", 9);
	gnutls_transport_set_ptr(session, (void *)(long)fd);
	gnutls_transport_set_push_function(session, push_slowly);
	if (gnutls_handshake(session))
		return 1;
	is_slow = !strcmp(way, "again") || !strcmp(way, "none") || !strcmp(way, "slow_cork");
	if (!strcmp(way, "send2")) {
		print(gnutls_record_send2(session, request, len, 10, 0));
	} else if (!strcmp(way, "range")) {
		range_t range = { len, len + 200 };

		print(gnutls_record_send_range(session, request, len, &range));
	} else if (!strcmp(way, "cork") || !strcmp(way, "slow_cork")) {
		long n;

		gnutls_record_cork(session);
		print(gnutls_record_send(session, request, 50));
		print(gnutls_record_send(session, request + 50, len - 50));
		while ((n = gnutls_record_uncork(session, is_slow ? 0 : WAIT)) == AGAIN || n == INTERRUPTED)
			;
		print(is_slow ? n > 0 : n);
	} else if (!strcmp(way, "two")) {
		size_t head = (size_t)(strstr(request, "\r\n\r\n") + 4 - request);

		send_all(request, head, false);
		send_all(request + head, len - head, false);
	} else {
		send_all(request, len, !strcmp(way, "none"));
	}
	is_slow = false;
	if (!strcmp(way, "packet"))
		receive_packets();
	else
		receive(!strcmp(way, "bytes") ? 7 : 4096);
	gnutls_bye(session, 1);
	gnutls_deinit(session);
	close(fd);
	return 0;
}
