"""APIs over WebSockets: real clients behave as without gentap, the handshake carries one traceparent, and each response turn
has a span of its own below the handshake's."""

import pytest

from servers.socket_provider import SocketProvider
from support.claims import TTFC, assert_is_sound, assert_time_to_first_chunk, assert_injected
from support.run import PROGRAMS, VENV_PYTHON

WAYS = ("websockets", "websockets-plain", "asyncio", "websocket-client")
OPENAI, MODEL, FINISH = "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.finish_reasons"


@pytest.fixture
def sockets(certificates):
    servers = []

    def make(tls=False, **more):
        servers.append(SocketProvider(certificates if tls else None, **more))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def program(name):
    return [VENV_PYTHON, PROGRAMS / name]


def both(runner, argv, server, **more):
    """Python's ssl has no lock for a session that two threads use, as those of the server and of some clients do. Now and
    then a run without gentap fails for that reason. Then both runs are made again."""
    for _ in range(3):
        bare = runner.bare(argv, more.get("env"))
        server.take()
        if bare.status == 0 and b"TimeoutError" not in bare.stdout:
            try:
                return runner.both(argv, server, **more)
            except AssertionError as e:
                if "TimeoutError" not in str(e) and "Traceback" not in str(e):
                    raise
                server.take()
                runner.receiver.take_spans()
    return runner.both(argv, server, **more)


def turns_of(pair):
    """The spans of the turns, in their order, by handshake."""
    handshakes = {r.traceparents[0].split("-")[2]: r for r in pair.sent}
    by_id = {s.span_id: s for s in pair.spans}
    turns = {r.target: [] for r in pair.sent}
    for r in pair.sent:
        span = by_id[r.traceparents[0].split("-")[2]]
        assert_injected(r, span)
        assert (span.name, span["http.response.status_code"]) == ("GET", 101), span.attributes
    for s in sorted(pair.spans, key=lambda s: s.start_ns):
        assert_is_sound(s)
        if s.span_id in handshakes:
            continue
        assert s.parent_id in handshakes and s.trace_id == by_id[s.parent_id].trace_id
        assert s["network.protocol.name"] == "websocket" and not s.get("gentap.incomplete")
        turns[handshakes[s.parent_id].target].append(s)
    return list(turns.values())


def usage(span):
    return span.get("gen_ai.usage.input_tokens"), span.get("gen_ai.usage.output_tokens")


def facts(span):
    return span.name, usage(span), span.get(FINISH), span.get("error.type")


RESPONSE = ("chat gpt-5-mini", (20, 9), ["stop"], None)
LIVE = ("generate_content gemini-live", (40, 8), ["stop"], None)
REALTIME = ("chat gpt-realtime-mini", (30, 20), ["stop"], None)
TALKS = {"responses": [RESPONSE, RESPONSE], "realtime": [REALTIME], "live": [LIVE, LIVE]}


@pytest.mark.parametrize("tls", (False, True), ids=("plain", "tls"))
@pytest.mark.parametrize("what", TALKS)
@pytest.mark.parametrize("way", WAYS)
def test_clients(runner, sockets, way, what, tls):
    server = sockets(tls=tls, times=1000 if way == "asyncio" else 1)
    pair = both(runner, [*program("socket_clients.py"), way, server.base, what], server)
    assert "Error" not in pair.traced.stdout.decode(), pair.traced
    turns, = turns_of(pair)
    assert [facts(s) for s in turns] == TALKS[what]
    for s in turns:
        assert_time_to_first_chunk(s)


@pytest.mark.parametrize("compression", ("no takeover", None))
def test_what_the_server_agrees_to(runner, sockets, compression):
    server = sockets(compression=compression)
    pair = both(runner, [*program("socket_clients.py"), "websockets", server.base, "responses"], server)
    turns, = turns_of(pair)
    assert [facts(s) for s in turns] == TALKS["responses"]


@pytest.mark.parametrize("mode", ("", "async"))
@pytest.mark.parametrize("tls", (False, True), ids=("plain", "tls"))
def test_openai_sdk(runner, sockets, mode, tls):
    server = sockets(tls=tls)
    key = {"OPENAI_API_KEY": "sk-not-a-key"}
    pair = both(runner, [*program("socket_openai_sdk.py"), server.base, *mode.split()], server, env=key)
    assert pair.traced.status == 0, pair.traced
    responses, realtime = turns_of(pair)
    assert [facts(s) for s in responses] == [
        RESPONSE, ("chat gpt-fails", (None, None), None, "previous_response_not_found"), ("chat gpt-5-nano", (20, 9), ["stop"], None)]
    speech = ("chat gpt-realtime", (30, 20), ["stop"], None)
    assert [facts(s) for s in realtime] == [
        speech, (*speech[:2], ["tool_calls"], None),
        ("chat gpt-realtime", (None, None), None, "conversation_already_has_active_response"), speech]
    for s in (*responses, *realtime):
        assert s.get("openai.api.type") == ("responses" if s in responses else None)
        assert not [k for k in s.attributes if "message" in k or "instructions" in k]  # content is off
    settings = {"gen_ai.request.max_tokens": 300, "gen_ai.output.type": "text", "gen_ai.usage.cache_read.input_tokens": 12}
    assert settings.items() <= realtime[0].attributes.items()


def test_google_sdk(runner, sockets):
    server = sockets(tls=True)  # the package always uses TLS
    pair = both(runner, [*program("socket_google_sdk.py"), server.base], server)
    assert pair.traced.status == 0, pair.traced
    name = "generate_content gemini-live-2.5-flash"
    # both handshakes have the same target
    turns = [facts(s) for group in turns_of(pair) for s in group]
    assert turns == [(name, (40, 8), ["stop"], None), (name, (11, 3), ["tool_calls"], None), (name, (40, 8), ["stop"], None),
                     ("generate_content unknown", (None, None), None, "policy_violation")]


@pytest.mark.parametrize("way", ("websockets", "websocket-client"))
@pytest.mark.parametrize("what, error", (("dropped", "connection_reset"), ("closed", "internal_error"), ("abandoned", "cancelled")))
def test_a_socket_that_closes_ends_the_open_turn(runner, sockets, way, what, error):
    server = sockets()
    pair = both(runner, [*program("socket_clients.py"), way, server.base, what], server)
    (turn,), = turns_of(pair)
    assert turn["error.type"] == error and turn.is_error and usage(turn) == (None, None)
    assert turn[MODEL] in ("gpt-drops", "gpt-realtime", "gpt-waits")


def test_a_handshake_that_is_refused(runner, sockets):
    server = sockets()
    endpoints = {"GENTAP_ENDPOINTS": f"localhost:{server.port}=openai"}
    pair = both(runner, [*program("socket_clients.py"), "websockets", server.base, "refused"], server, gentap=endpoints)
    (received,), (span,) = pair.sent, pair.spans
    assert_injected(received, span)
    assert (span.name, span["error.type"], span["http.response.status_code"]) == ("chat refused", "model_not_found", 404)
    assert TTFC not in span.attributes


@pytest.mark.parametrize("tls", (False, True), ids=("plain", "tls"))
def test_a_socket_elsewhere_is_left_alone(runner, sockets, tls):
    server = sockets(tls=tls)
    pair = both(runner, [*program("socket_clients.py"), "websockets", server.base, "other"], server)
    assert not pair.spans and not any(r.traceparents for r in pair.sent)
