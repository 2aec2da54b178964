/*
 * Any bytes as the spool of a process that is gone: read, and turned into spans. Every event must lie in memory. A
 * collector must take every span.
 *
 * The first decision is the kind. 0: the data is the file, of which only magic, version and layout are put right.
 * Otherwise the data is a list of events, separated by `|`, which are laid out as the pool does; then some bytes are
 * changed. An event is the digit of its stream, a letter, and what the letter needs. Streams 1 to 4 are connections, 5 to
 * 9 are libcurl transfers. The letters are those of fuzz_assemble.c, and
 *
 *	S  a finished span with this name	M  marks the stream: later events are not in the spool
 *	T  the spool is torn			X  the resource's record is these bytes
 */
#include "exporter/recover.h"
#include "exporter/span/span_record.h"
#include "record_check.h"
#include "version.h"

#define LENGTH(n) "HTTP/1.1 200 OK\r\nContent-Length: " n "\r\n\r\n"
#define CHAT	  "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"

/* Each byte above 0x7f is replaced with one of these. */
static const char *const words[] = {
	"|1B1|1Q",
	"|1R",
	"|5B1|5H" CHAT "\r\n|5Q",
	"|5h" LENGTH("2") "|5R",
	CHAT "Content-Length: 36\r\n\r\n{\"model\":\"gpt-4o\",\"messages\":[\"x\"]}\n",
	CHAT "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	LENGTH("2") "{}",
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
	"HTTP/1.1 200 OK\r\n\r\n",
	"Content-Encoding: gzip\r\n",
	"data: {\"id\":\"i\",\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n",
	"data: [DONE]\n\n",
	"|1F",
	"|1P",
	"|1G5",
	"|1E",
	"|2B11i|2QPOST /mcp HTTP/1.1\r\nContent-Length: 36\r\n\r\n",
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
	"|1N",
	"|3Skept",
	"|4Sx",
	"|1M",
	"|1T",
	"|1X",
	"\xc3\xa9",
	"\xff",
};

#define SEGMENTS_MAX 64
#define SPANS_MAX    64 /* finished spans of one input */

struct file {
	char *bytes;
	size_t len;
	unsigned used[GT_CLASSES];    /* blocks of the class's last segment; 0: it has none */
	unsigned segment[GT_CLASSES]; /* its number */
	unsigned n;		      /* segments */
	uint64_t serial;
	unsigned spans;
};

static struct gt_spool_head *head_of(struct file *f)
{
	return (struct gt_spool_head *)f->bytes;
}

static void put_right(struct file *f)
{
	strcpy(head_of(f)->magic, GT_SPOOL_MAGIC);
	strcpy(head_of(f)->version, GENTAP_VERSION);
	head_of(f)->layout = gt_spool_layout();
}

static struct gt_event *block(struct file *f, unsigned class)
{
	if (!f->used[class] || f->used[class] == GT_SEGMENT_SIZE / gt_block_size(class)) {
		if (f->n == SEGMENTS_MAX)
			return NULL;
		f->segment[class] = f->n++;
		f->used[class] = 0;
		f->len = GT_SPOOL_HEAD + (size_t)f->n * GT_SEGMENT_SIZE;
		f->bytes = realloc(f->bytes, f->len);
		memset(f->bytes + f->len - GT_SEGMENT_SIZE, 0, GT_SEGMENT_SIZE);
		head_of(f)->classes[f->segment[class]] = (uint8_t)(class + 1);
	}
	return (struct gt_event *)(f->bytes + GT_SPOOL_HEAD + (size_t)f->segment[class] * GT_SEGMENT_SIZE +
				   (size_t)f->used[class]++ * gt_block_size(class));
}

static void put(struct file *f, enum gt_event_type type, uint64_t stream, const void *data, size_t len)
{
	unsigned class = GT_CLASS_REPORT;
	struct gt_event *e;

	while (class < GT_CLASS_LARGE && len + sizeof(*e) > gt_block_size(class))
		class ++;
	e = block(f, class);
	if (!e)
		return;
	e->stream = stream;
	e->at.ns = (int64_t)(f->serial * GT_NS_PER_MS);
	e->len = (uint32_t)len;
	e->type = (uint8_t)type;
	e->class = (uint8_t) class;
	e->is_live = true;
	e->serial = ++f->serial;
	if (len)
		memcpy(e->data, data, len);
}

static void put_pieces(struct file *f, enum gt_event_type type, uint64_t stream, struct gt_str s)
{
	while (s.len) {
		size_t n = s.len < 8000 ? s.len : 8000;

		put(f, type, stream, s.p, n);
		s = gt_str_skip(s, n);
	}
}

static void put_begin(struct file *f, uint64_t stream, struct gt_str s)
{
	struct {
		struct gt_begin begin;
		char text[7];
	} data = { .begin = { .is_certain = true, .started = { 1700000000000000000 }, .host_len = 1, .provider_len = 6 } };
	unsigned api = 0;

	while (s.len && s.p[0] >= '0' && s.p[0] <= '9') {
		api = (api * 10 + (unsigned)(s.p[0] - '0')) % GT_API_COUNT;
		s = gt_str_skip(s, 1);
	}
	data.begin.api = (uint8_t)api;
	data.begin.source = stream < 5 ? GT_SOURCE_STREAM : GT_SOURCE_MESSAGE;
	data.begin.is_inbound = s.len && s.p[0] == 'i';
	memset(data.begin.context.trace_id.b, 9, 16);
	memcpy(data.begin.context.span_id.b, &stream, 8);
	data.begin.context.flags = GT_TRACE_SAMPLED;
	memcpy(data.text, "hopenai", 7);
	put(f, GT_EVENT_BEGIN, stream, &data, sizeof(data.begin) + 7);
}

static void put_span(struct file *f, uint64_t id, struct gt_str name)
{
	static const struct gt_span_limits limits = { 128, UINT32_MAX };
	struct gt_span *s = gt_span_new(&limits);
	struct gt_buf record;

	memset(s->context.trace_id.b, 9, 16);
	memcpy(s->context.span_id.b, &id, 8);
	s->context.flags = GT_TRACE_SAMPLED;
	s->kind = GT_KIND_CLIENT;
	s->end_unix_ns = 1;
	gt_span_set_name(s, GT_STR("chat"), name);
	gt_span_set_str(s, GT_ATTR_REQUEST_MODEL, name);
	gt_buf_init(&record, FUZZ_TEXT_MAX * 8);
	if (gt_span_record_write(&record, s))
		put_pieces(f, GT_EVENT_SPAN, id, gt_buf_str(&record));
	gt_buf_free(&record);
	gt_span_free(s);
}

/* Marks the last event of the stream. */
static void mark(struct file *f, uint64_t stream)
{
	struct gt_event *last = NULL;

	for (unsigned s = 0; s < f->n; s++) {
		unsigned class = head_of(f)->classes[s] - 1u;

		for (unsigned i = 0; i < GT_SEGMENT_SIZE / gt_block_size(class); i++) {
			char *at = f->bytes + GT_SPOOL_HEAD + (size_t)s * GT_SEGMENT_SIZE + (size_t)i * gt_block_size(class);
			struct gt_event *e = (struct gt_event *)at;

			if (e->is_live && e->stream == stream && (!last || e->serial > last->serial))
				last = e;
		}
	}
	if (last)
		last->is_partial = last->is_written = last->is_sent = true;
}

static void put_resource(struct file *f, struct gt_str s)
{
	struct gt_spool_head *h = head_of(f);

	h->resource_len = (uint32_t)(s.len < sizeof(h->resource) ? s.len : sizeof(h->resource));
	memcpy(h->resource, s.p, h->resource_len);
}

static void put_item(struct file *f, uint64_t stream, char what, struct gt_str s)
{
	struct gt_placeholder placeholder = { .has_no_body = s.len };
	struct gt_new_parent parent = { .parent = { { 8 } }, .has_link = true };
	struct gt_gap gap = { .bytes = s.len ? (uint64_t)s.p[0] : 1 };
	struct gt_end end = { .why = (uint8_t)(s.len ? s.p[0] % 8 : 0) };

	switch (what) {
	case 'B':
		put_begin(f, stream, s);
		break;
	case 'Q':
		put_pieces(f, GT_EVENT_REQUEST, stream, s);
		break;
	case 'R':
		put_pieces(f, GT_EVENT_RESPONSE, stream, s);
		break;
	case 'H':
	case 'h':
		put(f, what == 'H' ? GT_EVENT_REQUEST_HEAD : GT_EVENT_RESPONSE_HEAD, stream, s.p,
		    s.len < 16000 ? s.len : 16000);
		break;
	case 'C':
		put(f, GT_EVENT_REQUEST_CUT, stream, NULL, 0);
		break;
	case 'G':
		put(f, GT_EVENT_GAP, stream, &gap, sizeof(gap));
		break;
	case 'F':
		put(f, GT_EVENT_FENCE, stream, NULL, 0);
		break;
	case 'P':
		put(f, GT_EVENT_PLACEHOLDER, stream, &placeholder, sizeof(placeholder));
		break;
	case 'N':
		memset(parent.context.trace_id.b, 9, 16);
		put(f, GT_EVENT_PARENT, stream, &parent, sizeof(parent));
		break;
	case 'E':
		put(f, GT_EVENT_END, stream, &end, sizeof(end));
		break;
	case 'S':
		if (f->spans++ < SPANS_MAX)
			put_span(f, stream, s);
		break;
	case 'M':
		if (f->spans++ < SPANS_MAX)
			mark(f, stream);
		break;
	case 'T':
		head_of(f)->is_torn = 1;
		break;
	case 'X':
		put_resource(f, s);
		break;
	}
}

/* Half of the changes are in the first bytes of a block, where an event has its numbers. */
static void change(struct fuzz_input *in, struct file *f)
{
	for (size_t n = fuzz_below(in, 9); n; n--) {
		size_t at = fuzz_below(in, 256) << 16 | fuzz_below(in, 256) << 8 | fuzz_below(in, 256);

		if (f->n && fuzz_below(in, 2)) {
			unsigned s = (unsigned)(at % f->n), class = head_of(f)->classes[s] - 1u;

			if (class >= GT_CLASSES)
				continue;
			at = GT_SPOOL_HEAD + (size_t)s * GT_SEGMENT_SIZE + fuzz_below(in, 8) * gt_block_size(class) +
			     fuzz_below(in, sizeof(struct gt_event) + sizeof(struct gt_begin));
		}
		f->bytes[at % f->len] ^= (char)(1 + fuzz_below(in, 255));
	}
}

static struct file file_of(struct fuzz_input *in)
{
	struct file f = { .len = GT_SPOOL_HEAD, .bytes = calloc(1, GT_SPOOL_HEAD) };
	struct gt_str rest, item;

	if (fuzz_below(in, 4) == 0) {
		if (in->len > f.len)
			f.bytes = realloc(f.bytes, in->len);
		if (in->len)
			memcpy(f.bytes, in->data, in->len);
		f.len = in->len > f.len ? in->len : f.len;
		put_right(&f);
		return f;
	}
	fuzz_spell_out(in, words, sizeof(words) / sizeof(words[0]), FUZZ_TEXT_MAX);
	put_right(&f);
	rest = gt_str_make(in->data, in->len);
	while (gt_str_next(&rest, '|', &item))
		if (item.len > 1 && item.p[0] >= '1' && item.p[0] <= '9')
			put_item(&f, (uint64_t)(item.p[0] - '0'), item.p[1], gt_str_skip(item, 2));
	change(in, &f);
	put_right(&f);
	return f;
}

/* ---------------------------------------------------------------- reading */

static const char *none(void *ctx, enum gt_env which)
{
	(void)ctx;
	(void)which;
	return NULL;
}

static void ignore(void *ctx, const char *message)
{
	(void)ctx;
	(void)message;
}

static void take_span(void *ctx, struct gt_span *s, const struct gt_event *origin)
{
	unsigned *n = ctx;

	FUZZ_CHECK(!origin || !origin->is_sent);
	if ((*n)++ < 200) /* each check encodes the span three times */
		record_check_span(s);
	gt_span_free(s);
}

static void check_events(const struct gt_spool_file *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct gt_event *e = f->events[i];

		FUZZ_CHECK(e->type <= GT_EVENT_SPAN && e->len <= GT_BLOCK_MAX - sizeof(*e));
		FUZZ_CHECK(i == 0 || f->events[i - 1]->serial <= e->serial);
		for (uint32_t k = 0; k < e->len; k++)
			(void)*(volatile const char *)&e->data[k];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const struct gt_run_context run = { .limits = { 128, UINT32_MAX }, .event_limits = { 128, UINT32_MAX } };
	static const struct gt_config_source env = { .get = none, .raw = none, .warn = ignore };
	struct fuzz_input in = fuzz_input_of(p, len);
	struct file file = file_of(&in);
	struct gt_spool_file f;
	struct gt_resource resource;
	unsigned n = 0;
	size_t most;

	if (gt_spool_file_of(&f, file.bytes, file.len) == 0) {
		check_events(&f);
		FUZZ_CHECK(gt_recover_resource(&resource, &f, &env) == 0);
		gt_resource_free(&resource);
		most = 2 * f.n;
		FUZZ_CHECK(gt_recover(&f, &run, take_span, &n) == 0);
		FUZZ_CHECK(n <= most);
		gt_spool_file_close(&f);
	}
	free(file.bytes);
	fuzz_input_free(&in);
	return 0;
}
