#include "support/test.h"

#include "shim/answer_fields.h"

/* Copies in pieces of `piece` bytes. */
static void assert_copied(const char *sent, const char *kept, size_t piece)
{
	struct gt_answer_fields a = { 0 };
	size_t len = strlen(sent);
	char to[1024];

	assert_true(len == strlen(kept) && len < sizeof(to));
	for (size_t i = 0; i < len; i += piece)
		gt_answer_fields_copy(&a, to + i, sent + i, len - i < piece ? len - i : piece);
	to[len] = 0;
	assert_string_equal(to, kept);
}

static void test_answer_fields_that_are_not_read_keep_their_length_only(void **state)
{
	static const struct {
		const char *sent, *kept;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; c\r\nContent-Type: text/x\r\nX-Key:\r\n k1\r\n\tk2\r\nrequest-id: 1\r\n 2\r\n"
		  "Content-Length: 19\r\n\r\nX-Key: k\r\nother: y\r\n",
		  "HTTP/1.1 200 OK\r\nSet-Cookie:*******\r\nContent-Type: text/x\r\nX-Key:\r\n **\r\n\t**\r\nrequest-id: 1\r\n 2\r\n"
		  "Content-Length: 19\r\n\r\nX-Key: k\r\nother: y\r\n" },
		{ "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\nx-a: b\ntransfer-encoding: chunked\n\n1\nx: y\n",
		  "HTTP/1.1 103 Early Hints\r\nlink:**\r\n\r\nHTTP/1.1 200 OK\nx-a:**\ntransfer-encoding: chunked\n\n1\nx: y\n" },
		/* an answer that begins in the middle of a line */
		{ "HTTP/1.1 200 OK\r\n\r\n{}HTTP/1.1 200 OK\r\nx-b: y\r\nSET-COOKIE: a\r\nset-cookie2: b\r\nset-cookie3: c\r\n\r\n",
		  "HTTP/1.1 200 OK\r\n\r\n{}HTTP/1.1 200 OK\r\nx-b: y\r\nSET-COOKIE:**\r\nset-cookie2:**\r\nset-cookie3: c\r\n\r\n" },
		/* a body that looks like a head */
		{ "data: x\n\nHTTP/1.1 is old\n{\"usage\": 7}\nname: value\n",
		  "data: x\n\nHTTP/1.1 is old\n{\"usage\": 7}\nname: value\n" },
		{ "HTTP/1.0 200\r\n: x\r\na b: c\r\n", "HTTP/1.0 200\r\n: x\r\na b: c\r\n" },
		{ "HTTP/1.1 200\r\naaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff: 1\r\n\r\n",
		  "HTTP/1.1 200\r\naaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff:**\r\n\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < GT_ROWS(rows); i++)
		for (size_t piece = 1; piece <= strlen(rows[i].sent); piece++)
			if (i != 2 || piece < 4 || piece == strlen(rows[i].sent)) /* not cut before the second head */
				assert_copied(rows[i].sent, rows[i].kept, piece);
}

/* Most answers on a kept connection begin with the bytes of a call. */
static void test_answer_fields_a_piece_may_begin_a_head(void **state)
{
	struct gt_answer_fields a = { 0 };
	char to[64];

	(void)state;
	gt_answer_fields_copy(&a, to, "HTTP/1.1 200 OK\r\n\r\n{}", 21);
	gt_answer_fields_copy(&a, to, "HTTP/1.1 200 OK\r\nx: y\r\n", 23);
	assert_memory_equal(to, "HTTP/1.1 200 OK\r\nx:**\r\n", 23);
	gt_answer_fields_skip(&a);
	gt_answer_fields_copy(&a, to, "x: y\r\nx: y\r\nset-cookie: z", 25);
	assert_memory_equal(to, "x: y\r\nx: y\r\nset-cookie:**", 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_fields_that_are_not_read_keep_their_length_only),
		cmocka_unit_test(test_answer_fields_a_piece_may_begin_a_head),
	};

	return GT_TESTS(tests);
}
