"""HTTP/1.1 as bytes: keeps requests exactly as received, and sends replies framed, coded and cut as a test specifies.

Uses only the standard library, except for the codings br and zstd, which only tests request.
"""

import random
import zlib
from dataclasses import dataclass, field, replace
from http.client import responses as REASONS

LINE_MAX = 1 << 20


class Closed(Exception):
    """The peer closed the connection before a complete request, or sent a line that is too long."""


# ---------------------------------------------------------------- requests


@dataclass
class Received:
    """A request as received on the wire."""

    head: bytes
    raw_body: bytes = b""  # with chunk framing
    body: bytes = b""  # without chunk framing
    sni: str | None = None
    connection: int = 0  # number of its connection, counted by the server

    def __post_init__(self):
        lines = self.head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ", 2)
        self.fields = [(n, v.strip()) for n, v in (line.split(":", 1) for line in lines[1:] if line)]

    @property
    def raw(self):
        return self.head + self.raw_body

    @property
    def path(self):
        return self.target.split("?", 1)[0]

    def values(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def value(self, name, default=None):
        return next(iter(self.values(name)), default)

    @property
    def traceparents(self):
        return self.values("traceparent")


class Reader:
    """Reads requests from a socket. Its only state is a buffer."""

    def __init__(self, sock):
        self.sock, self.buffer = sock, b""

    def _more(self):
        data = self.sock.recv(1 << 18)
        if not data:
            raise Closed
        self.buffer += data

    def _until(self, mark):
        while mark not in self.buffer:
            if len(self.buffer) > LINE_MAX:
                raise Closed
            self._more()
        end = self.buffer.index(mark) + len(mark)
        out, self.buffer = self.buffer[:end], self.buffer[end:]
        return out

    def _exactly(self, n):
        pieces, have = [self.buffer[:n]], min(n, len(self.buffer))
        self.buffer = self.buffer[n:]
        while have < n:
            data = self.sock.recv(min(n - have, 1 << 20))
            if not data:
                raise Closed
            pieces.append(data)
            have += len(data)
        return b"".join(pieces)

    def request(self, before_body=lambda received: None):
        """Reads the next request. `before_body` may answer `Expect: 100-continue`."""
        received = Received(self._until(b"\r\n\r\n"))
        before_body(received)
        if "chunked" in (received.value("transfer-encoding") or "").lower():
            raw, body = [], []
            while True:
                raw.append(self._until(b"\r\n"))
                size = int(raw[-1].split(b";")[0], 16)
                if size == 0:
                    break
                raw.append(self._exactly(size + 2))
                body.append(raw[-1][:-2])
            while raw[-1] != b"\r\n":  # trailers, up to the empty line
                raw.append(self._until(b"\r\n"))
            received.raw_body, received.body = b"".join(raw), b"".join(body)
        else:
            received.body = received.raw_body = self._exactly(int(received.value("content-length") or 0))
        return received


# ---------------------------------------------------------------- replies


@dataclass
class Reply:
    """The reply of a provider; `pieces` is the body as the provider would flush it."""

    status: int = 200
    fields: list = field(default_factory=list)
    pieces: list = field(default_factory=list)
    reason: str | None = None
    raw: bytes | None = None  # replaces everything else: not HTTP

    @property
    def body(self):
        return b"".join(self.pieces)

    def with_pieces(self, pieces):
        return replace(self, pieces=pieces)


@dataclass(frozen=True)
class Delivery:
    """How a reply is sent. The defaults are those of an ordinary server."""

    framing: str | None = None  # length, chunked, close; None: chunked for several pieces, else length
    chunks: str = "pieces"  # content of a chunk: pieces, bytes (a byte each), random
    writes: str = "pieces"  # content of a send(): pieces (a chunk or the head), bytes, random, whole
    pause: float = 0.0  # seconds between two sends
    coding: str | None = None  # gzip, deflate, br, zstd
    claim_coding: str | None = None  # a false Content-Encoding
    interim: tuple = ()  # status codes of 1xx responses before the reply
    stop_after: int | None = None  # end the connection after this many bytes of the framed body
    end: str = "close"  # how it then ends: close, reset
    keep_alive: bool = True
    wait_before: float = 0.0  # seconds until the first byte
    seed: int = 1


ONE_BYTE_WRITES_MAX = 4096  # after that, cut in small random steps, or it would take too long


def _cut(data, how, rng):
    if how in ("pieces", "whole") or not data:
        return [data] if data else []
    if how == "bytes":
        small = [data[i : i + 1] for i in range(min(len(data), ONE_BYTE_WRITES_MAX))]
        return small + _cut(data[ONE_BYTE_WRITES_MAX:], "random", rng)
    out, at = [], 0
    while at < len(data):
        n = rng.randint(1, 97)
        out.append(data[at : at + n])
        at += n
    return out


def encode(pieces, coding):
    """Encodes the pieces so that the client can decode each as soon as it arrives."""
    if coding in ("gzip", "deflate"):
        z = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
        out = [z.compress(p) + z.flush(zlib.Z_SYNC_FLUSH) for p in pieces]
        return [*out, z.flush()]
    if coding == "br":
        import brotli

        b = brotli.Compressor()
        out = [b.process(p) + b.flush() for p in pieces]
        return [*out, b.finish()]
    if coding == "zstd":
        import zstandard

        c = zstandard.ZstdCompressor().compressobj()
        out = [c.compress(p) + c.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for p in pieces]
        return [*out, c.flush()]
    return list(pieces)


def _head(status, reason, fields):
    lines = [f"HTTP/1.1 {status} {reason or REASONS.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


_FRAMING_FIELDS = ("content-length", "transfer-encoding", "connection", "content-encoding")


def segments(reply, delivery, method="POST"):
    """The bytes of a reply, an item for each send. A delivery that stops early leaves out the last items."""
    rng = random.Random(delivery.seed)
    if reply.raw is not None:
        return _cut(reply.raw, delivery.writes, rng)
    pieces = [p for p in encode(reply.pieces, delivery.coding) if p]
    framing = delivery.framing or ("chunked" if len(pieces) > 1 else "length")
    fields = [(n, v) for n, v in reply.fields if n.lower() not in _FRAMING_FIELDS]
    coding = delivery.claim_coding or delivery.coding
    if coding:
        fields.append(("Content-Encoding", coding))
    has_body = method != "HEAD" and reply.status >= 200 and reply.status not in (204, 304)
    if not has_body:
        framing, pieces = "none", []
    if framing == "length":
        fields.append(("Content-Length", str(sum(map(len, pieces)))))
    elif framing == "chunked":
        fields.append(("Transfer-Encoding", "chunked"))
        pieces = [c for p in pieces for c in _cut(p, delivery.chunks, rng)]
        pieces = [b"%x\r\n%b\r\n" % (len(p), p) for p in pieces] + [b"0\r\n\r\n"]
    if framing == "close" or not delivery.keep_alive:
        fields.append(("Connection", "close"))
    if delivery.stop_after is not None:
        left, kept = delivery.stop_after, []
        for p in pieces:
            kept.append(p[:left])
            left -= len(kept[-1])
        pieces = [p for p in kept if p]
    parts = [_head(s, None, []) for s in delivery.interim] + [_head(reply.status, reply.reason, fields)] + pieces
    if delivery.writes == "whole":
        return [b"".join(parts)]
    return [s for p in parts for s in _cut(p, delivery.writes, rng)]


def ends_connection(reply, delivery):
    return reply.raw is not None or delivery.framing == "close" or not delivery.keep_alive or delivery.stop_after is not None
