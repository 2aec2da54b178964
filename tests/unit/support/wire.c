#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "shim/shared/traceparent.h"

#define PIECES 64

void gt_wire_open(struct gt_wire *w, struct gt_conn *c)
{
	*w = (struct gt_wire){ .c = c };
}

static void append(char **to, size_t *len, const void *p, size_t n)
{
	*to = realloc(*to, *len + n + 1);
	if (n)
		memcpy(*to + *len, p, n);
	*len += n;
	(*to)[*len] = 0;
}

/* The real call: takes some of the pieces. `app_before` application bytes are accepted so far. */
static size_t real_call(struct gt_wire *w, const struct iovec *out, int n, const struct gt_splice *s, size_t app_before)
{
	size_t offered = gt_iov_len(out, n), take = w->take ? w->take(w, offered) : offered, left;

	left = take = take < offered ? take : offered;
	for (int i = 0; i < n && left; i++) {
		size_t part = out[i].iov_len < left ? out[i].iov_len : left;
		bool ours = s && (const char *)out[i].iov_base >= s->text && (const char *)out[i].iov_base < s->text + s->len;

		if (ours) {
			if (!w->half && w->n_inserted < GT_WIRE_INSERTIONS) {
				w->inserted[w->n_inserted].at = app_before;
				w->inserted[w->n_inserted++].from = w->wire_len;
			}
			w->inserted[w->n_inserted - 1].to = w->wire_len + part;
			w->half = (const char *)out[i].iov_base + part < s->text + s->len;
		} else {
			app_before += part;
		}
		append(&w->wire, &w->wire_len, out[i].iov_base, part);
		left -= part;
	}
	return take;
}

ssize_t gt_wire_writev(struct gt_wire *w, const struct iovec *iov, int n, bool may_change)
{
	size_t len = gt_iov_len(iov, n), reported = 0, rest;
	struct iovec out[PIECES];
	bool refused = false;
	struct gt_tx t;

	if (!gt_tx_begin_blind(&t, w->c))
		gt_tx_begin(&t, w->c, iov, n, may_change && n + 2 <= PIECES);
	if (t.has_splice) {
		struct gt_splice *s = gt_tx_splice(&t);

		/* as the hook does: of a write in very many pieces it sends the first, a partial write */
		n = n < PIECES - gt_splice_more(s) ? n : PIECES - gt_splice_more(s);
		len = gt_iov_len(iov, n);

		do {
			int pieces = gt_splice_layout(s, iov, n, out, PIECES);
			size_t took = pieces < 0 ? 0 : real_call(w, out, pieces, s, w->app_len);

			if (!took) {
				refused = true;
				break;
			}
			reported = gt_splice_account(s, len, took);
		} while (!reported);
	} else {
		reported = real_call(w, iov, n, NULL, w->app_len);
		refused = !reported;
	}
	gt_tx_end(&t, iov, n, refused ? 0 : reported);
	gt_tx_await_retry(w->c, false); /* as the TLS hook: nothing is kept between two calls */
	if (reported > len) {
		w->odd = true;
		reported = len;
	}
	rest = reported;
	for (int i = 0; i < n && rest; i++) {
		size_t part = iov[i].iov_len < rest ? iov[i].iov_len : rest;

		append(&w->app, &w->app_len, iov[i].iov_base, part);
		rest -= part;
	}
	return refused && len ? -1 : (ssize_t)reported;
}

ssize_t gt_wire_write(struct gt_wire *w, const char *p, size_t len)
{
	return gt_wire_writev(w, &(struct iovec){ (void *)p, len }, 1, true);
}

bool gt_wire_write_all(struct gt_wire *w, const char *p, size_t len)
{
	for (int refused = 0; len && refused < 1000;) {
		ssize_t n = gt_wire_write(w, p, len);

		if (n < 0) {
			refused++;
			continue;
		}
		refused = 0;
		p += n;
		len -= (size_t)n;
	}
	return !len;
}

static size_t scripted(struct gt_wire *w, size_t offered)
{
	if (!w->script_n)
		return offered;
	w->script_n--;
	return *w->script++;
}

void gt_wire_script(struct gt_wire *w, const size_t *answers, int n)
{
	w->take = scripted;
	w->script = answers;
	w->script_n = n;
}

/* Is it "traceparent: VALUE" and then at most a tracestate and a baggage line? */
static bool is_well_formed(struct gt_str text)
{
	static const struct gt_str names[] = { { "traceparent: ", 13 }, { "tracestate: ", 12 }, { "baggage: ", 9 } };
	struct gt_str line;

	if (!gt_str_ends(text, GT_STR("\r\n")))
		return false;
	text.len -= 2;
	for (size_t i = 0; gt_str_next(&text, '\n', &line); i++) {
		struct gt_trace_context c;

		if (text.p) { /* all but the last still have their CR */
			if (!gt_str_ends(line, GT_STR("\r")))
				return false;
			line.len--;
		}
		while (i < 3 && !gt_str_starts(line, names[i]))
			i++;
		if (i == 3 || gt_str_find(line, '\r') < line.len)
			return false;
		if (i == 0 && (line.len != names[0].len + GT_TRACEPARENT_LEN ||
			       !gt_traceparent_parse(gt_str_skip(line, names[0].len), &c)))
			return false;
	}
	return true;
}

/* Is there a head in the application's bytes to which lines may be added at `at`? */
static bool is_end_of_head(const struct gt_wire *w, size_t at)
{
	struct gt_http1_event ev;
	struct gt_http1 h;
	size_t pos = 0;

	gt_http1_init(&h, GT_HTTP1_REQUEST, GT_CONN_HEAD_MAX);
	do {
		ssize_t used = gt_http1_feed(&h, w->app + pos, w->app_len - pos, &ev);

		if (used < 0)
			return false;
		pos += (size_t)used;
		if (ev.kind == GT_HTTP1_HEAD && pos - (ev.head.len - ev.head.insert_at) == at)
			return ev.head.has_crlf && !gt_http1_field(&ev.head, GT_STR("traceparent")).p;
	} while (ev.kind != GT_HTTP1_MORE);
	return false;
}

const char *gt_wire_fault(const struct gt_wire *w)
{
	size_t from = 0, app = 0;

	if (w->odd)
		return "more was reported accepted than was offered";
	for (int i = 0; i <= w->n_inserted; i++) {
		size_t end = i < w->n_inserted ? w->inserted[i].from : w->wire_len, n = end - from;
		bool whole = i < w->n_inserted - 1 || !w->half;

		if (n > w->app_len - app || (n && memcmp(w->wire + from, w->app + app, n) != 0))
			return "the application's bytes are not what is on the wire";
		app += n;
		if (i == w->n_inserted)
			break;
		from = w->inserted[i].to;
		if (whole && !is_well_formed(gt_str_make(w->wire + end, from - end)))
			return "the text is no list of header lines";
		if (whole && !is_end_of_head(w, w->inserted[i].at))
			return "the text does not stand at the end of a request head";
		if (i && w->inserted[i].at == w->inserted[i - 1].at)
			return "two texts at one place";
	}
	return app == w->app_len ? NULL : "bytes that were reported accepted are not on the wire";
}

void gt_wire_free(struct gt_wire *w)
{
	free(w->wire);
	free(w->app);
	*w = (struct gt_wire){ 0 };
}
