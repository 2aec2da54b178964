"""HTTP/2 as bytes, the server's side, with the `h2` package: requests become `Received`, replies become frames."""

import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from .http1 import Closed, Received, encode

# fields of a connection, which HTTP/2 does not have (RFC 9113, 8.2.2), and the length, which DATA frames show
_LEFT_OUT = ("connection", "transfer-encoding", "content-length", "keep-alive")


class Http2:
    """One connection. Answers its requests one after the other; the client may send them all at once."""

    def __init__(self, sock):
        self._sock = sock
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="latin-1"))
        self._h2.initiate_connection()
        self._flush()
        self._open = {}  # number of the stream: its fields and the pieces of its body
        self._whole = []  # (stream, request) that wait for their answer

    def _flush(self):
        if data := self._h2.data_to_send():
            self._sock.sendall(data)

    def _receive(self):
        data = self._sock.recv(1 << 18)
        if not data:
            raise Closed
        try:
            events = self._h2.receive_data(data)
        except h2.exceptions.ProtocolError as e:
            self._flush()  # GOAWAY
            raise Closed from e
        for event in events:
            if isinstance(event, h2.events.RequestReceived):
                self._open[event.stream_id] = event.headers, []
            elif isinstance(event, h2.events.DataReceived):
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                if event.stream_id in self._open:
                    self._open[event.stream_id][1].append(event.data)
            elif isinstance(event, h2.events.StreamReset):
                self._open.pop(event.stream_id, None)
                self._whole = [w for w in self._whole if w[0] != event.stream_id]
            elif isinstance(event, h2.events.StreamEnded) and event.stream_id in self._open:
                fields, pieces = self._open.pop(event.stream_id)
                self._whole.append((event.stream_id, _received(fields, b"".join(pieces))))
            elif isinstance(event, h2.events.ConnectionTerminated):
                raise Closed
        self._flush()

    def request(self):
        """The next complete request and the number of its stream."""
        while not self._whole:
            self._receive()
        return self._whole.pop(0)

    def reply(self, stream, reply, delivery):
        pieces = [p for p in encode(reply.pieces, delivery.coding) if p]
        fields = [(n.lower(), v) for n, v in reply.fields if n.lower() not in _LEFT_OUT]
        if delivery.coding:
            fields.append(("content-encoding", delivery.coding))
        try:
            self._h2.send_headers(stream, [(":status", str(reply.status)), *fields], end_stream=not pieces)
            self._flush()
            for i, piece in enumerate(pieces):
                if i and delivery.pause:
                    time.sleep(delivery.pause)
                self._send(stream, piece, i == len(pieces) - 1)
        except h2.exceptions.StreamClosedError:
            pass  # the client has reset it

    def _send(self, stream, data, is_last):
        while data:
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size)
            if room <= 0:
                self._receive()
                continue
            self._h2.send_data(stream, data[:room], end_stream=is_last and len(data) <= room)
            data = data[room:]
            self._flush()


def _received(fields, body):
    """The request in the form of HTTP/1.1; its version says HTTP/2."""
    pseudo = {n: v for n, v in fields if n.startswith(":")}
    lines = [f"{pseudo[':method']} {pseudo[':path']} HTTP/2", f"host: {pseudo.get(':authority', '')}"]
    lines += [f"{n}: {v}" for n, v in fields if not n.startswith(":")]
    return Received(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), body, body)
