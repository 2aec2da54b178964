#include "event_frames.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void put_number(char *p, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (char)(v >> (8 * (bytes - 1 - i)));
}

size_t gt_event_frame_raw(char *out, const char *headers, size_t headers_len, const char *payload, size_t len)
{
	size_t total = 16 + headers_len + len;

	put_number(out, (uint32_t)total, 4);
	put_number(out + 4, (uint32_t)headers_len, 4);
	put_number(out + 8, (uint32_t)crc32(0, (const Bytef *)out, 8), 4);
	memcpy(out + 12, headers, headers_len);
	memcpy(out + 12 + headers_len, payload, len);
	put_number(out + total - 4, (uint32_t)crc32(0, (const Bytef *)out, (uInt)(total - 4)), 4);
	return total;
}

size_t gt_event_header(char *out, const char *name, const char *value)
{
	size_t name_len = strlen(name), len = strlen(value);

	put_number(out, (uint32_t)name_len, 1);
	memcpy(out + 1, name, name_len);
	put_number(out + 1 + name_len, 7, 1);
	put_number(out + 2 + name_len, (uint32_t)len, 2);
	memcpy(out + 4 + name_len, value, len);
	return 4 + name_len + len;
}

size_t gt_event_frame(char *out, const char *event, const char *payload, size_t len)
{
	const char *slash = strchr(event, '/');
	char kind[64], headers[256];
	size_t n;

	if (!slash) {
		n = gt_event_header(headers, ":event-type", event);
		n += gt_event_header(headers + n, ":content-type", "application/json");
		n += gt_event_header(headers + n, ":message-type", "event");
		return gt_event_frame_raw(out, headers, n, payload, len);
	}
	snprintf(kind, sizeof(kind), "%.*s", (int)(slash - event), event);
	n = gt_event_header(headers, !strcmp(kind, "error") ? ":error-code" : ":exception-type", slash + 1);
	n += gt_event_header(headers + n, ":message-type", kind);
	return gt_event_frame_raw(out, headers, n, payload, len);
}

static size_t base64(char *out, const char *p, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = 0;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)p[i] << 16 | (i + 1 < len ? (uint32_t)(unsigned char)p[i + 1] << 8 : 0) |
			     (i + 2 < len ? (uint32_t)(unsigned char)p[i + 2] : 0);

		for (int k = 0; k < 4; k++)
			out[n++] = i + (size_t)k > len ? '=' : digits[v >> (18 - 6 * k) & 63];
	}
	return n;
}

/* {"bytes":"...","p":"ab"}; "p" is padding */
static size_t wrap(char *out, const char *p, size_t len)
{
	size_t n = (size_t)sprintf(out, "{\"bytes\":\"");

	n += base64(out + n, p, len);
	return n + (size_t)sprintf(out + n, "\",\"p\":\"ab\"}");
}

char *gt_event_frames(const char *text, size_t *len)
{
	size_t text_len = strlen(text), lines = 1;
	char *out, *wrapped = malloc(text_len * 2 + 64);

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	out = malloc(text_len * 2 + lines * 400);
	*len = 0;
	while (*text) {
		size_t line = strcspn(text, "\n"), name = strcspn(text, " ");
		const char *payload = text + name + 1;
		size_t n = line - name - 1;
		char event[64];

		snprintf(event, sizeof(event), "%.*s", (int)name, text);
		if (!strcmp(event, "chunk")) {
			n = wrap(wrapped, payload, n);
			payload = wrapped;
		}
		*len += gt_event_frame(out + *len, event, payload, n);
		text += line + (text[line] == '\n');
	}
	free(wrapped);
	return out;
}
