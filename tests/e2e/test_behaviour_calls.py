"""What a program sees of its own calls is the same with and without gentap: results, errno, bytes, and what is never looked at."""

from collections import Counter

from support.snippets import build

# ---------------------------------------------------------------- the families of calls

# no line is added to these: more pieces than are laid out, a head whose last bytes come alone, a call that is not followed
UNCHANGED = {"writev-many", "blank-line-torn", "bytes", "sendmmsg"}
# bytes went by in a call that is not followed: what is known of the exchange is its request, or nothing
UNFOLLOWED = {"recvmmsg"}
UNSEEN = {"sendmmsg"}
# nothing but the body could say what it is, and nobody saw it
NAMELESS = {"sendfile"}


# T12 (MSG_PEEK), T31 (which calls carry a line)
def test_every_call_that_sends_or_receives_is_followed_and_unchanged(behave):
    traced = behave.both([build("families")])
    said = traced.result.stdout.decode().splitlines()
    tags = {line.split(":")[0] for line in said}
    assert len(tags) == 24 and all(line.endswith("arrived same, heard all") for line in said)
    assert traced.lines == len(tags - UNCHANGED)
    assert {s.model for s in traced.spans if s.is_whole} == tags - UNFOLLOWED - UNSEEN - NAMELESS
    assert traced.tags == Counter(tags - UNSEEN - NAMELESS)


def test_a_body_sent_by_sendfile_leaves_the_exchange_followed(behave):
    known_host = {"GENTAP_ENDPOINTS": "127.0.0.1=openai"}
    span, = behave.both([build("families"), "sendfile"], gentap=known_host).spans
    assert span.is_whole and span.model is None and span.attributes["gentap.incomplete"]


# ---------------------------------------------------------------- results


# T10
def test_results_and_errno_are_those_of_the_bare_calls(behave):
    traced = behave.both([build("results")])
    said = traced.result.stdout.decode().splitlines()
    assert len(said) > 1300, "the record is shorter than it was"
    assert "blocking: heard all" in said and "ours: heard all" in said and "ours: arrived same" in said
    # what could be disturbed was really followed, and was followed to its end
    assert {s.model for s in traced.spans if s.is_whole} == {"state-blocking", "state-non-blocking"}
    assert traced.lines == 2
