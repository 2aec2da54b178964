"""Assertions that most tests make about a program, its spans, and the requests that the server received."""

import re

TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
CLIENT, SERVER, INTERNAL = 3, 2, 1
TTFC = "gen_ai.response.time_to_first_chunk"

# header fields with a new value in every request
RANDOM_FIELDS = {b"idempotency-key", b"x-stainless-read-timeout", b"mcp-session-id", b"x-goog-api-client", b"sec-websocket-key"}


def assert_span_matches(span, expected, stream=False):
    """`expected` is the span part of a fixture."""
    assert span.name == expected["name"]
    have = {k: span.get(k) for k in expected["attributes"]}
    assert have == expected["attributes"], f"attributes of {span.name}: {span.attributes}"
    for prefix in expected.get("absent", ()):
        assert not [k for k in span.attributes if k.startswith(prefix)], span.attributes
    assert span.kind == CLIENT
    assert span.is_error == (expected.get("status") == "error"), (span.message, span.attributes)
    if "error.type" not in expected["attributes"]:
        assert "error.type" not in span.attributes
    if stream:
        assert_time_to_first_chunk(span)
    assert_is_sound(span)


def assert_is_sound(span):
    """Asserts what holds for every span."""
    assert re.fullmatch("[0-9a-f]{32}", span.trace_id) and span.trace_id.strip("0")
    assert re.fullmatch("[0-9a-f]{16}", span.span_id) and span.span_id.strip("0")
    assert re.fullmatch("([0-9a-f]{16})?", span.parent_id)
    assert 0 < span.start_ns <= span.end_ns
    assert span.name and span.kind in (CLIENT, SERVER, INTERNAL)
    assert ("error.type" in span.attributes) == span.is_error
    assert span.resource["service.name"] and span.resource["telemetry.sdk.name"] == "gentap"


def assert_time_to_first_chunk(span):
    took = (span.end_ns - span.start_ns) / 1e9
    assert 0 <= span[TTFC] <= took + 1e-6, f"first chunk after {span[TTFC]} s of {took} s in {span.name}"


def assert_injected(received, span):
    """The server received exactly one traceparent: it is valid, and that of the span."""
    assert len(received.traceparents) == 1, received.head
    assert TRACEPARENT.fullmatch(received.traceparents[0]), received.traceparents
    assert received.traceparents[0] == span.traceparent


def assert_is_plain(span, received):
    """The span of an HTTP request that is not a call but carries the header."""
    assert_injected(received, span)
    assert (span.name, span.kind, span["http.request.method"]) == (received.method, CLIENT, received.method)
    assert not [k for k in span.attributes if k.startswith(("gen_ai.", "mcp.", "jsonrpc.", "gentap."))], span.attributes
    assert_is_sound(span)


def untraced(received, random_fields=RANDOM_FIELDS):
    """The bytes of a request, without what gentap adds and without random fields."""
    lines = received.head.split(b"\r\n")
    dropped = {b"traceparent"} | random_fields
    kept = [line for line in lines if line.split(b":")[0].lower() not in dropped]
    return b"\r\n".join(kept) + received.raw_body


def pair_up(received, spans):
    """Matches requests to spans by the injected id. Asserts that every exchange has exactly one span."""
    by_id = {s.span_id: s for s in spans}
    assert len(by_id) == len(spans), "two spans with the same id"
    pairs = []
    for r in received:
        assert len(r.traceparents) == 1, r.head
        span = by_id.pop(r.traceparents[0].split("-")[2], None)
        assert span is not None, f"no span for {r.method} {r.target}; spans: {[s.name for s in spans]}"
        pairs.append((r, span))
    assert not by_id, f"spans without a request: {[s.name for s in by_id.values()]}"
    return pairs


def assert_exchanges(received, spans, fixtures):
    """Every request was answered from a fixture and has exactly the span that the fixture describes."""
    for r, span in pair_up(received, spans):
        fixture = fixtures.for_request(r)
        assert fixture is not None, f"no fixture matches {r.method} {r.target} {r.body[:200]!r}"
        assert_injected(r, span)
        assert_span_matches(span, fixture.span, stream=fixture.is_stream)
