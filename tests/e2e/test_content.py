"""Content on request, from real programs: exactly the messages they sent and received, in the JSON of the conventions.
Secrets are hidden. Without the request, spans and events have no content."""

import json

import pytest

from servers.http1 import Reply
from support import asking
from support.run import PROGRAMS, SYSTEM_PYTHON, VENV_PYTHON

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
SYSTEM, TOOLS = "gen_ai.system_instructions", "gen_ai.tool.definitions"
ARGUMENTS, RESULT = "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"
CONTENT = {INPUT, OUTPUT, SYSTEM, TOOLS, ARGUMENTS, RESULT}


def text(content):
    return {"type": "text", "content": content}


def printed(role, *parts, **more):
    return {"role": role, "parts": list(parts), **more}


ASKED = [printed("user", text("Is bus 7 late?"))]
BEGUN = [printed("user", text("Bus 7 is"))]


def answered(*parts, finish="stop"):
    return [printed("assistant", *parts, finish_reason=finish)]


def curl(server, *askings):
    argv = ["curl", "-sS"]
    for a in askings:
        argv += [*(["--next", "-sS"] if len(argv) > 2 else []), *a.argv, server.url(a.path)]
    return argv


def content_of(attributes):
    return {k: json.loads(v) for k, v in attributes.items() if k in CONTENT}


CALL = {"type": "tool_call", "name": "bus_status"}
EXPECTED = {
    "CHAT": (ASKED, answered(text("Bus 7 is four minutes late – “sorry”."))),
    "CHAT_STREAM": (ASKED, answered(text("Bus 7 is four minutes late – “sorry”."))),
    "CHAT_TOOLS": (ASKED, answered({**CALL, "id": "call_1", "arguments": {"line": 7}}, {**CALL, "id": "call_2", "arguments": {"line": 9}}, finish="tool_call")),
    "RESPONSES": (ASKED, answered(text("Four minutes late."))),
    "RESPONSES_STREAM": (ASKED, answered(text("Four minutes late."))),
    "MESSAGES": (ASKED, answered(text("It is four minutes late."))),
    "MESSAGES_STREAM": (ASKED, answered(text("It is four minutes late – really."), {**CALL, "id": "toolu_1", "arguments": {"line": 7}}, finish="tool_call")),
    "GENERATE": (ASKED, answered(text("Four minutes late."))),
    "GENERATE_STREAM": (ASKED, answered(text("Four minutes late."))),
    "OLLAMA_CHAT_STREAM": (ASKED, answered(text("Four minutes."))),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_messages_of_an_exchange_are_reported_exactly(name, runner, provider):
    server = provider(tls=True)
    pair = runner.both(curl(server, getattr(asking, name)), server, gentap={CAPTURE: "SPAN_ONLY"})
    span, = pair.spans
    wanted_input, wanted_output = EXPECTED[name]
    assert content_of(span.attributes) == {INPUT: wanted_input, OUTPUT: wanted_output}


SDKS = {
    "openai": [VENV_PYTHON, "openai_sdk.py"],
    "anthropic": [VENV_PYTHON, "anthropic_sdk.py"],
    "google_genai": [VENV_PYTHON, "google_sdk.py"],
}


@pytest.mark.parametrize("name", SDKS)
def test_the_official_packages_have_their_messages_streamed_and_not(name, runner, provider, fixtures):
    interpreter, program = SDKS[name]
    server = provider(tls=True)
    pair = runner.both_answered([interpreter, PROGRAMS / program, server.url()], server, fixtures, gentap={CAPTURE: "true"})
    inferences = [s for s in pair.spans if s["gen_ai.operation.name"] != "embeddings"]
    assert inferences
    for span in inferences:
        content = content_of(span.attributes)
        assert content[INPUT] in (ASKED, BEGUN), span
        failed_at_once = span.get("http.response.status_code", 0) >= 400
        assert (OUTPUT in content) != failed_at_once, (span, content)
        if not failed_at_once:
            reasons = [m["finish_reason"] for m in content[OUTPUT]]
            assert ("error" in reasons) == span.is_error, (span, reasons)
            assert all(m["role"] == "assistant" and m["parts"] for m in content[OUTPUT]), content
    for span in pair.spans:
        if span not in inferences:
            assert not CONTENT & set(span.attributes)


def test_a_tool_s_arguments_and_result_are_reported_of_an_mcp_call(runner, provider):
    server = provider()
    pair = runner.both(curl(server, asking.MCP_CALL), server, gentap={CAPTURE: "SPAN_ONLY"})
    span, = pair.spans
    content = content_of(span.attributes)
    assert set(content) == {ARGUMENTS, RESULT}
    assert content[ARGUMENTS] == {"line": 7} and content[RESULT]["content"][0]["type"] == "text"


# ---------------------------------------------------------------- off, on spans, on events


@pytest.mark.parametrize("mode", [None, "", "NO_CONTENT", "false"])
def test_without_asking_there_is_none(mode, runner, provider, receiver):
    server = provider()
    gentap = {"OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true", **({} if mode is None else {CAPTURE: mode})}
    pair = runner.both(curl(server, asking.CHAT, asking.MCP_CALL), server, gentap=gentap)
    assert len(pair.spans) == 2
    for attributes in [*(s.attributes for s in pair.spans), *(e[3] for export in receiver.events for e in export)]:
        assert not CONTENT & set(attributes)
    assert all(b"bus 7" not in r.body.lower() for r in (*receiver.received, *receiver.other_received))


MODES = {"SPAN_ONLY": (True, None), "EVENT_ONLY": (False, True), "SPAN_AND_EVENT": (True, True), "span_and_event": (True, True)}


@pytest.mark.parametrize("protocol", ["http/protobuf", "http/json"])
@pytest.mark.parametrize("mode", MODES)
def test_content_goes_where_it_was_asked_for(mode, protocol, runner, provider, receiver):
    on_span, on_event = MODES[mode]
    runner.traced(curl(provider(), asking.CHAT_TOOLS), gentap={CAPTURE: mode, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol})
    span, = receiver.spans
    assert (INPUT in span.attributes, OUTPUT in span.attributes) == (on_span, on_span)
    events = [e for export in receiver.events for e in export]
    assert len(events) == (1 if on_event else 0)
    if on_event:
        _, _, span_id, attributes = events[0]
        wanted_input, wanted_output = EXPECTED["CHAT_TOOLS"]
        # structured values, not a string of JSON
        assert span_id == span.span_id and attributes[INPUT] == wanted_input and attributes[OUTPUT] == wanted_output


def test_a_bad_value_is_one_warning_and_no_content(runner, provider, receiver):
    result = runner.traced(curl(provider(), asking.CHAT), gentap={CAPTURE: "yes please"})
    span, = receiver.spans
    assert not CONTENT & set(span.attributes)
    line, = result.log
    assert CAPTURE in line and "yes please" in line and "NO_CONTENT is used" in line


def test_content_changes_no_other_attribute(runner, provider, receiver, tmp_path):
    argv = [SYSTEM_PYTHON, PROGRAMS / "urllib_client.py", provider().url(), asking.listing(tmp_path)]

    def reported(gentap):
        runner.traced(argv, gentap=gentap)
        ignored = CONTENT | {"server.port", "gen_ai.response.time_to_first_chunk"}
        return [(s.name, s.is_error, s.message, {k: v for k, v in s.attributes.items() if k not in ignored}) for s in receiver.take_spans()]

    assert reported({CAPTURE: "SPAN_ONLY"}) == reported({})


# ---------------------------------------------------------------- secrets

# fictitious, and assembled here so that secret scanners do not report this file
KEY = "sk-" + "proj-Abc0123456789_defGHI"
SECRETS = {"api_key": KEY, "token": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0.c2lnbmF0", "email": "ada@example.org", "card": "4111 1111 1111 1111"}


def secretive(**more):
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "; ".join(SECRETS.values()) + "; EMP-90210"}], **more}
    return asking.Asking("/v1/chat/completions", json.dumps(body), asking.OPENAI)


def question_of(receiver):
    span, = receiver.take_spans()
    return json.loads(span[INPUT])[0]["parts"][0]["content"]


def test_secrets_are_hidden_unless_they_are_let_through(runner, provider, receiver):
    server = provider()

    def reported(redact):
        gentap = {CAPTURE: "true", **({} if redact is None else {"GENTAP_REDACT": redact})}
        runner.traced(curl(server, secretive()), gentap=gentap)
        return question_of(receiver)

    hidden = "; ".join(f"[redacted:{name}]" for name in SECRETS)
    assert reported(None) == hidden + "; EMP-90210"
    assert reported("staff=/EMP-[0-9]{5}/") == hidden + "; [redacted:staff]"
    assert reported("none") == "; ".join(SECRETS.values()) + "; EMP-90210"
    assert reported("card") == "; ".join([*list(SECRETS.values())[:3], "[redacted:card]"]) + "; EMP-90210"


def test_a_bad_pattern_is_one_warning_and_everything_else_is_hidden(runner, provider, receiver):
    result = runner.traced(curl(provider(), secretive()), gentap={CAPTURE: "true", "GENTAP_REDACT": "/hunter(2/"})
    assert question_of(receiver).startswith("[redacted:api_key]; [redacted:token]")
    line, = result.log
    assert "GENTAP_REDACT" in line and "hunter" not in line


def test_secrets_are_in_no_file_on_no_console_and_in_no_log(runner, provider, receiver, tmp_path):
    gentap = {CAPTURE: "SPAN_AND_EVENT", "OTEL_TRACES_EXPORTER": "otlp,file,console", "OTEL_LOGS_EXPORTER": "otlp,console",
              "GENTAP_FILE": str(tmp_path / "traces"), "GENTAP_LOG": "debug", "GENTAP_LOG_FILE": str(tmp_path / "log")}
    result = runner.traced(curl(provider(), secretive()), gentap=gentap)
    reported = [result.stderr, (tmp_path / "traces").read_bytes(), (tmp_path / "log").read_bytes(), *(r.body for r in receiver.received),
            *(r.body for r in receiver.other_received)]
    assert b"[redacted:api_key]" in result.stderr and b"[redacted:api_key]" in reported[1]
    for secret in SECRETS.values():
        assert not [t for t in reported if secret.encode() in t], secret


def test_a_secret_that_is_spread_over_a_stream_is_hidden(runner, provider, receiver):
    pieces = [f"the key is {KEY}, keep it"[i:i + 3] for i in range(0, 60, 3)]
    chunks = [{"choices": [{"index": 0, "delta": {"content": p}}]} for p in pieces if p]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    body = "".join(f"data: {json.dumps(c)}\n\n" for c in chunks) + "data: [DONE]\n\n"
    server = provider(answer=lambda _: Reply(200, [("Content-Type", "text/event-stream")], [body.encode()]))
    runner.traced(curl(server, asking.CHAT_STREAM), gentap={CAPTURE: "true"})
    span, = receiver.spans
    assert json.loads(span[OUTPUT]) == answered(text("the key is [redacted:api_key], keep it"))


TOLD_BY_NAME = {"password": ["correct", "horse"], "headers": [{"name": "Authorization", "value": "kx82nd"}], "pin": 1234}


def test_values_of_telling_names_are_hidden_in_a_tool_s_result_however_it_is_quoted(runner, provider, receiver):
    for result in (TOLD_BY_NAME, json.dumps(TOLD_BY_NAME), json.dumps({"out": json.dumps(TOLD_BY_NAME)})):
        content = result if isinstance(result, str) else json.dumps(result, indent=1)
        body = {"model": "gpt-4o-mini", "messages": [{"role": "tool", "tool_call_id": "c", "content": content}]}
        asked = asking.Asking("/v1/chat/completions", json.dumps(body), asking.OPENAI)
        runner.traced(curl(provider(), asked), gentap={CAPTURE: "SPAN_AND_EVENT"})
        span, = receiver.take_spans()
        assert "Authorization" in span[INPUT]
        for secret in ("correct", "horse", "kx82nd", "1234"):
            assert secret not in span[INPUT], span[INPUT]
    assert all(b"kx82nd" not in r.body for r in (*receiver.received, *receiver.other_received))


def test_an_error_message_is_redacted_although_content_is_off(runner, provider, receiver):
    error = {"error": {"message": "ada@example.org has no access to postgres://bus:letters@db/x", "type": "no_access"}}
    server = provider(answer=lambda _: Reply(403, [("Content-Type", "application/json")], [json.dumps(error).encode()]))
    runner.traced(curl(server, asking.CHAT))
    span, = receiver.take_spans()
    assert span.message == "[redacted:email] has no access to postgres://bus:[redacted:password]@db/x"
    runner.traced(curl(server, asking.CHAT), gentap={"GENTAP_REDACT": "card"})
    span, = receiver.take_spans()
    assert span.message == "ada@example.org has no access to postgres://bus:letters@db/x"


HOSTILE = {"userinfo": "://a:" + "@" * 65000, "backslashes": "\\" * 65000, "names": "pwd=" * 16000, "tokens": "eyJ." * 16000}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_no_span(name, runner, provider, receiver):
    """The exporter is given no second at the end for what it should have done in milliseconds."""
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": HOSTILE[name]}, "finish_reason": "stop"}]}
    server = provider(answer=lambda _: Reply(200, [("Content-Type", "application/json")], [json.dumps(body).encode()]))
    runner.traced(curl(server, *[asking.CHAT] * 10), gentap={CAPTURE: "true"})
    assert len(receiver.spans) == 10


# ---------------------------------------------------------------- limits


def test_long_content_is_cut_and_stays_json(runner, provider, receiver):
    gentap = {CAPTURE: "true", "GENTAP_CONTENT_MAX": "2048"}
    long = asking.Asking("/v1/chat/completions", json.dumps({"model": "gpt-4o-mini", "messages": [
        {"role": "user", "content": f"{i} " + "words " * 400} for i in range(20)]}), asking.OPENAI)
    runner.traced(curl(provider(), long), gentap=gentap)
    span, = receiver.spans
    assert len(span[INPUT].encode()) <= 2048
    first, *rest = json.loads(span[INPUT])
    assert first == printed("other", {"type": "gentap.truncated", "messages": 20 - len(rest)})
    assert rest[-1]["parts"][0]["content"].startswith("19 words") and rest[-1]["parts"][0]["content"].endswith("[truncated]")


def test_tools_are_reported_by_name_or_in_full(runner, provider, receiver):
    tool = {"type": "function", "function": {"name": "bus_status", "description": "Late?", "parameters": {"type": "object"}}}
    a = secretive(tools=[tool])
    runner.traced(curl(provider(), a), gentap={CAPTURE: "true"})
    span, = receiver.take_spans()
    assert json.loads(span[TOOLS]) == [{"type": "function", "name": "bus_status"}]
    runner.traced(curl(provider(), a), gentap={CAPTURE: "true", "GENTAP_CONTENT_TOOLS": "full"})
    span, = receiver.take_spans()
    assert json.loads(span[TOOLS]) == [{"type": "function", "name": "bus_status", "description": "Late?", "parameters": {"type": "object"}}]
