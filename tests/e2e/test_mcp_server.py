"""Traced MCP servers: the streamable-HTTP server of the `mcp` package under uvicorn, also over TLS, and a server on
node's http module. With traced and untraced clients."""

import contextlib
import json
import re
import subprocess

import pytest

from servers.http1 import Reply
from support import asking
from support.claims import CLIENT, SERVER, assert_is_plain, assert_is_sound
from support.run import PROGRAMS, VENV_PYTHON, traced_environment

STATELESS_REVISION = "2026-07-28"
TRACE, OTHER_TRACE = "0af7651916cd43dd8448eb211c80319c", "11f7651916cd43dd8448eb211c80319c"
IN_HEADER, IN_MESSAGE = "00000000000000aa", "00000000000000bb"
BOTH_KINDS = ["-H", "Content-Type: application/json", "-H", "Accept: application/json, text/event-stream"]


class Serving:
    def __init__(self, process, tls):
        self.process = process
        self.tls = tls
        self.port = int(process.stdout.readline())

    def url(self, path="/mcp"):
        return f"http{'s' if self.tls else ''}://{'localhost' if self.tls else '127.0.0.1'}:{self.port}{path}"


@pytest.fixture
def serve(runner, receiver):
    """Context manager: a server, traced or not. On exit the server has ended and exported everything."""

    @contextlib.contextmanager
    def start(*argv, traced=True, tls=None, env=None):
        if tls:
            argv = (*argv, "tls", tls.chain, tls.key)
        own = {**runner.environment(env), "OTEL_SERVICE_NAME": "the-server"}
        process = subprocess.Popen(
            [str(a) for a in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**own, **traced_environment(receiver.endpoint)} if traced else own,
        )
        try:
            yield Serving(process, tls)
        finally:
            process.stdin.close()
            assert process.wait(20) == 0
            process.stdout.close()

    return start


def python_server(*options):
    return VENV_PYTHON, PROGRAMS / "mcp_server.py", *options


def split(spans):
    """Splits spans into those of the clients and those of the server."""
    ours = [s for s in spans if s.resource["service.name"] == "the-server"]
    return [s for s in spans if s not in ours], ours


def by_name(spans):
    return {s.name: s for s in spans}


def assert_each_has_its_counterpart(clients, servers):
    """Asserts two spans for each exchange: the client's is the parent of the server's, and both have the same facts."""
    by_id = {s.span_id: s for s in clients}
    assert len(by_id) == len(clients) == len(servers)
    for s in servers:
        c = by_id.pop(s.parent_id)
        assert_is_sound(s)
        assert (s.trace_id, s.name) == (c.trace_id, c.name)
        assert (c.kind, s.kind) == (CLIENT, SERVER)
        assert s.get("client.address") == "127.0.0.1" and s["client.port"] > 0
        assert not [k for k in s.attributes if k.startswith("server.")]
        for key in ("mcp.method.name", "gen_ai.tool.name", "gen_ai.prompt.name", "mcp.resource.uri", "jsonrpc.request.id",
                    "mcp.session.id", "mcp.protocol.version", "error.type", "rpc.response.status_code",
                    "gen_ai.operation.name", "network.transport", "network.protocol.version"):
            if key == "error.type" and c.get(key, "").startswith("-326"):
                assert not s.is_error  # the client's mistake, not an error of the server
            else:
                assert s.get(key) == c.get(key), (key, s, c)
        assert s.flags & 0x300 == 0x300  # the flags say that the parent is remote


@pytest.mark.parametrize("mode", ["legacy", STATELESS_REVISION])
@pytest.mark.parametrize("options", [[], ["json"], ["stateless"], ["json", "stateless"]], ids=lambda o: "_".join(o) or "sse")
def test_client_and_server_tell_one_trace(options, mode, runner, receiver, serve):
    argv = [VENV_PYTHON, PROGRAMS / "mcp_client.py"]
    with serve(*python_server(*options), traced=False) as bare:
        untraced = runner.bare([*argv, bare.url(), mode])
    with serve(*python_server(*options)) as server:
        traced = runner.traced([*argv, server.url(), mode])
    assert traced.printed == untraced.printed and traced.status == 0
    clients, servers = split(receiver.take_spans())
    assert_each_has_its_counterpart(clients, servers)
    names = [s.name for s in servers]
    assert names.count("tools/call bus_status") == 1 and names.count("resources/read") == 2
    assert by_name(servers)["tools/call fail"]["error.type"] == "tool_error"


def test_over_tls_it_is_the_same_but_for_the_address(runner, receiver, serve, certificates):
    message = asking.MCP_CALL
    with serve(*python_server("json", "stateless"), tls=certificates) as server:
        runner.traced(["curl", "-sS", *message.argv, server.url()])
    (client,), (span,) = split(receiver.take_spans())
    assert (span.trace_id, span.parent_id, span.kind) == (client.trace_id, client.span_id, SERVER)
    assert span.name == "tools/call bus_status"


def test_the_bytes_of_an_answer_are_the_same(runner, receiver, serve):
    printed = []
    for traced in False, True:
        with serve(*python_server("json", "stateless"), traced=traced) as server:
            runs = [runner.bare(["curl", "-sSi", *a.argv, server.url()]) for a in (
                asking.MCP_CALL, asking.MCP_UNKNOWN_TOOL, asking.MCP_READ, asking.MCP_PROMPT, asking.MCP_NOTE)]
            runs.append(runner.bare(["curl", "-sSi", "-X", "DELETE", "-H", "Mcp-Session-Id: s-1", server.url()]))
            printed.append([r.stdout for r in runs])
    assert printed[0] == printed[1]
    assert len(receiver.take_spans()) == 6


def rpc(meta=None, method="tools/call", **params):
    params = {"name": "bus_status", "arguments": {"line": 7}, **params}
    if meta:
        params["_meta"] = {"traceparent": meta}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


@pytest.mark.parametrize("header, meta, trace, parent, link", [
    (None, None, None, "", None),
    (TRACE, None, TRACE, IN_HEADER, None),
    (None, TRACE, TRACE, IN_MESSAGE, None),
    (TRACE, TRACE, TRACE, IN_MESSAGE, TRACE),
    (TRACE, OTHER_TRACE, OTHER_TRACE, IN_MESSAGE, TRACE),
    (None, "zz", None, "", None),
], ids=["none", "header", "message", "both", "two_traces", "bad"])
def test_whose_child_a_request_is(header, meta, trace, parent, link, runner, receiver, serve):
    fields = ["-H", "MCP-Protocol-Version: 2025-11-25"]
    if header:
        fields += ["-H", f"traceparent: 00-{header}-{IN_HEADER}-01"]
    body = rpc(meta and f"00-{meta}-{IN_MESSAGE}-01")
    with serve(*python_server("json", "stateless")) as server:
        runner.bare(["curl", "-sS", *BOTH_KINDS, *fields, "-d", body, server.url()])
    span, = receiver.take_spans()
    assert span.name == "tools/call bus_status" and span.kind == SERVER
    assert span.parent_id == parent
    assert trace is None or span.trace_id == trace
    assert span.links == (((link, IN_HEADER),) if link else ())


def test_what_is_not_sampled_above_is_not_reported(runner, receiver, serve):
    with serve(*python_server("json", "stateless")) as server:
        for body in rpc(), rpc(f"00-{TRACE}-{IN_MESSAGE}-00"):
            fields = ["-H", "Mcp-Method: tools/call", "-H", f"traceparent: 00-{TRACE}-{IN_HEADER}-00"]
            runner.bare(["curl", "-sS", *BOTH_KINDS, *fields, "-d", body, server.url()])
    assert not receiver.take_spans()


@pytest.mark.parametrize("tool, method", [
    ("ask_user", "elicitation/create"), ("ask_model", "sampling/createMessage"), ("ask_roots", "roots/list"),
])
@pytest.mark.parametrize("one_trace", [False, True], ids=["traces", "one_trace"])
def test_questions_of_the_server_have_a_span_on_either_side(tool, method, one_trace, runner, receiver, serve):
    argv = [VENV_PYTHON, "-W", "ignore", PROGRAMS / "mcp_talk.py"]
    env = {"TRACEPARENT": f"00-{TRACE}-{IN_HEADER}-01"} if one_trace else {}
    with serve(*python_server(), traced=False) as bare:
        untraced = runner.bare([*argv, bare.url(), tool])
    with serve(*python_server(), env=env) as server:
        traced = runner.traced([*argv, server.url(), tool], env=env)
    assert traced.printed == untraced.printed and traced.status == 0
    clients, servers = map(by_name, split(receiver.take_spans()))
    asked, answered = servers[method], clients[method]
    assert (asked.kind, answered.kind) == (CLIENT, SERVER)
    assert asked["jsonrpc.request.id"] == answered["jsonrpc.request.id"]
    # the server sent it with the answer to the call, or on the listening stream
    carriers = {s.span_id: s for s in servers.values()}
    carrier = carriers[asked.parent_id]
    assert carrier.name in (f"tools/call {tool}", "GET") and carrier.trace_id == asked.trace_id
    client_carrier = clients[carrier.name]
    if one_trace:
        assert answered.parent_id == client_carrier.span_id and answered.trace_id == asked.trace_id == TRACE
    else:
        assert (client_carrier.trace_id, client_carrier.span_id) in answered.links
    assert (answered.trace_id, answered.span_id) in asked.links
    call = servers[f"tools/call {tool}"]
    assert call.start_ns < asked.start_ns < asked.end_ns < call.end_ns
    assert answered.start_ns < answered.end_ns
    assert clients["ping"].kind == CLIENT and servers["ping"].kind == SERVER


def test_what_a_tool_asks_a_model_is_a_child_of_the_call(runner, receiver, serve, provider):
    llm = provider()
    fields = ["-H", "MCP-Protocol-Version: 2025-11-25"]
    with serve(*python_server("json", "stateless"), env={"LLM_URL": llm.url("/v1/chat/completions", host="127.0.0.1")}) as server:
        for meta in None, f"00-{TRACE}-{IN_MESSAGE}-01":
            body = rpc(meta, name="think", arguments={"together": 1 if meta is None else 2})
            runner.bare(["curl", "-sS", "-m", "20", *BOTH_KINDS, *fields, "-d", body, server.url()])
    spans = receiver.take_spans()
    calls = {s.span_id: s for s in spans if s.kind == SERVER}
    chats = [s for s in spans if s.kind == CLIENT]
    assert len(calls) == len(chats) == 2
    for chat in chats:
        call = calls.pop(chat.parent_id)
        assert call.name == "tools/call think" and call.trace_id == chat.trace_id
        assert chat.flags & 0x300 == 0x100  # the flags say that the parent is local
    assert {c.trace_id for c in chats} >= {TRACE}


def test_of_calls_that_are_under_way_together_none_is_guessed(runner, receiver, serve, provider):
    llm = provider()
    with serve(*python_server("json"), env={"LLM_URL": llm.url("/v1/chat/completions", host="127.0.0.1")}) as server:
        argv = [VENV_PYTHON, "-W", "ignore", PROGRAMS / "mcp_talk.py", server.url(), "think", "2"]
        assert runner.bare(argv).status == 0
    spans = receiver.take_spans()
    ids = {s.span_id for s in spans if s.kind == SERVER}
    chats = [s for s in spans if s.name.startswith("chat")]
    assert len(chats) == 2
    # the first chat is sent while both calls are open; the second may be sent when only its own call is left
    open_calls = [s for s in spans if s.name == "tools/call think"]
    for chat in chats:
        under_way = [c for c in open_calls if c.start_ns < chat.start_ns < c.end_ns]
        assert chat.parent_id not in ids or [c.span_id for c in under_way] == [chat.parent_id]


def test_other_json_rpc_is_an_ordinary_request(runner, receiver, provider, serve):
    server = provider(answer=lambda r: Reply(200, [("Content-Type", "application/json")], [b'{"jsonrpc":"2.0","id":"1","result":{}}']))
    for method, params in (("message/send", {"message": {"role": "user", "parts": []}}), ("message/stream", {"message": {}}),
                           ("tasks/get", {"id": "t-1"}), ("eth_call", []), ("ping", {}), ("initialize", {"processId": 7})):
        body = json.dumps({"jsonrpc": "2.0", "id": "1", "method": method, "params": params})
        pair = runner.both(["curl", "-sS", *BOTH_KINDS, "-d", body, server.url("/a2a")], server, same_bytes=True)
        (received,), (span,) = pair.sent, pair.spans
        assert_is_plain(span, received)
    with serve(*python_server("json", "stateless")) as mcp:
        runner.bare(["curl", "-sS", *BOTH_KINDS, "-d", body, mcp.url()])
        runner.bare(["curl", "-sS", mcp.url("/elsewhere")])
    assert not receiver.take_spans()


def test_a_batch_has_one_span(runner, provider):
    batch = [{"jsonrpc": "2.0", "id": i, "method": "tools/call", "params": {"name": "bus_status"}} for i in (1, 2)]
    replies = [{"jsonrpc": "2.0", "id": 2, "result": {"isError": True}}, {"jsonrpc": "2.0", "id": 1, "result": {}}]
    server = provider(answer=lambda r: Reply(200, [("Content-Type", "application/json")], [json.dumps(replies).encode()]))
    span, = runner.both(["curl", "-sS", *BOTH_KINDS, "-d", json.dumps(batch), server.url("/mcp")], server).spans
    assert span.name == "tools/call bus_status" and span["gentap.mcp.batch_size"] == 2
    assert span["error.type"] == "tool_error" and "jsonrpc.request.id" not in span.attributes
    batch[1]["method"] = "tools/list"
    span, = runner.both(["curl", "-sS", *BOTH_KINDS, "-d", json.dumps(batch), server.url("/mcp")], server).spans
    assert span.name == span["mcp.method.name"] == "batch"


def test_of_the_older_transport_the_requests_are_reported(runner, receiver, serve):
    argv = [VENV_PYTHON, "-W", "ignore", PROGRAMS / "mcp_old_client.py"]
    with serve(*python_server("old"), traced=False) as bare:
        untraced = runner.bare([*argv, bare.url("/sse")])
    with serve(*python_server("old")) as server:
        traced = runner.traced([*argv, server.url("/sse")])
    assert traced.printed == untraced.printed and traced.status == 0, traced
    clients, servers = split(receiver.take_spans())
    assert_each_has_its_counterpart(clients, servers)
    assert sorted(s.name for s in clients) == [
        "initialize", "notifications/initialized", "tools/call bus_status", "tools/call fail", "tools/list"]
    for span in clients + servers:
        assert not span.is_error  # the answers arrive on the other connection
        elsewhere = span.get("gentap.incomplete") == "answered_elsewhere"
        assert elsewhere == (span.name != "notifications/initialized")
    assert not [p for points in receiver.metrics for p in points if p.attributes.get("gen_ai.tool.name")]


def test_a_server_on_node(runner, receiver, serve):
    printed = []
    for traced in False, True:
        with serve("node", PROGRAMS / "mcp_node_server.js", traced=traced) as server:
            printed.append([runner.bare(["curl", "-sSi", *a.argv, server.url()]).stdout for a in (asking.MCP_CALL, asking.MCP_NOTE)])
    assert [re.sub(b"Date: .*", b"", s) for s in printed[0]] == [re.sub(b"Date: .*", b"", s) for s in printed[1]]
    spans = by_name(receiver.take_spans())
    assert set(spans) == {"tools/call bus_status", "notifications/initialized"}
    call = spans["tools/call bus_status"]
    assert call.kind == SERVER and not call.is_error and call["client.address"] == "127.0.0.1"
    assert call.end_ns - call.start_ns > 15e6  # until the last byte of the stream


def test_durations_of_operations_and_sessions_are_measured(runner, receiver, serve):
    with serve(*python_server()) as server:
        runner.traced([VENV_PYTHON, PROGRAMS / "mcp_client.py", server.url(), "legacy"])
    points = [p for points in receiver.metrics for p in points]
    for side in "client", "server":
        calls = [p for p in points if p.name == f"mcp.{side}.operation.duration" and p.attributes.get("gen_ai.tool.name") == "fail"]
        assert [p.attributes["error.type"] for p in calls] == ["tool_error"]
        session, = [p for p in points if p.name == f"mcp.{side}.session.duration"]
        assert session.raw.count == 1 and session.raw.sum > 0 and session.unit == "s"
        assert session.attributes["mcp.protocol.version"] == "2025-11-25"
        assert session.attributes["network.transport"] == "tcp"
        assert ("server.address" in session.attributes) == (side == "client")
        assert "mcp.session.id" not in session.attributes
