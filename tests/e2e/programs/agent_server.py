"""An agent that is an HTTP server: asks an LLM for each GET. Prints its port and serves until its standard input ends.

    agent_server.py LLM_URL threads|pool|event_loop
"""

import asyncio
import queue
import select
import socket
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

llm, how = sys.argv[1:3]
BODY = b'{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Is bus 7 late?"}]}'
FIELDS = {"Content-Type": "application/json"}


class Agent(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with urllib.request.urlopen(urllib.request.Request(llm, BODY, FIELDS), timeout=20) as reply:
            answer = reply.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def threads():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Agent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()


def pool():
    """Four threads take turns on kept connections, as in gunicorn's gthread: whichever is free reads the next request."""
    poll, by_number, ready = select.epoll(), {}, queue.SimpleQueue()
    listener = socket.create_server(("127.0.0.1", 0))

    def work():
        while True:
            client = ready.get()
            head = client.recv(65536)
            if not head:
                client.close()
                continue
            with urllib.request.urlopen(urllib.request.Request(llm, BODY, FIELDS), timeout=20) as reply:
                answer = reply.read()
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer))
            client.sendall(answer)
            poll.modify(client, select.EPOLLIN | select.EPOLLONESHOT)

    def wait():
        poll.register(listener, select.EPOLLIN)
        while True:
            for number, _ in poll.poll():
                if number == listener.fileno():
                    client, _ = listener.accept()
                    by_number[client.fileno()] = client
                    poll.register(client, select.EPOLLIN | select.EPOLLONESHOT)
                else:
                    ready.put(by_number[number])

    for run in [work] * 4 + [wait]:
        threading.Thread(target=run, daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()


async def event_loop():
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        host, port = llm.split("/")[2].split(":")
        up_reader, up_writer = await asyncio.open_connection(host, int(port))
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        up_writer.write(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY)
        await up_reader.read()
        up_writer.close()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if how == "event_loop":
    asyncio.run(event_loop())
else:
    {"threads": threads, "pool": pool}[how]()
