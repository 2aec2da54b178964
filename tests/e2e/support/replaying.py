"""Sends the request bytes of a recording to a local server that answers with its response bytes."""

from servers.http1 import Delivery

from .run import PROGRAMS, SYSTEM_PYTHON


def replay_through_curl(r, runner, provider):
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
    return runner.both(argv, server, stdin=r.request_body)


def replay_byte_by_byte(r, runner, provider):
    framing = None if r.is_stream else "length"
    delivery = Delivery(framing=framing or "chunked", chunks="bytes" if framing is None else "pieces", writes="bytes",
                        claim_coding=r.coding, keep_alive=False)
    server = provider(tls=r.is_tls, answer=lambda _: r.reply(), delivery=delivery)
    head = f"{r.method} {r.target} HTTP/1.1\r\nHost: {r.url.netloc}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in r.request_fields)
    data = head.encode("latin-1") + b"Connection: close\r\n"
    if r.request_body or r.method == "POST":
        data += b"Content-Length: %d\r\n" % len(r.request_body)
    data += b"\r\n" + r.request_body
    argv = [SYSTEM_PYTHON, PROGRAMS / "raw_client.py", "127.0.0.1", server.port]
    if r.is_tls:
        argv += ["--tls", r.url.hostname]
    return runner.both(argv, server, stdin=data)
