"""Tests the test servers: a reply is the same however it is cut, and every fixture differs from the others."""

import json
import re
import socket

import pytest

from servers.http1 import Delivery, Received, Reply, segments
from support import asking

DELIVERIES = [
    Delivery(),
    Delivery(framing="length"),
    Delivery(framing="close"),
    Delivery(writes="bytes"),
    Delivery(writes="random"),
    Delivery(writes="whole"),
]


@pytest.mark.parametrize("delivery", DELIVERIES, ids=range(len(DELIVERIES)))
def test_a_reply_is_the_same_bytes_however_they_are_sent(delivery):
    reply = Reply(200, [("Content-Type", "text/plain")], [b"one ", b"two ", b"three" * 2000])
    one = Delivery(framing=delivery.framing)
    assert b"".join(segments(reply, delivery)) == b"".join(segments(reply, one))


def test_a_reply_that_stops_early_is_a_part_of_the_whole_one():
    reply = Reply(200, [], [b"a" * 100, b"b" * 100])
    whole = b"".join(segments(reply, Delivery()))
    for n in range(0, 210, 7):
        part = b"".join(segments(reply, Delivery(stop_after=n)))
        assert whole.startswith(part) and len(part) < len(whole)


def test_requests_are_kept_as_they_came(provider):
    server = provider(answer=lambda r: Reply(200, [], [b"ok"]))
    raw = b"POST /x?y HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTraceParent: a\r\n\r\n"
    raw += b"3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: 1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as s:
        for byte in raw:
            s.send(bytes([byte]))
        assert s.recv(1000).startswith(b"HTTP/1.1 200")
    received, = server.take()
    assert (received.raw, received.body, received.path, received.traceparents) == (raw, b"abcd", "/x", ["a"])


def test_every_request_that_the_tests_make_has_a_fixture(fixtures):
    for a in [v for v in vars(asking).values() if isinstance(v, asking.Asking)]:
        received = Received(f"POST {a.path} HTTP/1.1\r\n\r\n".encode(), body=a.body.encode())
        fixture = fixtures.for_request(received)
        assert fixture is not None, a
        stream = json.loads(a.body).get("stream")
        if fixture.span["attributes"].get("gen_ai.request.stream") and stream is not None:
            assert stream, fixture.name


def test_every_fixture_describes_its_span(fixtures):
    for fixture in fixtures.all.values():
        re.compile(fixture.request["path"])
        assert fixture.span["name"] and fixture.span["attributes"], fixture.name
        assert ("error.type" in fixture.span["attributes"]) == (fixture.span.get("status") == "error"), fixture.name
        usage = fixture.span["attributes"]
        assert usage.get("gen_ai.usage.cache_read.input_tokens", 0) <= usage.get("gen_ai.usage.input_tokens", 1 << 30)
