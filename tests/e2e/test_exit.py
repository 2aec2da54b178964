"""A process makes one short request and ends in different ways: the span arrives. gentap does not delay the exit
of a process without spans."""

import signal
import subprocess
import time

import pytest

from servers.http1 import Delivery
from servers.otlp_receiver import BlackHole
from support import asking
from support.claims import assert_injected
from support.run import SYSTEM_PYTHON, traced_environment

WAYS = {"return": 3, "exit": 3, "_exit": 3, "_Exit": 3, "quick_exit": 3, "sigterm_after_1500_ms": -signal.SIGTERM}
PYTHON_WAYS = {"sys.exit(4)": 4, "os._exit(4)": 4, "raise SystemExit(4)": 4, "1 / 0": 1, "os.kill(os.getpid(), 9)": -9}

ASK = """
import os, sys, time, urllib.request
request = urllib.request.Request(sys.argv[1], sys.argv[2].encode(), {"Content-Type": "application/json"})
print(urllib.request.urlopen(request).read(), flush=True)
"""


def one_span(pair):
    span, = pair.spans
    assert_injected(pair.sent[0], span)
    assert span["gen_ai.usage.input_tokens"] == 41


@pytest.mark.parametrize("way", WAYS)
def test_the_span_arrives_however_a_program_ends(way, runner, provider, compiled):
    server = provider()
    pair = runner.both([compiled("exit_ways"), server.port, way], server)
    assert pair.traced.status == WAYS[way]
    one_span(pair)


@pytest.mark.parametrize("way", PYTHON_WAYS)
def test_the_span_arrives_however_python_ends(way, runner, provider):
    server = provider(tls=True)
    wait = "time.sleep(1.5)\n" if "kill" in way else ""
    pair = runner.both([SYSTEM_PYTHON, "-c", f"{ASK}{wait}{way}", server.url("/v1/chat/completions"), asking.CHAT.body], server)
    assert pair.traced.status == PYTHON_WAYS[way]
    one_span(pair)


def test_a_span_is_sent_within_a_second_while_the_program_goes_on(runner, provider, receiver):
    server = provider()
    env = {**runner.environment(), **traced_environment(receiver.endpoint)}
    program = f"{ASK}sys.stdin.read()"
    p = subprocess.Popen([SYSTEM_PYTHON, "-c", program, server.url("/v1/chat/completions"), asking.CHAT.body],
                         env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        p.stdout.readline()
        answered = time.monotonic()
        receiver.wait_for_spans(1, timeout=5)
        assert receiver.exports[0].at - answered < 2.5, "the schedule delay is one second"
    finally:
        p.stdin.close()
        p.wait(10)
    assert len(receiver.spans) == 1, "the span is not sent again at exit"


def test_a_stream_that_is_open_at_exit_is_reported_as_far_as_it_came(runner, provider):
    server = provider(delivery=Delivery(pause=0.5))
    program = "import os, sys, urllib.request as u\n" \
        "reply = u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode(), {'Content-Type': 'application/json'}))\n" \
        "print(reply.readline(), flush=True); os._exit(0)"
    pair = runner.both([SYSTEM_PYTHON, "-c", program, server.url("/v1/chat/completions"), asking.CHAT_STREAM.body], server)
    span, = pair.spans
    assert span.is_error and span["gen_ai.response.id"] == "chatcmpl-tap002"


def test_a_forked_child_tells_its_own_exchanges_only(runner, provider):
    server = provider(tls=True)
    program = f"{ASK}\nif os.fork() == 0:\n    print(urllib.request.urlopen(request).read(), flush=True); os._exit(0)\nos.wait()"
    pair = runner.both([SYSTEM_PYTHON, "-c", program, server.url("/v1/chat/completions"), asking.CHAT.body], server)
    assert len(pair.spans) == 2 == len(pair.sent)
    assert {s.traceparent for s in pair.spans} == {r.traceparents[0] for r in pair.sent}
    assert len({s.resource["process.pid"] for s in pair.spans}) == 2


def test_a_subprocess_in_the_middle_of_a_stream_does_not_disturb_it(runner, provider, fixtures):
    server = provider(tls=True, delivery=Delivery(pause=0.02))
    program = "import subprocess, sys, urllib.request as u\n" \
        "reply = u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode(), {'Content-Type': 'application/json'}))\n" \
        "for n, line in enumerate(reply):\n" \
        "    print(line, flush=True)\n" \
        "    if n < 6: subprocess.run(['true']); subprocess.run('exit 0', shell=True)\n"
    argv = [SYSTEM_PYTHON, "-c", program, server.url("/v1/chat/completions"), asking.CHAT_STREAM.body]
    pair = runner.both_answered(argv, server, fixtures)
    assert len(pair.spans) == 1


def test_a_program_without_an_exchange_does_not_wait_at_its_end(runner):
    with BlackHole() as hole:
        gentap = {"OTEL_EXPORTER_OTLP_ENDPOINT": hole.endpoint, "GENTAP_EXIT_TIMEOUT_MS": "20000"}
        result = runner.traced(["curl", "-sS", "-V"], gentap=gentap)
        assert hole.connections == 0
    assert result.seconds < 5


@pytest.mark.parametrize("way", ["", "os._exit(0)"])
def test_the_counts_are_logged_although_the_process_was_idle_before_its_end(way, runner, provider):
    program = f"{ASK}time.sleep(2.5)\n{way}"
    argv = [SYSTEM_PYTHON, "-c", program, provider().url("/v1/chat/completions"), asking.CHAT.body]
    gentap = {"GENTAP_LOG": "info", "OTEL_METRICS_EXPORTER": "none"}  # metrics wait for their interval
    lines = [line.split(": ", 1)[1] for line in runner.traced(argv, gentap=gentap).log]
    assert lines.count("1 span, 1 sent, 0 dropped") == 1, lines
    assert len([line for line in lines if line.startswith("requests 1, exchanges 1")]) == 1, lines


def test_a_process_without_requests_logs_no_counts_of_spans(runner):
    log = runner.traced(["true"], gentap={"GENTAP_LOG": "info"}).log
    assert len(log) == 2 and "awake" in log[0] and "requests 0, exchanges 0" in log[1]
