"""A collector that is down, slow, silent or broken. gentap does not delay the program, its exit is bounded, and
nothing else changes. Lost spans are counted and reported once."""

import re
import statistics

import pytest

from servers import grpc_receiver, otlp_receiver
from servers.grpc_receiver import GrpcReceiver
from servers.http1 import Delivery, Reply
from servers.otlp_receiver import BlackHole, ClosedPort, OtlpReceiver
from support import asking
from support.run import PROGRAMS, SYSTEM_PYTHON

MARGIN_S = 1.5  # allows for a busy machine; the bounds themselves are in the tests
EXIT_MS = 400


class Elsewhere:
    """An ordinary receiver, but gentap gets a wrong address."""

    def __init__(self, address, receiver=OtlpReceiver):
        self._receiver = receiver()
        self.endpoint = address.format(port=self._receiver.port)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._receiver.__exit__(*exc)


UNWILLING = {
    "refusing": lambda: OtlpReceiver(always=otlp_receiver.status(400)),
    "unauthorised": lambda: OtlpReceiver(always=otlp_receiver.status(401)),
    "throttling": lambda: OtlpReceiver(always=otlp_receiver.status(429, retry_after=30)),
    "overloaded": lambda: OtlpReceiver(always=otlp_receiver.status(503)),
    "not_found": lambda: OtlpReceiver(always=otlp_receiver.status(404)),
    "garbage": lambda: OtlpReceiver(always=otlp_receiver.garbage()),
    "slow": lambda: OtlpReceiver(always=otlp_receiver.slow(10)),
    "hanging_up": lambda: OtlpReceiver(always=Reply(raw=b"")),
    "without_tls": lambda: Elsewhere("https://127.0.0.1:{port}"),
    "unknown_host": lambda: Elsewhere("http://no-such-host.invalid:{port}"),
    "black_hole": BlackHole,
    "closed_port": ClosedPort,
}
UNWILLING_GRPC = {
    "unavailable": lambda: GrpcReceiver(always=grpc_receiver.status("UNAVAILABLE")),
    "exhausted": lambda: GrpcReceiver(always=grpc_receiver.status("RESOURCE_EXHAUSTED")),
    "exhausted_for_long": lambda: GrpcReceiver(always=grpc_receiver.status("RESOURCE_EXHAUSTED", retry_after=30)),
    "unauthenticated": lambda: GrpcReceiver(always=grpc_receiver.status("UNAUTHENTICATED")),
    "another_service": lambda: GrpcReceiver(serves=False),
    "slow": lambda: GrpcReceiver(always=grpc_receiver.slow(2)),
    "older_http": lambda: OtlpReceiver(),
    "garbage": lambda: OtlpReceiver(always=otlp_receiver.garbage()),
    "without_tls": lambda: Elsewhere("https://127.0.0.1:{port}", GrpcReceiver),
    "black_hole": BlackHole,
    "closed_port": ClosedPort,
}
TROUBLE = [("http/protobuf", how) for how in UNWILLING] + [("grpc", how) for how in UNWILLING_GRPC]


def trouble(protocol, how):
    return (UNWILLING_GRPC if protocol == "grpc" else UNWILLING)[how]()


def to(collector, protocol="http/protobuf", **more):
    """The variables that make gentap export to this collector."""
    only_spans = {"OTEL_METRICS_EXPORTER": "none"}  # test_metrics.py tests metrics
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol, **only_spans, **more}


def chat(server, times=1):
    return ["curl", "-sS", *asking.CHAT.argv, *[server.url(asking.CHAT.path)] * times]


def losses(result):
    return [line for line in result.log if re.search(r"\bdropped \d+ spans?\b", line)]


@pytest.mark.parametrize("protocol, how", TROUBLE)
def test_the_end_of_a_program_is_bounded_and_the_loss_reported_once(protocol, how, runner, provider):
    server = provider()
    with trouble(protocol, how) as collector:
        gentap = to(collector, protocol, GENTAP_EXIT_TIMEOUT_MS=str(EXIT_MS), GENTAP_LOG="warn", GENTAP_SPOOL="off")
        bare = runner.bare(chat(server, 3))
        result = runner.traced(chat(server, 3), gentap=gentap)
    assert result.seconds < bare.seconds + EXIT_MS / 1000 + MARGIN_S
    assert (result.stdout, result.status) == (bare.stdout, bare.status)
    line, = losses(result)
    assert re.search(r"\bdropped 3 spans\b", line), line
    assert len(result.log) == 1


@pytest.mark.parametrize("protocol, how", TROUBLE)
def test_without_a_log_nothing_is_printed(protocol, how, runner, provider):
    server = provider()
    with trouble(protocol, how) as collector:
        runner.both(chat(server), server, gentap=to(collector, protocol, GENTAP_EXIT_TIMEOUT_MS="200"))


@pytest.mark.parametrize("protocol, how", [
    *(("http/protobuf", how) for how in ("black_hole", "slow", "closed_port", "overloaded")),
    *(("grpc", how) for how in ("black_hole", "slow", "unavailable")),
])
def test_requests_take_no_longer_than_without_gentap(protocol, how, runner, provider):
    """The program times its own requests. It runs longer than the schedule delay, so that exports happen meanwhile."""
    server = provider(delivery=Delivery(wait_before=0.005))
    argv = [SYSTEM_PYTHON, PROGRAMS / "times_its_requests.py", server.url(asking.CHAT.path), asking.CHAT.body, "60"]
    with trouble(protocol, how) as collector:
        gentap = to(collector, protocol, GENTAP_EXIT_TIMEOUT_MS="200", OTEL_BSP_SCHEDULE_DELAY="50")
        bare = runner.bare(argv)
        traced = runner.traced(argv, gentap=gentap)
    without, with_gentap = ([float(s) for s in r.stdout.split()] for r in (bare, traced))
    assert len(with_gentap) == 60
    assert statistics.median(with_gentap) < statistics.median(without) + 0.005
    assert max(with_gentap) < max(without) + 0.5, "no request waited for the collector"


def test_zero_milliseconds_at_exit_means_not_to_wait(runner, provider):
    with BlackHole() as hole:
        result = runner.traced(chat(provider()), gentap=to(hole, GENTAP_EXIT_TIMEOUT_MS="0"))
    assert result.seconds < MARGIN_S and result.stderr == b""


def test_an_overloaded_collector_gets_the_same_spans_again(runner, provider):
    with OtlpReceiver(script=[otlp_receiver.status(503), otlp_receiver.status(502)]) as collector:
        runner.traced(stays(provider()), gentap=to(collector, OTEL_BSP_SCHEDULE_DELAY="10"), stdin=b"6")
        bodies = {e.received.body for e in collector.exports}
        assert len(collector.exports) >= 2 and len(bodies) == 1
        assert len({s.span_id for s in collector.spans}) == 1


def stays(server):
    """A program that keeps running for as many tenths of a second as its input says."""
    program = "import sys, time, urllib.request as u\n" \
        "u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode(), {'Content-Type': 'application/json'})).read()\n" \
        "time.sleep(int(sys.stdin.read()) / 10)"
    return [SYSTEM_PYTHON, "-c", program, server.url(asking.CHAT.path), asking.CHAT.body]


def test_retry_after_is_respected(runner, provider):
    with OtlpReceiver(script=[otlp_receiver.status(429, retry_after=1)]) as collector:
        runner.traced(stays(provider()), gentap=to(collector, OTEL_BSP_SCHEDULE_DELAY="10"), stdin=b"14")
        first, second = collector.exports
    assert second.at - first.at >= 0.95
    assert first.received.body == second.received.body


@pytest.mark.parametrize("code", [400, 401, 404, 413, 500])
def test_what_is_refused_for_good_is_not_sent_again(code, runner, provider):
    with OtlpReceiver(always=otlp_receiver.status(code)) as collector:
        result = runner.traced(chat(provider()), gentap=to(collector, GENTAP_LOG="warn"))
        assert len(collector.exports) == 1
    line, = losses(result)
    assert str(code) in line


def test_a_partial_success_is_counted_and_its_message_reported(runner, provider):
    with OtlpReceiver(always=otlp_receiver.partial_success(2, "attribute too long")) as collector:
        result = runner.traced(chat(provider(), 3), gentap=to(collector, GENTAP_LOG="warn"))
        assert len(collector.exports) == 1
    line, = losses(result)
    assert "2 spans" in line and "attribute too long" in line


def test_a_reply_that_is_no_protobuf_counts_as_success(runner, provider):
    with OtlpReceiver(always=otlp_receiver.garbage_body()) as collector:
        result = runner.traced(chat(provider()), gentap=to(collector, GENTAP_LOG="warn"))
        assert len(collector.exports) == 1
    assert not losses(result)


@pytest.mark.parametrize("always", [
    otlp_receiver.slow(60), otlp_receiver.status(429, retry_after=30), otlp_receiver.status(503, retry_after=30), otlp_receiver.status(503),
])
def test_a_collector_that_takes_no_more_delays_no_file_and_no_reading(always, runner, server):
    """It took one batch. The queue is full, and each batch waits for the timeout at most."""
    argv = [SYSTEM_PYTHON, PROGRAMS / "calls_then_rests.py", server, asking.CHAT.body, "32", "1"]
    small = {"OTEL_BSP_MAX_QUEUE_SIZE": "2", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1", "OTEL_BSP_SCHEDULE_DELAY": "10"}
    with OtlpReceiver(script=[otlp_receiver.ok()], always=always) as collector:
        result = runner.traced(argv, gentap=to(collector, OTEL_EXPORTER_OTLP_TIMEOUT="500", OTEL_TRACES_EXPORTER="otlp,file",
                                               GENTAP_FILE="spans.jsonl", GENTAP_EXIT_TIMEOUT_MS="100", **small))
    cpu_seconds, lines = result.stdout.split()[-2:]
    assert int(lines) == 32
    assert float(cpu_seconds) < 1


def test_a_full_queue_drops_and_counts(runner, provider):
    small = {"OTEL_BSP_MAX_QUEUE_SIZE": "2", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1", "GENTAP_SPOOL": "off"}
    with BlackHole() as hole:
        result = runner.traced(chat(provider(), 12), gentap=to(hole, GENTAP_LOG="info", GENTAP_EXIT_TIMEOUT_MS=str(EXIT_MS), **small))
    assert result.status == 0
    line, = losses(result)
    assert any("12 dropped" in line for line in result.log), result.log


@pytest.mark.parametrize("exit_ms", [0, 1, 100])
def test_an_end_without_time_to_count_reports_no_false_number(runner, provider, exit_ms):
    """Either all twelve spans are in the line, or the line says that it has not all of them."""
    small = {"OTEL_BSP_MAX_QUEUE_SIZE": "2", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1", "GENTAP_SPOOL": "off"}
    with BlackHole() as hole:
        result = runner.traced(chat(provider(), 12), gentap=to(hole, GENTAP_LOG="info", GENTAP_EXIT_TIMEOUT_MS=str(exit_ms), **small))
    assert result.status == 0
    line, = [line for line in result.log if re.search(r"\d+ spans?, \d+ sent", line)]
    assert "12 spans, 0 sent, 12 dropped" in line or line.endswith("the exporter had no time to count the rest"), line
