#include "shim/shared/traceparent.h"

static const char digits[] = "0123456789abcdef";

void gt_hex(const uint8_t *bytes, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1; /* trace context allows lower case only */
}

bool gt_unhex(struct gt_str hex, uint8_t *bytes, size_t n)
{
	if (hex.len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = nibble(hex.p[2 * i]), lo = nibble(hex.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		bytes[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

bool gt_is_all_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

bool gt_traceparent_parse(struct gt_str value, struct gt_trace_context *out)
{
	struct gt_trace_context c;
	uint8_t version, flags;

	value = gt_str_trim(value);
	if (value.len < GT_TRACEPARENT_LEN || value.p[2] != '-' || value.p[35] != '-' || value.p[52] != '-')
		return false;
	if (!gt_unhex(gt_str_make(value.p, 2), &version, 1) || version == 0xff)
		return false;
	if (version == 0 ? value.len != GT_TRACEPARENT_LEN : value.len > GT_TRACEPARENT_LEN && value.p[55] != '-')
		return false;
	if (!gt_unhex(gt_str_make(value.p + 3, 32), c.trace_id.b, 16) ||
	    !gt_unhex(gt_str_make(value.p + 36, 16), c.span_id.b, 8) || !gt_unhex(gt_str_make(value.p + 53, 2), &flags, 1))
		return false;
	if (gt_is_all_zero(c.trace_id.b, 16) || gt_is_all_zero(c.span_id.b, 8))
		return false;
	c.flags = flags & (GT_TRACE_SAMPLED | GT_TRACE_RANDOM);
	*out = c;
	return true;
}

void gt_traceparent_format(const struct gt_trace_context *ctx, char out[GT_TRACEPARENT_LEN])
{
	memcpy(out, "00-", 3);
	gt_hex(ctx->trace_id.b, 16, out + 3);
	out[35] = '-';
	gt_hex(ctx->span_id.b, 8, out + 36);
	out[52] = '-';
	gt_hex(&ctx->flags, 1, out + 53);
}

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
}

static bool is_member(struct gt_str m)
{
	size_t eq = gt_str_find(m, '=');

	if (eq == 0 || eq == m.len || eq > 256 || m.len - eq - 1 > 256 || m.len - eq - 1 == 0)
		return false;
	for (size_t i = 0; i < eq; i++)
		if (!is_key_char(m.p[i]))
			return false;
	if (m.p[0] == '_' || m.p[0] == '-' || m.p[0] == '*' || m.p[0] == '/' || m.p[0] == '@')
		return false;
	for (size_t i = eq + 1; i < m.len; i++)
		if (m.p[i] < 0x20 || m.p[i] > 0x7e || m.p[i] == '=')
			return false;
	return true;
}

bool gt_tracestate_is_valid(struct gt_str value)
{
	struct gt_str member;
	int n = 0;

	if (value.len > GT_TRACESTATE_MAX)
		return false;
	while (gt_str_next(&value, ',', &member)) {
		member = gt_str_trim(member);
		if (!member.len)
			continue;
		if (!is_member(member) || ++n > 32)
			return false;
	}
	return n > 0;
}
