"""Files that gentap opens by name: the log, the spans, the file of a run. Whatever has that name, no program is delayed,
stopped or ended, and the file of a run is the file that its launcher made."""

import contextlib
import os
import pty
import signal
import socket
import subprocess
import termios
import time

import pytest

from support import asking
from support.run import LAUNCHER, run, traced_environment
from support.snippets import build, read_spans


def call(server):
    return ["curl", "-sS", "-o", os.devnull, *asking.CHAT.argv, server.url(asking.CHAT.path)]


def quoted(words):
    return " ".join(f"'{w}'" for w in words)


@contextlib.contextmanager
def pipe(path, reader):
    """A named pipe without a reader, or whose reader does not read what fills it."""
    os.mkfifo(path)
    if reader is None:
        yield
        return
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(fd, bytes(4096))
    try:
        yield
    finally:
        os.close(fd)


# ---------------------------------------------------------------- what must not wait, and what must not kill

LOG = {"GENTAP_LOG": "debug", "OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": os.devnull}


@pytest.fixture
def traced(runner, provider):
    """Runs a call under the preload, with a file by each of the names. The call must end as without gentap."""

    def traced(env, **more):
        return runner.traced(call(provider()), gentap={"endpoint": None, **env}, timeout=20, **more)

    return traced


def settings(what, path):
    return {"log": {**LOG, "GENTAP_LOG_FILE": str(path)},
            "spans": {"OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": str(path)}}[what]


@pytest.mark.parametrize("what", ["log", "spans"])
@pytest.mark.parametrize("reader", [None, "asleep"])
def test_a_named_pipe_that_nothing_reads_delays_no_program(what, reader, traced, tmp_path):
    with pipe(tmp_path / "pipe", reader):
        result = traced(settings(what, tmp_path / "pipe"))
    assert result.status == 0, result


@pytest.mark.parametrize("what", ["log", "spans"])
@pytest.mark.parametrize("limit", [0, 2048, 2100])
def test_a_file_at_the_limit_of_file_sizes_ends_no_program(what, limit, traced, tmp_path):
    """The kernel ends a process that writes beyond RLIMIT_FSIZE."""
    path = tmp_path / "file"
    path.write_bytes(bytes(min(limit, 2048)))
    result = traced(settings(what, path), file_limit=limit)
    assert result.status == 0, result
    assert path.stat().st_size <= max(limit, 2048)
    assert what == "log" or path.stat().st_size == min(limit, 2048), "a line is written whole or not at all"


@pytest.mark.parametrize("what", ["log", "spans"])
@pytest.mark.parametrize("name", ["/dev/full", "/", "/nowhere/file", "/dev/null/file", "/dev/stdin", "/dev/tty"])
def test_a_name_that_cannot_be_written_ends_no_program(what, name, traced):
    result = traced(settings(what, name))
    assert result.status == 0, result


def test_a_named_pipe_with_a_reader_gets_whole_lines(traced, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert traced(settings("log", tmp_path / "pipe")).status == 0
    lines = os.read(reader, 65536).decode().splitlines()
    assert len(lines) > 3 and all(line.startswith("gentap[") for line in lines)
    os.close(reader)


def test_a_log_that_is_standard_error_by_name_is_written_there(traced):
    assert "awake in curl" in traced({**LOG, "GENTAP_LOG_FILE": "/dev/stderr"}).stderr.decode()


def test_a_socket_whose_reader_has_gone_ends_no_program(runner, provider):
    """Standard error is a socket under some supervisors. A write to it raises SIGPIPE."""
    ours, theirs = socket.socketpair()
    ours.close()
    env = {**runner.environment(), **traced_environment(OTEL_TRACES_EXPORTER="console", GENTAP_LOG="debug")}
    assert subprocess.run(call(provider()), env=env, stderr=theirs, timeout=20).returncode == 0
    theirs.close()


@pytest.mark.parametrize("size", [0, 500])
def test_standard_error_in_a_file_at_the_limit_of_file_sizes_ends_no_program(size, runner, provider, tmp_path):
    file = tmp_path / "errors"
    file.write_bytes(bytes(size))
    result = runner.traced(["sh", "-c", f"exec 2>>{file}; {quoted(call(provider()))}"], file_limit=500, gentap={
        "endpoint": None, "OTEL_TRACES_EXPORTER": "console", "GENTAP_LOG": "debug"})
    assert result.status == 0, result


@pytest.mark.parametrize("where", ["stderr", "/dev/tty"])
def test_a_terminal_of_another_job_stops_no_program(where, runner, provider):
    """With `stty tostop` the kernel stops a process that writes to its terminal from the background."""
    env = {**runner.environment(), **traced_environment(OTEL_TRACES_EXPORTER="console", GENTAP_LOG="debug")}
    if where != "stderr":
        env["GENTAP_LOG_FILE"] = where
    argv = [build("background"), *call(provider())]
    leader, follower = pty.openpty()
    mode = termios.tcgetattr(follower)
    mode[3] |= termios.TOSTOP
    termios.tcsetattr(follower, termios.TCSANOW, mode)
    result = subprocess.run(argv, env=env, stdin=follower, stdout=subprocess.PIPE, stderr=follower, timeout=20)
    assert result.stdout == b"exit 0\n"
    assert b"awake in curl" in os.read(leader, 65536)
    os.close(leader)
    os.close(follower)


@pytest.mark.parametrize("summary", ["json", "tree"])
def test_a_summary_that_goes_to_a_pipe_which_nothing_reads_does_not_keep_the_launcher(summary, runner, provider, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    env = {**runner.environment(), "GENTAP_SUMMARY": f"json:{tmp_path}/pipe" if summary == "json" else "tree"}
    result = run([LAUNCHER, "--", *call(provider())], env, timeout=20)
    assert result.status == 0 and b"gpt-4o-mini" in result.stderr


def test_a_summary_beyond_the_limit_of_file_sizes_does_not_end_the_launcher(runner, provider, tmp_path):
    env = {**runner.environment(), "GENTAP_SUMMARY": f"json:{tmp_path}/summary"}
    result = run([LAUNCHER, "--", "true"], env, file_limit=100)
    assert result.status == 0, result
    assert b"GENTAP_SUMMARY" in result.stderr and b'"exit_code":0' in result.stderr


@pytest.mark.parametrize("limit", [0, 16])
def test_a_limit_that_the_file_of_a_run_does_not_fit_costs_the_summary_alone(limit, runner):
    result = run([LAUNCHER, "--", "sh", "-c", "exit 3"], runner.environment(), file_limit=limit)
    assert result.status == 3
    assert result.stderr.startswith(b"gentap: no summary: cannot create a file")


# ---------------------------------------------------------------- the file of a run


@pytest.fixture
def survivor(runner, provider, tmp_path):
    """Runs a process that outlives its launcher and makes a call when `replace(path)` has put something in place of
    the file of the run."""

    def survive(replace, env=None, command=None):
        server = provider()
        folder = tmp_path / "tmp"
        folder.mkdir()
        go, done = tmp_path / "go", tmp_path / "done"
        late = f"while ! test -e {go}; do sleep 0.02; done; {quoted(command(call(server)) if command else call(server))}; touch {done}"
        script = f"({late}) >/dev/null 2>{tmp_path}/errors & echo $GENTAP_RUN_FILE"
        result = run([LAUNCHER, "--", "sh", "-c", script], {**runner.environment(), "TMPDIR": str(folder), **(env or {})})
        path = result.stdout.decode().strip()
        assert path.startswith(str(folder)) and not os.path.exists(path)
        replace(path)
        go.touch()
        end = time.monotonic() + 20
        while not done.exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        assert len(server.take()) == 1, (tmp_path / "errors").read_text()
        return path

    return survive


CONTENT = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "span_only"}


def test_a_file_of_another_user_with_the_name_of_a_runs_file_gets_no_spans(survivor):
    if os.geteuid():
        pytest.skip("only root can make a file of another user")

    def replace(path):
        os.close(os.open(path, os.O_CREAT, 0o666))
        os.chmod(path, 0o666)
        os.chown(path, 65534, 65534)

    assert os.path.getsize(survivor(replace, CONTENT)) == 0


def test_another_file_with_the_name_of_a_runs_file_gets_no_spans(survivor):
    path = survivor(lambda path: open(path, "x").close(), CONTENT)
    assert os.path.getsize(path) == 0


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_with_the_name_of_a_runs_file_leads_no_spans_elsewhere(link, survivor, tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("mine\n")
    survivor(lambda path: link(mine, path), CONTENT)
    assert mine.read_text() == "mine\n"


def test_a_pipe_with_the_name_of_a_runs_file_gets_no_spans(survivor):
    readers = []

    def replace(path):
        os.mkfifo(path)
        readers.append(os.open(path, os.O_RDONLY | os.O_NONBLOCK))

    survivor(replace, CONTENT)
    assert os.read(readers[0], 100) == b""
    os.close(readers[0])


def test_a_launcher_with_the_variables_of_a_run_that_is_over_makes_a_run_of_its_own(survivor, tmp_path):
    """A terminal multiplexer that the run has started keeps them."""
    survivor(lambda path: open(path, "x").close(), command=lambda call: [LAUNCHER, "--", *call])
    assert "gpt-4o-mini" in (tmp_path / "errors").read_text()


def test_the_file_of_a_run_is_the_runs_in_a_user_namespace_too(runner, provider):
    """The user has another number there."""
    inside = ["unshare", "-r"]
    if run([*inside, "true"], runner.environment()).status:
        pytest.skip("user namespaces are not available here")
    result = run([LAUNCHER, "--", *inside, *call(provider())], runner.environment())
    assert result.status == 0
    assert "gpt-4o-mini" in result.stderr.decode(), result
