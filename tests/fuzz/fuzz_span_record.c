/*
 * Any bytes as the record of a span, and records of spans of which some bytes are changed or the end is missing. What is
 * read must be a span that a collector takes. A record that is not changed must give the same record again.
 *
 * The first decision is the kind. 0: the data is a record. Otherwise the data is a span: items separated by `|`, whose
 * first byte is the number of an attribute. The first item is the name.
 */
#include "exporter/span/span_record.h"
#include "record_check.h"

#define RECORD_MAX (8u << 20)

static void set_strs(struct gt_span *s, enum gt_attr key, struct gt_str value)
{
	struct gt_str items[64], item;
	uint32_t n = 0;

	while (n < 64 && gt_str_next(&value, ',', &item))
		items[n++] = item;
	gt_span_set_strs(s, key, items, n);
}

static void set_json(struct gt_span *s, enum gt_attr key, struct gt_str value)
{
	cJSON *json = gt_json_parse(value);

	if (json && gt_utf8_is_valid(value))
		gt_span_set_json(s, key, value);
	cJSON_Delete(json);
}

static void set(struct gt_span *s, struct gt_str item)
{
	enum gt_attr key = (enum gt_attr)((unsigned char)item.p[0] % GT_ATTR_COUNT);
	struct gt_str value = gt_str_skip(item, 1);

	if (key == GT_ATTR_ERROR_TYPE) {
		gt_span_set_error(s, value.len ? value : GT_STR("error"), value);
		return;
	}
	switch (gt_attr_type(key)) {
	case GT_VALUE_INT:
		gt_span_set_int(s, key, value.len ? value.p[0] : 0);
		break;
	case GT_VALUE_DOUBLE:
		gt_span_set_double(s, key, value.len ? value.p[0] / 4.0 : 0);
		break;
	case GT_VALUE_BOOL:
		gt_span_set_bool(s, key, value.len & 1);
		break;
	case GT_VALUE_STRS:
		set_strs(s, key, value);
		break;
	case GT_VALUE_JSON:
		set_json(s, key, value);
		break;
	default:
		gt_span_set_str(s, key, value);
	}
}

static struct gt_span *make(const struct fuzz_input *in)
{
	static const struct gt_span_limits limits = { 128, UINT32_MAX };
	struct gt_str rest = gt_str_make(in->data, in->len), item;
	struct gt_span *s = gt_span_new(&limits);

	FUZZ_CHECK(s != NULL);
	memset(s->context.trace_id.b, 1, 16);
	memset(s->context.span_id.b, 2, 8);
	s->kind = GT_KIND_CLIENT;
	s->end_unix_ns = 1;
	gt_span_set_name(s, GT_STR("span"), gt_str_next(&rest, '|', &item) ? item : GT_STR_NONE);
	while (gt_str_next(&rest, '|', &item))
		if (item.len)
			set(s, item);
	return s;
}

/* Reads a copy that ends where the bytes do. */
static struct gt_span *read_copy(struct gt_str bytes)
{
	char *copy = fuzz_copy(bytes.p, bytes.len);
	struct gt_span *s = gt_span_record_read(gt_str_make(copy, bytes.len));

	free(copy);
	return s;
}

static void check(struct gt_str bytes)
{
	struct gt_span *s = read_copy(bytes);

	if (s)
		record_check_span(s);
	gt_span_free(s);
}

static void same_again(const struct gt_buf *record)
{
	struct gt_span *s = read_copy(gt_buf_str(record));
	struct gt_buf again;

	FUZZ_CHECK(s != NULL);
	record_check_span(s);
	gt_buf_init(&again, RECORD_MAX);
	FUZZ_CHECK(gt_span_record_write(&again, s));
	FUZZ_CHECK(gt_str_eq(gt_buf_str(&again), gt_buf_str(record)));
	gt_buf_free(&again);
	gt_span_free(s);
}

/* Most changes are near the start, where lengths and counts are. */
static void change(struct fuzz_input *in, struct gt_buf *record)
{
	for (size_t n = fuzz_below(in, 6); n; n--) {
		size_t within = fuzz_below(in, 3) ? 400 : record->len;

		record->data[(fuzz_below(in, 256) << 8 | fuzz_below(in, 256)) %
			     (within < record->len ? within : record->len)] ^= (char)(1 + fuzz_below(in, 255));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct fuzz_input in = fuzz_input_of(p, len);
	struct gt_buf record;
	struct gt_span *s;

	if (fuzz_below(&in, 4) == 0) {
		check(gt_str_make(in.data, in.len));
		fuzz_input_free(&in);
		return 0;
	}
	s = make(&in);
	gt_buf_init(&record, RECORD_MAX);
	if (gt_span_record_write(&record, s)) {
		same_again(&record);
		check(gt_str_make(record.data, fuzz_below(&in, 256) * record.len / 256));
		change(&in, &record);
		check(gt_buf_str(&record));
	}
	gt_buf_free(&record);
	gt_span_free(s);
	fuzz_input_free(&in);
	return 0;
}
