#include "shim/curl_request.h"

#include "shim/curl_state.h"

bool gt_curl_split_url(struct gt_str url, bool *is_tls, struct gt_str *authority)
{
	size_t at;

	*is_tls = gt_str_istarts(url, GT_STR("https://"));
	if (*is_tls)
		url = gt_str_skip(url, 8);
	else if (gt_str_istarts(url, GT_STR("http://")))
		url = gt_str_skip(url, 7);
	else if (gt_str_find(url, ':') + 1 == gt_str_find(url, '/') &&
		 gt_str_starts(gt_str_skip(url, gt_str_find(url, ':')), GT_STR("://")))
		return false;
	*authority = gt_str_make(url.p, gt_str_find(url, '/'));
	authority->len = gt_str_find(*authority, '?');
	authority->len = gt_str_find(*authority, '#');
	at = gt_str_find(*authority, '@');
	while (at < authority->len) {
		*authority = gt_str_skip(*authority, at + 1);
		at = gt_str_find(*authority, '@');
	}
	return authority->len > 0;
}

static struct gt_str path_of_url(struct gt_str url, struct gt_str authority)
{
	struct gt_str rest = gt_str_make(authority.p + authority.len, (size_t)(url.p + url.len - authority.p) - authority.len);

	rest.len = gt_str_find(rest, '#');
	return rest.len ? rest : GT_STR("/");
}

bool gt_curl_split_field(const char *line, struct gt_str *name, struct gt_str *value)
{
	struct gt_str s = gt_str_of(line);
	size_t colon = gt_str_find(s, ':');

	if (colon == s.len) {
		size_t semicolon = gt_str_find(s, ';');

		*name = gt_str_trim(gt_str_make(s.p, semicolon));
		*value = GT_STR("");
		return semicolon < s.len;
	}
	*name = gt_str_trim(gt_str_make(s.p, colon));
	*value = gt_str_trim(gt_str_skip(s, colon + 1));
	return value->len > 0;
}

bool gt_curl_has_trace(const struct gt_curl_slist *list)
{
	struct gt_str name, value;

	for (; list; list = list->next)
		if (list->data && gt_curl_split_field(list->data, &name, &value) && gt_str_ieq(name, GT_STR("traceparent")))
			return true;
	return false;
}

void gt_curl_request_view(const struct gt_easy_options *o, struct gt_str url, struct gt_str authority,
			  struct gt_request_view *view)
{
	struct gt_str name, value;

	*view = (struct gt_request_view){
		.method = gt_str_of(o->custom[0] ? o->custom : o->method),
		.target = path_of_url(url, authority),
	};
	for (const struct gt_curl_slist *h = o->headers; h; h = h->next)
		if (h->data && gt_curl_split_field(h->data, &name, &value))
			gt_request_view_field(view, name, value);
	if (!view->host.p)
		view->host = authority;
}
