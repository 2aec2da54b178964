"""Asserts the span of a recorded exchange."""

import math

from .claims import CLIENT, assert_is_sound
from .closed_list import surplus


def same(have, wanted):
    if wanted == "":  # sent, but empty: attributes never have an empty value
        return have is None
    if isinstance(wanted, float) or isinstance(have, float):
        return have is not None and math.isclose(have, wanted)
    return have == wanted


def assert_as_expected(span, recording, received):
    wanted = dict(recording.expect)
    any_of = wanted.pop("error.type (any of)", None)
    have = {k: span.get(k) for k in wanted}
    wrong = {k: (have[k], wanted[k]) for k in wanted if not same(have[k], wanted[k])}
    assert not wrong, f"{recording.id}: {{attribute: (have, expected)}} {wrong}"
    if any_of:
        assert span.is_error and span["error.type"] in any_of, span.get("error.type")
    elif "status" in recording.facts and recording.facts["status"] < 400 and not recording.facts.get("error"):
        assert span.is_error == ("tool_error" == span.get("error.type") or "rpc.response.status_code" in span.attributes), span
    more = surplus(span, received, recording)
    assert not more, f"{recording.id}: {{attribute: (have, computed)}} {more}"
    assert span["server.address"] == recording.url.hostname
    assert span["server.port"] == recording.port
    assert span.kind == CLIENT
    assert_is_sound(span)
