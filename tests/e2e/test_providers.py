"""Synthetic exchanges with the providers' own hosts. curl sends every fixture with a `send` part to its host, and a
plain socket does so byte by byte. Each exchange has the span that its fixture describes."""

import json

import pytest

from servers.fixtures import Fixtures
from servers.http1 import Delivery
from support.claims import assert_injected, assert_span_matches
from support.run import PROGRAMS, SYSTEM_PYTHON, TOP

SENT = [name for name, f in Fixtures(TOP / "tests" / "fixtures").all.items() if f.send]
EVERY = pytest.mark.parametrize("name", SENT)
BOUNDARY = "----made-for-a-test"


def body_of(send):
    """The content type and the bytes of a body."""
    if "json" in send:
        return "application/json", json.dumps(send["json"]).encode()
    if "form" not in send:
        return None, b""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in send["form"].items()]
    return f"multipart/form-data; boundary={BOUNDARY}", "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()


def fields_of(send):
    kind, _ = body_of(send)
    return [*send.get("headers", {}).items(), *([("Content-Type", kind)] if kind else [])]


def one_span(pair, fixture):
    received, = pair.sent
    span, = pair.spans
    assert_injected(received, span)
    assert_span_matches(span, fixture.span, stream=fixture.is_stream)
    assert span["server.address"] == fixture.send["host"]


@EVERY
def test_an_exchange_at_its_provider_s_host_has_its_span_through_curl(name, runner, provider, fixtures):
    fixture = fixtures[name]
    send = fixture.send
    server = provider(answer=lambda _: fixture.reply())
    argv = ["curl", "-sS", "-g", "--path-as-is", "-X", send.get("method", "POST")]
    for field, value in fields_of(send):
        argv += ["-H", f"{field}: {value}"]
    _, body = body_of(send)
    if body:
        argv += ["--data-binary", "@-"]
    argv += ["--connect-to", f"{send['host']}:80:127.0.0.1:{server.port}", f"http://{send['host']}{send['target']}"]
    one_span(runner.both(argv, server, stdin=body), fixture)


@EVERY
def test_an_exchange_at_its_provider_s_host_has_its_span_byte_by_byte(name, runner, provider, fixtures):
    fixture = fixtures[name]
    send = fixture.send
    server = provider(answer=lambda _: fixture.reply(), delivery=Delivery(framing="chunked", chunks="bytes", writes="bytes", keep_alive=False))
    _, body = body_of(send)
    head = f"{send.get('method', 'POST')} {send['target']} HTTP/1.1\r\nHost: {send['host']}\r\nConnection: close\r\n"
    head += "".join(f"{field}: {value}\r\n" for field, value in fields_of(send))
    if body:
        head += f"Content-Length: {len(body)}\r\n"
    argv = [SYSTEM_PYTHON, PROGRAMS / "raw_client.py", "127.0.0.1", server.port]
    one_span(runner.both(argv, server, stdin=head.encode() + b"\r\n" + body), fixture)
