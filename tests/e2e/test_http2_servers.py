"""Random requests over one connection in HTTP/2, with fields added by gentap, against two servers that are not ours: nghttp2's
and node's. What gentap adds must not disturb the compression of the fields around it."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections import Counter

import pytest

from support.claims import TRACEPARENT
from support.run import PROGRAMS, VENV_PYTHON

REQUESTS = 1000


class NodeServer:
    def __init__(self, folder, certificates):
        self.file = folder / "received.jsonl"
        script = PROGRAMS.parent / "servers" / "http2_echo.js"
        self.process = subprocess.Popen(["node", script, certificates.chain, certificates.key, self.file],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def take(self):
        """The requests so far: their fields, with the body's digest."""
        lines = self.file.read_text().splitlines()
        self.file.unlink()
        received = [json.loads(line) for line in lines]
        return [{**r["fields"], "body": r["body"]} for r in received]

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class NghttpdServer:
    """Sends back what it gets, and prints the fields."""

    def __init__(self, folder, certificates):
        self.out = open(folder / "nghttpd.log", "wb+")
        with socket.create_server(("127.0.0.1", 0)) as s:
            self.port = s.getsockname()[1]
        argv = ["nghttpd", "-v", "--echo-upload", "--address=127.0.0.1", str(self.port), certificates.key, certificates.chain]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.STDOUT)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("nghttpd does not listen")

    def take(self):
        time.sleep(0.2)
        self.out.flush()
        self.out.seek(0)
        text = re.sub(r"\x1b\[[0-9;]*m", "", self.out.read().decode("latin-1"))
        self.out.seek(0)
        self.out.truncate()
        requests = {}
        for connection, stream, field in re.findall(r"\[id=(\d+)\].*recv \(stream_id=(\d+)(?:, sensitive)?\) (.*)", text):
            name, value = re.fullmatch(r"(:?[^:]*): ?(.*)", field).groups()
            requests.setdefault((connection, stream), {})
            assert name not in requests[connection, stream], field
            requests[connection, stream][name] = value
        return list(requests.values())

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.out.close()


SERVERS = {"node": NodeServer, "nghttpd": NghttpdServer}


@pytest.fixture(params=SERVERS)
def server(request, tmp_path, certificates):
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    s = SERVERS[request.param](tmp_path, certificates)
    yield s
    s.close()


def without_trace(received):
    return Counter(json.dumps({k: v for k, v in r.items() if k != "traceparent"}, sort_keys=True) for r in received)


def test_a_thousand_random_requests_arrive_as_they_were_sent(server, runner):
    argv = [VENV_PYTHON, PROGRAMS / "http2_random.py", f"https://localhost:{server.port}", str(REQUESTS), "7"]
    bare = runner.bare(argv)
    sent_bare = server.take()
    traced = runner.traced(argv, timeout=100)
    sent = server.take()
    assert bare.status == 0 and bare.stdout.count(b"HTTP/2 200") == REQUESTS
    assert traced.printed == bare.printed
    assert len(sent) == REQUESTS and without_trace(sent) == without_trace(sent_bare)

    spans = {s.traceparent for s in runner.receiver.take_spans()}
    given = [r["traceparent"] for r in sent if "traceparent" in r]
    calls = [r for r in sent if r[":path"] != "/upload"]
    assert len(given) == len(set(given)) == len(calls) and all(TRACEPARENT.fullmatch(t) for t in given)
    assert set(given) <= spans and len(spans) == len(calls)
