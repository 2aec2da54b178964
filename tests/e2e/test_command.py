"""The command `gentap`: the launcher, and `gentap show`. No network: the traced programs are shells that append
prepared spans to the file of the run."""

import fcntl
import glob
import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("B", "build"))
BUILD = BUILD if BUILD.is_absolute() else ROOT / BUILD
GENTAP = BUILD / "gentap"
LIBRARY = BUILD / "libgentap.so"
PATIENCE_S = 20

pytestmark = pytest.mark.skipif(not GENTAP.exists() or not LIBRARY.exists(), reason="run make first")

# ---------------------------------------------------------------- helpers


@pytest.fixture
def env(tmp_path):
    """An environment without variables that gentap reads, and with a separate folder for temporary files."""
    ours = re.compile(r"(OTEL_|GENTAP_|LC_|DD_)|(LD_PRELOAD|TRACEPARENT|TRACESTATE|NO_COLOR|COLUMNS|LANG|TERM|TMPDIR)$")
    clean = {k: v for k, v in os.environ.items() if not ours.match(k)}
    (tmp_path / "tmp").mkdir()
    return {**clean, "LANG": "C.UTF-8", "TMPDIR": str(tmp_path / "tmp")}


def run(env, *words, gentap=GENTAP, **kw):
    kw = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": PATIENCE_S, **kw}
    if "input" in kw:
        del kw["stdin"]
    return subprocess.run([str(gentap), *map(str, words)], env=env, **kw)


def sh(env, script, **kw):
    return run(env, "sh", "-c", script, **kw)


begun = []  # objects with a method kill(): processes that a test started and may have left running


@pytest.fixture(autouse=True)
def nothing_left():
    try:
        yield
    finally:
        while begun:
            begun.pop().kill()


def start(env, script, **kw):
    kw = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **kw}
    begun.append(subprocess.Popen([str(GENTAP), "sh", "-c", script], env=env, **kw))
    return begun[-1]


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"timeout while waiting for {what}"
        time.sleep(0.01)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def attribute(key, value):
    kind = "intValue" if isinstance(value, int) else "doubleValue" if isinstance(value, float) else "stringValue"
    return {"key": key, "value": {kind: str(value) if kind == "intValue" else value}}


def chat(model="gpt-4o", **more):
    return {
        "traceId": "0102030405060708090a0b0c0d0e0f10",
        "spanId": "a1a2a3a4a5a6a7a8",
        "name": f"chat {model}",
        "kind": 3,
        "startTimeUnixNano": "1750000000000000000",
        "endTimeUnixNano": "1750000001500000000",
        "attributes": [
            attribute("gen_ai.operation.name", "chat"),
            attribute("gen_ai.provider.name", "openai"),
            attribute("gen_ai.request.model", model),
            attribute("gen_ai.usage.input_tokens", 12345),
            attribute("gen_ai.usage.cache_read.input_tokens", 11200),
            attribute("gen_ai.usage.output_tokens", 512),
            attribute("gen_ai.response.time_to_first_chunk", 0.42),
        ],
        **more,
    }


def document(*spans, service="agent.py", pid=4711):
    resource = {"attributes": [attribute("service.name", service), attribute("process.pid", pid)]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


@pytest.fixture
def spans(tmp_path):
    """A file with one line, which a script appends with `cat`."""
    path = tmp_path / "spans.jsonl"
    path.write_text(json.dumps(document(chat())) + "\n")
    return path


TREE = """\
agent.py (pid 4711)  provider      in [cached]  out  first   time
└─ chat gpt-4o       openai    12,345 [11,200]  512  420ms  1.50s

model   provider  calls      in [cached]  out
gpt-4o  openai        1  12,345 [11,200]  512
"""


def files_left(env):
    return list(Path(env["TMPDIR"]).iterdir())


# ---------------------------------------------------------------- arguments


def test_no_arguments_give_usage_and_exit_2(env):
    r = run(env)
    assert r.returncode == 2 and r.stdout == "" and r.stderr.startswith("usage: gentap")
    assert run(env, "--").returncode == 2


def test_unknown_option_is_named(env):
    r = run(env, "--frobnicate", "sh")
    assert r.returncode == 2 and r.stdout == "" and "--frobnicate" in r.stderr and "usage: gentap" in r.stderr


@pytest.mark.parametrize("option, expected", [("--help", "usage: gentap"), ("-h", "usage: gentap"), ("--version", "gentap 0.")])
def test_help_and_version_are_output_not_errors(env, option, expected):
    r = run(env, option)
    assert r.returncode == 0 and r.stdout.startswith(expected) and r.stderr == ""


def test_options_behind_the_command_belong_to_the_command(env):
    assert run(env, "echo", "--help", "--", "-x").stdout == "--help -- -x\n"
    assert run(env, "--", "echo", "--", "--version").stdout == "-- --version\n"


def test_providers_prints_one_name_a_line(env):
    r = run(env, "providers")
    names = r.stdout.splitlines()
    assert r.returncode == 0 and r.stderr == "" and {"openai", "anthropic", "aws.bedrock", "ollama"} < set(names)
    assert len(names) == len(set(names)) and all(re.fullmatch("[a-z0-9._-]+", name) for name in names)
    assert run(env, "providers", "x").returncode == 2


def test_command_called_show_needs_two_dashes(env, tmp_path):
    show = tmp_path / "show"
    show.write_text("#!/bin/sh\necho I am a command\n")
    show.chmod(0o755)
    env["PATH"] = f"{tmp_path}:{env['PATH']}"
    assert run(env, "--", "show").stdout == "I am a command\n"


# ---------------------------------------------------------------- exit codes


@pytest.mark.parametrize("code", [0, 1, 2, 42, 126, 255])
@pytest.mark.parametrize("summary", ["tree", "off"])
def test_exit_code_is_passed_on(env, code, summary):
    assert sh({**env, "GENTAP_SUMMARY": summary}, f"exit {code}").returncode == code


@pytest.mark.parametrize("summary", ["tree", "off"])
def test_command_that_cannot_run_gives_126_or_127_and_one_line(env, tmp_path, summary):
    env["GENTAP_SUMMARY"] = summary
    plain, script = tmp_path / "plain", tmp_path / "script"
    plain.write_text("echo\n")
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    for command, code, words in [
        ("no-such-command", 127, "no-such-command: command not found"),
        ("/no/such/command", 127, "/no/such/command: No such file"),
        (script, 127, "interpreter"),
        (plain, 126, "plain: Permission denied"),
        ("/", 126, "/: Permission denied"),
    ]:
        r = run(env, command)
        assert r.returncode == code and r.stdout == ""
        assert r.stderr.startswith("gentap: ") and words in r.stderr and r.stderr.count("\n") == 1
    assert files_left(env) == []


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGSEGV", "SIGABRT", "SIGUSR1", "SIGPIPE"])
def test_signal_that_ends_the_child_ends_gentap(env, spans, name):
    r = sh(env, f"cat {spans} >>$GENTAP_RUN_FILE; kill -{name[3:]} $$")
    assert r.returncode == -getattr(signal, name)
    assert f"killed by {name}" in r.stderr and r.stderr.endswith(TREE)
    assert files_left(env) == []


def test_core_file_is_written_once_at_most(env, tmp_path):
    script = "cd $TMPDIR && ulimit -c unlimited 2>/dev/null; kill -SEGV $$"
    r = sh(env, script, cwd=tmp_path)
    assert r.returncode == -signal.SIGSEGV
    assert [p for p in tmp_path.iterdir() if p.name.startswith("core")] == []


def test_exit_code_is_known_although_the_starter_ignores_sigchld(env):
    r = sh(env, "exit 5", preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert r.returncode == 5


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_exit_code_is_passed_on_with_standard_streams_closed(env, spans, closed):
    command = f"exec {GENTAP} sh -c 'cat {spans} >>$GENTAP_RUN_FILE; exit 4' {closed}"
    assert subprocess.run(["sh", "-c", command], env=env, capture_output=True, timeout=PATIENCE_S).returncode == 4


def test_exit_code_is_passed_on_when_nothing_reads_the_summary(env, spans):
    reader, writer = os.pipe()
    p = start(env, f"cat {spans} >>$GENTAP_RUN_FILE; read x; exit 6", stdin=subprocess.PIPE, stderr=writer)
    os.close(writer)
    os.close(reader)
    p.communicate("go\n", timeout=PATIENCE_S)
    assert p.returncode == 6


# ---------------------------------------------------------------- signals


@pytest.mark.parametrize("name", ["TERM", "HUP", "USR1", "USR2", "INT", "QUIT", "ALRM", "WINCH"])
def test_signal_sent_to_gentap_reaches_the_child(env, name):
    p = start(env, f"trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.05; done")
    assert p.stdout.readline() == "ready\n"
    p.send_signal(getattr(signal, f"SIG{name}"))
    out, _ = p.communicate(timeout=PATIENCE_S)
    assert out == f"got {name}\n" and p.returncode == 9
    assert files_left(env) == []


def test_sigterm_ends_both_and_removes_the_file(env, spans):
    p = start(env, f"cat {spans} >>$GENTAP_RUN_FILE; echo ready; exec sleep 60")
    p.stdout.readline()
    assert len(files_left(env)) == 1
    p.terminate()
    _, err = p.communicate(timeout=PATIENCE_S)
    assert p.returncode == -signal.SIGTERM and err.endswith(TREE)
    assert files_left(env) == []


def test_child_does_not_outlive_a_killed_gentap(env):
    p = start(env, "echo $$; exec sleep 60")
    child = int(p.stdout.readline())
    assert child != p.pid and is_alive(child)
    p.kill()
    p.communicate(timeout=PATIENCE_S)
    until(lambda: not is_alive(child), "the child's end")


def test_child_inherits_mask_and_dispositions(env):
    def odd():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGRTMIN + 3])
        for s in (signal.SIGHUP, signal.SIGCHLD, signal.SIGTTOU):
            signal.signal(s, signal.SIG_IGN)

    look = ["grep", "^Sig[BIC]", "/proc/self/status"]
    bare = subprocess.run(look, preexec_fn=odd, capture_output=True, text=True, env=env).stdout
    for summary in ("tree", "off"):
        assert run({**env, "GENTAP_SUMMARY": summary}, *look, preexec_fn=odd).stdout == bare


def test_signals_that_nohup_leaves_ignored_are_not_so_for_what_tests_start(env):
    status = subprocess.run(["grep", "^SigIgn", "/proc/self/status"], env=env, capture_output=True, text=True).stdout
    ignored = int(status.split()[1], 16)
    assert not [s.name for s in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT) if ignored >> (s - 1) & 1]


def test_child_has_the_same_descriptors(env):
    look = ["sh", "-c", "echo /proc/self/fd/*"]
    bare = subprocess.run(look, capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL).stdout
    assert run(env, *look).stdout == bare


def test_orphans_of_the_child_are_not_waited_for(env):
    begun = time.monotonic()
    assert sh(env, "sleep 30 >/dev/null 2>&1 & exit 2").returncode == 2
    assert time.monotonic() - begun < 15


# ---------------------------------------------------------------- terminals


class Terminal:
    """A pseudo-terminal with a program as its session leader."""

    def __init__(self, env, *words, size=(24, 80)):
        self.text = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(str(words[0]), [str(w) for w in words], {"TERM": "xterm", **env})
        self.code = None
        begun.append(self)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

    def read(self, timeout):
        if not select.select([self.fd], [], [], timeout)[0]:
            return False
        try:
            more = os.read(self.fd, 65536)
        except OSError:
            return False
        self.text += more
        return bool(more)

    def wait_for(self, words):
        end = time.monotonic() + PATIENCE_S
        while words.encode() not in self.text:
            assert time.monotonic() < end, f"no {words!r} in {self.text!r}"
            self.read(0.1)

    def type(self, keys):
        os.write(self.fd, keys)

    def is_over(self):
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def wait(self):
        """Returns the exit code."""
        until(self.is_over, "the end of the program in the terminal")
        return self.code

    def kill(self):
        if not self.is_over():
            os.kill(self.pid, signal.SIGKILL)
            self.wait()

    def hang_up(self):
        os.close(self.fd)

    def end(self):
        """Returns the exit code and all text."""
        end = time.monotonic() + PATIENCE_S
        while self.read(max(0, end - time.monotonic())):
            pass
        self.hang_up()
        return self.wait(), self.text.decode().replace("\r\n", "\n")


# Acts as an interactive shell: runs a job in the foreground and prints how it stops and ends.
SHELL = """
import os, signal, sys
def foreground(group):
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, group)
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    foreground(os.getpid())
    os.execv(sys.argv[1], sys.argv[1:])
try:
    os.setpgid(job, job)
except OSError:
    pass
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    foreground(os.getpid())
    if not os.WIFSTOPPED(status):
        break
    print("stopped by", signal.Signals(os.WSTOPSIG(status)).name, flush=True)
    sys.stdin.readline()
    foreground(job)
    os.killpg(job, signal.SIGCONT)
print("ended with", os.waitstatus_to_exitcode(status), flush=True)
"""


def job(env, script):
    """`script` should wait in the shell itself, or exec the program that waits. Between vfork and exec of another
    program, dash misses signals of keys, with or without gentap."""
    return Terminal(env, sys.executable, "-c", SHELL, GENTAP, "sh", "-c", script)


def test_interrupt_key_reaches_the_child_once_and_gentap_waits(env):
    t = job(env, "trap 'echo interrupted' INT; echo ready; read x; sleep 1; echo on; exit 7")
    t.wait_for("ready")
    t.type(b"\x03")
    t.wait_for("interrupted")
    t.type(b"\n")
    _, text = t.end()
    assert text.count("interrupted") == 1 and "on\n" in text and "ended with 7" in text


def test_interrupt_key_kills_both(env, spans):
    t = job(env, f"cat {spans} >>$GENTAP_RUN_FILE; echo ready; exec sleep 60")
    t.wait_for("ready")
    t.type(b"\x03")
    _, text = t.end()
    assert "ended with -2" in text and "killed by SIGINT" in text and "gpt-4o" in text
    assert files_left(env) == []


def test_quit_key_kills_both(env):
    t = job(env, "ulimit -c 0; echo ready; exec sleep 60")
    t.wait_for("ready")
    t.type(b"\x1c")
    assert f"ended with -{signal.SIGQUIT:d}" in t.end()[1]


def test_stop_key_stops_gentap_and_sigcont_resumes_both(env):
    t = job(env, "echo ready; read x; echo resumed; exit 5")
    t.wait_for("ready")
    t.type(b"\x1a")
    t.wait_for("stopped by SIGTSTP")
    assert b"resumed" not in t.text
    t.type(b"fg\n")
    t.type(b"x\n")
    _, text = t.end()
    assert "resumed" in text and "ended with 5" in text and text.count("stopped by") == 1


def test_child_that_stops_itself_stops_gentap(env):
    t = job(env, "kill -STOP $$; echo resumed; exit 5")
    t.wait_for("stopped by SIGSTOP")
    t.type(b"fg\n")
    _, text = t.end()
    assert "resumed" in text and "ended with 5" in text


def test_hang_up_reaches_the_child_although_only_the_session_leader_receives_it(env, tmp_path):
    seen = tmp_path / "seen"
    t = Terminal(env, GENTAP, "sh", "-c", f"trap 'echo hup >{seen}; exit 3' HUP; echo ready; while :; do sleep 0.05; done")
    t.wait_for("ready")
    t.hang_up()
    assert t.wait() == 3
    assert seen.read_text() == "hup\n" and files_left(env) == []


def test_new_size_of_the_terminal_reaches_the_child(env):
    t = job(env, "trap 'echo resized; exit 0' WINCH; echo ready; while :; do sleep 0.05; done")
    t.wait_for("ready")
    fcntl.ioctl(t.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 90, 0, 0))
    assert "resized" in t.end()[1]


@pytest.mark.parametrize(
    "extra, coloured",
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False), ({"TERM": ""}, False)],
)
def test_colour_on_a_terminal_unless_it_is_unwanted(env, spans, extra, coloured):
    _, text = Terminal({**env, **extra}, GENTAP, "sh", "-c", f"cat {spans} >>$GENTAP_RUN_FILE").end()
    assert "gpt-4o" in text and ("\033[" in text) == coloured


def test_no_colour_in_a_pipe(env, spans):
    assert "\033" not in sh({**env, "TERM": "xterm"}, f"cat {spans} >>$GENTAP_RUN_FILE").stderr


def test_show_has_colour_by_its_own_output(env, spans):
    assert "\033[" in Terminal(env, GENTAP, "show", spans).end()[1]
    assert "\033" not in run({**env, "TERM": "xterm"}, "show", spans).stdout


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_lines_fit_the_terminal(env, spans, columns):
    t = Terminal({**env, "COLUMNS": "200", "NO_COLOR": "1"}, GENTAP, "show", spans, size=(24, columns))
    lines = t.end()[1].splitlines()
    assert len(lines) == 6 and max(map(len, lines)) <= columns


# ---------------------------------------------------------------- LD_PRELOAD


def preload_of(env, gentap=GENTAP):
    r = sh(env, 'echo "$LD_PRELOAD"', gentap=gentap)
    assert r.returncode == 0
    return r.stdout.rstrip("\n")


def test_preload_is_the_library_beside_the_command(env):
    assert preload_of(env) == str(LIBRARY)
    assert preload_of({**env, "LD_PRELOAD": ""}) == str(LIBRARY)


@pytest.mark.parametrize("existing", ["libm.so.6", "libm.so.6:libc.so.6", "libm.so.6 libc.so.6"])
def test_preload_that_exists_is_kept_behind_ours(env, existing):
    assert preload_of({**env, "LD_PRELOAD": existing}) == f"{LIBRARY}:{existing}"


@pytest.mark.parametrize("existing", ["{}", "libm.so.6 {}", "libm.so.6:{}:libc.so.6", "{} libm.so.6", ":{}"])
def test_preload_that_names_us_already_is_left_alone(env, tmp_path, existing):
    other = tmp_path / "other.so"
    other.symlink_to(LIBRARY)
    for path in (LIBRARY, other):
        assert preload_of({**env, "LD_PRELOAD": existing.format(path)}) == existing.format(path)


def installed(folder, library="lib"):
    for part in ("bin", "lib"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    shutil.copy(GENTAP, folder / "bin")
    if library:
        shutil.copy(LIBRARY, folder / library)
    return folder / "bin" / "gentap"


def test_preload_is_found_where_make_install_puts_it(env, tmp_path):
    gentap = installed(tmp_path / "opt")
    assert preload_of(env, gentap) == str(tmp_path / "opt/lib/libgentap.so")
    link = tmp_path / "gentap"
    link.symlink_to(gentap)
    assert preload_of(env, link) == str(tmp_path / "opt/lib/libgentap.so")


def test_preload_that_is_nowhere_ends_gentap_with_125(env, tmp_path):
    r = sh(env, "echo started", gentap=installed(tmp_path / "opt", library=None))
    assert r.returncode == 125 and r.stdout == "" and "libgentap.so" in r.stderr and r.stderr.count("\n") == 1


@pytest.mark.parametrize("folder", ["with blank", "with:colon"])
def test_preload_path_that_the_loader_cannot_parse_ends_gentap_with_125(env, tmp_path, folder):
    r = sh(env, "echo started", gentap=installed(tmp_path / folder))
    assert r.returncode == 125 and r.stdout == "" and "spaces or colons" in r.stderr


# ---------------------------------------------------------------- the environment of the run

SHOW_ENV = 'env | grep -E "^(GENTAP|OTEL)_" | sort'


def variables(env, **kw):
    return dict(line.split("=", 1) for line in sh(env, SHOW_ENV, **kw).stdout.splitlines())


def test_without_destination_the_run_has_a_file_and_nothing_else(env):
    seen = variables(env)
    assert sorted(seen) == ["GENTAP_RUN_FILE", "GENTAP_RUN_FILE_MARK", "GENTAP_RUN_FOLLOW", "GENTAP_RUN_ONLY", "GENTAP_RUN_TRACE_ID"]
    assert seen["GENTAP_RUN_FILE"].startswith(env["TMPDIR"] + "/gentap-run-") and seen["GENTAP_RUN_ONLY"] == "1"
    assert re.fullmatch("[0-9a-f]{32}", seen["GENTAP_RUN_TRACE_ID"])


def test_trace_id_is_another_one_each_time(env):
    assert len({variables(env)["GENTAP_RUN_TRACE_ID"] for _ in range(3)}) == 3


@pytest.mark.parametrize(
    "parent, kept",
    [("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", True), ("nonsense", False), ("", False)],
)
def test_trace_id_is_not_set_when_a_traceparent_is(env, parent, kept):
    assert ("GENTAP_RUN_TRACE_ID" not in variables({**env, "TRACEPARENT": parent})) == kept


@pytest.mark.parametrize(
    "name", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER"]
)
def test_with_destination_and_without_spool_gentap_becomes_the_command(env, name):
    env[name] = "none"
    notes = ["GENTAP_RUN_FILE_MARK", "GENTAP_RUN_NOTES"]
    assert sorted(variables(env)) == ["GENTAP_RUN_FILE_MARK", "GENTAP_RUN_FOLLOW", "GENTAP_RUN_NOTES", "GENTAP_RUN_STDERR", "GENTAP_RUN_TRACE_ID", name]
    assert not set(notes) & set(variables({**env, "GENTAP_SPOOL": "off"}))
    p = start({**env, "GENTAP_SPOOL": "off"}, "echo $$")
    assert p.communicate(timeout=PATIENCE_S) == (f"{p.pid}\n", "")
    p = start(env, "echo $PPID")
    assert p.communicate(timeout=PATIENCE_S) == (f"{p.pid}\n", ""), "it stays, to send what is left"
    assert variables({**env, name: ""})["GENTAP_RUN_ONLY"] == "1"


def test_with_destination_and_summary_there_is_both(env, spans):
    env.update(OTEL_TRACES_EXPORTER="none", GENTAP_SUMMARY="tree")
    seen = variables(env)
    assert "GENTAP_RUN_ONLY" not in seen and seen["OTEL_TRACES_EXPORTER"] == "none"
    assert sh(env, f"cat {spans} >>$GENTAP_RUN_FILE").stderr.endswith(TREE)


def test_summary_off_without_destination_records_nothing(env):
    env["GENTAP_SUMMARY"] = "Off"
    assert sorted(variables(env)) == ["GENTAP_RUN_FOLLOW", "GENTAP_RUN_ONLY", "GENTAP_RUN_TRACE_ID", "GENTAP_SUMMARY"]
    p = start(env, "echo $$")
    assert p.communicate(timeout=PATIENCE_S) == (f"{p.pid}\n", "")


def test_summary_of_unknown_kind_is_warned_of_once_and_ignored(env, spans):
    for value in ("pie", "json:"):
        r = sh({**env, "GENTAP_SUMMARY": value}, f"cat {spans} >>$GENTAP_RUN_FILE")
        assert r.stderr.count("GENTAP_SUMMARY") == 1 and f'"{value}"' in r.stderr and r.stderr.endswith(TREE)


@pytest.mark.parametrize("name, value", [("GENTAP_DISABLED", "1"), ("OTEL_SDK_DISABLED", "TRUE")])
def test_switched_off_gentap_changes_nothing(env, name, value):
    env[name] = value
    bare = subprocess.run(["env"], env=env, capture_output=True, text=True).stdout
    r = run(env, "env")
    assert r.stdout == bare and r.stderr == ""


def test_gentap_inside_gentap_adds_to_the_outer_run(env, spans):
    inner = f"{GENTAP} sh -c 'cat {spans} >>$GENTAP_RUN_FILE; echo $GENTAP_RUN_TRACE_ID; exit 3'"
    r = sh(env, f"echo $GENTAP_RUN_TRACE_ID; {inner}")
    ids = r.stdout.split()
    assert r.returncode == 3 and len(ids) == 2 and ids[0] == ids[1]
    assert r.stderr.count("gentap: ") == 1 and r.stderr.endswith(TREE)


def test_file_of_a_run_that_is_over_does_not_count(env, spans):
    env.update(GENTAP_RUN_FILE=env["TMPDIR"] + "/gentap-run-gone", GENTAP_RUN_TRACE_ID="ab" * 16)
    assert variables(env)["GENTAP_RUN_TRACE_ID"] != "ab" * 16
    assert sh(env, f"cat {spans} >>$GENTAP_RUN_FILE").stderr.endswith(TREE)
    assert files_left(env) == []


# ---------------------------------------------------------------- the file of the run


def test_file_is_private_and_gone_afterwards(env):
    r = sh(env, 'stat -c "%a" $GENTAP_RUN_FILE')
    assert r.stdout == "600\n" and files_left(env) == []


def test_file_goes_to_tmp_when_tmpdir_is_of_no_use(env):
    for folder in ("/no/such/folder", "relative", ""):
        r = sh({**env, "TMPDIR": folder}, "echo $GENTAP_RUN_FILE")
        assert r.stdout.startswith("/tmp/gentap-run-") and not Path(r.stdout.strip()).exists()


def test_file_that_the_command_removed_is_no_trouble(env, spans):
    r = sh(env, f"cat {spans} >>$GENTAP_RUN_FILE; rm $GENTAP_RUN_FILE; exit 1")
    assert r.returncode == 1 and r.stderr.endswith(TREE)


# ---------------------------------------------------------------- output


def test_standard_output_is_the_commands_alone(env, spans):
    for summary in ("tree", "json", "off"):
        r = sh({**env, "GENTAP_SUMMARY": summary}, f"printf exact; test -z $GENTAP_RUN_FILE || cat {spans} >>$GENTAP_RUN_FILE")
        assert r.stdout == "exact"


def test_standard_input_is_the_commands_alone(env):
    assert run(env, "cat", input="some\0bytes").stdout == "some\0bytes"


def test_end_of_output_is_seen_while_the_command_goes_on(env):
    p = start(env, "exec >&-; read x", stdin=subprocess.PIPE)
    assert select.select([p.stdout], [], [], PATIENCE_S)[0] and p.stdout.read() == ""
    assert p.poll() is None
    p.stdin.write("go\n")
    p.stdin.close()
    assert p.wait(PATIENCE_S) == 0
    p.stderr.close()


def test_tree_has_a_heading_the_spans_and_the_totals(env, spans):
    r = run(env, "sh", "-c", f"cat {spans} >>$GENTAP_RUN_FILE; exit 3", "a-name")
    lines = r.stderr.split("\n", 2)
    assert lines[0] == "" and lines[2] == TREE
    assert re.fullmatch(r"gentap: sh · [0-9.]+m?s · exit 3 · 1 call", lines[1])


def test_tree_is_ascii_outside_utf_8(env, spans):
    for change in ({"LANG": "C"}, {"LC_ALL": "POSIX"}, {"LC_CTYPE": "en_US.ISO-8859-1"}, {"LANG": ""}):
        r = sh({**env, **change}, f"cat {spans} >>$GENTAP_RUN_FILE")
        assert r.stderr.isascii() and "`- chat gpt-4o" in r.stderr
    assert "└─" in sh({**env, "LANG": "C", "LC_ALL": "en_US.utf8"}, f"cat {spans} >>$GENTAP_RUN_FILE").stderr


def test_tree_shows_processes_and_who_called_whom(env, tmp_path):
    tool = {"attributes": [attribute("mcp.method.name", "tools/call")], "name": "tools/call x"}
    here = chat(**tool, spanId="b1" * 8)
    there = chat(**tool, spanId="c1" * 8, parentSpanId="b1" * 8, kind=2)
    lines = [json.dumps(document(there, service="server", pid=2)), json.dumps(document(here, chat()))]
    (tmp_path / "two").write_text("\n".join(lines) + "\n")
    r = sh({**env, "COLUMNS": "60"}, f"cat {tmp_path}/two >>$GENTAP_RUN_FILE")
    names = [re.split("  +[0-9a-z]", line)[0] for line in r.stderr.splitlines()[2:7]]
    assert names == [
        "agent.py (pid 4711)",
        "├─ tools/call x",
        "│  └─ server (pid 2)",
        "│     └─ tools/call x",
        "└─ chat gpt-4o",
    ]
    assert "2 calls" in r.stderr


def test_nothing_seen_is_reported_in_one_line(env):
    r = sh(env, "echo out; echo err >&2")
    assert r.stdout == "out\n"
    assert r.stderr == "err\n\ngentap: no LLM or MCP traffic seen\n"


def test_nothing_seen_stands_on_a_line_of_its_own(env):
    assert sh(env, "printf err >&2").stderr == "err\ngentap: no LLM or MCP traffic seen\n"


NOT_EVERYTHING = "no LLM or MCP call seen, but gentap could not see everything:"


@pytest.mark.parametrize(
    "extra, reason",
    [
        ({"OTEL_TRACES_SAMPLER": "always_off"}, "no spans: OTEL_TRACES_SAMPLER excludes this run from sampling"),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
         "no spans: OTEL_TRACES_SAMPLER excludes this run from sampling"),
        ({"TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"},
         "no spans: TRACEPARENT excludes this run from sampling"),
        ({"TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, "no LLM or MCP traffic seen"),
        ({"GENTAP_EXCLUDE": "tr*"}, "no process of this run was traced: see GENTAP_EXCLUDE"),
        ({"GENTAP_INCLUDE": "python*"}, "no process of this run was traced: see GENTAP_INCLUDE"),
        ({"GENTAP_INCLUDE": "true"}, "no LLM or MCP traffic seen"),
    ],
)
def test_nothing_seen_has_its_reason(env, extra, reason):
    assert run({**env, **extra}, "true").stderr == f"\ngentap: {reason}\n"


def test_nothing_seen_of_a_program_that_cannot_be_preloaded(env, tmp_path):
    (tmp_path / "static.c").write_text("int main(void) { return 0; }\n")
    subprocess.run(["gcc", "-static", "-o", tmp_path / "static", tmp_path / "static.c"], check=True)
    reason = "static ran without gentap: it is a static program"
    static = tmp_path / "static"
    at_once = f"gentap: {static} cannot be followed: it is a static program (see gentap doctor {static})\n"
    assert run(env, static).stderr == f"{at_once}\ngentap: {NOT_EVERYTHING}\ngentap: {reason}\n"
    env["PATH"] += f":{tmp_path}"
    assert reason in run(env, "static").stderr


def test_nothing_seen_of_a_program_that_loses_the_preload(env):
    """ld.so is the loader itself, and executes its program without a call of exec."""
    assert sh({**env, "LD_PRELOAD": ""}, "true").stderr == "\ngentap: no LLM or MCP traffic seen\n"
    (loader,) = glob.glob("/lib64/ld-linux-x86-64.so.2")
    assert run(env, loader, "/bin/true").stderr == "\ngentap: no LLM or MCP traffic seen\n"


def test_nothing_seen_of_a_process_that_goes_on(env):
    r = sh(env, f"sleep 10 >/dev/null 2>&1 & while ! grep -q :$! $GENTAP_RUN_FILE; do sleep 0.01; done; echo $!")
    os.kill(int(r.stdout), signal.SIGKILL)
    assert r.stderr == (
        f"\ngentap: no LLM or MCP traffic seen; process {int(r.stdout)} is still running, and its later calls are not shown\n"
    )


def test_nothing_seen_of_a_run_whose_processes_cannot_tell_has_no_reason(env):
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    assert run(env, "true", preexec_fn=limit).stderr == "\ngentap: no LLM or MCP traffic seen\n"


def test_nothing_is_reported_to_the_launcher_where_files_are_limited_in_size(env):
    r = sh(env, "ulimit -f 0; sleep 0; exec stat -c %s $GENTAP_RUN_FILE")
    lines = sh(env, "cat $GENTAP_RUN_FILE").stdout
    assert r.returncode == 0 and 0 < int(r.stdout) < len(lines), "one line, of the shell before it set the limit"


def test_nothing_seen_of_a_killed_command_may_be_the_signals_doing(env):
    r = sh(env, "kill -TERM $$")
    assert r.stderr == "\ngentap: no LLM or MCP traffic seen; SIGTERM may have cut off the last spans\n"


def test_damaged_lines_are_reported_in_one_line(env, spans):
    r = sh(env, f"echo '{{\"resourceSp' >>$GENTAP_RUN_FILE; cat {spans} >>$GENTAP_RUN_FILE")
    assert r.stderr.endswith(TREE + "gentap: skipped 1 damaged line in the spans of this run\n")


def test_text_of_spans_cannot_steer_the_terminal(env, tmp_path):
    evil = "\033]0;x\a\033[2J\u009b1m\u202e\r\n"
    span = chat(name=evil + "end", status={"code": 2, "message": evil})
    (tmp_path / "evil").write_text(json.dumps(document(span, service=evil)) + "\n")
    for summary in ("tree", "json"):
        r = sh({**env, "GENTAP_SUMMARY": summary}, f"cat {tmp_path}/evil >>$GENTAP_RUN_FILE")
        assert "end" in r.stderr and not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]", r.stderr)


def test_json_is_one_object_on_one_line(env, spans):
    r = sh({**env, "GENTAP_SUMMARY": "json"}, f"cat {spans} >>$GENTAP_RUN_FILE; exit 3")
    assert r.stderr.count("\n") == 1
    summary = json.loads(r.stderr)
    use = {"calls": 1, "errors": 0, "input_tokens": 12345, "cached_tokens": 11200, "output_tokens": 512,
           "calls_without_cost": 1}
    assert summary["command"] == ["sh"] and summary["exit_code"] == 3 and 0 < summary["duration_s"] < PATIENCE_S
    assert summary["total"] == use and summary["models"] == [{"model": "gpt-4o", "provider": "openai", **use}]
    assert summary["spans"] == [
        {
            "trace_id": "0102030405060708090a0b0c0d0e0f10",
            "span_id": "a1a2a3a4a5a6a7a8",
            "name": "chat gpt-4o",
            "kind": "client",
            "service": "agent.py",
            "pid": 4711,
            "provider": "openai",
            "model": "gpt-4o",
            "start_unix_nano": "1750000000000000000",
            "duration_s": 1.5,
            "time_to_first_chunk_s": 0.42,
            "input_tokens": 12345,
            "cached_tokens": 11200,
            "output_tokens": 512,
        }
    ]


def test_json_goes_to_a_file_that_is_named(env, spans, tmp_path):
    path = tmp_path / "sum mary.json"
    path.write_text("x" * 100_000)
    r = sh({**env, "GENTAP_SUMMARY": f"json:{path}"}, f"cat {spans} >>$GENTAP_RUN_FILE; echo err >&2; cd /; exit 3")
    assert r.returncode == 3 and r.stderr == "err\n"
    assert json.loads(path.read_text())["total"]["calls"] == 1


def test_json_file_that_cannot_be_written_is_reported_and_the_text_is_not_lost(env, spans):
    for path in ("/no/such/folder/x", "/dev/full"):
        r = sh({**env, "GENTAP_SUMMARY": f"json:{path}"}, f"cat {spans} >>$GENTAP_RUN_FILE; exit 3")
        reason, text = r.stderr.splitlines()
        assert r.returncode == 3 and reason.startswith(f"gentap: GENTAP_SUMMARY: {path}: ")
        assert json.loads(text)["total"]["calls"] == 1


def test_json_of_a_killed_command_names_the_signal(env):
    summary = json.loads(sh({**env, "GENTAP_SUMMARY": "json"}, "kill -KILL $$").stderr)
    assert summary["signal"] == "SIGKILL" and "exit_code" not in summary and summary["spans"] == []


# ---------------------------------------------------------------- gentap show


def test_show_draws_the_tree_on_standard_output(env, spans):
    r = run(env, "show", spans.name, cwd=spans.parent)
    assert r.returncode == 0 and r.stderr == ""
    assert r.stdout == f"gentap: {spans.name} · 1.50s · 1 call\n" + TREE


def test_show_reads_standard_input(env, spans):
    r = run(env, "show", "-", input=spans.read_text())
    assert r.returncode == 0 and r.stdout.endswith(TREE) and r.stdout.startswith("gentap: standard input")


def test_show_reads_one_document_over_many_lines(env, tmp_path):
    (tmp_path / "pretty.json").write_text(json.dumps(document(chat()), indent=4))
    assert run(env, "show", tmp_path / "pretty.json").stdout.endswith(TREE)


def test_show_counts_bad_lines_in_one_line(env, tmp_path, spans):
    (tmp_path / "torn").write_text("{\n" + spans.read_text() + "garbage\n")
    r = run(env, "show", tmp_path / "torn")
    assert r.returncode == 0 and r.stdout.endswith(TREE)
    assert r.stderr == f"gentap: {tmp_path}/torn: 2 lines are not OTLP/JSON\n"


def test_show_without_spans_fails(env, tmp_path):
    (tmp_path / "empty").write_text("")
    (tmp_path / "metrics").write_text('{"resourceMetrics":[]}\n')
    for name, words in [("empty", "no span"), ("metrics", "no span"), ("missing", "No such file"), (".", "Is a directory")]:
        r = run(env, "show", tmp_path / name)
        assert r.returncode == 1 and r.stdout == "" and words in r.stderr and r.stderr.startswith("gentap: ")


def test_show_wants_one_file(env, spans):
    assert run(env, "show").returncode == 2
    assert run(env, "show", spans, spans).returncode == 2


def test_show_says_when_its_output_is_not_taken(env, spans):
    with open("/dev/full", "w") as full:
        r = run(env, "show", spans, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert r.returncode == 1 and "No space left" in r.stderr


def test_show_needs_no_library(env, tmp_path, spans):
    assert run(env, "show", spans, gentap=installed(tmp_path / "opt", library=None)).stdout.endswith(TREE)
