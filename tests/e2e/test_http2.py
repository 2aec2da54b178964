"""HTTP/2 outside libcurl: every exchange has exactly one span with the facts of its fixture, and the program does the
same as without gentap."""

import shutil

import pytest

from servers.http1 import Reply
from servers.http2_frames import Delivery2, Http2Server
from support import asking
from support.claims import assert_exchanges, assert_injected, pair_up
from support.run import PROGRAMS, VENV_PYTHON

HTTPX = {"sync": [], "async": ["async"]}
SCHEMES = pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
CLIENTS = pytest.mark.parametrize("client", HTTPX)


@pytest.fixture
def provider2(fixtures, certificates):
    servers = []

    def make(tls=True, delivery=None, answer=None):
        servers.append(Http2Server(answer or fixtures.answer, certificates if tls else None, delivery))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def command(server, client, listing):
    return [VENV_PYTHON, PROGRAMS / "httpx_http2_client.py", server.url(), listing, *HTTPX[client]]


def assert_injected_each(pair):
    """Every request has the traceparent of its span."""
    for received, span in pair_up(pair.sent, pair.spans):
        assert_injected(received, span)


def ask(runner, server, client, fixtures, tmp_path, askings=asking.A_BIT_OF_EVERYTHING, **more):
    pair = runner.both(command(server, client, asking.listing(tmp_path, askings)), server, **more)
    assert pair.bare.status == 0 and pair.bare.stderr == b""
    assert pair.bare.stdout.count(b"HTTP/2") == len(askings)
    assert_exchanges(pair.sent, pair.spans, fixtures)
    return pair


@SCHEMES
@CLIENTS
def test_every_exchange_of_httpx_has_one_span(client, tls, runner, provider2, fixtures, tmp_path):
    server = provider2(tls=tls)
    ask(runner, server, client, fixtures, tmp_path)
    assert server.connections == 2  # one for each run


DELIVERIES = {
    "gzip": Delivery2(coding="gzip"),
    "br_in_small_frames": Delivery2(coding="br", frame=7),
    "padded": Delivery2(padding=13, frame=100),
    "padded_to_the_full": Delivery2(padding=255, frame=1),
    "interim_heads": Delivery2(interim=(103, 103)),
    "trailers": Delivery2(trailers=(("x-checksum", "1"), ("x-other", "2"))),
    "a_head_of_two_frames": Delivery2(many_fields=20000),
    "writes_of_a_byte": Delivery2(writes=1, frame=50),
    "a_small_table": Delivery2(settings={1: 0}),
    "a_large_table": Delivery2(settings={1: 65536}),
    "answers_take_turns": Delivery2(together=8, frame=40),
}


@CLIENTS
@pytest.mark.parametrize("delivery", DELIVERIES)
def test_however_the_server_cuts_its_answers(delivery, client, runner, provider2, fixtures, tmp_path):
    if DELIVERIES[delivery].together > 1 and client == "sync":
        pytest.skip("a client that asks one question at a time waits for ever")
    some = (asking.CHAT, asking.CHAT_STREAM, asking.MESSAGES_STREAM, asking.GENERATE_ARRAY, asking.MCP_CALL_SSE,
            asking.EMBEDDINGS, asking.OLLAMA_CHAT_STREAM, asking.RESPONSES_STREAM)
    ask(runner, provider2(delivery=DELIVERIES[delivery]), client, fixtures, tmp_path, some)


def test_one_connection_serves_many_questions(runner, provider2, fixtures, tmp_path):
    server = provider2()
    ask(runner, server, "async", fixtures, tmp_path, asking.A_BIT_OF_EVERYTHING * 4)
    assert server.connections == 2


@CLIENTS
@pytest.mark.parametrize("end", ["reset", "close"])
def test_an_answer_that_breaks_off_is_an_error(end, client, runner, provider2, tmp_path):
    server = provider2(delivery=Delivery2(stop_after=40, end=end))
    pair = runner.both(command(server, client, asking.listing(tmp_path, [asking.CHAT])), server)
    assert pair.bare.stdout.endswith(b"the answer broke off\n")
    span, = pair.spans
    # asyncio may close the session before OpenSSL has met its end
    errors = ("connection_reset", "cancelled") if (end, client) == ("close", "async") else ("connection_reset",)
    assert span["error.type"] in errors and span["gen_ai.request.model"] == "gpt-4o-mini"


GIVES_UP = """
import sys, httpx
with httpx.Client(http1=False, http2=True, timeout=20) as client:
    for path, body in zip(sys.argv[2::2], sys.argv[3::2]):
        with client.stream("POST", sys.argv[1] + path, content=body, headers={"Content-Type": "application/json"}) as reply:
            print(reply.status_code, next(reply.iter_raw())[:20])
"""


def test_an_answer_that_the_client_leaves_is_cancelled(runner, provider2):
    server = provider2(delivery=Delivery2(frame=30, stop_after=60, end="silence"))
    asked = [asking.CHAT_STREAM.path, asking.CHAT_STREAM.body, asking.MESSAGES.path, asking.MESSAGES.body]
    pair = runner.both([VENV_PYTHON, "-c", GIVES_UP, server.url(), *asked], server)
    assert pair.bare.status == 0, pair.bare.stderr
    assert [s["error.type"] for s in pair.spans] == ["cancelled"] * 2


def test_other_traffic_has_no_span(runner, provider2, tmp_path):
    server = provider2(answer=lambda r: Reply(200, [("Content-Type", "application/json")], [b'{"ok": true}']))
    askings = [asking.Asking("/upload", '{"a": 1}', asking.JSON), asking.Asking("/v1/files", "x" * 200_000, {})]
    pair = runner.both(command(server, "async", asking.listing(tmp_path, askings * 3)), server)
    assert pair.bare.stdout.count(b"HTTP/2") == 6 and not pair.spans


def test_a_large_request_is_read_whole(runner, provider2, fixtures, tmp_path):
    """Larger than the windows of flow control, so that the client waits for the server in between."""
    body = asking.CHAT.body.replace("Is bus 7 late?", "Is bus 7 late? " * 40_000)
    server = provider2()
    pair = ask(runner, server, "async", fixtures, tmp_path, [asking.Asking(asking.CHAT.path, body, asking.OPENAI)] * 3)
    assert not [s for s in pair.spans if "gentap.incomplete" in s.attributes]


def test_no_secret_reaches_the_collector_or_the_log(runner, provider2, receiver, tmp_path):
    argv = command(provider2(), "sync", asking.listing(tmp_path))
    result = runner.traced(argv, gentap={"GENTAP_LOG": "debug"})
    sent = b"".join(e.received.body for e in receiver.exports)
    assert sent and asking.SECRET.encode() not in sent + result.stderr
    for content in (b"Is bus 7 late?", b"minutes"):
        assert content not in sent + result.stderr


def test_it_can_be_made_to_follow_only(runner, provider2, tmp_path):
    server = provider2()
    argv = command(server, "sync", asking.listing(tmp_path, [asking.CHAT]))
    pair = runner.both(argv, server, gentap={"GENTAP_HTTP2": "follow"})
    span, = pair.spans
    assert span["gen_ai.request.model"] == "gpt-4o-mini" and [r.traceparents for r in pair.sent] == [[]]


def test_it_can_be_switched_off(runner, provider2, tmp_path):
    server = provider2()
    argv = command(server, "sync", asking.listing(tmp_path, [asking.CHAT]))
    assert not runner.both(argv, server, gentap={"GENTAP_HTTP2": "off"}).spans


def test_an_application_s_traceparent_is_the_parent(runner, provider2, tmp_path):
    sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    question = asking.Asking(asking.CHAT.path, asking.CHAT.body, {**asking.OPENAI, "traceparent": sent})
    server = provider2()
    pair = runner.both(command(server, "sync", asking.listing(tmp_path, [question])), server, own_traceparent=True)
    span, = pair.spans
    assert (span.trace_id, span.parent_id) == (sent[3:35], sent[36:52])
    assert [r.traceparents for r in pair.sent] == [[sent]]


def test_mcp_over_http_2_names_its_version(runner, provider2, fixtures, tmp_path):
    pair = ask(runner, provider2(), "sync", fixtures, tmp_path, [asking.MCP_CALL])
    span, = pair.spans
    assert (span["network.protocol.name"], span["network.protocol.version"]) == ("http", "2")


@pytest.mark.parametrize("socket", [[], ["wait"]], ids=["refuses", "waits"])
def test_many_requests_in_one_write_have_a_traceparent_each(socket, runner, provider2):
    """Also where OpenSSL refuses the write in the middle and wants all of it again."""
    server = provider2(delivery=Delivery2(reads_slowly=True))
    argv = [VENV_PYTHON, PROGRAMS / "http2_one_write.py", str(server.port), "60", *socket]
    pair = runner.both(argv, server)
    assert pair.bare.status == 0, pair.bare.stderr
    assert len(pair.sent) == 60
    assert_injected_each(pair)


def test_node_in_clear_has_one_span_for_each_exchange(runner, provider2, fixtures, tmp_path):
    """Its writes hold several requests in many pieces: the first gets a traceparent, the others are followed without."""
    some = asking.A_BIT_OF_EVERYTHING[:6]
    server = provider2(tls=False)
    pair = runner.both(["node", PROGRAMS / "http2_node_client.js", server.url(), asking.listing(tmp_path, some)], server)
    assert pair.bare.status == 0, pair.bare.stderr
    assert pair.bare.stdout.count(b"HTTP/2 ") == len(pair.spans) == len(pair.sent) == len(some)
    given = {t for r in pair.sent for t in r.traceparents}
    assert given and given <= {s.traceparent for s in pair.spans}


@pytest.mark.skipif(not shutil.which("nghttp"), reason="nghttp is not installed")
def test_nghttp_has_one_span_for_each_exchange(runner, provider2, fixtures, tmp_path):
    (tmp_path / "body").write_text(asking.CHAT.body)
    server = provider2()
    fields = [a for n, v in asking.CHAT.headers.items() for a in ("-H", f"{n}: {v}")]
    argv = ["nghttp", "-m3", *fields, "-d", tmp_path / "body", server.url(asking.CHAT.path)]
    pair = runner.both_answered(argv, server, fixtures)
    assert pair.bare.status == 0 and len(pair.sent) == 3


@pytest.mark.skipif(not shutil.which("nghttp"), reason="nghttp is not installed")
def test_a_server_that_speaks_first_is_one_of_http_2(runner, provider2, fixtures, tmp_path):
    """It reads the server's settings before it sends anything, when these are there in time."""
    (tmp_path / "body").write_text(asking.CHAT.body)
    server = provider2()
    argv = ["nghttp", "-H", "content-type: application/json", "-d", tmp_path / "body", server.url(asking.CHAT.path)]
    for _ in range(8):
        runner.traced(argv)
    assert_exchanges(server.take(), runner.receiver.take_spans(), fixtures)
