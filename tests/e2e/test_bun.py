"""Bun over TLS, which it has compiled in without symbols: scripts under several versions, and programs of which Bun is a
part. As test_programs.py, without a difference for the program."""

import json
import re
import struct
import subprocess

import pytest

from servers.http1 import Delivery, Reply
from support import alone as network_of_its_own
from support import asking, npm
from support.claims import SERVER, TTFC, assert_exchanges, assert_injected, assert_is_sound, pair_up
from support.run import PROGRAMS, traced_environment

VERSIONS = ["1.1.45", "1.2.23", "1.3.14", "1.4.5"]
NEWEST = VERSIONS[-1]
CLIENTS = {"fetch": "node_fetch_client.js", "http": "node_http_client.js"}

# programs with Bun inside, as executables of one file
CLAUDE = ("@anthropic-ai/claude-code-linux-x64", "2.1.332", "claude")
INSIDE = {
    "opencode": ("opencode-linux-x64", "1.18.33", "bin/opencode"),
    "amp": ("@ampcode/cli-linux-x64", "0.0.1790142911-g7618fb", "amp"),
    "cline": ("@cline/cli-linux-x64", "3.0.65", "bin/cline"),
}


@pytest.fixture(scope="session")
def bun():
    return lambda version=NEWEST: npm.executable("@oven/bun-linux-x64", version, "bin/bun")


@pytest.fixture
def trust(certificates):
    return {"NODE_EXTRA_CA_CERTS": str(certificates.ca)}


@pytest.fixture
def calls(bun, runner, provider, trust):
    """Runs bun_calls.js without and with gentap. All calls have a span each and the right ids."""

    def run(n, size, *how, argv=None, made=None, env=None, **more):
        server = provider(tls=True, **more)
        argv = argv or [bun()]
        pair = runner.both([*argv, PROGRAMS / "bun_calls.js", server.url(), n, size, *how], server, env={**trust, **(env or {})})
        assert len(pair.spans) == (made or n) == len(pair.sent)
        return pair

    return run


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_exchange_of_bun_has_one_span(version, client, bun, runner, provider, fixtures, tmp_path, trust):
    server = provider(tls=True)
    argv = [bun(version), PROGRAMS / CLIENTS[client], server.url(), asking.listing(tmp_path)]
    pair = runner.both_answered(argv, server, fixtures, env=trust)
    assert pair.bare.status == 0 and pair.bare.stderr == b""
    assert len(pair.spans) == len(asking.A_BIT_OF_EVERYTHING)


def test_long_requests_at_once_arrive_unchanged(calls, fixtures):
    pair = calls(50, 300_000)
    assert_exchanges(pair.sent, pair.spans, fixtures)
    assert {len(r.body) for r in pair.sent} == {len(r.body) for r in pair.sent_bare} and len(pair.sent[0].body) > 300_000


@pytest.mark.parametrize("how, status", [("exit", 3), ("really", 4)])
@pytest.mark.parametrize("version", ["1.2.23", NEWEST])
def test_the_spans_arrive_however_bun_ends(how, status, version, calls, bun, fixtures):
    """1.2.23 leaves through quick_exit, which runs no destructors."""
    pair = calls(2, 10, how, argv=[bun(version)])
    assert pair.traced.status == status
    assert_exchanges(pair.sent, pair.spans, fixtures)


def test_a_program_that_bun_starts_is_traced_too(calls, fixtures):
    pair = calls(1, 10, "child", made=3)
    assert_exchanges(pair.sent, pair.spans, fixtures)


def test_a_worker_is_traced_too(calls, fixtures):
    pair = calls(3, 10, "worker", made=4)
    assert_exchanges(pair.sent, pair.spans, fixtures)


@pytest.mark.parametrize("delivery", [
    Delivery(framing="close"), Delivery(writes="bytes"), Delivery(writes="random", pause=0.001),
], ids=["until_close", "bytewise", "slow"])
def test_however_an_answer_arrives(delivery, bun, runner, provider, tmp_path, trust):
    server = provider(tls=True, delivery=delivery)
    listing = asking.listing(tmp_path, [asking.CHAT_STREAM])
    pair = runner.both([bun(), PROGRAMS / "node_fetch_client.js", server.url(), listing], server, env=trust)
    for span, received in zip(pair.spans, pair.sent, strict=True):
        assert_injected(received, span)
        assert_is_sound(span)


def test_an_answer_that_is_cut_off_is_an_error(bun, runner, provider, receiver, tmp_path, trust):
    """What the script still prints of it depends on timing, also without gentap."""
    server = provider(tls=True, delivery=Delivery(stop_after=120))
    listing = asking.listing(tmp_path, [asking.CHAT_STREAM])
    result = runner.traced([bun(), PROGRAMS / "node_fetch_client.js", server.url(), listing], trust)
    span, = receiver.take_spans()
    assert result.status == 1 and span.is_error
    assert_injected(server.take()[0], span)


@pytest.mark.parametrize("gentap", [{"GENTAP_PATCH": "off"}, {"GENTAP_PATCH": "symbols"}, {"GENTAP_DISABLED": "1"}])
def test_nothing_is_changed_where_the_user_forbids_it(gentap, bun, runner, provider, tmp_path, trust):
    server = provider(tls=True)
    argv = [bun(), PROGRAMS / "node_fetch_client.js", server.url(), asking.listing(tmp_path)]
    pair = runner.both(argv, server, env=trust, gentap=gentap)
    assert not pair.spans and not any(r.traceparents for r in pair.sent)


def without_the_table(program, to):
    """A copy of Bun that works as before, but whose table of functions is not as BoringSSL's source has it: a padding byte of
    its first member is set."""
    data = bytearray(program.read_bytes())
    headers, = struct.unpack_from("<Q", data, 32)
    size, n = struct.unpack_from("<HH", data, 54)
    segments = [struct.unpack_from("<IIQQQQ", data, headers + i * size) for i in range(n)]
    begin = re.search(rb"\xc6\x06\x00\x48\x8b\x47\x30\x83\xb8", data).start()  # of write_app_data, after its prologue
    offset, address = next((o, a) for kind, flags, o, a, _, len_ in segments if kind == 1 and o <= begin < o + len_)
    function = begin - offset + address - 17
    entry = data.find(struct.pack("<Q", function))
    data[entry - 8 * 9 + 4] = 1
    to.write_bytes(data)
    to.chmod(0o755)
    return to


def test_a_table_that_is_not_as_expected_is_left_alone(bun, runner, provider, tmp_path, trust):
    server = provider(tls=True)
    log = tmp_path / "log"
    program = without_the_table(bun(), tmp_path / "bun")
    argv = [program, PROGRAMS / "node_fetch_client.js", server.url(), asking.listing(tmp_path)]
    gentap = {"GENTAP_LOG": "info", "GENTAP_LOG_FILE": str(log)}
    pair = runner.both(argv, server, env=trust, gentap=gentap)
    assert pair.bare.status == 0 and not pair.spans and not any(r.traceparents for r in pair.sent)
    assert log.read_text().count("left alone, and its connections are not read: BoringSSL's table was not found") == 1
    assert "TLS left alone 1," in log.read_text()


def test_no_connection_counts_as_unread(bun, runner, provider, tmp_path, trust):
    server = provider(tls=True)
    log = tmp_path / "log"
    argv = [bun(), PROGRAMS / "node_fetch_client.js", server.url(), asking.listing(tmp_path)]
    runner.both(argv, server, env=trust, gentap={"GENTAP_LOG": "info", "GENTAP_LOG_FILE": str(log)})
    assert "unread TLS 0," in log.read_text()
    assert "cannot read" not in log.read_text()


@pytest.mark.parametrize("is_trusted", [True, False], ids=["unused", "refused"])
def test_a_session_without_a_request_is_no_blind_connection(is_trusted, bun, runner, provider, tmp_path, certificates, strangers_ca):
    server = provider(tls=True)
    log = tmp_path / "log"
    argv = [bun(), PROGRAMS / "bun_handshake.js", server.port, "api.openai.com"]
    env = {"SSL_CERT_FILE": str(certificates.ca if is_trusted else strangers_ca)}
    pair = runner.both(argv, env=env, gentap={"GENTAP_LOG": "info", "GENTAP_LOG_FILE": str(log)})
    assert (b"open" in pair.bare.stdout) == is_trusted and (b"VERIFY" in pair.bare.stdout) == (not is_trusted)
    assert not pair.spans and "unread TLS 0," in log.read_text()


@pytest.mark.parametrize("name", INSIDE)
def test_programs_with_bun_inside_are_traced(name, calls, fixtures):
    """They run a script of these tests instead of their own, on the same code."""
    pair = calls(3, 20_000, argv=[npm.executable(*INSIDE[name])], env={"BUN_BE_BUN": "1"})
    assert_exchanges(pair.sent, pair.spans, fixtures)


# ---------------------------------------------------------------- a server


def test_a_server_on_bun_has_a_span_for_each_request(bun, runner, receiver, certificates):
    argv = [bun(), PROGRAMS / "bun_server.js", certificates.chain, certificates.key]
    env = {**runner.environment(), **traced_environment(receiver.endpoint)}
    process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
    try:
        url = f"https://localhost:{int(process.stdout.readline())}/mcp"
        asked = asking.MCP_CALL
        reply = runner.bare(["curl", "-sS", *asked.argv, url, "-H", f"traceparent: 00-{'1' * 32}-{'2' * 16}-01"])
        assert json.loads(reply.stdout)["result"]
    finally:
        process.stdin.close()
        assert process.wait(20) == 0
        process.stdout.close()
    span, = receiver.take_spans()
    assert (span.kind, span.trace_id, span.parent_id) == (SERVER, "1" * 32, "2" * 16)
    assert span["mcp.method.name"] == "tools/call"
    assert_is_sound(span)


# ---------------------------------------------------------------- a vendor's command


@pytest.fixture
def alone():
    """First among the fixtures of a test: the servers must be in the same network."""
    try:
        made = network_of_its_own.network()
        made.__enter__()
    except OSError as e:
        pytest.skip(f"no network with nothing but loopback: {e.strerror}")
    yield
    made.__exit__(None, None, None)


def streamed(message):
    """A message of one text as the events of a stream."""
    (block,), usage = message["content"], message["usage"]
    begun = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word + " "}}
          for word in block["text"].split()),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": usage["output_tokens"]}},
        {"type": "message_stop"},
    ]
    pieces = [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in events]
    return Reply(200, [("Content-Type", "text/event-stream; charset=utf-8")], pieces)


def test_claude_has_a_span_for_each_request(alone, runner, provider, fixtures, trust):
    answered = fixtures["anthropic/messages"]

    def answer(received):
        if not received.target.startswith("/v1/messages"):
            return fixtures.answer(received)
        return streamed(answered.response["json"]) if json.loads(received.body).get("stream") else answered.reply()

    server = provider(tls=True, answer=answer)
    env = {**trust, "ANTHROPIC_BASE_URL": server.url(), "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
    pair = runner.both([npm.executable(*CLAUDE), "-p", "Is bus 7 late?"], server, env=env, same_bytes=False)
    assert pair.traced.status == 0 and pair.traced.stdout.strip() == b"It is four minutes late.", pair.traced
    assert len(pair.sent) == len(pair.sent_bare)
    calls = [r for r in pair.sent if r.target.startswith("/v1/messages")]
    for received, span in pair_up(calls, pair.spans):
        assert_injected(received, span)
        assert span.name == f"chat {json.loads(received.body)['model']}"
        for key in ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.response.id"):
            assert span[key] == answered.span["attributes"][key]
        assert_is_sound(span)
    assert calls and any(TTFC in span.attributes for span in pair.spans)
