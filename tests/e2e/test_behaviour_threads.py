"""The exporter's thread: it is there while work is under way, has its own rules, and leaves the process as it was."""

import os
from collections import Counter

import pytest

from servers.grpc_receiver import GrpcReceiver
from servers.otlp_receiver import OtlpReceiver, slow
from support.snippets import assert_whole, build, exported, to

# ---------------------------------------------------------------- one thread


@pytest.mark.parametrize("destination", ["file", "collector"])
@pytest.mark.parametrize("how", ["later", "fork"])
def test_a_program_is_alone_in_its_process_while_nothing_is_under_way(how, destination, behave, receiver):
    traced = behave.both([build("alone"), how], gentap=to(receiver) if destination == "collector" else None)
    assert b"threads later: 1\n" in traced.result.stdout
    if destination == "file":
        assert_whole(traced, ["first", "second"])
    else:
        assert exported(receiver) == Counter(["first", "second"])


@pytest.mark.skipif(os.geteuid() != 0, reason="enters namespaces")
@pytest.mark.parametrize("how", ["unshare", "syscall", "setns"])
def test_a_program_may_enter_a_namespace_after_an_exchange(how, behave, receiver):
    traced = behave.both([build("alone"), how], gentap=to(receiver))
    assert f"{how}: done".encode() in traced.result.stdout
    assert exported(receiver) == Counter(["first", "second", how])


RECEIVERS = {"http": lambda certificates: OtlpReceiver(), "https": lambda certificates: OtlpReceiver(tls=certificates),
             "grpc": lambda certificates: GrpcReceiver()}


@pytest.mark.parametrize("protocol, rounds", [("file", 1000), ("http", 400), ("https", 60), ("grpc", 100)])
def test_a_thread_that_starts_again_and_again_costs_nothing_for_good(protocol, rounds, behave, server, certificates):
    if protocol == "file":
        result = behave.traced([build("alone"), "again", server, rounds], timeout=60)
        assert result.tags == {"again": rounds}
    else:
        with RECEIVERS[protocol](certificates) as r:
            # measurements would keep the thread for their interval
            env = {**to(r), "OTEL_EXPORTER_OTLP_CERTIFICATE": str(certificates.ca), "OTEL_METRICS_EXPORTER": "none"}
            if protocol == "grpc":
                env["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc"
            result = behave.traced([build("alone"), "again", server, rounds], gentap=env, timeout=60)
            assert exported(r) == {"again": rounds}
    assert result.result.stdout == b"files 0 more, memory grown: no\n", result.result


def test_a_slow_collector_delays_one_fork_and_not_the_next(behave, server, receiver):
    receiver._always = slow(0.5)
    traced = behave.traced([build("alone"), "fork"], gentap=to(receiver))
    assert traced.result.stdout.startswith(b"threads before: 1\nfirst: 1\n")
    assert traced.result.seconds < 3
    assert exported(receiver) == Counter(["first", "second"])


@pytest.mark.parametrize("linger_ms", [0, 300, 2500])
def test_a_program_leaves_no_spool_whether_the_thread_has_ended_or_not(linger_ms, behave):
    folder = behave.folder / "spool"
    folder.mkdir(0o700)
    traced = behave.both([build("once"), "tag", linger_ms], gentap={"GENTAP_SPOOL": str(folder)})
    assert_whole(traced, ["tag"])
    assert [p for p in folder.rglob("*") if p.is_file()] == []


# ---------------------------------------------------------------- its own rules

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="sets policies, processors and limits")
SEVERAL = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor")


@ROOT
@SEVERAL
@pytest.mark.parametrize("how, processors", [("none", "all"), ("pinned", "all"), ("realtime", "all"), ("several", 2)])
def test_the_thread_has_its_own_policy_and_processors(how, processors, behave):
    traced = behave.both([build("rules"), how])
    n = len(os.sched_getaffinity(0)) if processors == "all" else processors
    assert f"policy 0, {n} processors\n" in traced.result.stderr.decode()
    assert_whole(traced, ["first", "second", "third"])


@pytest.mark.parametrize("kib", [600, 64, 4000])
def test_a_program_may_have_any_size_of_thread_local_memory(kib, behave):
    traced = behave.both([build("big_tls", f"-DKIB={kib}", target=f"big_tls_{kib}")])
    assert_whole(traced, ["first"])


@ROOT
def test_a_thread_that_cannot_be_made_is_made_later_and_reported_once(behave, receiver):
    bare = behave.bare([build("rules"), "threads"])
    traced = behave.traced([build("rules"), "threads"], gentap={**to(receiver), "GENTAP_LOG": None})
    assert traced.result.stdout == bare.stdout
    assert exported(receiver) == Counter(["first", "second", "third"])
    line, = [line for line in traced.result.stderr.decode().splitlines() if line.startswith("gentap[")]
    assert "allows no thread for the exporter (error 11)" in line
