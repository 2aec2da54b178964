"""Clocks that a preload stops or slows, as libfaketime does. gentap keeps its deadlines by the kernel's clock."""

import time

import pytest

from servers import otlp_receiver
from servers.otlp_receiver import BlackHole, OtlpReceiver
from support.run import PRELOAD
from support.snippets import build, to

HOW = pytest.mark.parametrize("how", ["stopped", "slow"])
MARGIN_S = 3


def run_with(how, behave, settings, linger_ms=0):
    preload = f"{build('odd_clock')}:{PRELOAD}"
    traced = behave.traced([build("once"), "tag", linger_ms], env={"ODD_CLOCK": how}, preload=preload, gentap=settings, timeout=15)
    assert traced.result.stdout == b"heard: 1\n" and traced.result.status == 0, traced.result
    return traced


@HOW
@pytest.mark.parametrize("collector", [BlackHole, lambda: OtlpReceiver(always=otlp_receiver.status(503)),
                                       lambda: OtlpReceiver(always=otlp_receiver.slow(10))],
                         ids=["black_hole", "overloaded", "slow"])
def test_the_exit_has_its_deadline(how, collector, behave):
    with collector() as c:
        traced = run_with(how, behave, {**to(c), "GENTAP_EXIT_TIMEOUT_MS": "300"})
    assert traced.result.seconds < MARGIN_S


@HOW
def test_a_span_has_the_kernels_time_and_is_sent_while_the_program_goes_on(how, behave, receiver):
    """Spans of several programs and hosts are one trace, so they have one clock."""
    begun = time.time_ns()
    # linger: `slow` makes the program sleep a thousand times longer
    run_with(how, behave, to(receiver), linger_ms=2 if how == "slow" else 2000)
    span, = receiver.spans
    assert begun < span.start_ns <= span.end_ns < time.time_ns()
    assert span.end_ns - span.start_ns > 0
    assert (receiver.exports[0].at - time.monotonic()) < -0.5, "the span waited for the exit"


def test_a_certificate_is_valid_by_the_kernels_clock(behave, certificates):
    with OtlpReceiver(tls=certificates) as r:
        run_with("stopped", behave, {**to(r), "OTEL_EXPORTER_OTLP_CERTIFICATE": str(certificates.ca)})
        assert len(r.spans) == 1


@HOW
def test_a_fork_does_not_wait_for_the_clock(how, behave, server, receiver):
    result = behave.traced([build("fork"), "busy", server, 20], env={"ODD_CLOCK": how},
                           preload=f"{build('odd_clock')}:{PRELOAD}", gentap=to(receiver), timeout=60).result
    assert result.status == 0, result
