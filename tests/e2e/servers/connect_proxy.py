"""An HTTP proxy that supports only CONNECT, and connects every name to the same local port."""

import socket
import threading


class ConnectProxy:
    def __init__(self, target_port):
        self.asked = []  # host:port of each CONNECT
        self.other = []  # methods of all other requests
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

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
        server = socket.create_connection(("127.0.0.1", self._target_port))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=self._pass_on, args=(server, client), daemon=True).start()
        self._pass_on(client, server)

    @staticmethod
    def _pass_on(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        finally:
            b.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._listener.close()
