"""Files that gentap writes: no program inherits their descriptors, and a closed standard stream does not end up as one of them."""

import os
import re
import shutil

import pytest

from support import asking
from support.run import LAUNCHER, run, traced_environment

OPENED = re.compile(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]*)", ([A-Z_|]+)(?:, \d+)?\) = \d+$')


@pytest.fixture
def strace(runner):
    """Runs a command under strace. Returns (path, flags) of all files it opened, in all its processes."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    probe = run(["strace", "-o", os.devnull, "true"], runner.environment())
    if probe.status != 0:
        pytest.skip(f"strace does not work here: {probe.stderr.decode().strip()}")

    def strace(argv, env):
        trace = runner.home / "strace.out"
        result = run(["strace", "-f", "-o", trace, "-e", "trace=open,openat", *argv], {**runner.environment(), **env})
        assert result.status == 0, result
        found = (OPENED.search(line) for line in trace.read_text().splitlines())
        return [(m[1], m[2].split("|")) for m in found if m]

    return strace


def two_requests(server):
    """A call of a model and a request to no API, each by a process of its own."""
    call = " ".join(f"'{a}'" for a in ["curl", "-sS", *asking.CHAT.argv, server.url(asking.CHAT.path)])
    return ["sh", "-c", f"{call}; curl -sS {server.url('/weather')}"]


def assert_closed_by_exec(opened, times):
    assert len(opened) >= times, opened
    for path, flags in opened:
        assert "O_CLOEXEC" in flags, (path, flags)


def test_the_file_of_a_run_is_closed_by_exec_wherever_it_is_opened(strace, provider, tmp_path):
    opened = strace([LAUNCHER, "--", *two_requests(provider())], {"TMPDIR": str(tmp_path)})
    of_run = [o for o in opened if o[0].startswith(str(tmp_path / "gentap-run-"))]
    # the launcher creates it, three processes report that they are awake, one adds a span, one a count of requests
    assert_closed_by_exec(of_run, 1 + 3 + 1 + 1)


@pytest.mark.parametrize("name", ["spans", "log"])
def test_a_file_that_the_user_names_is_closed_by_exec(name, strace, provider, tmp_path):
    file = tmp_path / name
    env = traced_environment(OTEL_TRACES_EXPORTER="file", **{
        "spans": {"GENTAP_FILE": str(file)},
        "log": {"GENTAP_FILE": os.devnull, "GENTAP_LOG": "debug", "GENTAP_LOG_FILE": str(file)},
    }[name])
    opened = strace(["env", *[f"{k}={v}" for k, v in env.items()], *two_requests(provider())], {})
    assert_closed_by_exec([o for o in opened if o[0] == str(file)], 1)
    assert file.stat().st_size


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-"])
def test_a_run_is_recorded_whole_where_standard_streams_are_closed(closed, runner, provider):
    server = provider()
    call = " ".join(f"'{a}'" for a in ["curl", "-sS", "-o", os.devnull, *asking.CHAT.argv, server.url(asking.CHAT.path)])
    result = run(["sh", "-c", f"exec {LAUNCHER} -- {call} {closed}"], runner.environment())
    assert result.status == 0
    assert "1 call" in result.stderr.decode() and "gpt-4o-mini" in result.stderr.decode(), result
