"""Replays real exchanges. curl and a plain Python socket send the request bytes of every recording of a supported API
to the host of the recording. The span must have what the index of the recordings expects."""

import pytest

from support import recordings
from support.expected import assert_as_expected
from support.replaying import replay_byte_by_byte, replay_through_curl

pytestmark = pytest.mark.skipif(recordings.FOLDER is None, reason=f"no recordings: {recordings.WHY_NOT}")

EVERY = pytest.mark.parametrize("recording_id", recordings.SUPPORTED)


def assert_one_span(pair, recording):
    received, = pair.sent
    assert len(received.traceparents) == 1
    span, = pair.spans
    assert received.traceparents == [span.traceparent]
    assert_as_expected(span, recording, received)


@EVERY
def test_a_recording_replayed_through_curl_has_the_expected_span(recording_id, runner, provider):
    r = recordings.load(recording_id)
    assert_one_span(replay_through_curl(r, runner, provider), r)


@EVERY
def test_a_recording_replayed_byte_by_byte_over_a_socket_has_the_expected_span(recording_id, runner, provider):
    r = recordings.load(recording_id)
    assert_one_span(replay_byte_by_byte(r, runner, provider), r)
