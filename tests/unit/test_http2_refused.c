/*
 * Writes of HTTP/2 that a TLS library refuses, by OpenSSL's rules: it has encrypted a record, and wants the same bytes again,
 * as many at least, and from the same address unless its mode allows another.
 */
#include "support/client.h"
#include "support/fresh_shim.h"
#include "support/http2_peer.h"
#include "support/test.h"

#include "shim/guard.h"
#include "shim/http2.h"
#include "shim/tls_session.h"
#include "shim/tls_table.h"

#define RECORD_MAX 16384
#define REQUEST                                                              \
	":method: POST\n:scheme: https\n:authority: api.openai.com\n:path: " \
	"/v1/chat/completions\ncontent-type: application/json\nx-last: 1\n"

static char session[64];

static struct {
	char wire[200000], record[RECORD_MAX];
	size_t wire_len, pending;
	const char *pending_at;
	int calls, refuses; /* the number of the call that is refused */
	bool is_relaxed, ends;
	struct gt_str incoming;
} library;

static size_t fake_write(struct gt_session_call *k, const char *buf, size_t len)
{
	size_t n = len < RECORD_MAX ? len : RECORD_MAX;

	k->ret = -1;
	if (library.pending) {
		assert_true(len >= library.pending);
		assert_true(library.is_relaxed || buf == library.pending_at);
		n = library.pending;
		assert_memory_equal(buf, library.record, n);
	}
	memcpy(library.record, buf, n);
	library.pending = n;
	library.pending_at = buf;
	if (++library.calls == library.refuses)
		return 0;
	memcpy(library.wire + library.wire_len, buf, n);
	library.wire_len += n;
	library.pending = 0;
	return (size_t)(k->ret = (long)n);
}

static size_t fake_read(struct gt_session_call *k, const char **bytes)
{
	*bytes = library.incoming.p;
	k->ret = library.incoming.len ? (long)library.incoming.len : -1;
	return library.incoming.len;
}

static bool fake_has_ended(const struct gt_session_call *k, int err, enum gt_end_why *why, int *code)
{
	(void)k;
	(void)err;
	*code = 0;
	*why = GT_END_EOF;
	return library.ends;
}

static bool fake_may_move(const struct gt_session_call *k)
{
	(void)k;
	return library.is_relaxed;
}

static struct gt_str fake_server(const struct gt_session_call *k)
{
	(void)k;
	return GT_STR("api.openai.com");
}

static bool fake_may_be_open(const struct gt_session_call *k)
{
	(void)k;
	return true;
}

static const struct gt_session_library fake = {
	.is_in_program = true,
	.write = fake_write,
	.read = fake_read,
	.has_ended = fake_has_ended,
	.may_move = fake_may_move,
	.server = fake_server,
	.may_be_open = fake_may_be_open,
};

static struct gt_session_call call(void)
{
	return (struct gt_session_call){ .library = &fake, .session = session, .from = (void *)&fake };
}

static size_t send_bytes(const char *p, size_t len)
{
	struct gt_session_call k = call();

	return gt_session_write(&k, p, len);
}

static void receive(struct gt_str bytes)
{
	struct gt_session_call k = call();

	library.incoming = bytes;
	gt_session_read(&k);
}

static void begin(void **state, struct gt_http2_peer *p, bool is_relaxed)
{
	gt_tls_forget(session);
	gt_client_set_up(state);
	gt_conn_close(gt_client.conn);
	gt_tls_after_fork();
	memset(&library, 0, sizeof(library));
	library.is_relaxed = is_relaxed;
	atomic_store(&gt_awake, true);
	gt_owner_set();
	gt_http2_set("insert");
	gt_http2_peer_open(p, true);
	assert_int_equal(send_bytes(p->bytes, p->len), p->len);
	gt_http2_peer_taken(p);
	receive(gt_str_make("\0\0\0\4\0\0\0\0\0", 9)); /* the server's SETTINGS */
	library.wire_len = 0;
	library.calls = 0;
}

enum between { NOTHING, TABLE_TOO_LARGE, END_OF_FILE, ASLEEP, BETWEEN };

static void happen(enum between what)
{
	library.ends = what == END_OF_FILE;
	if (what == TABLE_TOO_LARGE)
		receive(gt_str_make("\0\0\4\1\4\0\0\0\1\x3f\xe1\xff\x07", 13));
	else if (what == END_OF_FILE)
		receive(GT_STR_NONE);
	else if (what == ASLEEP)
		atomic_store(&gt_awake, false);
}

static void test_refused_bytes_are_offered_again_whatever_happens_between(void **state)
{
	static char body[40001];

	memset(body, 'b', sizeof(body) - 1);
	for (int i = 0; i < BETWEEN * 4; i++) {
		struct gt_http2_peer p;
		size_t sent = 0;

		begin(state, &p, i & 1);
		gt_http2_peer_head(&p, 1, REQUEST, false);
		for (size_t at = 0; at < (i & 2 ? sizeof(body) - 1 : 10); at += 10000)
			gt_http2_peer_body(&p, 1, i & 2 ? body + sizeof(body) - 1 - 10000 : "0123456789", false);
		library.refuses = 1;
		assert_int_equal(send_bytes(p.bytes, p.len), 0);
		happen(i / 4);
		for (int k = 0; k < 20 && sent < p.len; k++)
			sent += send_bytes(p.bytes + sent, p.len - sent);
		assert_int_equal(sent, p.len);
		assert_in_range(library.wire_len - p.len, 60, 80);
		assert_non_null(memmem(library.wire, library.wire_len, "traceparent", 11));
		assert_memory_equal(library.wire + library.wire_len - 15, p.bytes + p.len - 15, 15);
		gt_http2_peer_free(&p);
	}
}

/* The application may then write other bytes. */
static void test_refused_no_record_waits_after_a_success(void **state)
{
	for (int refuses = 1; refuses < 4; refuses++) {
		struct gt_http2_peer p;
		size_t sent = 0, n;

		begin(state, &p, true);
		for (uint32_t id = 1; id < 6; id += 2)
			gt_http2_peer_head(&p, id, REQUEST, true);
		library.refuses = refuses;
		for (int k = 0; k < 20 && sent < p.len; k++) {
			n = send_bytes(p.bytes + sent, p.len - sent);
			assert_true(!n || !library.pending);
			sent += n;
		}
		assert_int_equal(sent, p.len);
		gt_http2_peer_free(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_refused_bytes_are_offered_again_whatever_happens_between),
		GT_TEST(test_refused_no_record_waits_after_a_success),
	};

	return GT_TESTS(tests);
}
