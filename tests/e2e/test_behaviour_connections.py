"""Which connections gentap follows, from when to when, and what it reports of those that it does not follow."""

import contextlib
import os
import re
import shutil
from collections import Counter

import pytest

from servers.otlp_receiver import OtlpReceiver
from servers.proxy import SocksProxy
from support.run import PROGRAMS, SYSTEM_PYTHON, run
from support.snippets import assert_whole, build, exported, read_spans, to

INFO = {"GENTAP_LOG": "info"}


def counters_of(traced):
    """The counters of the last line that the process logs with GENTAP_LOG=info."""
    line = [l for l in traced.result.stderr.decode().splitlines() if "info init: requests" in l][-1]
    return {name: int(n) for name, n in re.findall(r"([a-zA-Z ]+?) (\d+)(?:, |$)", line.split("init: ")[1])}


# ---------------------------------------------------------------- another protocol on the same connection


def test_an_offer_of_another_protocol_is_no_agreement(behave):
    traced = behave.both([build("offers")], gentap=INFO)
    declined = ["declined-0", "declined-1", "without", "websocket", "after"]
    assert traced.result.stdout.decode().splitlines() == [
        *[f"{tag}: arrived same, heard all" for tag in declined], "agreed: arrived same, heard 71, then same"]
    whole = [s for s in traced.spans if s.is_whole]
    assert [s.model for s in whole] == declined
    # what the server answers after a 101 is not HTTP/1: the span says that it is incomplete
    agreed, = (s for s in traced.spans if not s.is_whole)
    assert agreed.model == "agreed" and agreed.attributes["http.response.status_code"] == 101
    assert agreed.attributes["gentap.incomplete"]
    assert traced.lines == 6
    assert counters_of(traced)["lost connections"] == 1


# ---------------------------------------------------------------- descriptors from elsewhere


# how the program gets its connection: how many requests are changed
CLIENTS = {"exec": 0, "passed": 0, "getfd": 0, "fork": 0, "unix": 2}


@pytest.mark.parametrize("how", CLIENTS)
def test_a_client_s_connection_from_elsewhere_is_followed(how, behave):
    """gentap adds nothing to a connection whose first bytes it may have missed."""
    traced = behave.both([build("unborn"), how])
    assert traced.result.stdout == 2 * b"heard all\n"
    assert_whole(traced, [how] * 2)
    assert traced.lines == CLIENTS[how]


@pytest.mark.parametrize("how", ["serve-passed", "serve-inetd", "serve-fork", "serve-unix"])
def test_a_server_s_connection_from_elsewhere_is_followed(how, behave):
    traced = behave.both([build("unborn"), how])
    heard = traced.result.stderr if how == "serve-inetd" else traced.result.stdout
    assert heard.count(b"heard all\n") == 2
    assert [s.name for s in traced.spans] == 2 * ["tools/call bus"]
    assert not any(s.is_error or "gentap.incomplete" in s.attributes for s in traced.spans)


def test_the_workers_of_a_cluster_are_followed(behave):
    """node's primary accepts each connection and passes it to a worker."""
    traced = behave.both(["node", PROGRAMS / "node_cluster.js"], gentap={"OTEL_BSP_SCHEDULE_DELAY": "50"})
    assert traced.result.stdout == 4 * b"four minutes\n"
    assert [s.name for s in traced.spans if s.attributes.get("mcp.method.name")] == 8 * ["tools/call bus"]
    assert len({s.pid for s in traced.spans}) == 3


# ---------------------------------------------------------------- another preload that redirects connections


@pytest.mark.parametrize("order", ["in-front", "behind"])
def test_a_preload_that_takes_connections_to_a_proxy_hides_nothing_and_gets_nothing_of_gentap(order, behave, server, receiver):
    """proxychains: the program's connections begin with a SOCKS handshake. The collector is reached without the proxy."""
    preloads = [str(build("detour")), str(behave.preload)]
    connect = f"c = http.client.HTTPConnection('127.0.0.1'); c.sock = socket.socket(); c.sock.connect(('127.0.0.1', {server}))"
    ask = "c.request('POST', '/v1/chat/completions', '{\"model\":\"detour\",\"messages\":[]}', {'Content-Type': 'application/json'})"
    script = f"import http.client, socket; {connect}; {ask}; print(c.getresponse().read())"
    with SocksProxy() as proxy:
        named = f"http://localhost:{receiver.port}"
        traced = behave.traced([SYSTEM_PYTHON, "-c", script], {"DETOUR": str(proxy.port)},
                               gentap={**to(receiver), **INFO, "OTEL_EXPORTER_OTLP_ENDPOINT": named},
                               preload=":".join(preloads if order == "in-front" else preloads[::-1]))
    assert b"chatcmpl-1" in traced.result.stdout, traced.result
    assert [s.get("gen_ai.request.model") for s in receiver.wait_for_spans(1)] == ["detour"]
    assert proxy.asked == [server]
    assert (b"detour.so comes before gentap" in traced.result.stderr) == (order == "in-front")


@pytest.mark.parametrize("destination", ["file", "http", "https"])
@pytest.mark.parametrize("order", ["in-front", "behind"])
def test_gentap_s_threads_call_nothing_of_another_preload(order, destination, behave, certificates):
    """libfaketime, whose destructor runs before gentap's when it is in front, and fakeroot. A process that was killed has left a
    spool, which the next one takes."""
    preloads = [str(build("watcher")), str(behave.preload)]
    spool, file = behave.folder / "spool", behave.folder / "spans.jsonl"
    spool.mkdir(mode=0o700)
    gentap = {"GENTAP_SPOOL": str(spool), "GENTAP_FILE": str(file), "OTEL_EXPORTER_OTLP_CERTIFICATE": str(certificates.ca)}
    collector = OtlpReceiver(tls=certificates if destination == "https" else None) if destination != "file" else contextlib.nullcontext()
    with collector as receiver:
        if receiver:
            gentap |= {**to(receiver), "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint.replace("127.0.0.1", "localhost")}
        killed = ["timeout", "-s", "KILL", "0.5", build("once"), "killed", "9000"]
        behave.traced(killed, gentap={**gentap, "OTEL_BSP_SCHEDULE_DELAY": "60000"})
        last = behave.traced([build("once"), "after"], gentap=gentap, preload=":".join(preloads if order == "in-front" else preloads[::-1]))
        tags = exported(receiver) if receiver else Counter(s.model for s in read_spans(file))
    assert re.findall(rb".* calls .*", last.result.stderr) == []
    assert last.result.status == 0, last.result
    assert tags == Counter(["killed", "after"])


# ---------------------------------------------------------------- calls that gentap follows, and calls that it cannot see


def test_a_connection_that_the_first_send_makes_is_followed_from_its_first_byte(behave):
    traced = behave.both([build("ways"), "fast-open"])
    assert traced.result.stdout == b"arrived same, heard all\n"
    assert_whole(traced, ["fast-open"])
    assert traced.lines == 1


@pytest.mark.parametrize("way", ["stdio", "dprintf", "raw", "splice"])
def test_a_connection_whose_bytes_pass_unseen_is_counted_and_logged(way, behave):
    traced = behave.both([build("ways"), way], gentap=INFO)
    assert traced.result.stdout == b"arrived same, heard all\n"
    assert traced.spans == [] and counters_of(traced)["unseen"] == 1
    assert traced.result.stderr.count(b"does not see: stdio, io_uring or raw system calls") == 1


def test_a_child_made_past_libc_is_named_in_the_log(behave):
    traced = behave.both([build("ways"), "clone"], gentap=INFO)
    assert traced.result.stdout == b"arrived same, heard all\n"
    assert traced.spans == []
    assert traced.result.stderr.count(b"was not made by libc's fork") == 1


def test_a_connection_without_bytes_is_no_loss(behave):
    assert counters_of(behave.both([build("ways"), "idle"], gentap=INFO))["unseen"] == 0


def test_a_connection_of_the_shell_is_counted(behave, server):
    script = f'exec 3<>/dev/tcp/127.0.0.1/{server}; printf "GET / HTTP/1.1\\r\\nContent-Length: 0\\r\\n\\r\\n" >&3; head -c 15 <&3'
    traced = behave.both(["bash", "-c", script], gentap=INFO)
    assert traced.result.stdout == b"HTTP/1.1 200 OK"
    assert sum(int(n) for n in re.findall(rb"unseen (\d+)", traced.result.stderr)) == 1


# ---------------------------------------------------------------- what an ignored upload costs


@pytest.mark.parametrize("how", ["length", "chunked", "server"])
def test_a_body_that_is_not_reported_costs_no_system_call(how, behave):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    if run(["strace", "-o", os.devnull, "true"], dict(os.environ)).status:
        pytest.skip("strace does not work here")
    trace, rounds = behave.folder / "strace.out", 200
    argv = ["strace", "-f", "-qq", "-o", trace, "-E", "LD_PRELOAD={}", build("upload"), how, rounds]

    def calls(preload):
        result = behave.bare([str(a).format(preload) for a in argv], {"OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": "spans.jsonl"})
        assert result.stdout == f"{rounds * (2 if how == 'server' else 1)}\n".encode(), result
        return Counter(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.M))

    added = calls(behave.preload) - calls("")
    del added["recvfrom"], added["futex"]  # of the thread at the far end, whenever it runs
    assert sum(added.values()) < rounds / 4, added
