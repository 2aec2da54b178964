"""Seccomp filters that end the program for a call that their author did not expect. gentap makes no such call."""

import contextlib
import os
import re
import shutil
import subprocess
from collections import Counter

import pytest

from servers.grpc_receiver import GrpcReceiver
from servers.otlp_receiver import OtlpReceiver
from support.run import PRELOAD, SYSTEM_PYTHON, TOP, clean_environment, run
from support.snippets import build, exported, to

WHEN = pytest.mark.parametrize("when", ["before", "between", "all", "exec"])
PRINTED = {"before": "begins first 1 second 1 alive".split(), "exec": "begins begins first 1 second 1 alive".split()}


def calls():
    """(system call, threads, need) of each row of calls.def."""
    text = re.sub(r"/\*.*?\*/", "", (TOP / "shim/shared/calls.def").read_text(), flags=re.S)
    return re.findall(r"^GT_CALL\(\w+, (\w+), \(.*?\), (\w+), (\w+), ", text, flags=re.M)


def numbers():
    """The number of each system call in calls.def."""
    names = sorted({name for name, _, _ in calls()} | {"getppid"})
    source = "#include <sys/syscall.h>\n" + "".join(f"{n} SYS_{n}\n" for n in names)
    out = subprocess.run(["gcc", "-E", "-P", "-xc", "-"], input=source, capture_output=True, text=True, check=True).stdout
    return {name: int(number) for name, number in re.findall(r"^(\w+) (\d+)$", out, flags=re.M)}


NUMBER = numbers()


def killed(behave, *argv, gentap=None):
    gentap = {"OTEL_BSP_SCHEDULE_DELAY": "50", **(gentap or {})}
    traced = behave.traced([build("killed"), *argv], gentap=gentap, timeout=20)
    assert traced.result.status == 0, (argv, traced.result)
    assert traced.result.stdout.split()[-1:] == [b"alive"], traced.result
    return traced


@pytest.mark.parametrize("action", ["process", "thread", "trap", "errno"])
@WHEN
def test_rare_calls_are_not_made_where_they_end_the_program(when, action, behave):
    rare = {name for name, _, need in calls() if need == "RARE"} - {name for name, _, need in calls() if need == "START"}
    rare = sorted({NUMBER[name] for name in rare} | {NUMBER["getpid"], NUMBER["getppid"]})
    traced = killed(behave, when, action, "only", *rare)
    assert traced.tags == Counter(["first", "second"]), traced.result


# what the snippet itself needs
ITS_OWN = {"socket", "connect", "setsockopt", "getsockname", "sendto", "recvfrom", "write", "read", "close", "mmap", "munmap", "brk",
           "newfstatat", "fstat", "bind", "exit", "prctl"}


@pytest.mark.parametrize("call", sorted({name for name, _, _ in calls()} - ITS_OWN))
@pytest.mark.parametrize("when", ["before", "between", "all"])
def test_no_call_of_gentap_ends_the_program(when, call, behave):
    killed(behave, when, "process", "only", NUMBER[call])


@pytest.mark.parametrize("when", ["before", "between", "all"])
def test_a_program_that_may_do_only_what_it_does_itself_lives(when, behave):
    killed(behave, when, "process", "but")


DESTINATIONS = {
    "file": lambda certificates: contextlib.nullcontext(),
    "http": lambda certificates: OtlpReceiver(),
    "https": lambda certificates: OtlpReceiver(tls=certificates),
    "grpc": lambda certificates: GrpcReceiver(),
}


@pytest.mark.parametrize("destination", DESTINATIONS)
@pytest.mark.parametrize("when", ["before", "between", "all"])
def test_the_list_of_calls_is_complete(when, destination, behave, certificates):
    """Under a filter that allows the calls of calls.def only, every span arrives."""
    listed = sorted({NUMBER[name] for name, _, need in calls() if need not in ("RARE", "LOOKUP")})
    with DESTINATIONS[destination](certificates) as receiver:
        gentap = {**to(receiver), "OTEL_EXPORTER_OTLP_CERTIFICATE": str(certificates.ca)} if receiver else {}
        if destination == "grpc":
            gentap["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc"
        traced = killed(behave, when, "process", "but", *listed, gentap={**gentap, "GENTAP_LOG": "debug"})
        spans = exported(receiver) if receiver else traced.tags
    assert spans == Counter(["first", "second"]), traced.result


@pytest.mark.parametrize("when", ["before", "between", "all"])
def test_the_list_of_calls_of_a_name_lookup_is_complete(when, behave):
    listed = sorted({NUMBER[name] for name, _, need in calls() if need != "RARE"})
    gentap = {"OTEL_TRACES_EXPORTER": None, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://no-such-host.invalid:4318",
              "OTEL_BSP_SCHEDULE_DELAY": "50", "GENTAP_EXIT_TIMEOUT_MS": "300"}
    killed(behave, when, "process", "but", *listed, gentap=gentap)


@pytest.mark.parametrize("need", ["NET", "LOOKUP"])
@pytest.mark.parametrize("when", ["before", "between", "all"])
def test_what_the_network_needs_is_not_tried_where_it_is_forbidden(when, need, behave):
    names = {name for name, _, n in calls() if n == need} - {name for name, _, n in calls() if n not in (need, "RARE")}
    gentap = {"OTEL_TRACES_EXPORTER": None, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://no-such-host.invalid:4318",
              "OTEL_BSP_SCHEDULE_DELAY": "50", "GENTAP_EXIT_TIMEOUT_MS": "300"}
    for name in sorted(names - ITS_OWN):
        killed(behave, when, "process", "only", NUMBER[name], gentap=gentap)


def test_strict_mode_is_left_alone(behave):
    traced = behave.traced([build("killed"), "strict"], timeout=20)
    assert (traced.result.stdout, traced.result.status) == (b"alive\n", 0), traced.result


MARKS = any(os.path.exists(p) for p in ("/.dockerenv", "/run/.containerenv"))


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="makes a namespace of processes")
@pytest.mark.parametrize("is_first, is_marked", [(True, True), (True, False), (False, True)])
def test_the_filter_of_a_container_is_no_reason_to_leave_rare_calls_out(is_first, is_marked, behave, server, receiver):
    """The first process of the container has the same filter, and the container its marks."""
    if MARKS and not is_marked:
        pytest.skip("this machine has a container's mark")
    inside = [build("under_filter"), build("own_table"), server]
    if is_first:
        inside = ["unshare", "--pid", "--fork", "--mount-proc", *inside]
    traced = behave.traced(inside, env={"KUBERNETES_SERVICE_HOST": "10.0.0.1"} if is_marked else {}, gentap=to(receiver))
    assert traced.result.status == 0, traced.result
    has_own_table = b"0 anon_inode:[eventfd]\n" in traced.result.stdout
    assert has_own_table == (is_first and is_marked), traced.result


# ---------------------------------------------------------------- no call without an exchange

LOADER = {"mmap", "openat", "read", "pread64", "fstat", "newfstatat", "close", "mprotect"}


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace")
@pytest.mark.parametrize("argv", [["/bin/true"], [SYSTEM_PYTHON, "-c", "pass"], ["sh", "-c", "true; true"]], ids=["true", "python", "sh"])
def test_a_process_without_an_exchange_makes_no_call_of_gentap(argv, behave):
    def count(*settings):
        file = behave.folder / "calls"
        run(["strace", "-f", "-o", file, *settings, *argv], clean_environment(behave.folder))
        return Counter(re.findall(r"^\d+ +(\w+)\(", file.read_text(), flags=re.M))

    bare = count()
    traced = count("-E", f"LD_PRELOAD={PRELOAD}", "-E", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9")
    processes = bare["execve"]
    assert {call: traced[call] - bare[call] for call in {*traced, *bare} if call not in LOADER and traced[call] != bare[call]} == {}
    assert all(0 <= traced[call] - bare[call] <= 6 * processes for call in LOADER)
