"""A program sees the same results, errno and bytes of its calls with and without gentap."""

import errno
import shutil
from collections import Counter

import pytest

from support.run import PRELOAD
from support.snippets import assert_whole, build, difference

# ---------------------------------------------------------------- families of calls

# gentap adds no line to these: too many pieces, a head whose last bytes are sent alone, or several messages in a call
UNCHANGED = {"writev-many", "blank-line-torn", "bytes", "sendmmsg"}
# gentap does not see its body: it recognises the API by the answer, and the model stays unknown
NAMELESS = {"sendfile", "splice"}


# T12 (MSG_PEEK), T31 (which calls carry a line)
def test_every_call_that_sends_or_receives_is_followed_and_unchanged(behave):
    traced = behave.both([build("families")])
    printed = traced.result.stdout.decode().splitlines()
    tags = {line.split(":")[0] for line in printed}
    assert len(tags) == 26 and all(line.endswith("arrived same, heard all") for line in printed)
    assert traced.lines == len(tags - UNCHANGED)
    assert all(s.is_whole for s in traced.spans)
    assert traced.tags == Counter(tags - NAMELESS) + Counter({None: len(NAMELESS)})


def test_a_body_sent_by_sendfile_leaves_the_exchange_followed(behave):
    known_host = {"GENTAP_ENDPOINTS": "127.0.0.1=openai"}
    span, = behave.both([build("families"), "sendfile"], gentap=known_host).spans
    assert span.is_whole and span.model is None and span.attributes["gentap.incomplete"]


# ---------------------------------------------------------------- results


def test_results_and_errno_are_those_of_the_bare_calls(behave):
    traced = behave.both([build("results")])
    printed = traced.result.stdout.decode().splitlines()
    assert len(printed) > 1300, "the record is shorter than expected"
    assert "blocking: heard all" in printed and "ours: heard all" in printed and "ours: arrived same" in printed
    # gentap really followed the exchanges that it could have disturbed, to their end
    assert {s.model for s in traced.spans if s.is_whole} == {"state-blocking", "state-non-blocking"}
    assert traced.lines == 2


@pytest.mark.parametrize("call, ways", [("sendmsg", ["send", "sendto"]), ("writev", ["write"])])
@pytest.mark.parametrize("refused_by", ["EPERM", "ENOSYS", "EACCES", "EINVAL"])
def test_calls_go_out_as_they_are_where_a_filter_allows_no_others(refused_by, call, ways, behave):
    traced = behave.both([build("filtered"), getattr(errno, refused_by), call])
    printed = traced.result.stdout.decode().splitlines()
    assert printed == [line for way in ways for line in 2 * [f"{way}: sent 1, arrived 1, heard 1"] + [f"{way}: then -1 EBADF"]]
    assert traced.lines == 0
    if call == "sendmsg":  # gentap writes the file of spans with writev
        assert_whole(traced, {way: 2 for way in ways})


# ---------------------------------------------------------------- partial writes

KINDS = ["write", "send", "writev", "sendmsg"]
STYLES = ["same", "moved", "shorter", "growing", "another-call"]
PARTIAL = {f"{kind}-{style}-{i}" for kind in KINDS for style in STYLES for i in range(2)}


def reported_of_partial(traced):
    printed = dict(line.split(": ") for line in traced.result.stdout.decode().splitlines())
    assert set(printed) == PARTIAL
    assert set(printed.values()) == {"sent same"}
    assert_whole(traced, PARTIAL)
    assert traced.lines == len(PARTIAL), "each has its line: every style writes the end of the head in one piece at some point"


@pytest.mark.parametrize("step", [1, 2, 7, 53, 400])
def test_a_request_that_the_wire_takes_in_small_bits_arrives_whole_with_one_line(step, behave):
    below = {"DRIBBLE": str(step)}
    bare = behave.bare([build("partial")], {**below, "LD_PRELOAD": str(build("dribble"))})
    traced = behave.traced([build("partial")], below, preload=f"{PRELOAD}:{build('dribble')}")
    assert bare.status == 0 == traced.result.status
    assert traced.result.stdout == bare.stdout, difference(bare, traced.result)
    reported_of_partial(traced)


@pytest.mark.parametrize("body, buffer", [(200, 0), (300_000, 4096), (2_000_000, 0)])
def test_a_large_request_over_a_full_socket_arrives_whole(body, buffer, behave):
    traced = behave.both([build("partial"), body, buffer], gentap={"GENTAP_MEMORY_MAX": str(256 << 20)})
    reported_of_partial(traced)


TLS_WAYS = ["strict", "strict-ex", "partial", "partial-ex", "moving", "moving-ex", "both", "both-ex", "growing", "longer", "longer-ex",
            "longer-moving", "torn-head"]


# T12 (SSL_peek), T31 (WANT_WRITE)
@pytest.mark.parametrize("room, body", [(1, 200), (17, 200), (200, 40_000), (40_000, 40_000)])
def test_a_write_that_tls_refuses_is_repeated_as_openssl_wants_it(room, body, behave):
    traced = behave.both([build("partial_tls"), room, body])
    tags = {f"{way}-{i}" for way in TLS_WAYS for i in range(2)}
    printed = dict(line.split(": ") for line in traced.result.stdout.decode().splitlines())
    assert set(printed) == tags and set(printed.values()) == {"sent same, heard all"}
    assert_whole(traced, tags)
    # gentap does not change a head if OpenSSL already took a part and expects the rest at the same address
    assert traced.lines == len(tags) - (2 if room < 100 else 0)


@pytest.mark.parametrize("how", ["server", "inside", "fork"])
def test_a_request_that_is_given_up_takes_nothing_from_the_next_session(how, behave):
    traced = behave.both([build("refused"), how])
    assert traced.result.stdout.endswith(b"\nwrote all, arrived same\n")


def test_a_request_that_is_given_up_while_tracing_is_takes_nothing_from_the_next_session(behave):
    lonely = behave.folder / "lonely" / "libgentap.so"
    lonely.parent.mkdir()
    shutil.copy(PRELOAD, lonely)
    traced = behave.both([build("refused"), "asleep"], preload=lonely)
    assert traced.spans == [] and traced.result.stdout.endswith(b"\nat the same address 1\nwrote all, arrived same\n")


def test_an_answer_that_is_read_from_a_tls_session_closed_by_half_is_reported(behave):
    traced = behave.both([build("half_closed")])
    assert traced.result.stdout == (
        b"half: 0\nhalf: heard all\ntwice: 0 -1\nhalf-then-freed: 0\nclosed-by-both: heard all\nclosed-by-both: 0\n")
    assert {s.model: s.is_whole for s in traced.spans} == {
        "half": True, "twice": False, "half-then-freed": False, "closed-by-both": True}
    assert traced.lines == len(traced.spans) == 4


# ---------------------------------------------------------------- other protocols


def test_other_protocols_pass_unchanged_and_untold(behave):
    traced = behave.both([build("not_http")])
    printed = traced.result.stdout.decode().splitlines()
    assert len(printed) > 400 and all(line.endswith(": same") for line in printed)
    assert traced.spans == [] and traced.lines == 0


def test_other_protocols_begin_no_exchange(behave):
    log = behave.traced([build("not_http")], gentap={"GENTAP_LOG": "info"}).result.stderr.decode()
    assert "exchanges 0, injected 0" in log, log
