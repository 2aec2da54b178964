"""Real exchanges under build/gentap: the tree at the end, and the same tree of a file with `gentap show`.
test_command.py tests the command itself."""

import json
import re

import pytest

from servers.otlp_receiver import slow, status
from support import asking
from support.run import LAUNCHER, run

pytestmark = pytest.mark.skipif(not LAUNCHER.exists(), reason="build/gentap is not there")


@pytest.fixture
def launch(runner):
    def launch(argv, **env):
        return run([LAUNCHER, "--", *argv], runner.environment(env), cwd=runner.home)

    return launch


def chat(server, a=asking.CHAT):
    return ["curl", "-sS", *a.argv, server.url(a.path)]


def test_without_a_collector_the_tree_is_printed_at_the_end(launch, runner, provider):
    server = provider(tls=True)
    bare = runner.bare(chat(server, asking.MESSAGES_STREAM))
    result = launch(chat(server, asking.MESSAGES_STREAM))
    assert (result.stdout, result.status) == (bare.stdout, 0)
    tree = result.stderr.decode()
    for word in ("chat", "claude-tap-1", "anthropic", "25", "27"):
        assert word in tree
    assert "\x1b" not in tree, "colour is for terminals"


def test_a_tree_of_several_processes_is_one_tree(launch, provider):
    server = provider()
    script = "; ".join(" ".join(f"'{w}'" for w in chat(server, a)) for a in (asking.CHAT, asking.MESSAGES, asking.OLLAMA_CHAT))
    tree = launch(["sh", "-c", script]).stderr.decode()
    assert all(model in tree for model in ("gpt-4o-mini", "claude-tap-1", "llama3.2"))
    received = server.take()
    assert len({r.traceparents[0].split("-")[1] for r in received}) == 1, "one run, one trace"


def test_requests_that_could_be_calls_are_reported_with_their_server(launch, provider):
    server = provider()
    argv = ["curl", "-sS", "--json", '{"city": "Oslo"}', server.url("/weather")]
    host = server.url("").split("/")[2]
    assert launch([*argv, argv[-1]]).stderr.decode() == (
        f"\ngentap: 2 JSON requests to {host} seen, but to no API that gentap knows; "
        f"if it is one, add {host}=openai (or another provider) to GENTAP_ENDPOINTS\n")


def test_a_request_that_cannot_be_a_call_makes_no_hint(launch, provider):
    """git asks for refs."""
    stderr = launch(["curl", "-sS", provider().url("/project.git/info/refs?service=git-upload-pack")]).stderr.decode()
    assert stderr == "\ngentap: no LLM or MCP call among the 1 HTTP request seen\n"


def test_the_summary_can_be_json(launch, provider):
    result = launch(chat(provider()), GENTAP_SUMMARY="json")
    assert json.loads(result.stderr)


def test_a_summary_of_unknown_kind_is_complained_of_once(launch, provider):
    assert launch(chat(provider()), GENTAP_SUMMARY="bogus").stderr.decode().count("bogus") == 1


def test_with_a_collector_the_spans_go_there(launch, provider, receiver):
    server = provider()
    result = launch(chat(server), OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
    assert result.status == 0
    span, = receiver.spans
    assert server.received[0].traceparents == [span.traceparent]


def test_a_file_is_shown_as_the_same_tree(launch, runner, provider, tmp_path):
    path = tmp_path / "t.jsonl"
    server = provider()
    runner.traced(chat(server, asking.MESSAGES), gentap={"OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": str(path)})
    result = run([LAUNCHER, "show", path], runner.environment())
    assert result.status == 0
    for word in ("claude-tap-1", "2112", "9"):
        assert word in re.sub(r"[,\u202f]", "", (result.stdout + result.stderr).decode())


def test_an_error_is_in_the_tree(launch, provider):
    assert "rate_limit_exceeded" in launch(chat(provider(), asking.failing("gpt-busy"))).stderr.decode()


# ---------------------------------------------------------------- what did not arrive

ADVICE = "GENTAP_LOG=warn logs the reason\n"


def late(receiver, **env):
    """A destination that needs longer for a request than a program waits at its end, and no spool."""
    receiver._always = slow(1.5)
    settings = {"OTEL_METRICS_EXPORTER": "none", "GENTAP_EXIT_TIMEOUT_MS": "300", "GENTAP_SPOOL": "off"}
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, **settings, **env}


def test_a_span_that_a_slow_destination_did_not_take_in_time_is_reported(launch, provider, receiver):
    stderr = launch(chat(provider()), **late(receiver)).stderr.decode()
    assert re.fullmatch(rf"gentap: 1 span of process \d+ did not reach the destination: {receiver.endpoint}/v1/traces: .*\n", stderr)


def test_a_span_that_a_destination_refuses_is_reported(launch, provider, receiver):
    """A spool does not help here."""
    receiver._always = status(403)
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_METRICS_EXPORTER": "none"}
    stderr = launch(chat(provider()), **env).stderr.decode()
    assert re.fullmatch(r"gentap: 1 span of process \d+ did not reach the destination: "
                        rf"{receiver.endpoint}/v1/traces: HTTP status 403\n", stderr)


@pytest.mark.parametrize("env", [{"GENTAP_LOG": "off"}, {"GENTAP_SUMMARY": "off"}])
def test_a_loss_is_not_reported_to_a_user_who_wants_silence(env, launch, provider, receiver):
    assert launch(chat(provider()), **late(receiver, **env)).stderr == b""


def test_a_loss_is_not_reported_to_a_program_that_reads_the_output_of_its_children(launch, provider, receiver):
    call = " ".join(f"'{w}'" for w in chat(provider()))
    result = launch(["sh", "-c", f"{call} 2>&1 >/dev/null | wc -c"], **late(receiver))
    assert (result.stdout.strip(), result.stderr) == (b"0", b"")


def test_losses_of_all_processes_are_reported_below_the_tree(launch, provider, receiver):
    call = " ".join(f"'{w}'" for w in chat(provider()))
    env = late(receiver, GENTAP_SUMMARY="tree")
    lines = launch(["sh", "-c", f"{call} 2>/dev/null; {call}"], **env).stderr.decode().splitlines(keepends=True)
    assert lines[-1] == f"gentap: 2 spans of this run did not reach the destination; {ADVICE}"
    assert "2 calls" in lines[1]
    assert json.loads(launch(chat(provider()), **late(receiver, GENTAP_SUMMARY="json")).stderr)["lost_spans"] == 1


def test_what_arrived_is_not_reported(launch, provider, receiver):
    assert launch(chat(provider()), OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint).stderr == b""
    assert "lost_spans" not in json.loads(launch(chat(provider()), GENTAP_SUMMARY="json").stderr)


@pytest.mark.parametrize("name", ["GENTAP_LOG", "OTEL_LOG_LEVEL"])
def test_a_level_that_does_not_exist_is_complained_of_although_no_process_makes_a_call(name, launch):
    complaint = f'gentap: {name}: "verbos" has an unknown level or component; the known words are used'
    assert complaint in launch(["sh", "-c", "true; true"], **{name: "verbos"}).stderr.decode().splitlines()
