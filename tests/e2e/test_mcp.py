"""MCP: the client of the `mcp` package with its streamable-HTTP server. Covers both generations of the protocol, JSON
and SSE replies, with and without sessions, and single messages of other clients."""

import json
import subprocess

import pytest

from servers.http1 import Reply
from servers.proxy import RecordingProxy
from support import asking
from support.claims import CLIENT, assert_injected, assert_is_sound, pair_up
from support.run import PROGRAMS, VENV_PYTHON

SERVERS = {"sse": [], "json": ["json"], "sse_stateless": ["stateless"], "json_stateless": ["json", "stateless"]}
STATELESS_REVISION = "2026-07-28"


@pytest.fixture(scope="module", params=SERVERS)
def mcp_server(request):
    process = subprocess.Popen(
        [VENV_PYTHON, PROGRAMS / "mcp_server.py", *SERVERS[request.param]],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    process.has_sessions = "stateless" not in request.param
    process.port = int(process.stdout.readline())
    yield process
    process.stdin.close()
    process.wait(10)


def expected_attributes(received):
    """The attributes that follow from the request alone."""
    out = {"network.transport": "tcp", "network.protocol.name": "http", "network.protocol.version": "1.1"}
    out["server.address"] = "127.0.0.1"
    if session := received.value("mcp-session-id"):
        out["mcp.session.id"] = session
    if version := received.value("mcp-protocol-version"):
        out["mcp.protocol.version"] = version
    if not received.body:
        return received.method, out
    message = json.loads(received.body)
    method, params = message["method"], message.get("params", {})
    name = method
    out["mcp.method.name"] = method
    if "id" in message:
        out["jsonrpc.request.id"] = str(message["id"])
    if method == "tools/call":
        out |= {"gen_ai.tool.name": params["name"], "gen_ai.operation.name": "execute_tool"}
        name = f"{method} {params['name']}"
    elif method == "prompts/get":
        out["gen_ai.prompt.name"] = params["name"]
        name = f"{method} {params['name']}"
    elif method == "resources/read":
        out["mcp.resource.uri"] = params["uri"]
    return name, out


def test_an_answer_on_a_resumed_stream_belongs_to_its_request(runner, provider):
    call = {"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": {"name": "bus_status"}}
    answer = {"jsonrpc": "2.0", "id": 4, "result": {"isError": True, "content": []}}
    streams = {"POST": "id: e1\nretry: 10\ndata: \n\n", "GET": f"id: e2\ndata: {json.dumps(answer)}\n\n"}
    server = provider(answer=lambda r: Reply(200, [("Content-Type", "text/event-stream")], [streams[r.method].encode()]))
    fields = ["-H", "Accept: application/json, text/event-stream", "-H", "Mcp-Session-Id: s-1"]
    ask = ["-H", "Content-Type: application/json", "-d", json.dumps(call), server.url("/mcp")]
    argv = ["curl", "-sS", *fields, *ask, "--next", *fields, "-H", "Last-Event-ID: e1", server.url("/mcp")]
    listening, asked = sorted(runner.both(argv, server).spans, key=lambda s: s.name)
    assert (listening.name, listening.is_error) == ("GET", False)
    assert (asked.name, asked["error.type"]) == ("tools/call bus_status", "tool_error")


@pytest.mark.parametrize("mode", ["legacy", "auto", STATELESS_REVISION])
def test_every_message_of_a_client_has_one_span(mode, mcp_server, runner):
    if mode != "legacy" and not mcp_server.has_sessions:
        return  # the newer revision has no sessions: the same exchange again
    with RecordingProxy(mcp_server.port) as proxy:
        pair = runner.both([VENV_PYTHON, PROGRAMS / "mcp_client.py", proxy.url("/mcp"), mode], proxy, same_bytes=False)
    assert pair.bare.status == 0, pair.bare.stderr
    assert sorted(r.method for r in pair.sent) == sorted(r.method for r in pair.sent_bare)
    seen = {}
    for received, span in pair_up(pair.sent, pair.spans):
        assert_injected(received, span)
        assert_is_sound(span)
        name, attributes = expected_attributes(received)
        assert span.name == name and span.kind == CLIENT
        assert {k: span.get(k) for k in attributes} == attributes
        seen[name] = span
    assert seen["tools/call fail"]["error.type"] == "tool_error"
    assert not seen["tools/call bus_status"].is_error
    missing = next(s for r, s in pair_up(pair.sent, pair.spans) if b"missing.txt" in r.body)
    assert missing["error.type"] == missing["rpc.response.status_code"] == "-32602"
    if mode == "legacy":
        assert not seen["initialize"].is_error and seen["initialize"]["mcp.protocol.version"]
        if mcp_server.has_sessions:
            assert seen["initialize"]["mcp.session.id"] == seen["tools/call fail"]["mcp.session.id"]
            assert not seen["DELETE"].is_error and not seen["GET"].is_error
    else:
        assert "mcp.session.id" not in seen["tools/call fail"].attributes
        assert seen["tools/call fail"]["mcp.protocol.version"] == STATELESS_REVISION


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("a", [
    asking.MCP_CALL, asking.MCP_CALL_SSE, asking.MCP_UNKNOWN_TOOL, asking.MCP_READ, asking.MCP_PROMPT, asking.MCP_NOTE,
], ids=["call", "call_sse", "unknown_tool", "read", "prompt", "note"])
def test_a_message_sent_by_curl_has_one_span(a, tls, runner, provider, fixtures):
    server = provider(tls=tls)
    runner.both_answered(["curl", "-sS", *a.argv, server.url(a.path)], server, fixtures)


def test_an_http_error_without_an_answer_to_the_message_has_its_status_as_error(runner, provider):
    body = b'{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}'
    server = provider(answer=lambda r: Reply(404, [("Content-Type", "application/json")], [body]))
    span, = runner.both(["curl", "-sS", *asking.MCP_CALL.argv, server.url("/mcp")], server).spans
    assert span.is_error and span["error.type"] == "404"
    assert span["mcp.method.name"] == "tools/call"


def test_other_json_rpc_is_not_mcp(runner, provider):
    block = Reply(200, [("Content-Type", "application/json")], [b'{"jsonrpc":"2.0","id":1,"result":"0x1"}'])
    server = provider(answer=lambda r: block)
    body = '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}'
    argv = ["curl", "-sS", "-H", "Content-Type: application/json", "-d", body, server.url("/rpc")]
    assert not runner.both(argv, server).spans
