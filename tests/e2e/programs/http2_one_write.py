"""Sends many requests over HTTP/2 in one write, on a TLS socket that takes little at a time, with the `h2` package. Prints the
answers. Arguments: the port, the number of requests, and `wait` for a socket that blocks."""

import random
import select
import socket
import ssl
import sys

import h2.config
import h2.connection
import h2.events

port, count, waits = int(sys.argv[1]), int(sys.argv[2]), "wait" in sys.argv
rng = random.Random(5)
context = ssl.create_default_context()
context.set_alpn_protocols(["h2"])
plain = socket.socket()
plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
plain.connect(("127.0.0.1", port))
sock = context.wrap_socket(plain, server_hostname="localhost")
sock.setblocking(waits)
connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
connection.initiate_connection()
for i in range(count):
    stream = connection.get_next_available_stream_id()
    noise = "".join(chr(rng.randrange(33, 127)) for _ in range(rng.choice([10, 600, 3000])))
    fields = [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", "/v1/chat/completions"),
              ("content-type", "application/json"), ("x-noise", noise), ("x-id", str(i))]
    connection.send_headers(stream, fields)
    connection.send_data(stream, b'{"model": "gpt-4o-mini", "messages": []}', end_stream=True)
left, refused, answers, ended = connection.data_to_send(), 0, {}, 0
while ended < count:
    try:
        if left:
            left = left[sock.send(left):]
        else:
            select.select([sock], [], [], 20)
    except ssl.SSLWantWriteError:
        refused += 1
        select.select([sock], [sock], [], 20)
    try:
        if left and not sock.pending() and not select.select([sock], [], [], 0)[0]:
            continue
        data = sock.recv(65536)
    except ssl.SSLWantReadError:
        continue
    assert data
    for event in connection.receive_data(data):
        if isinstance(event, h2.events.DataReceived):
            answers[event.stream_id] = answers.get(event.stream_id, b"") + event.data
        ended += isinstance(event, h2.events.StreamEnded)
    left = left or connection.data_to_send()
assert waits or refused, "the socket took everything at once"
for stream in sorted(answers):
    print(stream, answers[stream])
