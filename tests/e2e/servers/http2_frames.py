"""A server that answers like LLM providers over HTTP/2, from fixtures, and records the requests it receives.

The frames are those of the `h2` package. A test chooses how answers are cut and what comes between their frames.
"""

import socket
import ssl
import threading
import time
from dataclasses import dataclass

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

from servers.http1 import Received, encode

IDLE_TIMEOUT_S = 30


@dataclass(frozen=True)
class Delivery2:
    """How replies are sent. The defaults are those of an ordinary server."""

    coding: str | None = None  # gzip, deflate, br, zstd
    frame: int = 16384  # bytes of one DATA frame at most
    padding: int | None = None  # of each DATA frame
    pause: float = 0.0  # seconds between two pieces
    together: int = 1  # answers begin when this many requests are there; then their frames take turns
    interim: tuple = ()  # status codes of 1xx responses before the reply
    trailers: tuple = ()  # fields after the body
    many_fields: int = 0  # bytes of a field that makes the head longer than a frame
    stop_after: int | None = None  # of the body; then the stream ends as `end` says
    end: str = "reset"  # reset, close, silence
    settings: dict | None = None  # what the server announces
    writes: int = 1 << 20  # bytes of one send()
    reads_slowly: bool = False


class _Answer:
    """One reply that is being sent."""

    def __init__(self, stream, reply, delivery):
        self.stream, self.delivery = stream, delivery
        pieces = [p for p in encode(reply.pieces, delivery.coding) if p]
        body, size = b"".join(pieces), delivery.frame
        if delivery.stop_after is not None:
            pieces, body = [body[: delivery.stop_after]], body[: delivery.stop_after]
        self.pieces = [p[i : i + size] for p in pieces for i in range(0, len(p), size)]
        fields = [(n.lower(), v) for n, v in reply.fields if n.lower() not in ("content-length", "transfer-encoding", "connection")]
        if delivery.coding:
            fields.append(("content-encoding", delivery.coding))
        if delivery.many_fields:
            fields.append(("x-long", "v" * delivery.many_fields))
        self.head = [(":status", str(reply.status)), *fields]
        self.is_begun = False


class _Connection:
    def __init__(self, server, sock, number):
        self.server, self.sock, self.number = server, sock, number
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8", validate_outbound_headers=False)
        self.h2 = h2.connection.H2Connection(config)
        if server.delivery.settings:
            self.h2.local_settings = h2.settings.Settings(client=False, initial_values=server.delivery.settings)
            table = server.delivery.settings.get(h2.settings.SettingCodes.HEADER_TABLE_SIZE, 4096)
            self.h2.decoder.max_allowed_table_size = max(table, 4096)  # the client's first requests do not know it yet
        self.requests, self.answers = {}, []
        self.whole = 0

    def flush(self):
        data, n = self.h2.data_to_send(), self.server.delivery.writes
        for i in range(0, len(data), n):
            self.sock.sendall(data[i : i + n])

    def run(self):
        self.h2.initiate_connection()
        self.flush()
        while True:
            data = self.sock.recv(1 << 12 if self.server.delivery.reads_slowly else 1 << 16)
            if not data:
                return
            if self.server.delivery.reads_slowly:
                time.sleep(0.01)
            for event in self.h2.receive_data(data):
                self.on(event)
            self.send_answers()
            self.flush()

    def on(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.requests[event.stream_id] = (event.headers, [])
        elif isinstance(event, h2.events.DataReceived):
            self.requests[event.stream_id][1].append(event.data)
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.on_request(event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self.server.resets.append(event.stream_id)
            self.answers = [a for a in self.answers if a.stream != event.stream_id]

    def on_request(self, stream):
        headers, body = self.requests.pop(stream)
        named = dict(headers)
        lines = [f"{named[':method']} {named[':path']} HTTP/2", f"host: {named.get(':authority', '')}"]
        lines += [f"{n}: {v}" for n, v in headers if not n.startswith(":")]
        received = Received(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), b"".join(body), b"".join(body))
        received.connection, received.sni = self.number, getattr(self.sock, "asked_name", None)
        self.server.take_in(received)
        self.answers.append(_Answer(stream, self.server.answer(received), self.server.delivery))
        self.whole += 1

    def send_answers(self):
        if self.whole < self.server.delivery.together:
            return
        while self.answers:
            for answer in list(self.answers):
                self.step(answer)
                self.flush()

    def step(self, answer):
        delivery = answer.delivery
        if not answer.is_begun:
            for status in delivery.interim:
                self.h2.send_headers(answer.stream, [(":status", str(status))])
            self.h2.send_headers(answer.stream, answer.head, end_stream=not answer.pieces and not delivery.trailers)
            answer.is_begun = True
        elif answer.pieces:
            piece = answer.pieces.pop(0)
            is_last = not answer.pieces and not delivery.trailers and delivery.stop_after is None
            self.h2.send_data(answer.stream, piece, end_stream=is_last, pad_length=delivery.padding)
            if delivery.pause:
                self.flush()
                time.sleep(delivery.pause)
        if answer.pieces:
            return
        self.answers.remove(answer)
        if delivery.stop_after is not None:
            self.stop(answer, delivery.end)
        elif delivery.trailers:
            self.h2.send_headers(answer.stream, list(delivery.trailers), end_stream=True)

    def stop(self, answer, end):
        if end == "reset":
            self.h2.reset_stream(answer.stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
        elif end == "close":
            self.flush()
            raise OSError


class Http2Server:
    """Answers each request with `answer(received)`. A thread for each connection. Without `tls` clients need prior
    knowledge."""

    def __init__(self, answer, tls=None, delivery=None):
        self.answer, self.delivery = answer, delivery or Delivery2()
        self.received, self.resets, self.connections = [], [], 0
        self._lock = threading.Lock()
        self._tls = None
        if tls:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(tls.chain, tls.key)
            self._tls.set_alpn_protocols(["h2"])
            self._tls.sni_callback = lambda sock, name, _: setattr(sock, "asked_name", name)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        if self.delivery.reads_slowly:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path="", host="localhost"):
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def take_in(self, received):
        with self._lock:
            self.received.append(received)

    def take(self):
        with self._lock:
            out, self.received = self.received, []
        return out

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock, number):
        try:
            sock.settimeout(IDLE_TIMEOUT_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            _Connection(self, sock, number).run()
        except OSError:
            pass
        finally:
            sock.close()

    def close(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
