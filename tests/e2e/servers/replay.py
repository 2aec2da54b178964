#!/usr/bin/env python3
"""A server that answers like LLM providers, from fixtures, and records every byte it receives.

Tests run it inside the test process:

    with ReplayServer(fixtures.answer, tls=certificates) as server:
        ... server.url("https") ... server.received

As a program (`make demo`) it prints its port and serves until its standard input ends:

    replay.py --fixtures FOLDER [--tls CHAIN KEY] [--pause SECONDS]
"""

import argparse
import pathlib
import select
import socket
import ssl
import struct
import sys
import threading
import time

if __package__ in (None, ""):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from servers.http1 import Closed, Delivery, Reader, ends_connection, segments  # noqa: E402

IDLE_TIMEOUT_S = 30


class ReplayServer:
    """Answers each request with `answer(received)`, sent as `delivery` specifies. A thread for each connection."""

    def __init__(self, answer, tls=None, delivery=None, on_request=None, host="127.0.0.1", continue_after=0.0,
                 client_ca=None, http2=False):
        self.answer = answer
        self.delivery = delivery or Delivery()
        self.on_request = on_request  # called before the answer; may block
        self.continue_after = continue_after  # seconds until 100 Continue; None: never
        self.received = []
        self.aborted = []  # numbers of connections that the client ended, or that failed
        self.connections = 0
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._open = set()
        self._closing = False
        self._tls = self._tls_context(tls, client_ca, http2) if tls else None  # `http2`: offered over TLS
        self._listener = socket.create_server((host, 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="replay", daemon=True)
        self._thread.start()

    # -------------------------------------------------------- for tests

    def url(self, path="", scheme=None, host="localhost"):
        return f"{scheme or ('https' if self._tls else 'http')}://{host}:{self.port}{path}"

    def take(self):
        """Returns all requests received since the last call, in order of arrival."""
        with self._lock:
            out, self.received = self.received, []
        return out

    def wait_for(self, n, timeout=10):
        """Waits until `n` complete requests have arrived."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.received) >= n, timeout):
                raise TimeoutError(f"{len(self.received)} of {n} requests arrived")

    def close(self):
        self._closing = True
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        with self._lock:
            for s in self._open:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self._thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    # -------------------------------------------------------- threads

    @staticmethod
    def _tls_context(certificates, client_ca=None, http2=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.chain, certificates.key)
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_ca)
        context.set_alpn_protocols(["h2", "http/1.1"] if http2 else ["http/1.1"])
        context.sni_callback = lambda sock, name, _: setattr(sock, "asked_name", name)
        return context

    def _accept(self):
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection, number):
        with self._lock:
            self._open.add(connection)
        sock = connection
        try:
            connection.settimeout(IDLE_TIMEOUT_S)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                # wrap_socket takes the descriptor of the plain socket
                sock = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                with self._lock:
                    self._open.discard(connection)
                    self._open.add(sock)
                sock.do_handshake()
            sni = getattr(sock, "asked_name", None)
            if self._tls and sock.selected_alpn_protocol() == "h2":
                self._serve_http2(sock, sni, number)
            reader = Reader(sock)
            while self._one(reader, sock, sni, number):
                pass
        except (Closed, OSError, ValueError):
            with self._lock:
                self.aborted.append(number)
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def _continue(self, sock):
        def answer(received):
            if (received.value("expect") or "").lower() == "100-continue" and self.continue_after is not None:
                time.sleep(self.continue_after)
                sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

        return answer

    def _answer(self, received, sni, number):
        received.sni, received.connection = sni, number
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()
        if self.on_request:
            self.on_request(received)
        reply = self.answer(received)
        delivery = self.delivery(received) if callable(self.delivery) else self.delivery
        if isinstance(reply, tuple):
            reply, delivery = reply
        time.sleep(delivery.wait_before)
        return reply, delivery

    def _serve_http2(self, sock, sni, number):
        from servers.http2 import Http2  # the demo's Python lacks the package

        connection = Http2(sock)
        while True:
            stream, received = connection.request()
            connection.reply(stream, *self._answer(received, sni, number))

    def _one(self, reader, sock, sni, number):
        received = reader.request(self._continue(sock))
        reply, delivery = self._answer(received, sni, number)
        for i, data in enumerate(segments(reply, delivery, received.method)):
            if i and delivery.pause:
                time.sleep(delivery.pause)
            sock.sendall(data)
        if not ends_connection(reply, delivery):
            return (received.value("connection") or "").lower() != "close"
        self._end(sock, delivery)
        return False

    @staticmethod
    def _end(sock, delivery):
        if delivery.end == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return  # the caller closes the socket, which sends a reset
        if isinstance(sock, ssl.SSLSocket) and delivery.stop_after is None:
            try:
                sock.settimeout(2)
                sock.unwrap()
            except (OSError, ValueError):
                pass
        else:
            sock.shutdown(socket.SHUT_WR)
            if select.select([sock], [], [], 2)[0]:
                pass  # wait for the peer to close: an early reset could discard bytes of the reply


def main():
    from servers.fixtures import Fixtures

    arguments = argparse.ArgumentParser(description="answers like LLM providers, from fixtures")
    arguments.add_argument("--fixtures", required=True)
    arguments.add_argument("--tls", nargs=2, metavar=("CHAIN", "KEY"))
    arguments.add_argument("--pause", type=float, default=0.0, help="seconds between pieces of a stream")
    arguments.add_argument("--wait", type=float, default=0.0, help="seconds before the first byte of a reply")
    given = arguments.parse_args()

    class Pair:
        chain, key = given.tls or (None, None)

    delivery = Delivery(pause=given.pause, wait_before=given.wait)
    with ReplayServer(Fixtures(given.fixtures).answer, tls=Pair if given.tls else None, delivery=delivery) as server:
        print(server.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
