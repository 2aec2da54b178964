"""One exchange, independent of how its bytes are sent: every framing, coding and cut of the reply and of the
request."""

import pytest

from servers.http1 import Delivery
from support import asking
from support.run import PROGRAMS, SYSTEM_PYTHON

SCHEMES = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])

FRAMINGS = {
    "content_length": Delivery(framing="length"),
    "chunked": Delivery(framing="chunked"),
    "until_close": Delivery(framing="close"),
    "one_byte_chunks": Delivery(framing="chunked", chunks="bytes"),
    "random_chunks": Delivery(framing="chunked", chunks="random"),
    "byte_by_byte": Delivery(writes="bytes"),
    "random_cuts": Delivery(writes="random", seed=7),
    "in_one_write": Delivery(writes="whole"),
    "slow": Delivery(pause=0.02),
    "connection_close": Delivery(keep_alive=False),
    "100_first": Delivery(interim=(100, 100)),
    "late": Delivery(wait_before=0.15),
    "byte_by_byte_until_close": Delivery(framing="close", writes="bytes"),
}
CODINGS = ("gzip", "deflate", "br", "zstd")
ASKED = (asking.CHAT, asking.CHAT_STREAM, asking.MESSAGES_STREAM, asking.OLLAMA_CHAT_STREAM, asking.GENERATE_ARRAY)


def urllib(server, tmp_path, asked=ASKED):
    return [SYSTEM_PYTHON, PROGRAMS / "urllib_client.py", server.url(), asking.listing(tmp_path, asked)]


@SCHEMES
@pytest.mark.parametrize("framing", FRAMINGS)
def test_the_framing_of_a_reply_does_not_change_its_span(framing, tls, runner, provider, fixtures, tmp_path):
    server = provider(tls=tls, delivery=FRAMINGS[framing])
    runner.both_answered(urllib(server, tmp_path), server, fixtures)


@SCHEMES
@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("writes", ["pieces", "bytes"])
def test_a_coded_reply_has_the_same_span(coding, writes, tls, runner, provider, fixtures, tmp_path):
    # urllib does not decode: it prints the coded bytes, and gentap sees the same
    server = provider(tls=tls, delivery=Delivery(coding=coding, writes=writes))
    runner.both_answered(urllib(server, tmp_path), server, fixtures)


@SCHEMES
@pytest.mark.parametrize("writes", ["pieces", "bytes", "whole"])
def test_interim_responses_are_not_the_answer(writes, tls, runner, provider, fixtures):
    server = provider(tls=tls, delivery=Delivery(interim=(100, 103, 102), writes=writes))
    for a in ASKED:
        runner.both_answered(["curl", "-sS", *a.argv, server.url(a.path)], server, fixtures)
    server = provider(tls=tls, delivery=Delivery(interim=(100, 103, 102), writes=writes, keep_alive=False))
    for a in ASKED:
        runner.both_answered(raw(server, tls), server, fixtures, stdin=request_bytes(a, server))


@SCHEMES
def test_ten_exchanges_on_one_connection_have_ten_spans(tls, runner, provider, fixtures, tmp_path):
    asked = (asking.CHAT, asking.CHAT_STREAM) * 5
    server = provider(tls=tls)
    argv = ["ruby", PROGRAMS / "net_http_client.rb", server.url(), asking.listing(tmp_path, asked)]
    pair = runner.both_answered(argv, server, fixtures)
    assert len(pair.spans) == 10
    assert len({r.connection for r in pair.sent}) == 1


def raw(server, tls, *more):
    return [SYSTEM_PYTHON, PROGRAMS / "raw_client.py", "127.0.0.1", server.port, *(["--tls", "localhost"] if tls else []), *more]


def request_bytes(a, server, extra=b"Connection: close\r\n"):
    fields = "".join(f"{n}: {v}\r\n" for n, v in a.headers.items())
    body = a.body.encode()
    head = f"POST {a.path} HTTP/1.1\r\nHost: localhost:{server.port}\r\n{fields}Content-Length: {len(body)}\r\n"
    return head.encode() + extra + b"\r\n" + body


@SCHEMES
@pytest.mark.parametrize("step", [0, 4096, 100, 7, 1])
def test_a_request_written_in_pieces_has_one_span(step, tls, runner, provider, fixtures):
    """gentap can add the header only to a head that it sees whole; it emits a span in both cases."""
    server = provider(tls=tls, delivery=Delivery(keep_alive=False))
    for a in (asking.CHAT, asking.CHAT_STREAM):
        pair = runner.both(raw(server, tls, "--write", step), server, stdin=request_bytes(a, server))
        span, = pair.spans
        received, = pair.sent
        assert len(received.traceparents) <= 1
        if step in (0, 4096):
            assert received.traceparents == [span.traceparent]
        assert (span.name, span["gen_ai.usage.input_tokens"]) == ("chat gpt-4o-mini", 41)


@SCHEMES
def test_a_reply_read_one_byte_at_a_time_has_one_span(tls, runner, provider, fixtures):
    server = provider(tls=tls, delivery=Delivery(keep_alive=False))
    for a in ASKED:
        runner.both_answered(raw(server, tls, "--read", 1), server, fixtures, stdin=request_bytes(a, server))


@SCHEMES
def test_pipelined_requests_have_one_span_each(tls, runner, provider, fixtures):
    server = provider(tls=tls)
    first = request_bytes(asking.CHAT, server, b"")
    data = first + request_bytes(asking.CHAT_STREAM, server, b"") + request_bytes(asking.MESSAGES, server)
    pair = runner.both(raw(server, tls), server, stdin=data)
    assert len(pair.sent) == 3 and len(pair.spans) == 3
    assert [len(r.traceparents) for r in pair.sent][0] == 1
    assert all(len(r.traceparents) <= 1 for r in pair.sent)
    assert {s.get("gen_ai.response.id") for s in pair.spans} == {"chatcmpl-tap001", "chatcmpl-tap002", "msg_tap001"}


@SCHEMES
def test_a_body_that_looks_like_a_request_is_not_touched(tls, runner, provider, fixtures):
    inner = request_bytes(asking.CHAT, provider()).decode()
    a = asking.Asking("/v1/chat/completions", asking.CHAT.body[:-1] + f', "x": {inner!r}}}'.replace("'", '"'), asking.OPENAI)
    server = provider(tls=tls, answer=lambda r: fixtures["openai/chat"].reply(), delivery=Delivery(keep_alive=False))
    pair = runner.both(raw(server, tls), server, stdin=request_bytes(a, server))
    assert len(pair.sent) == 1 and len(pair.spans) == 1
    assert pair.sent[0].body == pair.sent_bare[0].body


@SCHEMES
def test_a_chunked_request_with_trailers_is_sent_on_as_it_was(tls, runner, provider, fixtures):
    body = asking.CHAT.body.encode()
    chunks = b"".join(b"%x;note=1\r\n%b\r\n" % (len(body[i : i + 11]), body[i : i + 11]) for i in range(0, len(body), 11))
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += b"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\nConnection: close\r\n\r\n"
    data = head + chunks + b"0\r\nX-Sum: 1\r\n\r\n"
    server = provider(tls=tls)
    runner.both_answered(raw(server, tls), server, fixtures, stdin=data)


@SCHEMES
def test_two_traceparents_of_the_program_s_own_are_left_alone(tls, runner, provider):
    twice = b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n" * 2 + b"Connection: close\r\n"
    server = provider(tls=tls)
    pair = runner.both(raw(server, tls), server, stdin=request_bytes(asking.CHAT, server, twice), own_traceparent=True)
    assert len(pair.sent[0].traceparents) == 2
    span, = pair.spans
    assert span.trace_id != "0af7651916cd43dd8448eb211c80319c", "two of them do not name a parent"
