"""A process that replaces itself: what it has finished is exported first. What only looks
like an end changes nothing."""

import re
import shutil
import signal
from collections import Counter

import pytest

from servers.otlp_receiver import BlackHole
from support import asking
from support.claims import assert_injected
from support.run import SYSTEM_PYTHON
from support.snippets import build, difference

ASK = """
import os, sys, urllib.request
request = urllib.request.Request(sys.argv[1], sys.argv[2].encode(), {"Content-Type": "application/json"})
print(urllib.request.urlopen(request).read(), flush=True)
"""

def quoted(words):
    return [f"'{w}'" for w in words]


EXECS = ["execve", "execv", "execvp", "execvpe", "execl", "execlp", "execle", "fexecve", "execveat", "execv-thread"]
SURVIVED = ["nothing", "children", "exec-of-nothing"]


@pytest.fixture
def ends(behave):
    """Runs a way without and with gentap. It must print the same and end alike."""

    def ends(way, *words, **more):
        bare = behave.bare([build("ends"), way, *words])
        traced = behave.traced([build("ends"), way, *words], **more)
        assert traced.result.stdout == bare.stdout, difference(bare, traced.result)
        assert traced.result.status == bare.status
        return traced

    return ends


def assert_open_one_is_reported_as_it_stood(traced):
    assert traced.tags == {"whole": 1, "open": 1}, traced
    assert {s.model: s.is_whole for s in traced.spans} == {"whole": True, "open": False}


# ---------------------------------------------------------------- another program


@pytest.mark.parametrize("way", EXECS)
def test_a_process_that_replaces_itself_exports_first(way, ends):
    traced = ends(way)
    assert traced.result.status == 5 and traced.result.stdout.startswith(b"[after][b c][][d][e][f][g][h][i][j] HERE=")
    assert_open_one_is_reported_as_it_stood(traced)


def test_a_handler_that_exits_exports_first(ends):
    traced = ends("handler-exits")
    assert traced.result.status == signal.SIGTERM
    assert_open_one_is_reported_as_it_stood(traced)


# ---------------------------------------------------------------- what a process survives


@pytest.mark.parametrize("way", SURVIVED)
def test_what_a_process_survives_cuts_off_no_exchange(way, ends):
    traced = ends(way)
    assert traced.result.status == 0 and traced.result.stdout.endswith(b"goes on\n")
    assert traced.tags == {"whole": 1, "open": 1}
    assert all(s.is_whole for s in traced.spans), traced


def test_an_exec_that_fails_late_has_cut_off_the_open_exchange_alone(ends):
    """Only the kernel knows whether a file is a program. Later exchanges are whole, and exported."""
    traced = ends("exec-of-no-program", 0, 0)
    assert traced.result.stdout == b"execv: -1 Exec format error\ngoes on\n"
    assert {s.model: s.is_whole for s in traced.spans} == {"whole": True, "open": False, "later": True}


@pytest.mark.parametrize("way", SURVIVED)
def test_what_a_process_survives_waits_for_no_collector(way, behave):
    with BlackHole() as hole:
        gentap = {"OTEL_TRACES_EXPORTER": None, "OTEL_EXPORTER_OTLP_ENDPOINT": hole.endpoint, "GENTAP_EXIT_TIMEOUT_MS": "700"}
        traced = behave.traced([build("ends"), way], gentap=gentap)
    waited = int(re.search(rb"goes on after (\d+) ms", traced.result.stderr)[1])
    assert waited < 500, traced.result
    assert traced.result.seconds < 4


@pytest.mark.parametrize("way", ["execl"])
def test_an_end_waits_no_longer_than_it_may(way, behave):
    with BlackHole() as hole:
        gentap = {"OTEL_TRACES_EXPORTER": None, "OTEL_EXPORTER_OTLP_ENDPOINT": hole.endpoint, "GENTAP_EXIT_TIMEOUT_MS": "700"}
        traced = behave.traced([build("ends"), way], gentap=gentap)
    assert 0.5 < traced.result.seconds < 4
    assert traced.result.status == 5


# ---------------------------------------------------------------- real programs


@pytest.mark.parametrize("end", [
    "os.execv('/bin/echo', ['echo', 'another', 'program'])", "os.execlp('echo', 'echo', 'another', 'program')",
    "os.execvpe('echo', ['echo', 'another'], {})",
])
def test_the_span_arrives_however_python_ends_or_goes_on(end, runner, provider):
    server = provider()
    program = f"{ASK}{end}"
    pair = runner.both([SYSTEM_PYTHON, "-c", program, server.url("/v1/chat/completions"), asking.CHAT.body], server)
    span, = pair.spans
    assert_injected(pair.sent[0], span)


def test_a_shell_that_execs_has_lost_nothing(runner, provider):
    server = provider()
    ask = f"curl -sS {' '.join(quoted(asking.CHAT.argv))} {server.url(asking.CHAT.path)}"
    for end in (f"exec {ask}", "exec true"):
        pair = runner.both(["bash", "-c", f"{ask}; {end}"], server)
        assert len(pair.spans) == len(pair.sent)


# ---------------------------------------------------------------- what it costs


OURS = ["getpid", "gettid", "futex", "rt_sigaction", "rt_sigprocmask", "faccessat", "newfstatat", "fcntl", "getpgid", "openat"]


def test_a_program_without_an_exchange_makes_no_system_call_more_at_its_end(behave):
    """The same program with the preload asleep and awake."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    counts = {}
    for name, gentap in (("asleep", {"GENTAP_DISABLED": "1"}), ("awake", {})):
        trace = behave.folder / name
        words = ["strace", "-f", "-o", trace, build("plain_ends")]
        assert behave.traced(words, gentap=gentap).result.status == 0
        calls = re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.M)
        counts[name] = Counter(c for c in calls if c in OURS)
    programs, children, exits = 2, 20, 1  # the constructor, the fork handler and the destructor ask for the pid
    counts["asleep"]["getpid"] += programs + children + exits
    assert counts["awake"] == counts["asleep"]


# ---------------------------------------------------------------- reports


@pytest.mark.parametrize("way", ["nothing", "execl", "handler-exits"])
def test_the_counts_are_logged_although_the_process_was_idle_before_its_end(way, behave):
    traced = behave.traced([build("ends"), way, 2500, 0], gentap={"GENTAP_LOG": "info", "OTEL_BSP_SCHEDULE_DELAY": "50"})
    lines = [line.split(": ", 1)[1] for line in traced.result.log if line.startswith("gentap[")]
    n = len(traced.spans)
    assert lines.count(f"{n} spans, {n} sent, 0 dropped") == 1, lines
    assert len([line for line in lines if line.startswith("requests ")]) == (2 if way == "execl" else 1), lines
