"""The trace and parent of a span, and the context that the peer receives."""

import http.client
import subprocess
import threading
import time
import urllib.request
from contextlib import contextmanager

import pytest

from support import asking
from support.claims import assert_injected, pair_up
from support.run import PROGRAMS, SYSTEM_PYTHON, traced_environment

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"
SCHEMES = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
CLIENTS = pytest.mark.parametrize("client", ["curl", "python"])


def command(client, server, *fields, a=asking.CHAT):
    if client == "curl":
        return ["curl", "-sS", *[x for f in fields for x in ("-H", f)], *a.argv, server.url(a.path)]
    headers = {**a.headers, **dict(f.split(": ", 1) for f in fields)}
    program = f"import sys, urllib.request as u; print(u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode(), {headers})).read())"
    return [SYSTEM_PYTHON, "-c", program, server.url(a.path), a.body]


@SCHEMES
@CLIENTS
def test_the_environment_s_context_is_the_parent(client, tls, runner, provider):
    server = provider(tls=tls)
    env = {"TRACEPARENT": SAMPLED, "TRACESTATE": "a=1,b=2", "BAGGAGE": "user=7,plan=pro%20max"}
    pair = runner.both(command(client, server), server, env=env, same_bytes=False)
    span, = pair.spans
    received, = pair.sent
    assert_injected(received, span)
    assert (span.trace_id, span.parent_id, span.trace_state) == (TRACE, PARENT, "a=1,b=2")
    assert span.flags & 0x300 == 0x300, "the flags say that the parent is remote"
    assert received.values("tracestate") == ["a=1,b=2"]
    assert received.values("baggage") == ["user=7,plan=pro%20max"]


@SCHEMES
@CLIENTS
def test_the_program_s_own_context_wins_and_is_not_touched(client, tls, runner, provider):
    server = provider(tls=tls)
    own = f"00-{'1' * 32}-{'2' * 16}-01"
    fields = [f"traceparent: {own}", "tracestate: mine=1", "baggage: k=v"]
    env = {"TRACEPARENT": SAMPLED, "BAGGAGE": "x=y"}
    pair = runner.both(command(client, server, *fields), server, env=env, own_traceparent=True)
    span, = pair.spans
    received, = pair.sent
    assert (received.traceparents, received.values("tracestate"), received.values("baggage")) == ([own], ["mine=1"], ["k=v"])
    assert (span.trace_id, span.parent_id, span.trace_state) == ("1" * 32, "2" * 16, "mine=1")
    assert received.raw == pair.sent_bare[0].raw


@CLIENTS
@pytest.mark.parametrize("bad", ["00-xyz", f"00-{'0' * 32}-{PARENT}-01", SAMPLED.upper(), f"ff-{TRACE}-{PARENT}-01"])
def test_an_own_context_that_is_none_is_left_on_the_request_and_is_no_parent(client, bad, runner, provider):
    server = provider()
    pair = runner.both(command(client, server, f"traceparent: {bad}"), server, own_traceparent=True)
    received, = pair.sent
    assert received.traceparents == [bad], "never a second traceparent"
    span, = pair.spans
    assert span.trace_id != TRACE and span.parent_id == ""


@pytest.mark.parametrize("bad", ["00-xyz", f"00-{'0' * 32}-{PARENT}-01", SAMPLED + "-more"])
def test_a_bad_context_of_the_environment_is_ignored(bad, runner, provider):
    server = provider()
    runner.traced(command("curl", server), gentap={"GENTAP_LOG": "off", "TRACEPARENT": bad, "TRACESTATE": "a=1"})
    span, = runner.receiver.spans
    assert span.parent_id == "" and span.trace_id != TRACE and not span.trace_state
    assert_injected(server.received[0], span)


@CLIENTS
def test_an_unsampled_parent_is_passed_on_and_nothing_is_exported(client, runner, provider, receiver):
    server = provider()
    pair = runner.both(command(client, server), server, env={"TRACEPARENT": UNSAMPLED})
    received, = pair.sent
    version, trace, span, flags = received.traceparents[0].split("-")
    assert (trace, flags) == (TRACE, "00") and span != PARENT
    assert not pair.spans and not receiver.exports


SAMPLERS = {
    ("always_on", None, None): True,
    ("always_off", None, None): False,
    ("traceidratio", "1.0", None): True,
    ("traceidratio", "0", None): False,
    ("parentbased_always_on", None, None): True,
    ("parentbased_always_off", None, None): False,
    ("parentbased_traceidratio", "0.0", None): False,
    ("always_on", None, UNSAMPLED): True,
    ("always_off", None, SAMPLED): False,
    ("parentbased_always_off", None, SAMPLED): True,
    ("parentbased_always_on", None, UNSAMPLED): False,
    ("parentbased_traceidratio", "0.0", SAMPLED): True,
    ("traceidratio", "0.0", SAMPLED): False,
}


@pytest.mark.parametrize("sampler, argument, parent", SAMPLERS)
def test_each_sampler_decides_as_it_should(sampler, argument, parent, runner, provider):
    server = provider()
    gentap = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument, "TRACEPARENT": parent}
    runner.traced(command("curl", server), gentap=gentap)
    wanted = SAMPLERS[sampler, argument, parent]
    spans = runner.receiver.take_spans()
    assert len(spans) == wanted
    assert int(server.received[0].traceparents[0][-2:], 16) & 1 == wanted


def test_the_ratio_sampler_keeps_by_trace_id(runner, provider):
    server = provider()
    argv = command("curl", server) + [server.url(asking.CHAT.path)] * 99
    runner.traced(argv, gentap={"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.5"})
    kept = {s.trace_id for s in runner.receiver.take_spans()}
    assert 20 < len(kept) < 80, "100 equal decisions are not random"
    for received in server.take():
        trace = received.traceparents[0].split("-")[1]
        assert (trace in kept) == (int(trace[16:], 16) >> 1 < 1 << 62)


PROPAGATORS = {
    "tracecontext,baggage": (1, 1),
    "tracecontext": (1, 0),
    "baggage": (0, 1),
    "none": (0, 0),
}


@SCHEMES
@CLIENTS
@pytest.mark.parametrize("propagators", PROPAGATORS)
def test_only_the_wanted_headers_are_added(propagators, client, tls, runner, provider):
    server = provider(tls=tls)
    gentap = {"OTEL_PROPAGATORS": propagators, "BAGGAGE": "user=7"}
    runner.traced(command(client, server), gentap=gentap)
    received, = server.take()
    assert (len(received.traceparents), len(received.values("baggage"))) == PROPAGATORS[propagators]
    assert len(runner.receiver.spans) == 1


def test_the_environment_s_context_counts_only_with_its_propagator(runner, provider):
    runner.traced(command("curl", provider()), gentap={"OTEL_PROPAGATORS": "baggage", "TRACEPARENT": SAMPLED})
    span, = runner.receiver.spans
    assert span.parent_id == "" and span.trace_id != TRACE


def test_exchanges_without_a_parent_are_traces_of_their_own(runner, provider):
    server = provider()
    runner.traced(command("curl", server) + [server.url(asking.CHAT.path)] * 4)
    spans = runner.receiver.spans
    assert len({s.trace_id for s in spans}) == 5 and {s.parent_id for s in spans} == {""}


# ---------------------------------------------------------------- a server that calls an LLM


@contextmanager
def agent(how, llm, runner, receiver):
    env = {**runner.environment(), **traced_environment(receiver.endpoint, OTEL_BSP_SCHEDULE_DELAY="50")}
    argv = [SYSTEM_PYTHON, PROGRAMS / "agent_server.py", llm, how]
    p = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield f"http://127.0.0.1:{int(p.stdout.readline())}/"
    finally:
        p.stdin.close()
        p.wait(10)


def visit(url, trace, state=None):
    fields = {"traceparent": f"00-{trace}-{PARENT}-01"} if trace else {}
    if state:
        fields["tracestate"] = state
    with urllib.request.urlopen(urllib.request.Request(url, headers=fields), timeout=20) as reply:
        return reply.read()


@SCHEMES
def test_a_thread_that_serves_a_request_makes_children_of_it(tls, runner, provider, receiver):
    together = threading.Barrier(4)
    server = provider(tls=tls, on_request=lambda r: together.wait(10))  # all four are open at the same time
    traces = [c * 32 for c in "1234"]
    with agent("threads", server.url(asking.CHAT.path), runner, receiver) as url:
        visitors = [threading.Thread(target=visit, args=(url, t, "v=" + t[0])) for t in traces]
        for v in visitors:
            v.start()
        for v in visitors:
            v.join()
        spans = receiver.wait_for_spans(4)
    assert sorted(s.trace_id for s in spans) == traces
    assert {s.parent_id for s in spans} == {PARENT}
    assert all(s.trace_state == "v=" + s.trace_id[0] for s in spans)
    for received, span in pair_up(server.take(), spans):
        assert_injected(received, span)


def test_a_pool_of_threads_that_takes_turns_on_kept_connections_mixes_up_nothing(runner, provider, receiver):
    server = provider(on_request=lambda r: time.sleep(0.005))

    def visit_often(port, digit):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for n in range(25):
            span = f"{n + 1:016x}"
            connection.request("GET", "/", headers={"traceparent": f"00-{digit * 16}{span}-{span}-01"})
            connection.getresponse().read()

    with agent("pool", server.url(asking.CHAT.path), runner, receiver) as url:
        port = int(url.split(":")[2].strip("/"))
        visitors = [threading.Thread(target=visit_often, args=(port, d)) for d in "123"]
        for v in visitors:
            v.start()
        for v in visitors:
            v.join()
        spans = receiver.wait_for_spans(75)
    assert sorted((s.trace_id, s.parent_id) for s in spans) == [
        (f"{d * 16}{n + 1:016x}", f"{n + 1:016x}") for d in "123" for n in range(25)]


def test_requests_one_after_the_other_on_one_thread_have_their_own_parents(runner, provider, receiver):
    server = provider()
    with agent("event_loop", server.url(asking.CHAT.path), runner, receiver) as url:
        for trace in ("1" * 32, None, "3" * 32):
            visit(url, trace)
        spans = receiver.wait_for_spans(3)
    by_trace = {s.trace_id: s for s in spans}
    assert by_trace["1" * 32].parent_id == by_trace["3" * 32].parent_id == PARENT
    other, = (s for s in spans if s.trace_id not in ("1" * 32, "3" * 32))
    assert other.parent_id == ""


def test_two_requests_at_once_on_an_event_loop_are_not_mixed_up(runner, provider, receiver):
    """gentap cannot know for which request the thread works: it assigns no parent, or the right parent."""
    together = threading.Barrier(2)
    server = provider(on_request=lambda r: together.wait(10))
    with agent("event_loop", server.url(asking.CHAT.path), runner, receiver) as url:
        visitors = [threading.Thread(target=visit, args=(url, t)) for t in ("1" * 32, "2" * 32)]
        for v in visitors:
            v.start()
        for v in visitors:
            v.join()
        spans = receiver.wait_for_spans(2)
    # the second request arrived while the first was open: at most the first can have its visitor as parent
    claimed = [s.trace_id for s in spans if s.parent_id]
    assert len(claimed) == len(set(claimed)) <= 1
    assert set(claimed) <= {"1" * 32, "2" * 32}
