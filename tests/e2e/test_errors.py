"""Failures between a program and a provider: each has one span that reports it; the program sees the same as without
gentap."""

import json

import pytest

from servers.http1 import Delivery, Reply
from servers.otlp_receiver import BlackHole, ClosedPort
from support import asking
from support.claims import assert_injected, assert_is_sound, pair_up
from support.run import PROGRAMS, SYSTEM_PYTHON, VENV_PYTHON

SCHEMES = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])


def curl(a, url, *options):
    return ["curl", "-sS", *options, *a.argv, url]


def only_span(pair):
    span, = pair.spans
    assert_is_sound(span)
    return span


# ---------------------------------------------------------------- no connection


def test_a_refused_connection_is_one_span(runner):
    with ClosedPort() as port:
        pair = runner.both(curl(asking.CHAT, f"http://127.0.0.1:{port.port}/v1/chat/completions"))
    assert pair.traced.status == 7
    span = only_span(pair)
    assert span.is_error and span["error.type"] == "connection_refused"
    assert (span.name, span["gen_ai.request.model"]) == ("chat gpt-4o-mini", "gpt-4o-mini")
    assert (span["server.address"], span["server.port"]) == ("127.0.0.1", port.port)


def test_an_unknown_host_is_one_span(runner):
    pair = runner.both(curl(asking.CHAT, "http://no-such-host.invalid/v1/chat/completions"))
    assert pair.traced.status == 6
    assert only_span(pair)["error.type"] == "dns_error"


def test_a_failed_tls_handshake_is_one_span(runner, provider, strangers_ca):
    server = provider(tls=True)
    pair = runner.both(curl(asking.CHAT, server.url("/v1/chat/completions")), server, env={"CURL_CA_BUNDLE": str(strangers_ca)})
    assert pair.traced.status == 60 and not pair.sent
    assert only_span(pair)["error.type"] == "tls_error"


def test_a_server_that_does_not_answer_is_a_timeout(runner):
    with BlackHole() as hole:
        pair = runner.both(curl(asking.CHAT, f"{hole.endpoint}/v1/chat/completions", "--max-time", "0.3", "--no-show-error"))
    assert pair.traced.status == 28
    assert only_span(pair)["error.type"] == "timeout"


# ---------------------------------------------------------------- truncated replies

CUTS = {
    "before_the_first_byte": (Delivery(stop_after=0), None),
    "in_the_stream": (Delivery(stop_after=900), "chatcmpl-tap002"),
    "by_a_reset": (Delivery(stop_after=900, end="reset", pause=0.01), "chatcmpl-tap002"),
}
CLIENTS = {
    "curl": lambda url, listing: ["curl", "-sS", *asking.CHAT_STREAM.argv, url + asking.CHAT_STREAM.path],
    "requests": lambda url, listing: [VENV_PYTHON, PROGRAMS / "cut_client.py", url, listing],
}


@SCHEMES
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("cut", CUTS)
def test_a_stream_that_is_cut_short_is_one_span_with_what_came(cut, client, tls, runner, provider, tmp_path):
    delivery, response_id = CUTS[cut]
    server = provider(tls=tls, delivery=delivery)
    argv = CLIENTS[client](server.url(), asking.listing(tmp_path, (asking.CHAT_STREAM,)))
    pair = runner.both(argv, server)
    (received, span), = pair_up(pair.sent, pair.spans)
    assert_injected(received, span)
    assert span.is_error and span["error.type"] == "connection_reset"
    assert span["http.response.status_code"] == 200
    assert span.get("gen_ai.response.id") == response_id
    assert not [k for k in span.attributes if k.startswith("gen_ai.usage.")]


@SCHEMES
def test_a_connection_closed_without_an_answer_is_one_span(tls, runner, provider):
    server = provider(tls=tls, answer=lambda r: Reply(raw=b""))
    pair = runner.both(curl(asking.CHAT, server.url(asking.CHAT.path)), server)
    assert pair.traced.status == 52
    span = only_span(pair)
    assert span.is_error and span["error.type"] == "connection_reset"
    assert "http.response.status_code" not in span.attributes


@SCHEMES
def test_a_program_that_stops_reading_a_stream_has_one_cancelled_span(tls, runner, provider):
    server = provider(tls=tls, delivery=Delivery(pause=0.1))
    pair = runner.both([VENV_PYTHON, PROGRAMS / "openai_gives_up.py", server.url()], server)
    (received, span), = pair_up(pair.sent, pair.spans)
    assert_injected(received, span)
    assert span["error.type"] == "cancelled"
    assert span["gen_ai.response.id"] == "chatcmpl-tap002"


# ---------------------------------------------------------------- error answers


def test_error_replies_have_the_provider_s_own_code(runner, provider, fixtures):
    server = provider(tls=True)
    for a in (
        asking.failing("gpt-unauthorised"), asking.failing("gpt-busy"), asking.failing("gpt-empty"), asking.failing("gpt-odd"),
        asking.failing("gpt-proxy"), asking.failing("claude-overloaded", "/v1/messages", asking.ANTHROPIC, max_tokens=9),
        asking.failing("not-pulled", "/api/chat", asking.JSON),
        asking.Asking("/v1beta/models/gemini-busy:generateContent", asking.GENERATE.body, asking.GENERATE.headers),
    ):
        runner.both_answered(curl(a, server.url(a.path)), server, fixtures)


@SCHEMES
@pytest.mark.parametrize("api", ["openai", "anthropic", "responses"])
def test_an_error_inside_a_stream_that_began_well_is_the_span_s_error(api, tls, runner, provider, fixtures):
    a = {"openai": asking.CHAT_BREAKS, "anthropic": asking.MESSAGES_BREAK, "responses": asking.RESPONSES_FAILED}[api]
    server = provider(tls=tls)
    runner.both_answered(curl(a, server.url(a.path)), server, fixtures)


def test_the_message_of_an_error_is_the_provider_s(runner, provider):
    span = only_span(runner.both(curl(asking.failing("gpt-busy"), provider().url("/v1/chat/completions"))))
    assert span.message == "Rate limit reached for gpt-busy."


def test_an_error_body_that_is_a_list_is_read(runner, provider):
    body = json.dumps([{"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}]).encode()
    server = provider(answer=lambda r: Reply(429, [("Content-Type", "application/json")], [body]))
    span = only_span(runner.both(curl(asking.GENERATE_ARRAY, server.url(asking.GENERATE_ARRAY.path)), server))
    assert span["error.type"] == "RESOURCE_EXHAUSTED"


def test_each_attempt_of_a_retrying_client_is_a_span_of_its_own(runner, provider, fixtures):
    def flaky():
        answers = [Reply(500, [("retry-after-ms", "10")], [b""]), Reply(429, [("retry-after-ms", "10")], [b""])]
        return lambda r: answers.pop(0) if answers else fixtures.answer(r)

    for_bare = provider(answer=flaky())
    for_traced = provider(answer=flaky())
    program = [VENV_PYTHON, PROGRAMS / "openai_once.py"]
    bare = runner.bare([*program, for_bare.url()])
    traced = runner.traced([*program, for_traced.url()])
    assert traced.printed == bare.printed and bare.status == 0
    spans = [s for _, s in pair_up(for_traced.take(), runner.receiver.take_spans())]
    assert [s.get("error.type") for s in spans] == ["500", "429", None]


@SCHEMES
def test_a_refused_connection_of_a_socket_program_is_no_exchange(tls, runner):
    # the program sent nothing: outside libcurl gentap cannot know the request
    with ClosedPort() as port:
        url = f"{'https' if tls else 'http'}://127.0.0.1:{port.port}"
        program = f"import urllib.request as u\ntry: u.urlopen('{url}/v1/chat/completions', b'{{}}')\nexcept OSError as e: print(e)"
        pair = runner.both([SYSTEM_PYTHON, "-c", program])
    assert not pair.spans
