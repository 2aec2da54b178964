"""A proxy between a client and a real server: forwards every byte and records the requests."""

import socket
import threading

from .http1 import Closed, Reader


class RecordingProxy:
    def __init__(self, target_port):
        self.target_port = target_port
        self.received = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"

    def take(self):
        with self._lock:
            out, self.received = self.received, []
        return out

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target_port))
            for s in (client, server):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
            threading.Thread(target=self._replies, args=(server, client), daemon=True).start()

    def _requests(self, client, server):
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

    def _replies(self, server, client):
        try:
            while data := server.recv(65536):
                client.sendall(data)
        except OSError:
            pass
        finally:
            self._end(client)

    @staticmethod
    def _end(sock):
        try:
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
