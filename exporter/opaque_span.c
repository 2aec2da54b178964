#include "exporter/opaque_span.h"

#include <limits.h>

#include "exporter/base/tls_library.h"

struct facts {
	struct gt_opaque_facts known;
	char object[PATH_MAX];
};

static void read_facts(const struct gt_call *c, struct facts *f)
{
	struct gt_str body = gt_buf_str(&c->request_body);

	*f = (struct facts){ .known = { .is_end_seen = true } };
	if (body.len < sizeof(f->known))
		return;
	memcpy(&f->known, body.p, sizeof(f->known));
	gt_str_copy(gt_str_skip(body, sizeof(f->known)), f->object, sizeof(f->object));
}

/* The library that sent the first bytes is of a runtime, and the TLS above it is bytecode. */
static bool is_of_java(const char *object)
{
	const char *base = strrchr(object, '/');

	return base && (!strcmp(base, "/libnio.so") || !strcmp(base, "/libnet.so"));
}

/* Sets `library` where it is known. */
static const char *reason(const struct facts *f, enum gt_tls_library *library)
{
	*library = GT_TLS_UNKNOWN;
	if (f->known.is_quic)
		return "quic";
	if (is_of_java(f->object))
		return "java";
	*library = gt_tls_library_of(f->object[0] ? f->object : "/proc/self/exe");
	switch (*library) {
	case GT_TLS_GO:
		return "go";
	case GT_TLS_RUSTLS:
		return "rustls";
	case GT_TLS_OPENSSL:
	case GT_TLS_BORINGSSL:
		return "static_tls";
	default:
		return "unknown_library";
	}
}

static void set_bytes(struct gt_span *s, const struct gt_opaque_facts *f)
{
	if (!f->has_bytes)
		return;
	gt_span_set_int(s, GT_ATTR_GENTAP_BLIND_SENT, (int64_t)(f->sent & INT64_MAX));
	gt_span_set_int(s, GT_ATTR_GENTAP_BLIND_RECEIVED, (int64_t)(f->received & INT64_MAX));
}

struct gt_span *gt_opaque_span(const struct gt_run_context *run, struct gt_call *c)
{
	struct gt_span *s = c->begin.context.flags & GT_TRACE_SAMPLED ? gt_span_new(&run->limits) : NULL;
	enum gt_tls_library library;
	struct facts facts;

	if (!s)
		return NULL;
	read_facts(c, &facts);
	s->context = c->begin.context;
	s->parent = c->begin.parent;
	s->parent_is_remote = c->begin.parent_is_remote;
	s->kind = GT_KIND_CLIENT;
	s->start_unix_ns = c->begin.started.unix_ns;
	s->end_unix_ns = s->start_unix_ns + (c->ended.ns > c->began.ns ? (uint64_t)(c->ended.ns - c->began.ns) : 0);
	gt_span_set_str(s, GT_ATTR_GENTAP_BLIND, gt_str_of(reason(&facts, &library)));
	if (library)
		gt_span_set_str(s, GT_ATTR_GENTAP_BLIND_LIBRARY, gt_str_of(gt_tls_library_name(library)));
	gt_span_set_str(s, GT_ATTR_SERVER_ADDRESS, c->host);
	if (c->begin.port)
		gt_span_set_int(s, GT_ATTR_SERVER_PORT, c->begin.port);
	set_bytes(s, &facts.known);
	if (!facts.known.is_end_seen)
		gt_span_set_str(s, GT_ATTR_GENTAP_INCOMPLETE, GT_STR("end_not_seen"));
	gt_span_set_name(s, GT_STR("gentap.blind"), c->host);
	return s;
}
