/*
 * A fake libcurl and an application that uses two of its handles through gentap. It keeps what is set, and calls back as
 * libcurl 7.88 does (setopt.c, sendf.c). A test that includes it gets this gt_foreign instead of foreign.c's.
 */
#ifndef GT_FAKE_CURL_H
#define GT_FAKE_CURL_H

#include "reported.h"
#include "shim/curl_easy.h"

/* as in curl.h, which no test includes: the shim must not need it */
struct slist {
	char *data;
	struct slist *next;
};

struct header {
	char *name, *value;
	size_t amount, index;
	unsigned origin;
	void *anchor;
};

typedef size_t data_fn(char *p, size_t size, size_t n, void *user);

#define WRITE_PAUSE 0x10000001
#define READ_ABORT  0x10000000
#define READ_PAUSE  0x10000001

/* ---------------------------------------------------------------- the library */

struct gt_fake_easy {
	struct slist *headers;
	data_fn *write, *read, *header;
	void *out, *in, *header_out;
	gt_curl_seek_fn *seek;
	gt_curl_ioctl_fn *ioctl;
	void *seek_data, *ioctl_data;
	bool header_in_body;
	int calls; /* of setopt */

	/* for getinfo and nextheader */
	long status, os_errno;
	int64_t total_us;
	char *content_type;
	struct header response[4];
	int n_response;
	const char *curlu_text;
};

/* What the fake's curl_version returns. */
extern char *gt_fake_version;

/* False: a libcurl before 7.83, without curl_easy_nextheader. */
extern bool gt_fake_has_nextheader;

/* All options as in a new handle. */
void gt_fake_reset(struct gt_fake_easy *f);

int gt_fake_setopt(void *easy, int option, ...);

/* Passes body bytes to the write function. Returns what that returns; after PAUSE, libcurl would pass them again. */
size_t gt_fake_deliver(struct gt_fake_easy *f, const char *text);

/* Passes a header line to the functions that libcurl would call. */
void gt_fake_deliver_header(struct gt_fake_easy *f, const char *text);

/* ---------------------------------------------------------------- the application */

#define URL  "https://api.openai.com/v1/chat/completions"
#define BODY "{\"model\":\"m\"}"

/* What gt_app_collect gets. */
struct gt_app_sink {
	char text[4096];
	size_t len;
	size_t answer; /* what the callback returns when it is not 0 */
	int calls;
	uint32_t depth; /* gt_self.depth during the last call */
};

extern struct gt_app {
	struct gt_fake_easy f, g;
	struct gt_easy *e; /* of f; g has none yet */
	struct gt_app_sink body, header;
	struct gt_reported reported;
} gt_app;

/* For cmocka: new handles in a fresh shim (fresh_shim.h) with a pool of 4 MiB. */
int gt_app_set_up(void **state);
int gt_app_tear_down(void **state);

/* The same with a pool of `memory` bytes. */
void gt_app_fresh(uint64_t memory);

/* curl_easy_setopt as hook_curl.c does it. */
void gt_app_set_pointer(struct gt_fake_easy *f, int option, const void *value);
void gt_app_set_number(struct gt_fake_easy *f, int option, int64_t value);

/* A callback for body or header bytes: `user` is a struct gt_app_sink. It sets errno to EPROTO. */
size_t gt_app_collect(char *p, size_t size, size_t n, void *user);

/* Sets URL and BODY on f, and gt_app_collect into gt_app.body. */
void gt_app_post(void);

/* The data of the first event of a type, a REQUEST_HEAD or RESPONSE_HEAD. */
struct gt_str gt_app_head(enum gt_event_type type);

#define assert_reported(text) assert_string_equal(gt_reported_text(&gt_app.reported, 0), text)

#endif
