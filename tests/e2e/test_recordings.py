"""Replays real exchanges. curl and a plain Python socket send the request bytes of every recording of a supported API
to the host of the recording. The span must have what the index of the recordings expects."""

import pytest

from servers.http1 import Delivery
from support import recordings
from support.expected import assert_as_expected
from support.run import PROGRAMS, SYSTEM_PYTHON

pytestmark = pytest.mark.skipif(recordings.FOLDER is None, reason=f"no recordings: {recordings.WHY_NOT}")

EVERY = pytest.mark.parametrize("recording_id", recordings.SUPPORTED)


def one_span(pair, recording):
    received, = pair.sent
    assert len(received.traceparents) == 1
    span, = pair.spans
    assert received.traceparents == [span.traceparent]
    assert_as_expected(span, recording, received)


@EVERY
def test_a_recording_replayed_through_curl_has_the_expected_span(recording_id, runner, provider):
    r = recordings.load(recording_id)
    # the stored body is already coded: announce the coding and do not encode again
    server = provider(tls=r.is_tls, answer=lambda _: r.reply(), delivery=Delivery(claim_coding=r.coding))
    host = f"[{r.url.hostname}]" if ":" in r.url.hostname else r.url.hostname
    argv = ["curl", "-sS", "-g", "--path-as-is", "-X", r.method, "-H", "Expect:"]
    for name, value in r.request_fields:
        argv += ["-H", f"{name}: {value}" if value else f"{name};"]
    if r.coding and r.coding != "zstd":
        argv += ["--compressed"]
    if r.request_body:
        argv += ["--data-binary", "@-"]
    argv += ["--connect-to", f"{host}:{r.port}:127.0.0.1:{server.port}", f"{r.url.scheme}://{host}:{r.port}{r.target}"]
    one_span(runner.both(argv, server, stdin=r.request_body), r)


@EVERY
def test_a_recording_replayed_byte_by_byte_over_a_socket_has_the_expected_span(recording_id, runner, provider):
    r = recordings.load(recording_id)
    framing = None if r.is_stream else "length"
    delivery = Delivery(framing=framing or "chunked", chunks="bytes" if framing is None else "pieces", writes="bytes",
                        claim_coding=r.coding, keep_alive=False)
    server = provider(tls=r.is_tls, answer=lambda _: r.reply(), delivery=delivery)
    authority = r.url.netloc
    head = f"{r.method} {r.target} HTTP/1.1\r\nHost: {authority}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in r.request_fields)
    data = head.encode("latin-1") + b"Connection: close\r\n"
    if r.request_body or r.method == "POST":
        data += b"Content-Length: %d\r\n" % len(r.request_body)
    data += b"\r\n" + r.request_body
    argv = [SYSTEM_PYTHON, PROGRAMS / "raw_client.py", "127.0.0.1", server.port]
    if r.is_tls:
        argv += ["--tls", r.url.hostname]
    one_span(runner.both(argv, server, stdin=data), r)
