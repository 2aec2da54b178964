"""Which connections gentap follows, from when to when, and what it reports of those that it does not follow."""

import re

from support.snippets import assert_whole, build

# ---------------------------------------------------------------- another protocol on the same connection


def counters_of(traced):
    """The counters of the last line that the process logs with GENTAP_LOG=info."""
    line = [l for l in traced.result.stderr.decode().splitlines() if "info init: requests" in l][-1]
    return {name: int(n) for name, n in re.findall(r"([a-zA-Z ]+?) (\d+)(?:, |$)", line.split("init: ")[1])}


def test_an_offer_of_another_protocol_is_no_agreement(behave):
    traced = behave.both([build("offers")], gentap={"GENTAP_LOG": "info"})
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
