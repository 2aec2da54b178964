"""Replays exchanges that were each made for one question: rare APIs, errors in unusual places, counts in new members. The
span must have what the index of the probes expects, and no error and no token counts besides."""

import pytest

from support.claims import CLIENT, assert_is_sound
from support.expected import same
from support.recordings import PROBES
from support.replaying import replay_byte_by_byte, replay_through_curl

pytestmark = pytest.mark.skipif(PROBES.folder is None, reason=f"no probes: {PROBES.why_not}")

EVERY = pytest.mark.parametrize("probe_id", PROBES.supported)
COUNTS = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")


def assert_one_span(pair, probe):
    received, = pair.sent
    span, = pair.spans
    assert received.traceparents == [span.traceparent]
    wanted = {"error.type": None, "http.response.status_code": probe.facts["status"], **probe.expect}
    wanted = {**{k: None for k in COUNTS if not set(COUNTS) & set(wanted)}, **wanted}
    wrong = {k: (span.get(k), v) for k, v in wanted.items() if not same(span.get(k), v)}
    assert not wrong, f"{probe.id}: {{attribute: (have, expected)}} {wrong}"
    assert span.get("gentap.incomplete") is None
    assert span["server.address"] == probe.url.hostname
    assert span["server.port"] == probe.port
    assert span.kind == CLIENT
    assert_is_sound(span)


@EVERY
def test_a_probe_replayed_through_curl_has_the_expected_span(probe_id, runner, provider):
    probe = PROBES.load(probe_id)
    assert_one_span(replay_through_curl(probe, runner, provider), probe)


@EVERY
def test_a_probe_replayed_byte_by_byte_over_a_socket_has_the_expected_span(probe_id, runner, provider):
    probe = PROBES.load(probe_id)
    assert_one_span(replay_byte_by_byte(probe, runner, provider), probe)
