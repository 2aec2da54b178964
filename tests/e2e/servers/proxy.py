"""Proxies: one between a client and a real server, which forwards every byte and records the requests, and one for CONNECT."""

import socket
import threading

from .http1 import Closed, Reader
from .listener import Listener


class Proxy:
    """Serves each connection on a thread of its own."""

    def __init__(self, target_port):
        self.target_port = target_port
        self._listener = Listener(lambda client: self._start(self._serve, client))
        self.port = self._listener.port

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"

    def _connect(self, client):
        server = socket.create_connection(("127.0.0.1", self.target_port))
        for s in (client, server):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    @staticmethod
    def _start(run, *args):
        threading.Thread(target=run, args=args, daemon=True).start()

    @classmethod
    def _pass_on(cls, a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        finally:
            cls._end(b)

    @staticmethod
    def _end(sock):
        try:
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._listener.close()


class RecordingProxy(Proxy):
    """Passes every byte on and keeps the requests."""

    def __init__(self, target_port):
        self.received = []
        self._lock = threading.Lock()
        super().__init__(target_port)

    def take(self):
        with self._lock:
            out, self.received = self.received, []
        return out

    def _serve(self, client):
        server = self._connect(client)
        self._start(self._pass_on, server, client)
        reader = Reader(client)
        try:
            while True:
                received = reader.request()
                with self._lock:
                    self.received.append(received)
                server.sendall(received.raw)
        except (Closed, OSError):
            pass
        finally:
            self._end(server)


class ConnectProxy(Proxy):
    """Takes CONNECT only, and connects to the same port of this machine for every name."""

    def __init__(self, target_port):
        self.asked = []  # host:port of each CONNECT
        self.heads = []  # and its whole head
        self.other = []  # the methods of other requests
        super().__init__(target_port)

    def _serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(1)
            if not more:
                return
            head += more
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        if method != "CONNECT":
            self.other.append(method)
            client.close()
            return
        self.asked.append(target)
        self.heads.append(head)
        server = self._connect(client)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._start(self._pass_on, server, client)
        self._pass_on(client, server)


class SocksProxy(Proxy):
    """SOCKS version 5 without authentication, for addresses (RFC 1928). Keeps the ports of the servers asked for."""

    def __init__(self):
        super().__init__(None)
        self.asked = []

    @staticmethod
    def _read(client, n):
        data = b""
        while len(data) < n:
            piece = client.recv(n - len(data))
            if not piece:
                raise OSError("the client ended in its handshake")
            data += piece
        return data

    def _serve(self, client):
        try:
            self._read(client, self._read(client, 2)[1])
            client.sendall(b"\5\0")
            request = self._read(client, 10)
            self.target_port = int.from_bytes(request[8:], "big")
            self.asked.append(self.target_port)
            server = self._connect(client)
            client.sendall(b"\5\0\0\1\x7f\0\0\1\0\0")
        except OSError:
            self._end(client)
            return
        self._start(self._pass_on, server, client)
        self._pass_on(client, server)
