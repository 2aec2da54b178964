#include "support/fail_nth.h"
#include "support/fresh_shim.h"
#include "support/http2_peer.h"
#include "support/reported.h"
#include "support/test.h"
#include "support/wire.h"

#include <nghttp2/nghttp2.h>

#include "shim/context.h"
#include "shim/http2.h"
#include "shim/http2_frames.h"
#include "shim/shared/env.h"
#include "shim/shared/stat.h"

#define POST ":method: POST\n:scheme: https\n:authority: api.openai.com\n:path: "
#define ASK  POST "/v1/chat/completions\ncontent-type: application/json\nx-last: 1\n"

static struct gt_conn *conn;
static struct gt_http2_peer client;
static struct gt_reported reported;
static struct gt_wire wire;

static void free_all(void)
{
	gt_http2_peer_free(&client);
	gt_reported_free(&reported);
	gt_wire_free(&wire);
}

static int set_up(void **state)
{
	(void)state;
	free_all();
	gt_fresh_shim(32ULL << 20);
	gt_http2_set("insert");
	conn = gt_conn_new_http2(true);
	assert_non_null(conn);
	gt_wire_open(&wire, conn);
	gt_http2_peer_open(&client, true);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free_all();
	gt_http2_set(NULL);
	return 0;
}

static void flush(void)
{
	assert_true(gt_wire_write_all(&wire, client.bytes, client.len));
	gt_http2_peer_taken(&client);
}

/* ---------------------------------------------------------------- what a server would read */

/* Everything but padding, as lines: fields of heads, bodies, and other frames as bytes. The values of the fields that gentap
 * adds are left out, and those fields are counted. */
struct reading {
	char *text; /* owned */
	size_t len, room;
	int traceparents, states, baggage;
	char last_traceparent[GT_TRACEPARENT_LEN + 1];
};

static void say(struct reading *r, const void *p, size_t len)
{
	if (r->len + len > r->room) {
		r->room = 2 * (r->len + len) + 4096;
		r->text = realloc(r->text, r->room);
		assert_non_null(r->text);
	}
	if (len)
		memcpy(r->text + r->len, p, len);
	r->len += len;
}

static void say_field(struct reading *r, const nghttp2_nv *nv)
{
	struct gt_str name = gt_str_make((char *)nv->name, nv->namelen);

	if (gt_str_eq(name, GT_STR("traceparent"))) {
		assert_int_equal(nv->valuelen, GT_TRACEPARENT_LEN);
		memcpy(r->last_traceparent, nv->value, GT_TRACEPARENT_LEN);
		assert_true(nv->flags & NGHTTP2_NV_FLAG_NO_INDEX);
		r->traceparents++;
		return;
	}
	r->states += gt_str_eq(name, GT_STR("tracestate"));
	if (gt_str_eq(name, GT_STR("tracestate")))
		return;
	r->baggage += gt_str_eq(name, GT_STR("baggage"));
	if (gt_str_eq(name, GT_STR("baggage")))
		return;
	say(r, nv->name, nv->namelen);
	say(r, "=", 1);
	say(r, nv->value, nv->valuelen);
	say(r, "\n", 1);
}

static void say_head(struct reading *r, nghttp2_hd_inflater *inflater, struct gt_str block)
{
	const uint8_t *p = (const uint8_t *)block.p;
	size_t len = block.len;
	int flags = 0;

	for (;;) {
		nghttp2_nv nv;
		ssize_t used = nghttp2_hd_inflate_hd2(inflater, &nv, &flags, p, len, 1);

		assert_true(used >= 0);
		p += used;
		len -= (size_t)used;
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			say_field(r, &nv);
		if (flags & NGHTTP2_HD_INFLATE_FINAL)
			break;
	}
	assert_int_equal(nghttp2_hd_inflate_end_headers(inflater), 0);
}

/* Decodes with a fresh decoder of nghttp2's. Fails the test where a server would refuse the bytes. */
static void read_wire(struct reading *r, const char *p, size_t len)
{
	static char block[GT_HPACK_BLOCK_MAX];
	nghttp2_hd_inflater *inflater;
	struct gt_http2_frames f;
	struct gt_http2_event ev;

	*r = (struct reading){ NULL };
	assert_int_equal(nghttp2_hd_inflate_new(&inflater), 0);
	nghttp2_hd_inflate_change_table_size(inflater, GT_HPACK_TABLE_MAX);
	gt_http2_frames_init(&f, true, block);
	do {
		ssize_t used = gt_http2_feed(&f, p, len, &ev);
		char mark[64];

		assert_true(used >= 0);
		p += used;
		len -= (size_t)used;
		if (ev.kind == GT_HTTP2_MORE)
			break;
		assert_true(ev.payload <= 16384);
		say(r, mark, (size_t)sprintf(mark, "%d %u %u %d\n", ev.kind, ev.stream, ev.code, ev.is_end));
		if (ev.kind == GT_HTTP2_BLOCK)
			say_head(r, inflater, ev.bytes);
		else
			say(r, ev.bytes.p, ev.bytes.len);
	} while (true);
	nghttp2_hd_inflate_del(inflater);
}

/* The wire has what the application sent, and fields of gentap's. */
static void read_both(struct reading *app, struct reading *out)
{
	read_wire(app, wire.app, wire.app_len);
	read_wire(out, wire.wire, wire.wire_len);
	assert_int_equal(app->len, out->len);
	assert_memory_equal(app->text, out->text, app->len);
	free(app->text);
	free(out->text);
}

static int begun(int *injected)
{
	int n = 0;

	*injected = 0;
	gt_reported_take(&reported);
	for (int i = 0; i < reported.n; i++)
		if (reported.list[i].type == GT_EVENT_BEGIN) {
			*injected += gt_reported_begin(&reported, n).is_injected;
			n++;
		}
	return n;
}

/* ---------------------------------------------------------------- tests */

static void test_http2_insert_gives_the_server_the_span_s_traceparent(void **state)
{
	char text[GT_TRACEPARENT_LEN + 1] = "";
	struct reading app, out;
	struct gt_begin b;

	(void)state;
	gt_http2_peer_head(&client, 1, ASK, false);
	gt_http2_peer_body(&client, 1, "{}", true);
	flush();
	read_both(&app, &out);
	assert_int_equal(app.traceparents, 0);
	assert_int_equal(out.traceparents, 1);
	gt_reported_take(&reported);
	b = gt_reported_begin(&reported, 0);
	assert_true(b.is_injected);
	gt_traceparent_format(&b.context, text);
	assert_string_equal(out.last_traceparent, text);
	assert_int_equal(gt_stat_get(GT_STAT_INJECTED), 1);
	assert_int_equal(wire.wire_len - wire.app_len, 3 + sizeof("traceparent") - 1 + GT_TRACEPARENT_LEN);
}

static void test_http2_insert_leaves_others_alone(void **state)
{
	static const struct {
		const char *head;
		bool is_ours;
	} rows[] = {
		{ ":method: GET\n:scheme: https\n:authority: api.openai.com\n:path: /other\naccept: */*\n", false },
		{ POST "/v1/chat/completions\ncontent-type: application/grpc\n", false },
		{ ASK "traceparent: 00-11111111111111111111111111111111-2222222222222222-01\nx: y\n", true },
		{ "content-type: application/json\n" POST "/v1/chat/completions\n", true }, /* ends in a pseudo-header */
	};
	int injected;

	(void)state;
	for (uint32_t i = 0; i < GT_ROWS(rows); i++) {
		set_up(NULL);
		gt_http2_peer_head(&client, 1, rows[i].head, true);
		flush();
		assert_int_equal(wire.wire_len, wire.app_len);
		assert_memory_equal(wire.wire, wire.app, wire.app_len);
		assert_int_equal(begun(&injected), rows[i].is_ours);
		assert_int_equal(injected, 0);
	}
}

/* A frame has to be in one write whole, and may not grow beyond what every peer takes. */
static void test_http2_insert_needs_the_last_frame_of_the_head(void **state)
{
	static char long_head[17000];
	int injected;
	size_t len;

	(void)state;
	gt_http2_peer_head(&client, 1, ASK, true);
	len = client.len;
	assert_true(gt_wire_write_all(&wire, client.bytes, len - 5));
	assert_true(gt_wire_write_all(&wire, client.bytes + len - 5, 5));
	assert_int_equal(begun(&injected), 1);
	assert_int_equal(injected, 0);
	assert_memory_equal(wire.wire, wire.app, len);

	/* Huffman's code makes 8 bits of each X */
	for (size_t value = 16100; value < 16300; value++) {
		struct reading app, out;
		int n = sprintf(long_head, ASK "x-value: ");

		set_up(NULL);
		memset(long_head + n, 'X', value);
		memcpy(long_head + n + value, "\n", 2);
		gt_http2_peer_head(&client, 1, long_head, true);
		flush();
		read_both(&app, &out); /* checks the length of frames */
		assert_int_equal(begun(&injected), 1);
		assert_int_equal(out.traceparents, injected);
		if (value == 16100 || value == 16299)
			assert_int_equal(injected, value == 16100);
	}
}

/* The application is in the middle of the frame, and something ends the following of the connection. */
static void test_http2_insert_is_completed_once_it_has_begun(void **state)
{
	struct reading app, out;
	size_t len;

	(void)state;
	flush();
	gt_http2_peer_head(&client, 1, ASK, true);
	for (size_t first = 1; first < client.len + 60; first++) {
		set_up(NULL);
		flush();
		gt_http2_peer_head(&client, 1, ASK, true);
		len = client.len;
		gt_wire_script(&wire, (size_t[]){ first }, 1);
		if (first < len + 60) {
			ssize_t n = gt_wire_write(&wire, client.bytes, len);

			assert_true(n >= 0 && (size_t)n <= len);
			gt_conn_end(conn, GT_END_EOF, 0);
			assert_true(gt_wire_write_all(&wire, client.bytes + n, len - (size_t)n));
		}
		read_both(&app, &out);
		assert_int_equal(out.traceparents, 1);
	}
}

static void test_http2_insert_is_not_begun_where_nothing_was_taken(void **state)
{
	struct gt_tx t;
	struct iovec iov;

	(void)state;
	flush();
	gt_http2_peer_head(&client, 1, ASK, true);
	iov = (struct iovec){ client.bytes, client.len };
	gt_tx_begin(&t, conn, &iov, 1, true);
	assert_true(t.has_splice);
	gt_tx_end(&t, &iov, 1, 0);
	gt_tx_await_retry(conn, false);
	/* the repetition may not be changed: a flag, a filter */
	assert_int_equal(gt_wire_writev(&wire, &iov, 1, false), iov.iov_len);
	assert_memory_equal(wire.wire, wire.app, wire.app_len);
	assert_int_equal(wire.wire_len, wire.app_len);
}

static void test_http2_insert_adds_what_belongs_to_the_trace(void **state)
{
	struct reading app, out;

	(void)state;
	gt_env_snapshot((char *[]){ "TRACEPARENT=00-11111111111111111111111111111111-2222222222222222-01", "TRACESTATE=v=1",
				    "BAGGAGE=a=b", NULL });
	gt_context_init();
	gt_http2_peer_head(&client, 1, ASK, true);
	flush();
	read_both(&app, &out);
	assert_int_equal(out.traceparents, 1);
	assert_int_equal(out.states, 1);
	assert_int_equal(out.baggage, 1);
	assert_memory_equal(out.last_traceparent, "00-11111111111111111111111111111111-", 36);
}

/* ---------------------------------------------------------------- any requests, any pieces */

static size_t random_take(struct gt_wire *w, size_t offered)
{
	struct gt_random *r = w->user;

	switch (gt_random_below(r, 6)) {
	case 0:
		return 0;
	case 1:
		return offered ? 1 : 0;
	case 2:
		return gt_random_below(r, offered + 1);
	default:
		return offered;
	}
}

static void random_head(struct gt_random *r, char *out)
{
	size_t fields = gt_random_below(r, 8);

	out += sprintf(out, POST "%s\n", gt_random_below(r, 3) ? "/v1/chat/completions" : "/other");
	out += sprintf(out, "content-type: application/json\n");
	while (fields--)
		out += sprintf(out, "x-%zu: %.*s%zu\n", gt_random_below(r, 12), (int)gt_random_below(r, 60),
			       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", gt_random_below(r, 9));
}

/* As applications do, a write offers what the write before it had left, and perhaps more. */
static void write_randomly(struct gt_random *r)
{
	size_t at = 0, left = 0;

	while (at < client.len) {
		size_t n = left + gt_random_below(r, client.len - at - left + 1);
		struct iovec iov[8];
		int pieces = 0;
		ssize_t took;

		for (size_t k = at; k < at + n; k += iov[pieces++].iov_len) {
			size_t part = pieces == 7 ? at + n - k : 1 + gt_random_below(r, at + n - k);

			iov[pieces] = (struct iovec){ client.bytes + k, part };
		}
		took = gt_wire_writev(&wire, iov, pieces, true);
		left = n - (took > 0 ? (size_t)took : 0);
		at += n - left;
	}
	gt_http2_peer_taken(&client);
}

static void test_http2_insert_keeps_the_encoder_s_state_over_random_exchanges(void **state)
{
	struct gt_random r = gt_random_from(0x9113);
	int matched = 0, all_injected = 0;

	(void)state;
	for (int round = 0; round < 60; round++) {
		struct reading app, out;
		int injected;

		set_up(NULL);
		wire.take = random_take;
		wire.user = &r;
		for (uint32_t id = 1; id < 80; id += 2) {
			char head[4096];

			client.padding = gt_random_below(&r, 3) ? -1 : (int)gt_random_below(&r, 256);
			client.fragment = gt_random_below(&r, 3) ? 0 : 1 + gt_random_below(&r, 80);
			random_head(&r, head);
			gt_http2_peer_head(&client, id, head, false);
			gt_http2_peer_body(&client, id, "{\"a\":1}", !gt_random_below(&r, 2));
			if (gt_random_below(&r, 3))
				write_randomly(&r);
			if (gt_random_below(&r, 8) == 0)
				gt_http2_peer_reset(&client, id, 8);
		}
		write_randomly(&r);
		read_both(&app, &out);
		assert_int_equal(app.traceparents, 0);
		matched += begun(&injected);
		assert_int_equal(out.traceparents, injected);
		all_injected += injected;
		gt_conn_close(conn);
	}
	assert_true(matched > 1200 && all_injected > matched / 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_http2_insert_gives_the_server_the_span_s_traceparent),
		TEST(test_http2_insert_leaves_others_alone),
		TEST(test_http2_insert_needs_the_last_frame_of_the_head),
		TEST(test_http2_insert_is_completed_once_it_has_begun),
		TEST(test_http2_insert_is_not_begun_where_nothing_was_taken),
		TEST(test_http2_insert_keeps_the_encoder_s_state_over_random_exchanges),
		TEST(test_http2_insert_adds_what_belongs_to_the_trace), /* it changes the environment */
	};

	return GT_TESTS(tests);
}
