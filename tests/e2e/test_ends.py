"""A process that replaces itself or ends itself by a signal: what it has finished is exported first. What only looks
like an end changes nothing."""

import errno
import platform
import re
import shutil
import signal
import socket
import subprocess
import urllib.request
from collections import Counter

import pytest

from servers.otlp_receiver import BlackHole, slow
from support import asking
from support.claims import assert_injected
from support.run import PROGRAMS, SYSTEM_PYTHON, VENV_PYTHON, traced_environment
from support.snippets import build, difference, exported, to

ASK = """
import os, sys, urllib.request
request = urllib.request.Request(sys.argv[1], sys.argv[2].encode(), {"Content-Type": "application/json"})
print(urllib.request.urlopen(request).read(), flush=True)
"""

IN = {"node": """
const [url, body, end] = process.argv.slice(-3);
require("http").request(url, { method: "POST", headers: { "content-type": "application/json" } }, (answer) => {
  answer.resume().on("end", () => eval(end));
}).end(body);
""", "ruby": """
require "net/http"
Net::HTTP.post(URI(ARGV[0]), ARGV[1], "Content-Type" => "application/json")
eval ARGV[2]
"""}

APP = """
import urllib.request

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    urllib.request.urlopen(urllib.request.Request("{url}", {body}, {{"Content-Type": "application/json"}})).read()
    await send({{"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}})
    await send({{"type": "http.response.body", "body": b"ok"}})
"""


def quoted(words):
    return [f"'{w}'" for w in words]


EXECS = ["execve", "execv", "execvp", "execvpe", "execl", "execlp", "execle", "fexecve", "execveat", "execv-thread"]
SIGNALS = {
    "raise": signal.SIGTERM, "kill": signal.SIGINT, "kill-9": signal.SIGKILL, "kill-0": signal.SIGHUP,
    "kill-group": signal.SIGQUIT, "killpg": signal.SIGUSR1, "killpg-0": signal.SIGALRM, "tgkill": signal.SIGTERM,
    "pthread_kill": signal.SIGXCPU, "sigqueue": signal.SIGRTMIN + 3,
    "abort": signal.SIGABRT, "abort-ignored": signal.SIGABRT, "assert": signal.SIGABRT,
}
# the handler runs with its signal blocked: the process may also go on, so the open exchange stays open
HANDLERS = {
    "handler-raises": signal.SIGTERM, "handler-of-a-fault": signal.SIGSEGV, "handler-of-abort": signal.SIGABRT,
    "handler-in-recv": signal.SIGTERM,
}
SURVIVED = ["nothing", "children", "exec-of-nothing", "signal-with-a-handler", "signal-waited-for", "signals-to-a-thread", "abort-jumped",
            "pthread_kill-ended"]


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


@pytest.mark.parametrize("way", ["raw-execve", "raw-execveat", "raw-exit"])
def test_an_end_by_the_function_syscall_exports_first(way, ends):
    traced = ends(way)
    assert traced.result.status == 5
    assert [s.model for s in traced.spans if s.is_whole] == ["whole"]


# ---------------------------------------------------------------- signals


@pytest.mark.parametrize("way", SIGNALS)
def test_a_process_that_sends_itself_a_deadly_signal_exports_first(way, ends):
    traced = ends(way)
    assert traced.result.status == -SIGNALS[way]
    assert_open_one_is_reported_as_it_stood(traced)


@pytest.mark.parametrize("way", HANDLERS)
def test_a_handler_that_lets_the_default_action_happen_exports_first(way, ends):
    traced = ends(way)
    assert traced.result.status == -HANDLERS[way]
    assert [s.model for s in traced.spans if s.is_whole] == ["whole"]


def test_a_handler_that_exits_exports_first(ends):
    traced = ends("handler-exits")
    assert traced.result.status == signal.SIGTERM
    assert_open_one_is_reported_as_it_stood(traced)


# ---------------------------------------------------------------- with a lock held

UNDER_LOCK = {
    "abort": -signal.SIGABRT, "raise": -signal.SIGTERM, "kill": -signal.SIGTERM, "exit-at-once": 6, "exec": 0,
    "handler-without-a-mask": -signal.SIGABRT, "handler-that-exits": signal.SIGINT,
}


@pytest.mark.parametrize("way", UNDER_LOCK)
def test_an_end_under_the_lock_of_the_allocator_is_an_end(way, behave):
    """A thread for the exporter would want the allocator, and wait for a lock that is never released."""
    bare = behave.bare([build("allocator_fails"), way], timeout=10)
    traced = behave.traced([build("allocator_fails"), way], timeout=10)
    assert traced.result.status == bare.status == UNDER_LOCK[way]
    assert traced.result.stdout == bare.stdout == b"sent\n"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="damages the heap of glibc")
def test_a_damaged_heap_ends_python_with_faulthandler(behave):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        argv = [SYSTEM_PYTHON, PROGRAMS / "damaged_heap.py", listener.getsockname()[1]]
        bare, traced = behave.bare(argv, timeout=20), behave.traced(argv, timeout=20)
    assert b"corrupted top size" in bare.stderr, bare
    assert traced.result.status == bare.status == -signal.SIGABRT


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
    """A signal that is blocked may be the end, so its sender waits a moment. Nothing is dropped, and the real end has all
    of its time."""
    with BlackHole() as hole:
        gentap = {"OTEL_TRACES_EXPORTER": None, "OTEL_EXPORTER_OTLP_ENDPOINT": hole.endpoint, "GENTAP_EXIT_TIMEOUT_MS": "700"}
        traced = behave.traced([build("ends"), way], gentap=gentap)
    waited = int(re.search(rb"goes on after (\d+) ms", traced.result.stderr)[1])
    assert waited < 500, traced.result
    assert 0.5 < traced.result.seconds - waited / 1000 < 4, traced.result


@pytest.mark.parametrize("way", ["raise", "abort", "execl"])
def test_an_end_waits_no_longer_than_it_may(way, behave):
    with BlackHole() as hole:
        gentap = {"OTEL_TRACES_EXPORTER": None, "OTEL_EXPORTER_OTLP_ENDPOINT": hole.endpoint, "GENTAP_EXIT_TIMEOUT_MS": "700"}
        traced = behave.traced([build("ends"), way], gentap=gentap)
    assert 0.5 < traced.result.seconds < 4
    assert traced.result.status == (5 if way == "execl" else -SIGNALS[way])


def test_a_handler_that_raises_again_waits_a_moment(behave):
    """Its signal is blocked, and could as well be a message to another thread."""
    with BlackHole() as hole:
        gentap = {"OTEL_TRACES_EXPORTER": None, "OTEL_EXPORTER_OTLP_ENDPOINT": hole.endpoint, "GENTAP_EXIT_TIMEOUT_MS": "3000"}
        traced = behave.traced([build("ends"), "handler-raises"], gentap=gentap)
    assert traced.result.seconds < 2
    assert traced.result.status == -HANDLERS["handler-raises"]


def test_what_a_process_survives_drops_nothing(behave, receiver):
    """The collector answers later than the sender of a blocked signal waits."""
    receiver._always = slow(1)
    gentap = {**to(receiver), "GENTAP_EXIT_TIMEOUT_MS": "300"}
    traced = behave.traced([build("ends"), "signal-waited-for", 0, 3000], gentap=gentap)
    assert traced.result.status == 0
    assert set(exported(receiver)) == {"whole", "open", "later"}, traced.result


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the old version has another name")
def test_a_program_of_before_glibc_2_34_keeps_its_pthread_kill(behave):
    program = f"import ctypes; print(ctypes.CDLL({str(build('old_pthread_kill'))!r}).ask_after_its_end())"
    assert behave.both([SYSTEM_PYTHON, "-c", program]).result.stdout == f"{errno.ESRCH}\n".encode()


# ---------------------------------------------------------------- real programs


@pytest.mark.parametrize("end", [
    "signal.raise_signal(signal.SIGTERM)", "os.kill(os.getpid(), signal.SIGTERM)", "os.abort()", "raise KeyboardInterrupt",
    "os.execv('/bin/echo', ['echo', 'another', 'program'])", "os.execlp('echo', 'echo', 'another', 'program')",
    "os.execvpe('echo', ['echo', 'another'], {})", "faulthandler.enable(open(os.devnull, 'w')); os.abort()", "os.killpg(0, signal.SIGHUP)",
])
def test_the_span_arrives_however_python_ends_or_goes_on(end, runner, provider):
    server = provider()
    program = f"{ASK}import faulthandler, signal\n{end}"
    pair = runner.both([SYSTEM_PYTHON, "-c", program, server.url("/v1/chat/completions"), asking.CHAT.body], server)
    span, = pair.spans
    assert_injected(pair.sent[0], span)


@pytest.mark.parametrize("program, end", [
    ("node", "process.kill(process.pid, 'SIGTERM')"), ("node", "process.abort()"),
    ("ruby", "Process.kill(:TERM, Process.pid); sleep 5"), ("ruby", "exec 'echo', 'another'"),
])
def test_the_span_arrives_however_other_languages_end_or_go_on(program, end, runner, provider):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    server = provider()
    pair = runner.both([program, "-e", IN[program], server.url(asking.CHAT.path), asking.CHAT.body, end], server)
    span, = pair.spans
    assert_injected(pair.sent[0], span)


def test_a_shell_that_a_signal_ends_and_a_shell_that_execs_have_lost_nothing(runner, provider):
    server = provider()
    ask = f"curl -sS {' '.join(quoted(asking.CHAT.argv))} {server.url(asking.CHAT.path)}"
    for end in ("kill -TERM $$", f"exec {ask}", "exec true", "kill -INT 0"):
        pair = runner.both(["bash", "-c", f"{ask}; {end}"], server)
        assert len(pair.spans) == len(pair.sent)


def test_a_server_that_ends_itself_after_a_graceful_shutdown_loses_no_span(runner, provider, receiver, tmp_path):
    """uvicorn raises SIGTERM once more when it has handled it."""
    server = provider()
    (tmp_path / "app.py").write_text(APP.format(url=server.url(asking.CHAT.path), body=asking.CHAT.body.encode()))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    argv = [VENV_PYTHON, "-m", "uvicorn", "app:app", "--fd", str(listener.fileno()), "--log-level", "warning"]
    env = {**runner.environment(), **traced_environment(receiver.endpoint, OTEL_BSP_SCHEDULE_DELAY="60000")}
    p = subprocess.Popen([str(a) for a in argv], cwd=tmp_path, env=env, pass_fds=[listener.fileno()])
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        listener.listen()
        for _ in range(3):
            assert urllib.request.urlopen(url, timeout=20).read() == b"ok"
        p.terminate()
        assert p.wait(20) == -signal.SIGTERM
    finally:
        p.kill()
        listener.close()
    assert Counter(s["gen_ai.request.model"] for s in receiver.spans if "gen_ai.request.model" in s.attributes)["gpt-4o-mini"] == 3


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
    assert counts["awake"] == counts["asleep"]


# ---------------------------------------------------------------- reports


@pytest.mark.parametrize("way", ["nothing", "raise", "execl", "abort", "handler-exits"])
def test_the_counts_are_logged_although_the_process_was_idle_before_its_end(way, behave):
    traced = behave.traced([build("ends"), way, 2500, 0], gentap={"GENTAP_LOG": "info", "OTEL_BSP_SCHEDULE_DELAY": "50"})
    lines = [line.split(": ", 1)[1] for line in traced.result.log if line.startswith("gentap[")]
    n = len(traced.spans)
    assert lines.count(f"{n} spans, {n} sent, 0 dropped") == 1, lines
    assert len([line for line in lines if line.startswith("requests ")]) == (2 if way == "execl" else 1), lines
