"""Descriptors, processes and threads: reused descriptor numbers, forks at bad moments, signals, and idle programs."""

import contextlib
import os
import re
import select
import subprocess
from collections import Counter

import pytest

from servers.otlp_receiver import slow
from support.run import clean_environment, traced_environment
from support.snippets import assert_whole, build, exported, make, read_spans, to

# ---------------------------------------------------------------- descriptors


def test_a_number_that_stands_for_something_else_is_never_mistaken(behave):
    traced = behave.both([build("reuse")], gentap={"OTEL_BSP_SCHEDULE_DELAY": "1"})
    printed = traced.result.stdout.decode()
    assert " NO" not in printed and printed.count(" yes") > 100
    whole = {s.model for s in traced.spans if s.is_whole}
    assert whole == {
        "first",
        "second-of-two", "child-closes", "copy-dup", "copy-dup-closed", "copy-dup2-closed", "copy-dup3-closed",
        "copy-fcntl-closed", "copy-fcntl64-closed", "fresh-copy-fcntl", "fresh-copy-read", "fresh-copy-ask", "fresh-copy-ask-closed",
        "child-asks", "passed-on",
    }
    # reported as given up: their descriptor numbers were reused
    assert {s.model for s in traced.spans if not s.is_whole} == {
        "close", "raw-close", "close-range", "raw-close-range", "dup2", "raw-dup2", "dup3", "raw-dup3", "closefrom", "counter",
        "first-of-two", "first-of-raw", "passed-away",
    }
    assert len(traced.spans) == len(traced.tags), "an exchange was reported twice"
    for s in traced.spans:
        assert s.attributes.get("gen_ai.usage.output_tokens") in (None, 5) and "decoy" not in str(s.attributes), s


def test_the_next_free_number_is_the_programs_whatever_the_exporter_opens(behave, server):
    """The exporter writes each span separately, so it opens a file many times while the program relies on its
    numbers."""
    gentap = {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1", "OTEL_BSP_SCHEDULE_DELAY": "1"}
    traced = behave.both([build("numbers"), server, 100000], gentap=gentap)
    assert traced.result.stdout == b"moved: 0\n"
    assert len(traced.spans) > 2


def test_standard_error_is_let_go_when_the_program_replaces_it(behave, server):
    """A reader of the program's standard error sees its end: gentap holds no copy of the descriptor."""
    file = behave.folder / "spans.jsonl"
    env = {**clean_environment(behave.folder), **traced_environment(OTEL_TRACES_EXPORTER="file", GENTAP_FILE=str(file))}
    with subprocess.Popen([build("numbers"), str(server), "stderr"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as program:
        assert program.stdout.readline() == b"replaced\n"
        assert select.select([program.stderr], [], [], 5)[0], "the descriptor is still open"
        assert program.stderr.read() == b""
        assert program.poll() is None
        assert program.communicate(timeout=10)[0] == b"last: 1\n"
    assert [s.model for s in read_spans(file)] == ["first", "last"]


def test_a_name_that_the_exporter_looks_up_ends_no_connection_of_the_program(behave, receiver):
    """Modules of the name service open sockets on a thread of the exporter."""
    module = build("nss_gentap")
    found = module.parent / "nss" / "libnss_gentap.so.2"
    make(found, ["cp", module, found], [module])
    named = f"http://collector.test:{receiver.port}"
    traced = behave.both([build("looked_up")], env={"LD_LIBRARY_PATH": str(found.parent)},
                         gentap={**to(receiver), "OTEL_EXPORTER_OTLP_ENDPOINT": named})
    assert traced.result.stdout.startswith(b"received 26 times\n")
    receiver.wait_for_spans(2)
    stream, = [s for s in receiver.spans if s["gen_ai.request.model"] == "stream"]
    assert stream["gen_ai.usage.output_tokens"] == 25 and not stream.is_error


def test_a_filter_that_traps_a_system_call_of_ours_ends_nothing(behave):
    traced = behave.both([build("trapped")])
    assert traced.result.stdout.startswith(b"alive\n")
    assert [s.model for s in traced.spans] == ["trapped"]


@pytest.mark.parametrize("reader", ["gone", "asleep"])
def test_log_lines_neither_kill_nor_delay_a_program_whose_standard_error_nothing_reads(reader, behave, server):
    file = behave.folder / "spans.jsonl"
    env = {**clean_environment(behave.folder), **traced_environment(
        OTEL_TRACES_EXPORTER="file,console", GENTAP_FILE=str(file), GENTAP_LOG="debug", GENTAP_LOG_FILE=None)}
    read, write = os.pipe()
    if reader == "gone":
        os.close(read)
    else:
        os.set_blocking(write, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(write, bytes(4096))
        os.set_blocking(write, True)
    program = subprocess.Popen([build("numbers"), str(server), "stderr"], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=write)
    os.close(write)
    assert program.communicate(timeout=10)[0] == b"replaced\nlast: 1\n"
    assert program.returncode == 0
    assert [s.model for s in read_spans(file)] == ["first", "last"]


# ---------------------------------------------------------------- all descriptors closed


# the exporter has its own descriptor table or, if the kernel refuses that, shares the table of the program
NUMBERS = pytest.mark.parametrize("numbers", [list, lambda: [build("one_table")]], ids=["own", "shared"])
CLOSED_ALL = b"before: 1\nafter: 1\nidle: yes\nforeign bytes or lost files: 0\nat the end: 1\n"


@NUMBERS
@pytest.mark.parametrize("how", ["close", "raw-close", "close-range", "raw-close-range", "closefrom", "dup2", "daemon"])
def test_the_exporter_survives_that_all_descriptors_are_closed(how, numbers, behave, server, receiver):
    result = behave.traced([*numbers(), build("closes_all"), how, server, 150], gentap=to(receiver)).result
    assert result.stdout == CLOSED_ALL
    receiver.wait_for_spans(3)
    assert exported(receiver) == Counter(["before", "after", "end"])


@NUMBERS
@pytest.mark.parametrize("how", ["close", "raw-close", "dup2"])
def test_the_exporter_survives_that_its_socket_is_closed_while_it_waits_for_an_answer(how, numbers, behave, server, receiver):
    receiver._always = slow(0.3)
    result = behave.traced([*numbers(), build("closes_all"), how, server, 150], gentap=to(receiver)).result
    assert result.stdout == CLOSED_ALL
    # the exporter may resend a batch whose answer was cut off, as OTLP requires
    assert set(exported(receiver)) == {"before", "after", "end"}


def test_spans_of_a_program_that_becomes_a_daemon_at_once_arrive(behave, server, receiver):
    result = behave.traced([build("closes_all"), "daemon", server, 0], gentap=to(receiver)).result
    assert result.stdout == CLOSED_ALL
    assert exported(receiver) == Counter(["before", "after", "end"])


# ---------------------------------------------------------------- forks


@pytest.mark.parametrize("way", ["close", "send"])
def test_a_child_is_followed_whatever_an_earlier_fork_handler_calls(way, behave):
    traced = behave.both([build("fork_handler"), way])
    tags = {s.model for s in traced.spans if s.is_whole}
    assert tags == {"parent", "child", "child-again", "parent-again"}, traced


@pytest.mark.parametrize("how, rounds, schedule_delay_ms", [("start", 240, "1000"), ("busy", 1000, "20")])
def test_a_child_of_a_fork_at_any_moment_does_not_hang_and_is_reported(how, rounds, schedule_delay_ms, behave, server, receiver):
    settings = {**to(receiver), "OTEL_BSP_SCHEDULE_DELAY": schedule_delay_ms}
    result = behave.traced([build("fork"), how, server, rounds], gentap=settings, timeout=60).result
    ended, done = map(int, re.fullmatch(rb"(\d+) of (\d+) ended well, 0 hung, 0 visits broken\n", result.stdout).groups())
    assert ended == done >= rounds // 5, result
    reported = exported(receiver)
    assert reported["child"] == done
    if how == "start":
        assert reported["parent"] == done


def test_programs_that_are_started_in_the_middle_of_an_exchange_do_not_disturb_it(behave):
    traced = behave.both([build("vfork")])
    ways = ["vfork", "vfork-closes", "vfork-connects", "posix-spawn", "system", "popen", "fork"]
    assert traced.result.stdout.decode() == "".join(f"{w}: arrived same, heard all, 0 children failed\n" for w in ways)
    assert_whole(traced, ways)
    assert traced.lines == len(ways)


@pytest.mark.parametrize("how", ["syscall", "instruction", "clone", "vfork"])
def test_a_child_that_is_not_forks_leaves_the_programs_exchanges_alone(how, behave):
    traced = behave.both([build("raw_fork"), how])
    assert traced.result.stdout == b"first 1\nchild 0, in time 1\nlast 1\n"
    assert set(traced.tags) - {"child"} == {"first", "last"} and all(s.is_whole for s in traced.spans)


@pytest.mark.parametrize("how", ["instruction", "syscall", "namespace"])
def test_a_child_that_is_not_forks_and_comes_before_the_first_answer_does_not_share_the_spool(how, behave):
    inside = ["unshare", "--pid", "--fork", "--mount-proc"] if how == "namespace" else []
    if inside and subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("no process namespace")
    traced = behave.both([*inside, build("early_fork"), how])
    assert traced.result.stdout == b"asked 1\nchild 0\nfirst 1\nlater 30\n"
    assert {**traced.tags, "child": 0} == {"first": 1, "later": 30, "child": 0} and all(s.is_whole for s in traced.spans)


# ---------------------------------------------------------------- threads


def test_many_threads_have_each_of_their_exchanges_reported_once(behave):
    traced = behave.both([build("threads"), "many", 16, 1000], gentap={"GENTAP_MEMORY_MAX": str(256 << 20)}, timeout=60)
    assert traced.result.stdout == b"16000 of 16000 were whole\n"
    assert_whole(traced, {f"thread-{i}": 1000 for i in range(16)})


def test_a_descriptor_that_another_thread_closes_and_opens_again_is_not_mistaken(behave):
    traced = behave.both([build("threads"), "close", 200])
    assert traced.result.stdout == b"200 of 200 went right\n"
    assert traced.tags == {"old": 200, "new": 200}
    for s in traced.spans:
        tokens = s.attributes.get("gen_ai.usage.output_tokens")
        assert tokens == 5 if s.model == "new" else tokens in (None, 777), s


def test_no_signal_of_the_program_comes_to_a_thread_of_ours(behave):
    traced = behave.both([build("signals")])
    assert traced.result.stdout == (
        b"exchange: whole\nmask same\n"
        b"after an exchange: 11 of 11 pending, 0 delivered, then 11 delivered, 0 to another thread, mask same\n"
        b"in the rain: 300 of 300 whole, 0 to another thread\n")
    assert b"threads 2," in traced.result.stderr, "gentap has no thread that could receive a signal"
    assert_whole(traced, {"first": 1, "rain": 300})


def test_a_program_without_an_exchange_of_interest_has_nothing_of_ours_but_the_library(behave):
    before = set(behave.folder.iterdir())
    traced = behave.both([build("idle")], gentap={"GENTAP_LOG_FILE": None})
    printed = traced.result.stdout.decode().splitlines()
    assert printed[2:5] == ["threads: 1", "descriptors:", "exporter: 0"]
    assert printed[5:8] == [f"unshare({f}): done" for f in ("CLONE_THREAD", "CLONE_SIGHAND", "CLONE_VM")]
    assert b"preload mapped" in traced.result.stderr
    assert set(behave.folder.iterdir()) == before


# ---------------------------------------------------------------- memory


def test_the_exporter_starts_before_an_answer_when_memory_gets_short(behave):
    """Requests that no server answers fill a quarter of GENTAP_MEMORY_MAX. Nothing else would start the exporter."""
    traced = behave.both([build("pressure"), 4, 200000, 1000], gentap={"GENTAP_MEMORY_MAX": str(1 << 20)})
    assert traced.result.stdout == b"all arrived: 1\n"
    assert b"exporter before the requests 0, before an answer 1\n" in traced.result.stderr
    small = behave.both([build("pressure"), 1, 1000, 300], gentap={"GENTAP_MEMORY_MAX": str(64 << 20)})
    assert b"before an answer 0\n" in small.result.stderr


# ---------------------------------------------------------------- where little is there for a hook


def test_a_hook_before_the_constructor_only_makes_the_call(behave, server):
    traced = behave.both([build("tight"), "early", server])
    assert traced.result.stdout == b"1 1\n"
    assert_whole(traced, ["late"])


def test_the_first_exchange_may_come_on_the_smallest_stack(behave, server):
    traced = behave.both([build("tight"), "stack", server])
    assert traced.result.stdout == b"1\n"
    assert_whole(traced, ["stack"])


def test_a_handler_may_call_a_hook_in_the_middle_of_another(behave, server):
    """What the handler calls while gentap's own code runs is not traced. Nothing else is missing, and nothing is doubled.
    Several processes, because the handler's first call is a special one. The lines of the log keep gentap's code busy."""
    for _ in range(8):
        traced = behave.traced([build("tight"), "handler", server, 400], gentap={"GENTAP_LOG": "debug"})
        assert traced.result.stdout == b"400 0\n" and traced.result.status == 0
        handled = int(re.search(rb"in the handler (\d+)", traced.result.stderr)[1])
        assert handled > 2
        assert traced.tags["main"] == 400 and 0 < traced.tags["handler"] <= handled
        assert all(s.is_whole for s in traced.spans)
