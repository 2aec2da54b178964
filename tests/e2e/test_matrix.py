"""The matrix notices each kind of difference: what the judge of a cell makes of requests and spans."""

from dataclasses import replace

import pytest

from matrix.answers import Answers
from matrix.cells import BLIND, NEVER, NO_HEADER, WHOLE, judge
from matrix.table import ROWS
from servers.http1 import Received
from servers.otlp_receiver import Span
from support import asking

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture(scope="module")
def answers():
    return Answers()


def request(a, *traceparents):
    fields = "".join(f"traceparent: {t}\r\n" for t in traceparents)
    body = a.body.encode()
    return Received(f"POST {a.path} HTTP/1.1\r\n{fields}\r\n".encode(), body, body)


def span(answers, a, span_id=PARENT, **more):
    facts = answers.call(request(a)).facts
    attributes = {**facts["attributes"], "gen_ai.response.time_to_first_chunk": 0.0, **more}
    resource = {"service.name": "curl", "telemetry.sdk.name": "gentap"}
    return Span(facts["name"], 3, TRACE, span_id, "", 1, "", 1, 2, attributes, 0, False, "", resource, "gentap")


def states(answers, received, spans):
    return {kind: seen.state for kind, seen in judge(received, spans, answers.call).items()}


def test_a_span_with_its_header_is_whole(answers):
    assert states(answers, [request(asking.CHAT, TRACEPARENT)], [span(answers, asking.CHAT)]) == {"JSON": WHOLE, "SSE": NEVER}
    stream = asking.MESSAGES_STREAM
    assert states(answers, [request(stream, TRACEPARENT)], [span(answers, stream)]) == {"JSON": NEVER, "SSE": WHOLE}


def test_neither_span_nor_header_is_blind(answers):
    assert states(answers, [request(asking.CHAT)], []) == {"JSON": BLIND, "SSE": NEVER}
    unread = replace(span(answers, asking.CHAT), name="POST", attributes={"gentap.blind": "static_tls"})
    assert states(answers, [request(asking.CHAT)], [unread]) == {"JSON": BLIND, "SSE": NEVER}


def test_a_span_without_its_header_is_neither(answers):
    assert states(answers, [request(asking.CHAT)], [span(answers, asking.CHAT)]) == {"JSON": NO_HEADER, "SSE": NEVER}


@pytest.mark.parametrize("traceparents", [[TRACEPARENT, TRACEPARENT], ["00-xyz"], [TRACEPARENT.replace("b7", "b8")]])
def test_a_header_of_another_kind_is_wrong(traceparents, answers):
    assert states(answers, [request(asking.CHAT, *traceparents)], [span(answers, asking.CHAT)])["JSON"] == "wrong"


@pytest.mark.parametrize("more", [{"gen_ai.usage.input_tokens": 40}, {"error.type": "500"}, {"gen_ai.response.model": "other"}])
def test_a_wrong_fact_is_wrong(more, answers):
    assert states(answers, [request(asking.CHAT, TRACEPARENT)], [span(answers, asking.CHAT, **more)])["JSON"] == "wrong"


def test_calls_of_one_kind_that_differ_are_wrong(answers):
    received = [request(asking.CHAT, TRACEPARENT), request(asking.RESPONSES)]
    assert states(answers, received, [span(answers, asking.CHAT)])["JSON"] == "wrong"


def test_a_second_span_is_wrong(answers):
    spans = [span(answers, asking.CHAT), span(answers, asking.CHAT, span_id="c" * 16)]
    assert states(answers, [request(asking.CHAT, TRACEPARENT)], spans)["JSON"] == "wrong"


def test_any_model_has_an_answer_with_its_name(answers):
    a = asking.failing("agent-9", "/v1/messages", stream=True)
    call = answers.call(request(a))
    assert (call.kind, call.facts["name"]) == ("SSE", "chat agent-9")
    assert call.facts["attributes"]["gen_ai.request.model"] == "agent-9"


def test_names_of_rows_differ():
    names = [r.name for r in ROWS]
    assert len(set(names)) == len(names)
    assert all(json and sse for r in ROWS for json, sse in [r.expected("tls").values()])
