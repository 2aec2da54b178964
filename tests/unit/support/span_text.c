#include "span_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_str(FILE *out, struct gt_str s)
{
	fwrite(s.len ? s.p : "", 1, s.len, out);
}

static void put_value(FILE *out, const struct gt_value *v)
{
	switch (v->type) {
	case GT_VALUE_JSON:
	case GT_VALUE_STR:
		put_str(out, v->str);
		break;
	case GT_VALUE_INT:
		fprintf(out, "%lld", (long long)v->i);
		break;
	case GT_VALUE_DOUBLE:
		fprintf(out, "%g", v->d);
		break;
	case GT_VALUE_BOOL:
		fputs(v->b ? "true" : "false", out);
		break;
	case GT_VALUE_STRS:
		for (uint32_t i = 0; i < v->strs.n; i++) {
			fputs(i ? ", " : "[", out);
			put_str(out, v->strs.items[i]);
		}
		fputs(v->strs.n ? "]" : "[]", out);
		break;
	}
}

static const char *name_of(enum gt_attr key)
{
	const struct gt_naming n2 = { GT_N2, 0 }, n3 = { GT_N3, 0 };
	const char *names[GT_NAMES_MAX];

	if (!gt_attr_names(key, &n2, names))
		gt_attr_names(key, &n3, names);
	return strncmp(names[0], "gen_ai.", 7) == 0 ? names[0] + 7 : names[0];
}

char *gt_span_text_of(const struct gt_span *s)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	if (!s) {
		fputs("no span\n", out);
	} else {
		put_str(out, s->name);
		fputc('\n', out);
		for (int i = 0; i < GT_ATTR_COUNT; i++) {
			const struct gt_value *v = gt_span_get(s, (enum gt_attr)i);

			if (!v || i == GT_ATTR_SERVER_ADDRESS || i == GT_ATTR_SERVER_PORT ||
			    i == GT_ATTR_RESPONSE_TIME_TO_FIRST_CHUNK || i == GT_ATTR_RESPONSE_FINISH_ERROR)
				continue;
			fprintf(out, "%s=", name_of((enum gt_attr)i));
			put_value(out, v);
			fputc('\n', out);
		}
		if (s->is_error) {
			fputs("error \"", out);
			put_str(out, s->status_message);
			fputs("\"\n", out);
		}
	}
	fclose(out);
	return text;
}
