"""Begins a connection to a port with the first bytes of a protocol: h2, h2-tls, quic, or raw. With `to` it is not connected."""
import socket
import ssl
import sys

HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FIRST = {"h2": HTTP2, "h2-tls": HTTP2, "quic": b"\xc3\0\0\0\1".ljust(1200), "raw": b"\0\0\0\x08\x04\xd2\x16\x2f"}

port, protocol = int(sys.argv[1]), sys.argv[2]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if protocol == "quic" else socket.SOCK_STREAM)
if "to" in sys.argv:
    s.sendto(FIRST[protocol], ("127.0.0.1", port))
else:
    s.connect(("127.0.0.1", port))
    if protocol == "h2-tls":
        s = ssl._create_unverified_context().wrap_socket(s, server_hostname="localhost")
    s.sendall(FIRST[protocol])
