"""Sends the bytes of its standard input to HOST:PORT and prints every byte that it receives.

    raw_client.py HOST PORT [--tls NAME] [--write N] [--read N] [--half-close]

Writes N bytes in each system call or SSL_write, and reads at most N bytes in each.
"""

import argparse
import socket
import ssl
import sys

arguments = argparse.ArgumentParser()
arguments.add_argument("host")
arguments.add_argument("port", type=int)
arguments.add_argument("--tls", metavar="NAME")
arguments.add_argument("--write", type=int, default=0)
arguments.add_argument("--read", type=int, default=65536)
arguments.add_argument("--half-close", action="store_true")
given = arguments.parse_args()

data = sys.stdin.buffer.read()
sock = socket.create_connection((given.host, given.port), timeout=30)
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
if given.tls:
    sock = ssl.create_default_context().wrap_socket(sock, server_hostname=given.tls)
step = given.write or len(data) or 1
for at in range(0, len(data), step):
    sock.sendall(data[at : at + step])
if given.half_close:
    sock.shutdown(socket.SHUT_WR)
out = []
try:
    while piece := sock.recv(given.read):
        out.append(piece)
except (ssl.SSLEOFError, ConnectionResetError) as e:
    out.append(f"\n{type(e).__name__}\n".encode())
sys.stdout.buffer.write(b"".join(out))
sock.close()
