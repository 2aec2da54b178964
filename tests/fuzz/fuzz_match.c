/*
 * Input: a list of endpoints, a line feed, a peer name, a line feed, a request head. All slices must point into the
 * input. Two calls of gt_match must give the same result, and it must name a provider for every API except MCP.
 */
#include "fuzz.h"
#include "shim/shared/match.h"

static void check_slice(struct gt_str s, const char *p, size_t len)
{
	FUZZ_CHECK(!s.p || !s.len || (s.p >= p && s.p + s.len <= p + len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
	struct gt_str rest = gt_str_make((const char *)data, data_len), list = GT_STR_NONE, peer = GT_STR_NONE, path, host;
	char *z, *p, *also;
	struct gt_http1_head head;
	uint16_t port;

	if (!gt_str_next(&rest, '\n', &list) || !gt_str_next(&rest, '\n', &peer) || !rest.p)
		return 0;
	z = fuzz_copy(list.p, list.len + 1); /* the line feed becomes the terminator */
	z[list.len] = 0;
	gt_match_set_endpoints(z, NULL);
	also = fuzz_copy(peer.p, peer.len);
	p = fuzz_copy(rest.p, rest.len);
	gt_host_split(gt_str_make(also, peer.len), &host, &port);
	check_slice(host, also, peer.len);
	if (gt_http1_parse_head(GT_HTTP1_REQUEST, p, rest.len, NULL, &head) > 0) {
		struct gt_request_view v;
		struct gt_endpoint a, b;

		gt_request_view_of(&head, &v);
		check_slice(v.host, p, rest.len);
		check_slice(v.content_type, p, rest.len);
		check_slice(v.accept, p, rest.len);
		check_slice(v.traceparent, p, rest.len);
		check_slice(v.tracestate, p, rest.len);
		FUZZ_CHECK(!v.has_two_traceparents || v.has_traceparent);
		path = gt_target_path(v.target);
		FUZZ_CHECK(path.len > 0);
		FUZZ_CHECK(gt_str_eq(path, GT_STR("/")) || (path.p >= p && path.p + path.len <= p + rest.len));
		a = gt_match(&v, gt_str_make(also, peer.len));
		b = gt_match(&v, gt_str_make(also, peer.len));
		FUZZ_CHECK(a.api == b.api && a.is_certain == b.is_certain && a.provider.p == b.provider.p);
		FUZZ_CHECK(a.api < GT_API_COUNT);
		FUZZ_CHECK(a.api == GT_API_NONE || a.api == GT_API_MCP || a.provider.len > 0);
		FUZZ_CHECK(a.provider.len < GT_PROVIDER_NAME_MAX);
		FUZZ_CHECK(!a.is_mapped || a.is_certain);
	}
	gt_match_set_endpoints(NULL, NULL);
	free(p);
	free(also);
	free(z);
	return 0;
}
