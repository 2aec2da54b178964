"""A process is killed: what it had finished arrives, and what was under way is reported as killed."""

import json
import os
import pathlib
import random
import shlex
import signal
import socket
import subprocess
import tempfile
import time

import pytest

from servers.http1 import Delivery
from servers.otlp_receiver import BlackHole, ok, partial_success, slow, status
from support import asking
from support.run import LAUNCHER, PRELOAD, PROGRAMS, SYSTEM_PYTHON, clean_environment, run

CALLS = [SYSTEM_PYTHON, PROGRAMS / "many_calls.py"]
# the same, and then another process kills it
KILLED = [SYSTEM_PYTHON, "-c", f"import os, runpy, time; runpy.run_path({str(PROGRAMS / 'many_calls.py')!r}); time.sleep(0.5); "
          "os.system('kill -9 $PPID')"]

def chat(model, text="hello"):
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}]})


@pytest.fixture
def runtime():
    """A folder in memory for the spools of one test."""
    if not os.path.isdir("/dev/shm"):
        pytest.skip("no /dev/shm")
    with tempfile.TemporaryDirectory(prefix="gentap-test-", dir="/dev/shm") as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def env(tmp_path, runtime, receiver):
    return {**clean_environment(tmp_path), "XDG_RUNTIME_DIR": str(runtime), "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint}


def preload(env):
    return {**env, "LD_PRELOAD": str(PRELOAD)}


def spools(runtime):
    return sorted(runtime.glob("gentap-*/*.spool"))


def killed_after(seconds, argv, env):
    """Kills a program some time after its first line. Returns the lines that it printed."""
    with subprocess.Popen([str(a) for a in argv], env=env, stdout=subprocess.PIPE) as p:
        first = p.stdout.readline()
        time.sleep(seconds)
        p.kill()
        return (first + p.stdout.read()).decode().splitlines()


def left_behind(server, env, calls, request=chat("m")):
    """Leaves a spool with so many spans, none of which was sent."""
    assert run([*KILLED, server, request, calls, 1], {**preload(env), "OTEL_BSP_SCHEDULE_DELAY": "60000"}).status == -signal.SIGKILL


def flush(env):
    done = run([LAUNCHER, "flush"], env)
    return done.status, done.stdout.decode()


def whole(spans):
    return [s for s in spans if s.get("gen_ai.usage.output_tokens") is not None]


def taken_after_a_kill(receiver):
    """All spans. The receiver may still read what a killed process has sent."""
    n = -1
    while n != len(receiver.spans):
        n = len(receiver.spans)
        time.sleep(0.2)
    return receiver.take_spans()


def check_calls(finished, spans, threads):
    """Each finished call has one whole span. Each thread had at most one more call: its next one, which may have been
    answered before its line was printed, and whose body, with its tag, may not have been sent."""
    following = {f"{t}-{sum(f.startswith(f'{t}-') for f in finished)}" for t in range(threads)}
    ids = {s.span_id: s.get("gen_ai.request.model") for s in whole(spans)}
    assert sorted(t for t in ids.values() if t not in following) == sorted(finished)
    killed = {s.span_id: s for s in spans if s.span_id not in ids}
    assert all(s.get("gentap.incomplete") == "killed" for s in killed.values())
    under_way = [t for t in ids.values() if t in following] + [s.get("gen_ai.request.model") for s in killed.values()]
    tags = [t for t in under_way if t is not None]
    assert len(under_way) <= threads and len(set(tags)) == len(tags) and set(tags) <= following
    return len(killed)


def test_spans_received_are_exchanges_finished_whenever_a_process_is_killed(server, env, runtime, receiver):
    chance = random.Random(7)
    finished, killed = 0, 0
    for _ in range(25):
        lines = killed_after(chance.uniform(0, 0.5), [*CALLS, server, chat("TAG"), 100000, 4],
                             {**preload(env), "OTEL_BSP_SCHEDULE_DELAY": "100"})
        status, printed = flush(env)
        assert status == 0, printed
        killed += check_calls(lines, taken_after_a_kill(receiver), 4)
        finished += len(lines)
        assert not spools(runtime)
    assert finished > 500 and killed


def test_a_call_under_way_is_reported_as_killed(provider, env, runtime, receiver):
    server = provider(delivery=Delivery(wait_before=30))
    with subprocess.Popen([str(a) for a in (*CALLS, server.port, asking.CHAT.body, 1, 1)], env=preload(env)) as p:
        server.wait_for(1)
        p.kill()
    file, = spools(runtime)
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    assert flush(env) == (0, "sent 1 span of 1 process\n")
    span, = receiver.spans
    assert span["gentap.incomplete"] == "killed" and span.is_error and span["error.type"] == "cancelled"
    assert span["gen_ai.request.model"] == "gpt-4o-mini"
    assert "gen_ai.usage.output_tokens" not in span.attributes
    assert span.resource["service.name"]
    assert not spools(runtime)


def test_the_next_process_of_the_user_sends_what_was_left(server, env, receiver, runtime):
    finished = len(killed_after(0.1, [*CALLS, server, chat("m"), 100000, 1],
                                {**preload(env), "OTEL_BSP_SCHEDULE_DELAY": "60000"}))
    assert finished > len(receiver.spans)
    assert run([*CALLS, server, chat("next"), 1, 1], preload(env)).status == 0
    assert len(whole(receiver.spans)) >= finished + 1
    assert not spools(runtime)


@pytest.mark.parametrize("other", [{"OTEL_EXPORTER_OTLP_HEADERS": "authorization=other"}, {"GENTAP_FILE": "x"}])
def test_a_process_with_another_destination_leaves_it_alone(other, server, env, receiver, runtime):
    killed_after(0.1, [*CALLS, server, chat("m"), 100000, 1], {**preload(env), "OTEL_BSP_SCHEDULE_DELAY": "60000"})
    before = len(receiver.spans)
    assert run([*CALLS, server, chat("next"), 1, 1], {**preload(env), **other}).status == 0
    assert len(receiver.spans) == before + 1
    assert flush({**env, **other}) == (0, "sent 0 spans of 0 processes\n")
    assert len(spools(runtime)) == 1
    assert flush(env)[0] == 0
    assert len(receiver.spans) > before + 1 and not spools(runtime)


def test_the_launcher_counts_every_call_of_a_killed_program(server, env, runtime, tmp_path):
    del env["OTEL_EXPORTER_OTLP_ENDPOINT"]
    out = tmp_path / "printed"
    with open(out, "wb") as stdout:
        p = subprocess.Popen([LAUNCHER, "--", *CALLS, str(server), chat("m"), "100000", "1"], env={**env, "GENTAP_SUMMARY": "json"},
                             stdout=stdout, stderr=subprocess.PIPE)
        time.sleep(1)
        child, = pathlib.Path(f"/proc/{p.pid}/task/{p.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
        summary = p.communicate()[1].decode()
    assert p.returncode == -signal.SIGKILL
    assert json.loads(summary)["total"]["calls"] - out.read_bytes().count(b"\n") in (0, 1)
    assert not spools(runtime)


def test_the_launcher_goes_on_sending_when_the_collector_is_slow(server, env, runtime, receiver):
    receiver._always = slow(2)
    done = run([LAUNCHER, "--", *CALLS, server, chat("m"), 5, 1], env)
    assert done.printed == (b"done\n" * 5, b"", 0)
    assert {s.get("gen_ai.request.model") for s in receiver.spans} == {"m"} and len(receiver.spans) == 5
    assert not spools(runtime)


def test_without_the_launcher_the_spool_keeps_what_the_exit_did_not_allow(server, env, runtime, receiver):
    dead = {**env, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    done = run([*CALLS, server, chat("m"), 5, 1], {**preload(dead), "GENTAP_EXIT_TIMEOUT_MS": "200", "GENTAP_LOG": "warn"})
    assert done.status == 0 and b"gentap flush" in done.stderr and done.stderr.count(b"spans") == 1
    assert len(spools(runtime)) == 1
    status, output = flush(dead)
    assert status == 1 and output.startswith("sent 0 spans of 1 process; the destination did not take 5: http://127.0.0.1:9/v1/traces: ")
    assert len(spools(runtime)) == 1


@pytest.fixture
def named():
    """Gives an endpoint by a host name that libcurl looks up, on a thread of its own; it resolves `localhost` itself."""
    name = socket.gethostname()
    try:
        address = socket.gethostbyname(name)
    except OSError:
        address = None
    if address != "127.0.0.1":
        pytest.skip("the name of this host is not that of the loopback")
    return lambda receiver: f"http://{name}:{receiver.port}"


def test_a_collector_named_by_a_host_name_gets_what_the_launcher_sends(named, server, env, runtime, receiver):
    to = {**env, "OTEL_EXPORTER_OTLP_ENDPOINT": named(receiver), "OTEL_BSP_SCHEDULE_DELAY": "60000"}
    done = run([LAUNCHER, "--", *KILLED, server, chat("m"), 3, 1], to)
    assert done.printed == (b"done\n" * 3, b"", -signal.SIGKILL)
    assert len(receiver.spans) == 3 and not spools(runtime)


def test_a_collector_named_by_a_host_name_gets_what_flush_sends(named, server, env, runtime, receiver):
    to = {**env, "OTEL_EXPORTER_OTLP_ENDPOINT": named(receiver)}
    killed_after(0.1, [*CALLS, server, chat("m"), 100000, 1], {**preload(to), "OTEL_BSP_SCHEDULE_DELAY": "60000"})
    assert flush(to)[0] == 0
    assert receiver.spans and not spools(runtime)


@pytest.mark.parametrize("summary", ["tree", "off"])
def test_a_collector_whose_name_is_unknown_is_no_harm_to_the_launcher(summary, server, env, runtime, receiver, tmp_path):
    to = {**env, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://no-such-host.invalid:4318", "GENTAP_SUMMARY": summary, "TMPDIR": str(tmp_path)}
    done = run([LAUNCHER, "--", *CALLS, server, chat("m"), 3, 1], to)
    assert (done.stdout, done.status) == (b"done\n" * 3, 0)
    assert (b"chat m" in done.stderr) == (summary == "tree") and b"gentap flush" in done.stderr
    assert len(spools(runtime)) == 1 and not list(tmp_path.glob("gentap-run-*"))


def test_flush_reports_what_a_collector_refuses(server, env, runtime, receiver):
    left_behind(server, env, 3)
    receiver._always = status(401)
    assert flush(env) == (1, f"sent 0 spans of 1 process; 3 lost: {receiver.endpoint}/v1/traces: HTTP status 401\n")
    assert not spools(runtime)  # another try would be refused too


def test_flush_reports_what_a_collector_does_not_confirm(server, env, runtime):
    """It may have taken them, so they are not sent again: most backends would count their tokens twice."""
    with BlackHole() as hole:
        to = {**env, "OTEL_EXPORTER_OTLP_ENDPOINT": hole.endpoint, "GENTAP_EXIT_TIMEOUT_MS": "1"}
        left_behind(server, to, 3)
        assert flush(to) == (1, "sent 0 spans of 1 process; 3 sent but not confirmed: "
                                f"{hole.endpoint}/v1/traces: sent, but not confirmed in time\n")
    assert not spools(runtime)


def test_flush_leaves_what_a_file_does_not_take(server, env, runtime, tmp_path):
    folder = tmp_path / "not there yet"
    to = {**env, "OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": str(folder / "spans.jsonl")}
    left_behind(server, to, 3)
    for _ in range(2):
        status, output = flush(to)
        assert status == 1 and output.startswith(f"sent 0 spans of 1 process; the destination did not take 3: {folder}")
    folder.mkdir()
    assert flush(to) == (0, "sent 3 spans of 1 process\n")
    assert not spools(runtime)


def finished_calls(server, provider, env):
    left_behind(server, env, 5)


def calls_under_way(server, provider, env):
    server = provider(delivery=Delivery(wait_before=30))
    with subprocess.Popen([str(a) for a in (*CALLS, server.port, asking.CHAT.body, 1, 5)], env=preload(env)) as p:
        server.wait_for(5)
        p.kill()


@pytest.mark.parametrize("leave", [finished_calls, calls_under_way])
def test_of_several_batches_the_next_flush_sends_only_those_that_were_not_delivered(leave, server, provider, env, runtime, receiver):
    to = {**env, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2"}
    leave(server, provider, env)
    receiver._script, receiver._always = [ok()], status(503)
    for sent in (2, 0):
        assert flush(to) == (1, f"sent {sent} spans of 1 process; the destination did not take 3: "
                                f"{receiver.endpoint}/v1/traces: HTTP status 503\n")
        delivered = receiver.spans[:2]
    receiver._always = None
    receiver.take_spans()
    assert flush(to) == (0, "sent 3 spans of 1 process\n")
    assert len(set(ids(delivered + receiver.spans))) == len(ids(delivered + receiver.spans)) == 5
    assert not spools(runtime)


def test_no_request_of_flush_is_larger_than_collectors_accept(server, env, runtime, receiver):
    content = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1000"}
    receiver._always = status(503)
    left_behind(server, {**env, **content}, 800, chat("m", "long " * 2000))
    receiver._always = None
    receiver.take_spans()
    assert flush(env) == (0, "sent 800 spans of 1 process\n")
    assert max(len(e.received.body) for e in receiver.exports) < 4 << 20
    assert max(len(s["gen_ai.input.messages"]) for s in receiver.spans) > 9000


@pytest.mark.parametrize("summary", ["", "tree"])
def test_the_launcher_reports_what_a_collector_refuses_of_a_killed_program(summary, server, env, runtime, receiver):
    receiver._always = status(401)
    done = run([LAUNCHER, "--", *KILLED, server, chat("m"), 2, 1], {**env, "GENTAP_SUMMARY": summary, "OTEL_BSP_SCHEDULE_DELAY": "60000"})
    assert done.stderr.decode().endswith("gentap: 2 spans of this run did not reach the destination: "
                                           f"{receiver.endpoint}/v1/traces: HTTP status 401\n")
    assert ("2 calls" in done.stderr.decode()) == bool(summary) and done.status == -signal.SIGKILL
    assert not spools(runtime)


# ---------------------------------------------------------------- other destinations beside the collector


def in_file(path):
    """The ids of the spans in a file, sorted; those that are in it twice are twice in the list."""
    lines = path.read_text().splitlines() if path.exists() else []
    return sorted(s["spanId"] for line in lines for r in json.loads(line)["resourceSpans"] for c in r["scopeSpans"] for s in c["spans"])


def ids(spans):
    return sorted(s.span_id for s in spans)


@pytest.mark.parametrize("program", [CALLS, KILLED])
@pytest.mark.parametrize("delay", ["10", "60000"])
def test_a_file_has_each_span_once_however_often_the_collector_is_tried(program, delay, server, env, runtime, receiver, tmp_path):
    """Spans that the process has written to the file are sent to the collector only; all others go to both."""
    path = tmp_path / "spans.jsonl"
    to = {**env, "OTEL_TRACES_EXPORTER": "otlp,file", "GENTAP_FILE": str(path), "OTEL_BSP_SCHEDULE_DELAY": delay,
          "GENTAP_EXIT_TIMEOUT_MS": "300", "OTEL_EXPORTER_OTLP_TIMEOUT": "60000"}
    receiver._always = status(503)
    run([*program, server, chat("m"), 3, 1], preload(to))
    for _ in range(2):
        assert flush(to) == (1, "sent 0 spans of 1 process; the destination did not take 3: "
                                f"{receiver.endpoint}/v1/traces: HTTP status 503\n")
    written = in_file(path)
    assert len(written) == len(set(written)) == 3
    receiver._always = None
    receiver.take_spans()
    assert flush(to) == (0, "sent 3 spans of 1 process\n")
    assert in_file(path) == written == ids(receiver.spans)


@pytest.mark.parametrize("program", [CALLS, KILLED])
@pytest.mark.parametrize("is_up", [True, False])
def test_a_summary_has_each_call_once_beside_a_collector(program, is_up, server, env, runtime, receiver):
    receiver._always = None if is_up else status(503)
    to = {**env, "GENTAP_SUMMARY": "json", "OTEL_BSP_SCHEDULE_DELAY": "60000", "GENTAP_EXIT_TIMEOUT_MS": "300"}
    done = run([LAUNCHER, "--", *program, server, chat("m"), 3, 1], to)
    assert json.loads(done.stderr.splitlines()[-1])["total"]["calls"] == 3


@pytest.fixture
def left_by_a_run(server, env, runtime, receiver):
    """A run with a summary has left three spans, because the collector did not take them. Now it does."""
    receiver._always = status(503)
    to = {**env, "GENTAP_SUMMARY": "json", "GENTAP_EXIT_TIMEOUT_MS": "300"}
    done = run([LAUNCHER, "--", *CALLS, server, chat("m"), 3, 1], to)
    assert b"`gentap flush` sends them" in done.stderr and len(spools(runtime)) == 1
    receiver._always = None
    receiver.take_spans()
    return to


def test_flush_sends_what_a_run_with_a_summary_left(left_by_a_run, env, runtime, receiver):
    assert flush(env) == (0, "sent 3 spans of 1 process\n")
    assert len(receiver.spans) == 3 and not spools(runtime)


def test_the_next_run_sends_what_a_run_with_a_summary_left_and_does_not_count_it(left_by_a_run, server, runtime, receiver):
    done = run([LAUNCHER, "--", *CALLS, server, chat("next"), 1, 1], {**left_by_a_run, "GENTAP_EXIT_TIMEOUT_MS": "5000"})
    assert json.loads(done.stderr)["total"]["calls"] == 1
    assert len(receiver.spans) == 4 and not spools(runtime)


def test_the_next_process_sends_what_a_run_with_a_summary_left(left_by_a_run, server, env, runtime, receiver):
    assert run([*CALLS, server, chat("next"), 1, 1], preload(env)).status == 0
    assert len(receiver.spans) == 4 and not spools(runtime)


@pytest.mark.parametrize("other", ["-u GENTAP_RUN_FILE -u GENTAP_RUN_TRACE_ID", "GENTAP_RUN_FILE=/tmp/x GENTAP_RUN_TRACE_ID=x"])
def test_another_process_takes_nothing_from_a_run_with_a_summary(other, server, env, runtime, receiver):
    killed, other_process = (shlex.join(map(str, a)) for a in ([*KILLED, server, chat("m"), 2, 1], [*CALLS, server, chat("next"), 1, 1]))
    to = {**env, "GENTAP_SUMMARY": "json", "OTEL_BSP_SCHEDULE_DELAY": "60000"}
    done = run([LAUNCHER, "--", "sh", "-c", f"{killed}; env {other} {other_process}"], to)
    assert json.loads(done.stderr.splitlines()[-1])["total"]["calls"] == 2
    assert len(receiver.spans) == 3 and not spools(runtime)


def test_the_time_limit_of_flush_is_for_all_spools(server, env, runtime):
    with BlackHole() as hole:
        to = {**env, "OTEL_EXPORTER_OTLP_ENDPOINT": hole.endpoint, "OTEL_BSP_MAX_QUEUE_SIZE": "2",
              "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1", "GENTAP_EXIT_TIMEOUT_MS": "1"}
        for _ in range(4):
            left_behind(server, to, 3)
        begun = time.monotonic()
        assert flush(to)[0] == 1
    assert time.monotonic() - begun < 9
    assert len(spools(runtime)) >= 3


def test_the_launcher_waits_no_longer_than_the_user_allows(server, env, runtime):
    with BlackHole() as hole:
        to = {**env, "OTEL_EXPORTER_OTLP_ENDPOINT": hole.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "60000", "GENTAP_EXIT_TIMEOUT_MS": "200"}
        done = run([LAUNCHER, "--", *KILLED, server, chat("m"), 3, 1], to)
    assert done.status == -signal.SIGKILL and done.seconds < 3


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_wait_of_the_launcher(how, server, env, runtime):
    with BlackHole() as hole:
        to = {**env, "OTEL_EXPORTER_OTLP_ENDPOINT": hole.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "60000", "GENTAP_EXIT_TIMEOUT_MS": "30000"}
        with subprocess.Popen([str(a) for a in (LAUNCHER, "--", *KILLED, server, chat("m"), 3, 1)], env=to, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as p:
            while not hole.connections:
                time.sleep(0.05)
            time.sleep(0.3)
            begun = time.monotonic()
            p.send_signal(how)
            assert p.wait(20) == -signal.SIGKILL  # as the program ended
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("answers, counts", [
    ([ok()], "1 span, 1 sent, 0 dropped"),
    ([ok(), status(400)], "1 span, 1 sent, 0 dropped"),
    ([ok(), partial_success(2, "no")], "1 span, 1 sent, 0 dropped"),
])
def test_the_counts_of_a_process_are_those_of_its_own_spans(answers, counts, server, env, runtime, receiver):
    left_behind(server, env, 3)
    receiver._script = list(answers)
    done = run([*CALLS, server, chat("next"), 1, 1], {**preload(env), "GENTAP_LOG": "info"})
    assert counts in done.stderr.decode()
    assert len(receiver.spans) == 4 and not spools(runtime)


@pytest.mark.parametrize("program, warnings", [(["/bin/true"], 0), (CALLS, 1), (KILLED, 1)])
def test_the_launcher_repeats_no_warning_about_settings(program, warnings, server, env):
    done = run([LAUNCHER, "--", *program, server, chat("m"), 1, 1], {**env, "OTEL_BSP_SCHEDULE_DELAY": "abc"})
    assert done.stderr.count(b"OTEL_BSP_SCHEDULE_DELAY") == warnings


@pytest.mark.parametrize("value", ["off", "OFF"])
def test_spools_can_be_switched_off(value, server, env, runtime, receiver):
    killed_after(0.1, [*CALLS, server, chat("m"), 100000, 1], {**preload(env), "GENTAP_SPOOL": value})
    assert not spools(runtime) and not list(runtime.iterdir())


def test_there_is_no_file_before_the_first_exchange(env, runtime):
    p = subprocess.Popen(["sleep", "5"], env=preload(env))
    time.sleep(0.5)
    p.kill()
    p.wait()
    assert not list(runtime.iterdir())


# A client and its server in one process, with secrets in both heads, which pass in two pieces each.
SECRETS = """
import socket, sys
def say(text):
    print(text, flush=True)
    sys.stdin.readline()
listener = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listener.getsockname())
far = listener.accept()[0]
def pass_on(one, other, *pieces):
    for piece in pieces:
        one.sendall(piece)
        say(other.recv(65536)[:4])
body = b'{"model":"m","messages":[]}'
pass_on(near, far, b"POST /v1/chat/completions?key=SECRET0 HTTP/1.1\\r\\nHost: h\\r\\nAuthorization: Bearer SECRET1\\r\\nContent-Type: appli",
        b"cation/json\\r\\nX-Api-Key: SECRET2\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(body), body))
pass_on(far, near, b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nSet-Cookie: a=SECRET3; path=/\\r\\nset-cook",
        b"ie: b=SECRET4\\r\\nX-Other:\\r\\n SECRET5\\r\\nContent-Length: 99\\r\\n\\r\\n{")
"""


@pytest.mark.parametrize("pieces", range(1, 5))
def test_no_secret_is_in_a_spool_at_any_moment(pieces, env, runtime):
    with subprocess.Popen([SYSTEM_PYTHON, "-c", SECRETS], env=preload(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        for _ in range(pieces):
            assert p.stdout.readline()
            if _ + 1 < pieces:
                p.stdin.write(b"\n")
                p.stdin.flush()
        time.sleep(0.1)
        p.kill()
    kept = b"".join(file.read_bytes() for file in spools(runtime))
    assert b"SECRET" not in kept
    assert pieces == 1 or b"POST /v1/chat/completions?key=*******" in kept
    assert pieces < 4 or b"HTTP/1.1 200 OK" in kept and b"Content-Length: 99" in kept


def test_a_full_or_read_only_folder_is_no_harm(server, env, runtime, receiver):
    """In a mount namespace, so that the folder can be small or read-only. Its file system is full before the first
    exchange, or while the pool grows."""
    script = 'mount -t tmpfs -o {} none "$XDG_RUNTIME_DIR" && exec "$@"'
    for options in ("size=64k", "size=300k", "size=600k", "ro"):
        argv = ["unshare", "-m", "sh", "-c", script.format(options), "sh", "env", f"LD_PRELOAD={PRELOAD}",
                *CALLS, server, chat("m", "y" * 30000), 40, 8]
        done = run(argv, {**env, "TMPDIR": str(runtime)})
        if b"unshare" in done.stderr or b"mount" in done.stderr:
            pytest.skip(f"no mount namespace: {done.stderr.decode()}")
        assert done.printed == (b"done\n" * 320, b"", 0), options
    assert len(receiver.spans) == 4 * 320


# Requests without an answer, until gentap holds eight times what the file system has.
FLOOD = """
import os, socket
listener = socket.create_server(("127.0.0.1", 0))
body = b'{"model":"m","messages":[{"role":"user","content":"%s"}]}' % (b"y" * 200000)
kept = []
for _ in range(80):
    near = socket.create_connection(listener.getsockname())
    far = listener.accept()[0]
    far.setblocking(False)
    near.setblocking(False)
    rest = b"POST /v1/chat/completions HTTP/1.1\\r\\nHost: api.openai.com\\r\\nContent-Type: application/json\\r\\n" \\
           b"Content-Length: %d\\r\\n\\r\\n%s" % (len(body), body)
    while rest:
        try:
            rest = rest[near.send(rest):]
        except BlockingIOError:
            pass
        try:
            far.recv(1 << 20)
        except BlockingIOError:
            pass
    kept += [near, far]
s = os.statvfs(os.environ["XDG_RUNTIME_DIR"])
print((s.f_blocks - s.f_bfree) * s.f_frsize, s.f_blocks * s.f_frsize)
"""


def test_the_pool_leaves_half_of_the_file_system_to_the_application(env, runtime):
    script = 'mount -t tmpfs -o size=2m none "$XDG_RUNTIME_DIR" && exec "$@"'
    done = run(["unshare", "-m", "sh", "-c", script, "sh", "env", f"LD_PRELOAD={PRELOAD}", SYSTEM_PYTHON, "-c", FLOOD],
               {**env, "TMPDIR": str(runtime)})
    if b"unshare" in done.stderr or b"mount" in done.stderr:
        pytest.skip(f"no mount namespace: {done.stderr.decode()}")
    used, size = map(int, done.stdout.split())
    assert 0 < used <= size / 2


def test_another_users_folder_is_not_used(server, env, runtime, receiver):
    folder = runtime / f"gentap-{os.geteuid()}"
    folder.symlink_to("/tmp")
    assert run([*CALLS, server, chat("m"), 1, 1], {**preload(env), "TMPDIR": str(runtime)}).status == 0
    folder.unlink()
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    assert run([*CALLS, server, chat("m"), 1, 1], {**preload(env), "TMPDIR": str(runtime)}).status == 0
    assert len(receiver.spans) == 2 and not list(folder.iterdir())


@pytest.mark.parametrize("value, warning", [("/nosuch/folder", 'no spool can be made in "/nosuch/folder"'),
                                            ("nonsense", '"nonsense" is neither on, off nor an absolute path'), ("off", None)])
def test_a_setting_without_a_spool_is_reported(value, warning, server, env, runtime, receiver):
    done = run([*CALLS, server, chat("m"), 2, 1], {**preload(env), "GENTAP_SPOOL": value})
    assert done.status == 0 and len(receiver.spans) == 2
    assert (f"GENTAP_SPOOL: {warning}" in done.stderr.decode()) if warning else done.stderr == b""
