"""What a cell of the matrix turned out to be, from the requests that the provider received and the spans."""

from dataclasses import dataclass

from support.claims import TRACEPARENT, assert_injected, assert_span_matches

from .answers import JSON, SSE

WHOLE, BLIND, NO_HEADER, NEVER = "whole", "blind", "no header", "-"


@dataclass(frozen=True)
class Seen:
    """`state` is one of the four above, or "wrong"; `why` has the details of a wrong cell."""

    state: str
    why: str = ""


def _is_wrong(call, span):
    """The difference between a span and the facts of its call; "" without a difference."""
    try:
        assert_span_matches(span, call.facts, stream=call.is_stream)
    except AssertionError as e:
        return str(e)[:1500] or "not the expected span"
    return ""


def _with_header(received, call, spans):
    if len(received.traceparents) != 1 or not TRACEPARENT.fullmatch(received.traceparents[0]):
        return Seen("wrong", f"not one valid traceparent: {received.traceparents}")
    span = next((s for s in spans if s.traceparent == received.traceparents[0]), None)
    if span is None:
        return Seen("wrong", f"no span has the ids of {received.traceparents[0]}: {[s.name for s in spans]}")
    spans.remove(span)
    assert_injected(received, span)
    why = _is_wrong(call, span)
    return Seen("wrong", why) if why else Seen(WHOLE)


def _without_header(call, spans):
    span = next((s for s in spans if s.name == call.facts["name"] and not _is_wrong(call, s)), None)
    if span is None:
        return Seen(BLIND)
    spans.remove(span)
    return Seen(NO_HEADER)


def _one(received, call, spans):
    return _with_header(received, call, spans) if received.traceparents else _without_header(call, spans)


def _together(outcomes):
    wrong = next((o for o in outcomes if o.state == "wrong"), None)
    if wrong or not outcomes:
        return wrong or Seen(NEVER)
    states = sorted({o.state for o in outcomes})
    return outcomes[0] if len(states) == 1 else Seen("wrong", f"calls of one kind differ: {', '.join(states)}")


def judge(received, spans, call_of):
    """{JSON: Seen, SSE: Seen}. `call_of(request)` is its Call or None. Every span must belong to a request."""
    spans = [s for s in spans if "gentap.blind" not in s.attributes]
    calls = [(r, call_of(r)) for r in received]
    # with a header first: the spans that are left belong to requests without
    calls.sort(key=lambda pair: not pair[0].traceparents)
    outcomes = [(call.kind, _one(r, call, spans)) for r, call in calls if call]
    others = [t for r, call in calls if not call for t in r.traceparents]
    left = [s.name for s in spans if s.traceparent not in others]
    seen = {kind: _together([o for k, o in outcomes if k == kind]) for kind in (JSON, SSE)}
    if left and all(s.state != "wrong" for s in seen.values()):
        seen = {kind: Seen("wrong", f"spans without a request: {left}") for kind in seen}
    return seen
