"""Asks a server over TLS with GIO: gio_client.py PORT BODY."""
import sys
import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio
client = Gio.SocketClient()
client.set_tls(True)
client.set_tls_validation_flags(0)
c = client.connect_to_host("localhost", int(sys.argv[1]), None)
body = sys.argv[2].encode()
head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
c.get_output_stream().write_all(head + b"Content-Length: %d\r\n\r\n" % len(body) + body, None)
print(len(c.get_input_stream().read_bytes(100000, None).get_data()) > 100)
