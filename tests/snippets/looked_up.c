/*
 * A stream that continues while the exporter looks up the collector's name, on descriptor numbers that the look-up
 * uses too.
 *
 * cc: -O1
 */
#include <nss.h>

#include "peer.h"

#define CHUNKS 25

/* One chunk of a chat completion; the last chunk has the usage. */
static void far_chunk(int far, int i)
{
	bool is_last = i == CHUNKS - 1;
	char event[400], chunk[440];
	int len;

	len = snprintf(event, sizeof(event),
		       "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,"
		       "\"delta\":{\"content\":\"x\"},\"finish_reason\":%s}]%s}\n\n",
		       is_last ? "\"stop\"" : "null",
		       is_last ? ",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":25,\"total_tokens\":28}" : "");
	snprintf(chunk, sizeof(chunk), "%x\r\n%s\r\n", len, event);
	far_say(far, chunk);
}

int main(void)
{
	int port, first = far_listen(0, &port), listener = (int)syscall(SYS_fcntl, first, F_DUPFD_CLOEXEC, 50);
	char sent[1024], got[2048];
	struct pair stream, other;
	size_t len, n = 0;

	MUST(__nss_configure_lookup("hosts", "gentap") == 0);
	far_close(first);
	stream.near = dial(port, 0); /* the lowest free number */
	stream.far = far_accept(listener);
	other.near = dial(port, 0);
	other.far = far_accept(listener);
	MUST(exchange(other, "first"));
	len = ask_for(sent, sizeof(sent), "stream", 0);
	MUST(say(stream.near, sent, len));
	far_request(stream.far, got, sizeof(got));
	far_say(stream.far, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < CHUNKS; i++) {
		far_chunk(stream.far, i);
		n += recv(stream.near, got, sizeof(got), 0) > 0;
		nap_ms(20);
	}
	far_say(stream.far, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
	n += recv(stream.near, got, sizeof(got), 0) > 0;
	printf("received %zu times\n", n);
	say_lines();
	return 0;
}
