/*
 * The application writes random bytes in random pieces to a simulated wire, which accepts a random part of each
 * write. In between, the application tries to write other bytes, which are refused, and receives bytes. Sometimes it
 * receives bytes in a call that gentap does not see: the connection is then lost, and perhaps taken up again.
 *
 * The wire must hold, in order, the bytes that the application saw accepted. gentap may add only well-formed header
 * lines, just before the blank line of a request head. It must add nothing to an inbound connection.
 */
#include "../unit/support/wire.h"
#include "fuzz.h"
#include "shim/conn.h"
#include "shim/handoff.h"
#include "shim/shared/limits.h"
#include "shim/shared/match.h"
#include "shim/shared/stat.h"

#define OURS_LINES "POST /v1/responses HTTP/1.1\r\nHost: h\r\n"
#define MCP_REQUEST                                                                                              \
	"POST /mcp HTTP/1.1\r\nMcp-Method: tools/call\r\nContent-Length: 116\r\n\r\n{\"method\":\"tools/call\"," \
	"\"params\":{\"_meta\":{\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"}}}"
#define FILLER "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"

/* Each byte above 0x7f is replaced with one of these. Otherwise the mutator would destroy most requests. */
static const char *const words[] = {
	OURS_LINES FILLER "Content-Length: 2\r\n\r\n{}",
	OURS_LINES "Transfer-Encoding: chunked\r\n" FILLER "\r\n3\r\nabc\r\n0\r\n\r\n",
	"GET / HTTP/1.1\r\n" FILLER "\r\n",
	"HEAD / HTTP/1.1\r\n\r\n",
	"PUT / HTTP/1.1\r\nContent-Length: 99\r\n\r\n",
	OURS_LINES,
	FILLER,
	"Content-Length: 2\r\n",
	"Transfer-Encoding: chunked\r\n",
	"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
	"Upgrade: x\r\n",
	"\r\n",
	"\n",
	"{}",
	"3\r\nabc\r\n",
	"0\r\n\r\n",
	"POST /v1/responses HTTP/1.1\nHost: h\n\n",
	"\x16\x03\x01",
	MCP_REQUEST,
	"GET /mcp HTTP/1.1\r\nMcp-Session-Id: s\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.1 101 Switching Protocols\r\n\r\n",
};

#define STREAM_MAX 20000 /* bytes; the events of such a stream fit the pool */

static size_t take(struct gt_wire *w, size_t offered)
{
	struct fuzz_input *in = w->user;

	switch (fuzz_below(in, 5)) {
	case 0:
		return 0;
	case 1:
		return offered ? 1 : 0;
	case 2:
		return fuzz_below(in, offered + 1);
	default:
		return offered;
	}
}

static size_t everything(struct gt_wire *w, size_t offered)
{
	(void)w;
	return offered;
}

/* Takes, checks and frees the emitted events. A stream has no event before its first BEGIN or after END; the next stream
 * begins when it has ended. */
static void take_events(uint64_t *open)
{
	static uint64_t last;

	for (struct gt_event *e = gt_handoff_take(), *next; e; e = next) {
		next = e->next;
		FUZZ_CHECK(e->len <= GT_EVENT_ROOM_MAX);
		if (e->type == GT_EVENT_BEGIN) {
			const struct gt_begin *b = (const struct gt_begin *)e->data;

			FUZZ_CHECK(e->len == sizeof(*b) + b->host_len + b->provider_len + b->tracestate_len);
			FUZZ_CHECK(!gt_is_all_zero(b->context.trace_id.b, 16) && !gt_is_all_zero(b->context.span_id.b, 8));
			FUZZ_CHECK(e->stream == *open || (!*open && e->stream > last));
			*open = last = e->stream;
		} else if (e->type == GT_EVENT_END) {
			FUZZ_CHECK(*open && e->stream == *open);
			*open = 0;
		} else {
			FUZZ_CHECK(e->type != GT_EVENT_PARENT || e->len == sizeof(struct gt_new_parent));
			FUZZ_CHECK(*open && e->stream == *open);
		}
		gt_event_free(e);
	}
}

/* The offset at which a refused write of other bytes starts: usually a request, because other bytes
 * rarely have an effect. */
static size_t second_thought(struct fuzz_input *in)
{
	size_t wanted = fuzz_below(in, 8), at = fuzz_below(in, 4) ? 0 : fuzz_below(in, in->len), found = 0;

	for (size_t i = at; i + 5 <= in->len; i++) {
		if (memcmp(in->data + i, "POST ", 5))
			continue;
		found = i;
		if (!wanted--)
			break;
	}
	return found;
}

static void refuse(struct gt_conn *c, const char *p, size_t len, bool may_change)
{
	struct iovec iov = { (void *)p, len };
	struct gt_tx t;

	gt_tx_begin(&t, c, &iov, 1, may_change);
	gt_tx_end(&t, &iov, 1, 0);
}

static void receive(struct gt_conn *c, const char *p, size_t len)
{
	char *copy = fuzz_copy(p, len);

	if (gt_rx_is_wanted(c) && !gt_rx_blind(c, &(struct iovec){ copy, len }, 1, len))
		gt_rx(c, &(struct iovec){ copy, len }, 1, len);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static bool ready;
	struct fuzz_input in = fuzz_input_of(p, len);
	size_t kind = fuzz_below(&in, 8), at = 0, stuck = 0;
	bool inbound = kind == 7;
	uint64_t open = 0;
	struct gt_conn *c;
	struct gt_wire w;

	if (!ready) {
		gt_pool_init(4 << 20);
		gt_match_set_endpoints("h=openai", NULL); /* the fuzzer finds a short host sooner */
		gt_limits.body_max = 3000;
		ready = true;
	}
	fuzz_spell_out(&in, words, sizeof(words) / sizeof(words[0]), STREAM_MAX);
	c = gt_conn_new(inbound ? GT_ROLE_INBOUND : GT_ROLE_OUTBOUND, kind & 1);
	FUZZ_CHECK(c);
	gt_wire_open(&w, c);
	w.user = &in;
	while (at < in.len) {
		size_t n = fuzz_below(&in, 3) ? in.len - at : 1 + fuzz_below(&in, in.len - at), pieces = 1 + fuzz_below(&in, 4),
		       from = at;
		char *copy = fuzz_copy(in.data + at, n);
		struct iovec iov[4];
		ssize_t took;

		for (size_t i = 0; i < pieces; i++) {
			size_t part = i == pieces - 1 ? at + n - from : fuzz_below(&in, at + n - from + 1);

			iov[i] = (struct iovec){ part ? copy + (from - at) : NULL, part };
			from += part;
		}
		switch (fuzz_below(&in, 6)) {
		case 0: { /* the application offers other bytes, and none is accepted */
			size_t start = second_thought(&in);

			refuse(c, in.data + start, in.len - start, fuzz_below(&in, 3));
			break;
		}
		case 1:
			receive(c, in.data, fuzz_below(&in, in.len + 1));
			break;
		case 2:
			if (fuzz_below(&in, 20) == 0)
				gt_conn_end(c, GT_END_RESET, 104);
			else if (fuzz_below(&in, 20) == 0)
				gt_rx_unseen(c);
			break;
		}
		w.take = stuck < 50 ? take : everything;
		took = gt_wire_writev(&w, iov, (int)pieces, fuzz_below(&in, 8) != 0);
		take_events(&open);
		FUZZ_CHECK(took <= (ssize_t)n);
		stuck = took > 0 ? 0 : stuck + 1;
		at += took > 0 ? (size_t)took : 0;
		free(copy);
	}
	FUZZ_CHECK(w.app_len == in.len);
	if (gt_wire_fault(&w)) {
		fprintf(stderr, "%s\n%.*s\n", gt_wire_fault(&w), (int)w.wire_len, w.wire);
		abort();
	}
	FUZZ_CHECK(!inbound || w.n_inserted == 0);
	gt_conn_close(c);
	FUZZ_CHECK(!gt_conn_ref(c));
	take_events(&open);
	FUZZ_CHECK(!open);
	FUZZ_CHECK(gt_stat_get(GT_STAT_DROP_FULL) == 0); /* a full pool means that earlier inputs leaked events */
	FUZZ_CHECK(gt_stat_get(GT_STAT_ODD) == 0);
	gt_wire_free(&w);
	fuzz_input_free(&in);
	return 0;
}
