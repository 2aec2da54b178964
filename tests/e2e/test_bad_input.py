"""Malformed bytes. The program receives the same as without gentap; the exchange has one span, without what could not
be parsed."""

import gzip
import json
import os
import random

import pytest

from servers.http1 import Delivery, Reply
from support import asking
from support.claims import assert_injected, assert_is_sound
from support.run import PROGRAMS, SYSTEM_PYTHON

SCHEMES = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
JSON = [("Content-Type", "application/json")]
SSE = [("Content-Type", "text/event-stream")]
MEGABYTE = 1 << 20


def noise(n, seed=5):
    return random.Random(seed).randbytes(n)


def clients(server, tls, a=asking.CHAT_STREAM, read=1):
    """Clients that use libcurl, or the TLS library or a socket with `read` bytes at a time."""
    raw = [SYSTEM_PYTHON, PROGRAMS / "raw_client.py", "127.0.0.1", server.port, "--read", str(read)]
    head = f"POST {a.path} HTTP/1.1\r\nHost: localhost:{server.port}\r\nConnection: close\r\nContent-Type: application/json\r\n"
    data = f"{head}Content-Length: {len(a.body)}\r\n\r\n{a.body}".encode()
    return {
        "curl": (["curl", "-sS", *a.argv, server.url(a.path)], b""),
        "raw": ([*raw, *(["--tls", "localhost"] if tls else [])], data),
    }


CLIENTS = pytest.mark.parametrize("client", ["curl", "raw"])

GARBAGE = {
    "noise_for_a_reply": Reply(raw=noise(3000)),
    "no_http": Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n"),
    "zeros": Reply(raw=b"\0" * 5000),
    "a_broken_status_line": Reply(raw=b"HTTP/1.1 two hundred OK\r\n\r\n{}"),
    "an_endless_head": Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"X-Again: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 2000 + b"\r\n{}"),
    "two_lengths": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
    "a_negative_length": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}"),
    "a_huge_length": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}"),
    "a_broken_chunk_size": Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    "a_huge_chunk_size": Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
    "half_a_head": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "line_feeds_only": Reply(raw=b"HTTP/1.1 200 OK\nContent-Type: application/json\n\n{}"),
    "http_0_9": Reply(raw=b"<html>hello</html>"),
}

BODIES = {
    "invalid_json": Reply(200, JSON, [b'{"id": "chatcmpl-1", "usage": {"prompt_tokens": 1']),
    "truncated_in_a_string": Reply(200, JSON, [b'{"id": "chatcmpl-']),
    "nul_bytes": Reply(200, JSON, [b'{"id": "chat\0cmpl", "model": "\\u0000"}\0\0']),
    "bad_utf8": Reply(200, JSON, [b'{"id": "\xff\xfe\xc0\x80", "model": "m"}']),
    "lone_surrogate": Reply(200, JSON, [b'{"id": "\\ud800", "model": "m"}']),
    "deep_nesting": Reply(200, JSON, [b"[" * 100000 + b"]" * 100000]),
    "wrong_types": Reply(200, JSON, [b'{"id": 5, "model": [], "choices": {}, "usage": "none"}']),
    "huge_numbers": Reply(200, JSON, [b'{"usage": {"prompt_tokens": 1e400, "completion_tokens": -3}}']),
    "an_array": Reply(200, JSON, [b"[1, 2, 3]"]),
    "a_number": Reply(200, JSON, [b"3"]),
    "nothing": Reply(200, JSON, []),
    "binary": Reply(200, [("Content-Type", "application/octet-stream")], [noise(5000)]),
    "sse_of_noise": Reply(200, SSE, [noise(300), b"\n\ndata: ", noise(100), b"\n\n"]),
    "sse_without_an_end": Reply(200, SSE, [b"data: {\"id\": \"x\"}"]),
    "sse_of_nul": Reply(200, SSE, [b"data: \0\0\0\n\n", b"data: [DONE]\n\n"]),
    "an_endless_line": Reply(200, SSE, [b"data: " + b"x" * (2 * MEGABYTE)]),
}


@SCHEMES
@CLIENTS
@pytest.mark.parametrize("reply", GARBAGE)
def test_a_reply_that_is_no_http_is_one_span_without_a_reply(reply, client, tls, runner, provider):
    server = provider(tls=tls, answer=lambda r: GARBAGE[reply])
    argv, data = clients(server, tls)[client]
    pair = runner.both(argv, server, stdin=data)
    span, = pair.spans
    assert_injected(pair.sent[0], span)
    assert_is_sound(span)
    assert span.name == "chat gpt-4o-mini"
    assert not [k for k in span.attributes if k.startswith(("gen_ai.usage.", "gen_ai.response.id"))]


@SCHEMES
@CLIENTS
@pytest.mark.parametrize("reply", BODIES)
def test_a_body_that_cannot_be_read_is_one_span_without_its_fields(reply, client, tls, runner, provider):
    server = provider(tls=tls, answer=lambda r: BODIES[reply], delivery=Delivery(keep_alive=False))
    argv, data = clients(server, tls, read=4096 if reply == "an_endless_line" else 1)[client]
    pair = runner.both(argv, server, stdin=data)
    span, = pair.spans
    assert_injected(pair.sent[0], span)
    assert_is_sound(span)
    assert span["http.response.status_code"] == 200
    assert not [k for k in span.attributes if k.startswith("gen_ai.usage.")], span.attributes


# what Python's json reads; JavaScript's JSON.parse reads all but nan
READABLE = {
    "half_a_surrogate_pair": rb'"content": "Bus \ud83d"',
    "half_a_pair_in_a_name": rb'"\udcff": "x"',
    "an_escaped_nul": rb'"content": "left\u0000right"',
    "nan": b'"logprobs": [NaN, Infinity, -Infinity]',
    "a_number_beyond_a_double": b'"logprob": -1e400',
    "300_levels": b'"x": ' + b"[" * 300 + b"]" * 300,
    "a_name_twice": b'"content": 1, "content": "x"',
}


@SCHEMES
@CLIENTS
@pytest.mark.parametrize("part", READABLE)
def test_a_body_that_an_application_can_read_is_read(part, client, tls, runner, provider):
    body = (b'{"id": "c1", "choices": [{"index": 0, "message": {' + READABLE[part] + b'}, "finish_reason": "stop"}], '
            b'"usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}}')
    assert json.loads(body)["usage"]["prompt_tokens"] == 12
    server = provider(tls=tls, answer=lambda r: Reply(200, JSON, [body]), delivery=Delivery(keep_alive=False))
    argv, data = clients(server, tls, asking.CHAT)[client]
    span, = runner.both(argv, server, stdin=data).spans
    assert_is_sound(span)
    assert (span["gen_ai.response.id"], span["gen_ai.response.finish_reasons"]) == ("c1", ["stop"])
    assert (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"]) == (12, 3)
    assert "gentap.incomplete" not in span.attributes


@SCHEMES
def test_a_coded_request_is_read_and_arrives_unchanged(tls, runner, provider, fixtures):
    body = gzip.compress(b'{"model": "gpt-4o-mini", "messages": [], "seed": 7}')
    server = provider(tls=tls, answer=lambda r: fixtures["openai/chat"].reply())
    argv = ["curl", "-sS", "-H", "Content-Type: application/json", "-H", "Content-Encoding: gzip", "--data-binary", "@-"]
    pair = runner.both([*argv, server.url("/v1/chat/completions")], server, stdin=body)
    span, = pair.spans
    assert_injected(pair.sent[0], span)
    assert pair.sent[0].body == body
    assert (span["gen_ai.request.model"], span["gen_ai.request.seed"]) == ("gpt-4o-mini", 7)


@SCHEMES
@CLIENTS
@pytest.mark.parametrize("claim", ["gzip", "br", "zstd", "deflate", "no-such-coding"])
def test_a_wrong_content_encoding_is_one_span_without_its_fields(claim, client, tls, runner, provider, fixtures):
    delivery = Delivery(claim_coding=claim, keep_alive=False)
    server = provider(tls=tls, answer=lambda r: fixtures["openai/chat"].reply(), delivery=delivery)
    argv, data = clients(server, tls, asking.CHAT)[client]
    pair = runner.both(argv, server, stdin=data)
    span, = pair.spans
    assert_is_sound(span)
    assert span.name == "chat gpt-4o-mini" and span["http.response.status_code"] == 200


@SCHEMES
@CLIENTS
def test_a_coded_stream_that_breaks_keeps_what_was_read(client, tls, runner, provider, fixtures):
    server = provider(tls=tls, delivery=Delivery(coding="gzip", stop_after=300))
    argv, data = clients(server, tls)[client]
    span, = runner.both(argv, server, stdin=data).spans
    assert_is_sound(span)
    assert span.is_error


REQUESTS = {
    "invalid_json": b'{"model": "gpt-4o-mini", "messages": [',
    "nul_bytes": b'{"model": "gpt\0", "messages": []}',
    "bad_utf8": b'{"model": "gpt-\xff", "messages": []}',
    "nothing": b"",
    "noise": noise(5000),
    "deep_nesting": b"[" * 50000,
}


@SCHEMES
@pytest.mark.parametrize("body", REQUESTS)
def test_a_request_that_cannot_be_read_reaches_a_known_provider_unchanged(body, tls, runner, provider, fixtures):
    server = provider(tls=tls, answer=lambda r: fixtures["openai/chat"].reply())
    scheme, port = ("https", 443) if tls else ("http", 80)
    argv = ["curl", "-sS", "-H", "Content-Type: application/json", "--data-binary", "@-", "--connect-to",
            f"api.openai.com:{port}:127.0.0.1:{server.port}", f"{scheme}://api.openai.com/v1/chat/completions"]
    pair = runner.both(argv, server, stdin=REQUESTS[body])
    span, = pair.spans
    assert_injected(pair.sent[0], span)
    assert_is_sound(span)
    assert span["gen_ai.operation.name"] == "chat" and span["gen_ai.response.id"] == "chatcmpl-tap001"


# ---------------------------------------------------------------- size


def big_request(n):
    return json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "x" * n}]}).encode()


@SCHEMES
@CLIENTS
def test_a_request_of_64_mb_arrives_whole_and_has_one_span(client, tls, runner, provider, fixtures):
    server = provider(tls=tls, answer=lambda r: fixtures["openai/chat"].reply(), delivery=Delivery(keep_alive=False))
    body = big_request(64 * MEGABYTE)
    if client == "curl":
        to = ["--connect-to", f"api.openai.com:{443 if tls else 80}:127.0.0.1:{server.port}"]
        argv = ["curl", "-sS", "-H", "Content-Type: application/json", "-H", "Expect:", *to, "--data-binary", "@-"]
        argv, data = [*argv, f"http{'s' * tls}://api.openai.com/v1/chat/completions"], body
    else:
        head = "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Type: application/json\r\n"
        name = ["--tls", "api.openai.com"] if tls else []
        argv = [SYSTEM_PYTHON, PROGRAMS / "raw_client.py", "127.0.0.1", server.port, *name]
        data = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    pair = runner.both(argv, server, stdin=data)
    span, = pair.spans
    assert_injected(pair.sent[0], span)
    assert span["gen_ai.response.id"] == "chatcmpl-tap001"
    assert span["gentap.incomplete"] == "request_too_big"
    assert pair.traced.status == 0


@SCHEMES
@CLIENTS
def test_a_reply_of_64_mb_arrives_whole_and_has_one_span(client, tls, runner, provider):
    big = b'{"id": "chatcmpl-big", "model": "m", "x": "' + b"y" * (64 * MEGABYTE) + b'"}'
    server = provider(tls=tls, answer=lambda r: Reply(200, JSON, [big]), delivery=Delivery(framing="length", keep_alive=False))
    argv, data = clients(server, tls, asking.CHAT, read=1 << 18)[client]
    pair = runner.both(argv, server, stdin=data)
    span, = pair.spans
    assert pair.traced.stdout.endswith(big)
    assert span["http.response.status_code"] == 200
    assert span["gentap.incomplete"] in ("response_too_big", "dropped")
    assert_is_sound(span)


def test_a_stream_of_64_mb_has_its_tokens_all_the_same(runner, provider, fixtures):
    # gentap reads a stream as it arrives and holds one event at a time
    pieces = fixtures["openai/chat_stream"].reply().pieces
    filler = b'data: {"id":"chatcmpl-tap002","choices":[{"index":0,"delta":{"content":"' + b"z" * 60000 + b'"}}]}\n\n'
    reply = fixtures["openai/chat_stream"].reply().with_pieces(pieces[:2] + [filler] * 1100 + pieces[2:])
    server = provider(answer=lambda r: reply)
    pair = runner.both(["curl", "-sS", "-o", os.devnull, *asking.CHAT_STREAM.argv, server.url("/v1/chat/completions")], server)
    span, = pair.spans
    if span.get("gentap.incomplete") != "dropped":  # "dropped" when the exporter could not keep up
        assert (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"]) == (41, 13)


def test_the_limits_on_memory_and_bodies_are_kept(runner, provider, fixtures):
    large = [b'{"id":"chatcmpl-1","x":"' + b"y" * 200000 + b'"}']
    server = provider(answer=lambda r: fixtures["openai/chat"].reply().with_pieces(large))
    limits = {"GENTAP_BODY_MAX": "65536"}
    argv = ["curl", "-sS", "-o", os.devnull, *asking.CHAT.argv, server.url("/v1/chat/completions")]
    span, = runner.both(argv, server, gentap=limits).spans
    assert span["gentap.incomplete"] == "response_too_big"
    assert "gen_ai.response.id" not in span.attributes


ASKS_AT_ONCE = """
import sys, threading, urllib.request as u
question = b'{"model":"m","messages":[{"role":"user","content":"' + b"x" * int(sys.argv[2]) + b'"}]}'
ask = lambda: u.urlopen(u.Request(sys.argv[1], question, {"Content-Type": "application/json"})).read()
threads = [threading.Thread(target=ask) for _ in range(int(sys.argv[3]))]
[t.start() for t in threads]
[t.join() for t in threads]
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1], file=sys.stderr)
"""


def test_many_large_requests_before_the_first_answer_have_a_span_each_and_a_bound(runner, provider, fixtures):
    """Together the requests are three times the memory limit; the host is unknown."""
    server = provider(delivery=Delivery(wait_before=2), answer=lambda r: fixtures["openai/chat"].reply())
    argv = [SYSTEM_PYTHON, "-c", ASKS_AT_ONCE, server.url("/v1/chat/completions"), str(8 * MEGABYTE), "12"]
    bare = runner.bare(argv)
    result = runner.traced(argv)
    assert result.status == 0
    spans = runner.receiver.take_spans()
    assert len(spans) == 12
    for span in spans:
        assert span["gen_ai.usage.input_tokens"] > 0
        assert span.get("gen_ai.request.model") == "m" or span["gentap.incomplete"] in ("request_too_big", "dropped")
    in_hand = 4 * 8 * 1024  # one body: its buffer, which doubles as it grows, and its JSON tree
    assert int(result.stderr) - int(bare.stderr) < 2 * 32 * 1024 + in_hand, "KiB: the hand-off, the bodies and the body in hand"


def test_one_byte_of_memory_for_events_loses_data_but_no_byte_of_the_program_s(runner, provider, fixtures):
    server = provider(tls=True)
    argv = ["curl", "-sS", *asking.CHAT_STREAM.argv, server.url("/v1/chat/completions")]
    runner.both(argv, server, gentap={"GENTAP_MEMORY_MAX": "1"})
