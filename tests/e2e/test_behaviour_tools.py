"""Sanitizers and valgrind: they report of a program under gentap what they report of it alone."""

import shutil

import pytest

from servers.otlp_receiver import OtlpReceiver
from support.run import LAUNCHER, PRELOAD, clean_environment, run
from support.snippets import build, exported, to

ALL_WHOLE = b"50 of 50 were whole\n"
# a collector makes the exporter use sockets, a file makes it open files
DESTINATIONS = pytest.mark.parametrize("destination", ["file", "collector"])


def with_sanitizer(name):
    try:
        return build("watched", f"-fsanitize={name}", target=f"watched_{name}")
    except AssertionError as missing:
        pytest.skip(f"no {name} sanitizer: {missing}")


def traced_to(destination, behave, argv, receiver, **more):
    gentap = {"OTEL_BSP_SCHEDULE_DELAY": "20", **(to(receiver) if destination == "collector" else {})}
    traced = behave.traced(argv, gentap=gentap, timeout=60, **more)
    n = exported(receiver) if destination == "collector" else traced.tags
    assert n == {"watched": 50}
    return traced.result


@DESTINATIONS
def test_the_thread_sanitizer_finds_no_race_in_gentap(destination, behave, server, receiver):
    result = traced_to(destination, behave, [with_sanitizer("thread"), server], receiver)
    assert (result.stdout, result.status) == (ALL_WHOLE, 0), result.stderr[-3000:]


def test_the_thread_sanitizer_finds_the_programs_own_race(behave, server):
    argv = [with_sanitizer("thread"), server, "race"]
    bare = behave.bare(argv)
    traced = behave.traced(argv).result
    assert traced.status == bare.status != 0
    assert bare.stderr.count(b"WARNING: ThreadSanitizer") == traced.stderr.count(b"WARNING: ThreadSanitizer") == 1
    assert b"libgentap" not in traced.stderr


@pytest.mark.skipif(not shutil.which("clang"), reason="no clang, the only compiler with this sanitizer")
@DESTINATIONS
def test_the_memory_sanitizer_finds_nothing_in_gentap(destination, behave, server, receiver):
    argv = [build("watched", "-fsanitize=memory", target="watched_memory", cc="clang"), server]
    result = traced_to(destination, behave, argv, receiver)
    assert (result.stdout, result.status) == (ALL_WHOLE, 0), result.stderr[-3000:]


@DESTINATIONS
def test_a_program_with_the_address_sanitizer_runs_when_its_order_check_is_off(destination, behave, server, receiver):
    env = {"ASAN_OPTIONS": "verify_asan_link_order=0"}
    result = traced_to(destination, behave, [with_sanitizer("address"), server], receiver, env=env)
    assert (result.stdout, result.stderr.replace(b"lines 50\n", b""), result.status) == (ALL_WHOLE, b"", 0)


@pytest.mark.parametrize("options", [None, "", "exitcode=9", "verify_asan_link_order=1"])
def test_the_launcher_starts_a_program_with_the_address_sanitizer(options, behave, server):
    env = {**clean_environment(behave.folder), **({"ASAN_OPTIONS": options} if options is not None else {})}
    result = run([LAUNCHER, "--", with_sanitizer("address"), server], env, cwd=behave.folder)
    if options == "verify_asan_link_order=1":  # the user's choice
        assert result.stdout == b"" and result.status != 0
    else:
        assert (result.stdout, result.status) == (ALL_WHOLE, 0), result.stderr
        assert b"50 calls" in result.stderr or b"watched" in result.stderr


def test_a_preload_of_the_address_sanitizer_stays_in_front(behave):
    runtime = run(["gcc", "-print-file-name=libasan.so"], clean_environment(behave.folder)).stdout.decode().strip()
    env = {**clean_environment(behave.folder), "LD_PRELOAD": runtime}
    result = run([LAUNCHER, "--", "sh", "-c", "echo $LD_PRELOAD"], env, cwd=behave.folder)
    assert result.stdout.decode().strip() == f"{runtime}:{PRELOAD}"


@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind")
@DESTINATIONS
def test_valgrind_prints_nothing(destination, behave, server, receiver):
    argv = ["valgrind", "-q", "--error-exitcode=9", build("watched"), server]
    bare = behave.bare(argv, timeout=60)
    result = traced_to(destination, behave, argv, receiver)
    assert (result.stdout, result.stderr, result.status) == (bare.stdout, bare.stderr, 0)


@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind")
@pytest.mark.parametrize("tool", ["helgrind", "drd"])
def test_the_tools_of_valgrind_that_know_no_atomics_see_nothing_of_gentap(tool, behave, server):
    argv = ["valgrind", "-q", f"--tool={tool}", "--error-exitcode=9", build("watched"), server]
    bare = behave.bare(argv, timeout=60)
    traced = behave.traced(argv, timeout=60)
    assert (traced.result.stdout, traced.result.stderr, traced.result.status) == (bare.stdout, bare.stderr, bare.status)
    log = behave.traced(argv, gentap={"GENTAP_LOG": "info"}, timeout=60).result.stderr
    assert b"helgrind and drd take gentap's atomics for data races" in log
