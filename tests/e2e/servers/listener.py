"""A listening socket with a thread that accepts."""

import socket
import threading


class Listener:
    """Accepts on a free port of 127.0.0.1 until it is closed; `serve(connection)` runs on the accepting thread."""

    def __init__(self, serve):
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._serve(connection)

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes accept
        except OSError:
            pass
        self._socket.close()
