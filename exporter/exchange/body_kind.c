#include "exporter/exchange/body_kind.h"

#include "exporter/base/steps.h"
#include "exporter/exchange/event_stream.h"
#include "shim/shared/compiler.h"

#define BYTE_ORDER_MARK GT_STR("\xef\xbb\xbf")

enum gt_body_kind gt_body_kind_of_type(struct gt_str type)
{
	static const struct {
		struct gt_str prefix;
		enum gt_body_kind kind;
	} known[] = {
		{ { "text/event-stream", 17 }, GT_BODY_SSE },
		{ { "application/x-ndjson", 20 }, GT_BODY_NDJSON },
		{ { "application/ndjson", 18 }, GT_BODY_NDJSON },
		{ { "application/jsonl", 17 }, GT_BODY_NDJSON },
		{ { "application/x-jsonl", 19 }, GT_BODY_NDJSON },
		{ { "application/stream+json", 23 }, GT_BODY_NDJSON },
		{ { "audio/", 6 }, GT_BODY_BINARY },
		{ { "image/", 6 }, GT_BODY_BINARY },
		{ { "video/", 6 }, GT_BODY_BINARY },
		{ { "application/vnd.amazon.eventstream", 34 }, GT_BODY_EVENT_STREAM },
	};

	for (size_t i = 0; i < GT_COUNT_OF(known); i++)
		if (gt_str_istarts(type, known[i].prefix))
			return known[i].kind;
	return GT_BODY_UNKNOWN;
}

#define LOOK 64 /* bytes after the first brace; all of them are read again with each piece */

/* A line that holds nothing but the beginning of an object is the first of a JSON text with line breaks. */
static enum gt_body_kind lines_or_whole(struct gt_str json)
{
	size_t n = 1;

	while (n < json.len && n < LOOK && json.p[n] && strchr(" \t\r", json.p[n]))
		n++;
	GT_STEPS(n);
	if (n == LOOK)
		return GT_BODY_WHOLE;
	if (n == json.len)
		return GT_BODY_UNKNOWN;
	return json.p[n] == '\n' ? GT_BODY_WHOLE : GT_BODY_NDJSON;
}

/* No meaningful line of an event stream begins like JSON, and no JSON like such a line. */
static enum gt_body_kind events_or(enum gt_body_kind other, struct gt_str bytes)
{
	static const struct gt_str starts[] = { { "data:", 5 }, { "event:", 6 }, { ":", 1 }, { "id:", 3 }, { "retry:", 6 } };

	for (size_t i = 0; i < GT_COUNT_OF(starts); i++) {
		if (gt_str_starts(bytes, starts[i]))
			return GT_BODY_SSE;
		if (gt_str_starts(starts[i], bytes))
			other = GT_BODY_UNKNOWN;
	}
	return other;
}

static struct gt_str skip_blanks(struct gt_str bytes, struct gt_blanks *blanks)
{
	if (!blanks->len && gt_str_starts(bytes, BYTE_ORDER_MARK))
		blanks->len = BYTE_ORDER_MARK.len;
	for (; blanks->len < bytes.len; blanks->len++) {
		char c = bytes.p[blanks->len];

		GT_STEPS(1);
		if (c != '\r' && c != '\n' && c != '\t' && c != ' ')
			break;
		blanks->has_spaces |= c == '\t' || c == ' ';
	}
	return gt_str_skip(bytes, blanks->len);
}

enum gt_body_kind gt_body_kind_of(enum gt_body_kind label, struct gt_str bytes, struct gt_blanks *blanks)
{
	enum gt_body_kind other = label == GT_BODY_NDJSON ? GT_BODY_NDJSON : GT_BODY_WHOLE;
	struct gt_str text;

	if (label == GT_BODY_BINARY)
		return label;
	/* the length of a frame is below 16 MiB, so its first byte is 0 */
	if (label != GT_BODY_EVENT_STREAM && bytes.len && !bytes.p[0] && bytes.len < GT_EVENT_STREAM_PRELUDE)
		return GT_BODY_UNKNOWN;
	if (gt_event_stream_begins(bytes))
		return GT_BODY_EVENT_STREAM;
	if (gt_str_starts(BYTE_ORDER_MARK, bytes))
		return GT_BODY_UNKNOWN;
	text = skip_blanks(bytes, blanks);
	if (!text.len)
		return GT_BODY_UNKNOWN;
	if (text.p[0] == '{' || text.p[0] == '[')
		return label == GT_BODY_NDJSON ? lines_or_whole(text) : GT_BODY_WHOLE;
	if (label == GT_BODY_SSE || label == GT_BODY_EVENT_STREAM)
		return label;
	/* a line of an event stream does not begin with a blank */
	return blanks->has_spaces ? other : events_or(other, text);
}

bool gt_body_is_ndjson(struct gt_str body)
{
	size_t eol = gt_str_find(body, '\n'), next = eol;
	struct gt_str line = gt_str_make(body.p, eol);

	while (next < body.len && (body.p[next] == '\r' || body.p[next] == '\n'))
		next++;
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	line = gt_str_trim(line);
	return line.len > 1 && line.p[0] == '{' && line.p[line.len - 1] == '}' && next < body.len && body.p[next] == '{';
}
