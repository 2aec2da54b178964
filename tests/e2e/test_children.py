"""Programs that a process starts with an environment of its own, as MCP's SDKs do: under the launcher, and with
GENTAP_FOLLOW=children, they are traced as well. Whatever gentap cannot give without a trace of itself, it does not give."""

import json
import os
import shutil
import stat
import subprocess

import pytest

from support import asking
from support.claims import assert_injected
from support.run import LAUNCHER, PRELOAD, SYSTEM_PYTHON, VENV_PYTHON, run
from support.snippets import build, make

SETTINGS = {"GENTAP_FOLLOW": "children"}
REPLACES = ["execve", "execv", "execvp", "execvpe", "execl", "execlp", "execle", "fexecve", "fexecve-path", "execveat", "execveat-number"]
BESIDE = ["posix_spawn", "posix_spawnp", "posix_spawn-all", "posix_spawnp-all", "fork", "vfork", "vfork-name", "vfork-errno", "clone"]
UNFOLLOWED = ["threads", "bad", "long", "many", "user", "vfork-filter", "fork-filter", "raw-fork-filter"]


def lines_of(result):
    assert result.status == 0 and result.stderr == b"", result
    return result.stdout.decode().splitlines()


def given(bare, traced):
    """The variables that were added to what the program has without gentap. All else must be the same, in its order."""
    without, with_it = lines_of(bare), lines_of(traced)
    assert with_it[: len(without)] == without, (without, with_it)
    added = dict(line.split("=", 1) for line in with_it[len(without) :])
    assert len(added) == len(with_it) - len(without)
    assert all(name == "LD_PRELOAD" or name.startswith(("GENTAP_", "OTEL_")) for name in added), added
    return added


@pytest.fixture
def children(behave):
    def children(way, *variables, gentap=SETTINGS):
        path = f"PATH=/nowhere:{build('children').parent}"
        argv = [build("children"), way, "A=1", *variables, path, "A=1", "EMPTY="]
        return behave.bare(argv), behave.traced(argv, gentap=gentap).result

    return children


# ---------------------------------------------------------------- every way to start a program


@pytest.mark.parametrize("way", [*REPLACES, *BESIDE, "execve-null"])
def test_a_program_with_an_environment_of_its_own_gets_gentap_back(way, children):
    added = given(*children(way))
    assert added.pop("LD_PRELOAD") == str(PRELOAD)
    assert sorted(added) == ["GENTAP_EXIT_TIMEOUT_MS", "GENTAP_FILE", "GENTAP_FOLLOW", "OTEL_TRACES_EXPORTER"]


@pytest.mark.parametrize("way", UNFOLLOWED)
def test_what_the_kernel_refuses_or_a_filter_forbids_is_as_without_gentap(way, children):
    bare, traced = children(way)
    assert lines_of(traced) == lines_of(bare)


@pytest.mark.parametrize("way", ["execvp", "execve", "posix_spawn-all", "vfork"])
@pytest.mark.parametrize("gentap", [
    {}, {"GENTAP_FOLLOW": ""}, {"GENTAP_FOLLOW": "off"}, {"GENTAP_FOLLOW": "off", "GENTAP_RUN_FOLLOW": "1"},
    {**SETTINGS, "GENTAP_DISABLED": "1"}, {**SETTINGS, "OTEL_SDK_DISABLED": "true"}, {**SETTINGS, "GENTAP_EXCLUDE": "children"},
    {**SETTINGS, "OTEL_TRACES_EXPORTER": "none"},
])
def test_an_environment_stays_as_it_is_where_gentap_is_off_or_not_asked(way, gentap, children):
    bare, traced = children(way, gentap=gentap)
    assert lines_of(traced) == lines_of(bare)


# ---------------------------------------------------------------- which variables


@pytest.mark.parametrize("way", ["execvp", "posix_spawn"])
@pytest.mark.parametrize("own, merged", [
    (["libm.so.6"], f"{PRELOAD}:libm.so.6"), ([""], str(PRELOAD)), (["libm.so.6 libc.so.6"], f"{PRELOAD}:libm.so.6 libc.so.6"),
    (["libgentap.so", "libm.so.6"], f"{PRELOAD}:libm.so.6"),  # the last of them counts for the loader
])
def test_a_preload_of_its_own_is_kept_behind_gentap(way, own, merged, children):
    bare, traced = children(way, *(f"LD_PRELOAD={o}" for o in own))
    without, with_it = lines_of(bare), lines_of(traced)
    at = max(i for i, line in enumerate(without) if line.startswith("LD_PRELOAD="))
    without[at] = f"LD_PRELOAD={merged}"
    assert with_it[: len(without)] == without
    assert not [line for line in with_it[len(without) :] if line.startswith("LD_PRELOAD=")]


@pytest.mark.parametrize("own", [
    ["LD_PRELOAD={}"], ["LD_PRELOAD=libm.so.6:{}"], ["LD_PRELOAD=libm.so.6 /elsewhere/libgentap.so"], ["LD_PRELOAD=libm.so.6", "LD_PRELOAD={}"],
    ["GENTAP_DISABLED=1"], ["OTEL_SDK_DISABLED=True"],
])
def test_an_environment_that_names_gentap_or_switches_it_off_stays_as_it_is(own, children):
    bare, traced = children("execve", *(o.format(PRELOAD) for o in own))
    bare.stderr = traced.stderr = b""  # of a loader that finds no /elsewhere
    assert lines_of(traced) == lines_of(bare)


def test_a_variable_that_the_environment_names_is_not_given(children):
    own = ["GENTAP_EXIT_TIMEOUT_MS=", "OTEL_TRACES_EXPORTER=console", "GENTAP_FILE_=x", "XOTEL_SERVICE_NAME=x", "GENTAP_DISABLED=0"]
    added = given(*children("execve", *own, gentap={**SETTINGS, "OTEL_SERVICE_NAME": "mine", "OTEL_UNKNOWN": "1", "DD_ENV": "test",
                                                    "TRACESTATE": "a=b", "SSL_CERT_FILE": "/ca.pem"}))
    assert sorted(added) == ["GENTAP_FILE", "GENTAP_FOLLOW", "LD_PRELOAD", "OTEL_SERVICE_NAME"]


DESTINATION = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS": "key=secret", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "key=other",
}


@pytest.mark.parametrize("own, is_given", [
    (None, True), ("OTEL_EXPORTER_OTLP_TIMEOUT=5", True), ("OTEL_EXPORTER_OTLP_ENDPOINT=http://elsewhere", False),
    ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=", False), ("OTEL_EXPORTER_OTLP_HEADERS=key=mine", False), ("OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY=/k", False),
])
def test_a_destination_is_given_whole_or_not_at_all(own, is_given, children):
    """Credentials of one destination do not go to another."""
    settings = {**SETTINGS, **DESTINATION, "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}
    added = given(*children("execve", *([own] if own else []), gentap=settings))
    assert added["OTEL_EXPORTER_OTLP_COMPRESSION"] == "gzip"
    assert {k: v for k, v in added.items() if k in DESTINATION} == (DESTINATION if is_given else {})


# ---------------------------------------------------------------- which programs

STARTS = "import os, subprocess, sys; sys.exit(subprocess.run(sys.argv[1:], env={'PATH': '/usr/bin:/bin'}).returncode)"


@pytest.fixture
def started(behave):
    """What a program prints that Python starts with PATH alone, without and with gentap."""

    def started(*argv, before="", **more):
        words = [SYSTEM_PYTHON, "-c", before + STARTS, *argv]
        return behave.bare(words, **more), behave.traced(words, gentap=SETTINGS, **more).result

    return started


def test_a_program_and_a_script_are_followed(started, tmp_path):
    assert "LD_PRELOAD" in given(*started("env"))
    script, other = tmp_path / "script", tmp_path / "other"
    other.write_text("#!/bin/sh\nexec env\n")
    for first in ("#!/usr/bin/env -S sh -c env", "#! /bin/sh", f"#!{other}"):
        script.write_text(f"{first}\nenv\n")
        for path in (script, other):
            path.chmod(0o755)
        bare, traced = started(script)
        names = {line.split("=")[0] for line in lines_of(traced)} - {line.split("=")[0] for line in lines_of(bare)}
        assert {"LD_PRELOAD", "GENTAP_FILE"} <= names, first


PRINTS = '#include <stdio.h>\nextern char **environ;\nint main(void) { for (char **e = environ; *e; e++) puts(*e); return 0; }\n'


def compiled(folder, *flags):
    source = folder / "prints.c"
    source.write_text(PRINTS)
    done = subprocess.run(["gcc", *flags, "-o", folder / "prints", source], capture_output=True)
    if done.returncode:
        pytest.skip(f"gcc {' '.join(flags)} does not work here")
    return folder / "prints"


@pytest.mark.parametrize("flags", [
    ["-static"], ["-static-pie"], ["-m32"], ["-fsanitize=address"], ["-Wl,--dynamic-linker={}/ld.so"],
], ids=["static", "static-pie", "32 bits", "address sanitizer", "another loader"])
def test_a_program_that_cannot_load_gentap_in_silence_is_left_alone(flags, started, tmp_path):
    """The loader would print a line, or end the program."""
    loader = subprocess.run(["ldd", SYSTEM_PYTHON], capture_output=True, text=True).stdout.split()[-2]
    shutil.copy(loader, tmp_path / "ld.so")  # another C library's has another path
    program = compiled(tmp_path, *(f.format(tmp_path) for f in flags))
    bare, traced = started(program)
    assert traced.printed == bare.printed
    assert bare.stdout == b"PATH=/usr/bin:/bin\n" and bare.status == 0, bare


def test_a_program_that_its_makers_patched_is_followed(started, tmp_path):
    assert "LD_PRELOAD" in given(*started(compiled(tmp_path, "-no-pie")))


@pytest.mark.skipif(os.getuid() != 0, reason="needs root")
@pytest.mark.parametrize("what", ["setuid", "setgid", "capabilities"])
def test_a_program_with_raised_privileges_is_left_alone(what, started, tmp_path):
    program = compiled(tmp_path)
    if what == "capabilities":
        try:
            os.setxattr(program, "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
        except OSError:
            pytest.skip("the file system has no capabilities")
    else:
        program.chmod(0o755 | (stat.S_ISUID if what == "setuid" else stat.S_ISGID))
    for path in (program, tmp_path / "script"):
        if path != program:
            path.write_text(f"#!{program}\n")
            path.chmod(0o755)
        bare, traced = started(path)
        assert traced.printed == bare.printed


@pytest.mark.skipif(os.getuid() != 0, reason="needs root")
def test_a_process_that_cannot_find_the_library_again_starts_programs_as_they_are(started, tmp_path):
    """In another root; and as a user that may not read it the program would print a line."""
    for folder in ("usr", "lib", "lib64", "bin"):
        os.makedirs(tmp_path / "root" / folder)
    mounts = "; ".join(f"mount --bind /{f} {tmp_path}/root/{f}" for f in ("usr", "lib", "lib64", "bin"))
    if subprocess.run(["unshare", "-m", "sh", "-c", f"{mounts}; chroot {tmp_path}/root env"], capture_output=True).returncode:
        pytest.skip("no mounts here")
    script = f"{mounts}; exec chroot {tmp_path}/root env -i A=1 /usr/bin/env"
    bare, traced = started("unshare", "-m", "sh", "-c", script)
    assert traced.printed == bare.printed


@pytest.mark.parametrize("function", ["spawn", "spawn_by_name"])
def test_a_program_of_before_glibc_2_15_keeps_its_posix_spawn(function, behave):
    """It gives a file that the kernel cannot execute to a shell."""
    file = behave.folder / "plain"
    file.write_text("echo $0; exit 7\n")
    file.chmod(0o755)
    program = f"import ctypes; print(ctypes.CDLL({str(build('old_posix_spawn'))!r}).{function}({str(file).encode()!r}))"
    assert behave.both([SYSTEM_PYTHON, "-c", program]).result.stdout.decode().split() == [str(file), "7"]


# ---------------------------------------------------------------- real programs

CURL = f"curl -sS {' '.join(repr(w) for w in asking.CHAT.argv)}"
PARENTS = {
    "python": [SYSTEM_PYTHON, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:], env={'PATH': '/usr/bin:/bin'}, check=True)"],
    "python-no-path": [SYSTEM_PYTHON, "-c", "import subprocess, sys; subprocess.run(['/usr/bin/curl', *sys.argv[2:]], env={}, check=True)"],
    "python-spawn": [SYSTEM_PYTHON, "-c", "import os, sys; os.waitpid(os.posix_spawnp(sys.argv[1], sys.argv[1:], {'A': '1'}), 0)"],
    "python-shell": [SYSTEM_PYTHON, "-c",
                     "import shlex, subprocess, sys; subprocess.run(shlex.join(sys.argv[1:]), shell=True, env={'PATH': '/bin'}, check=True)"],
    "asyncio": [SYSTEM_PYTHON, "-c", """
import asyncio, sys
async def main():
    p = await asyncio.create_subprocess_exec(*sys.argv[1:], env={"PATH": "/bin"})
    await p.wait()
asyncio.run(main())
"""],
    "env": ["env", "-i"],
    "env-u": ["env", "-u", "LD_PRELOAD"],
    "sh": ["sh", "-c", 'unset LD_PRELOAD; "$@"', "sh"],
    "bash": ["bash", "-c", 'exec -c "$@"', "bash"],
    "nested": ["env", "-i", "sh", "-c", 'env -i PATH=/bin "$@"', "sh"],
    "node": ["node", "-e", "require('child_process').spawnSync(process.argv[1], process.argv.slice(2), {env: {A: '1'}, stdio: 'inherit'})"],
    "node-async": ["node", "-e", "require('child_process').spawn(process.argv[1], process.argv.slice(2), {env: {}, stdio: 'inherit'})"],
    "ruby": ["ruby", "-e", "system({'A' => '1'}, *ARGV, unsetenv_others: true)"],
    "perl": ["perl", "-e", "%ENV = (PATH => '/bin'); system { $ARGV[0] } @ARGV"],
}


def chat(server):
    return ["curl", "-sS", *asking.CHAT.argv, server.url(asking.CHAT.path)]


def command(parent, server):
    if shutil.which(PARENTS[parent][0]) is None:
        pytest.skip(f"{parent} is not installed")
    return [*PARENTS[parent], *chat(server)]


@pytest.mark.parametrize("parent", PARENTS)
def test_a_program_that_is_started_with_a_scrubbed_environment_is_traced_under_the_launcher(parent, runner, provider, receiver):
    server = provider()
    argv = command(parent, server)
    bare = runner.bare(argv)
    sent_bare = server.take()
    result = run([LAUNCHER, "--", *argv], runner.environment({"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint}), cwd=runner.home)
    assert result.printed == bare.printed and len(sent_bare) == 1
    sent, = server.take()
    span, = receiver.take_spans()
    assert_injected(sent, span)


@pytest.mark.parametrize("parent", ["python", "env", "python-spawn"])
@pytest.mark.parametrize("gentap, spans", [({}, 0), (SETTINGS, 1)], ids=["alone", "children"])
def test_with_the_preload_alone_it_is_traced_when_the_user_asks(parent, gentap, spans, runner, provider):
    server = provider()
    pair = runner.both(command(parent, server), server, gentap=gentap)
    assert len(pair.spans) == spans and len(pair.sent) == 1


def test_a_scrubbed_program_is_in_the_tree_of_the_run(runner, provider):
    result = run([LAUNCHER, "--", *PARENTS["python"], *chat(provider())], runner.environment(), cwd=runner.home)
    assert "gpt-4o-mini" in result.stderr.decode(), result


SERVER = """
import sys, urllib.request
from mcp.server import MCPServer
server = MCPServer("asks")

@server.tool()
def ask() -> str:
    request = urllib.request.Request(sys.argv[1], sys.argv[2].encode(), {"Content-Type": "application/json"})
    return urllib.request.urlopen(request).read().decode()[:20]

server.run("stdio")
"""

CLIENT = """
import asyncio, sys
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

async def main():
    parameters = StdioServerParameters(command=sys.executable, args=sys.argv[1:])
    async with Client(stdio_client(parameters)) as client:
        print(await client.call_tool("ask", {}))

asyncio.run(main())
"""


def test_a_server_that_the_sdk_of_mcp_starts_is_traced(runner, provider, receiver, tmp_path):
    """Its default is an environment of six variables."""
    server = provider()
    (tmp_path / "server.py").write_text(SERVER)
    argv = [VENV_PYTHON, "-c", CLIENT, tmp_path / "server.py", server.url(asking.CHAT.path), asking.CHAT.body]
    bare = runner.bare(argv)
    assert bare.status == 0 and len(server.take()) == 1, bare
    result = run([LAUNCHER, "--", *argv], runner.environment({"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint}), cwd=runner.home)
    assert (result.stdout, result.status) == (bare.stdout, 0), result
    sent, = server.take()
    span, = [s for s in receiver.take_spans() if s.get("gen_ai.request.model") == "gpt-4o-mini"]
    assert_injected(sent, span)
