"""What the provider of the matrix answers, and the span that each of its answers must become.

Three sources, the first that knows the request wins: an MCP server, the fixtures of tests/fixtures, and those of the
folder answers/, which fit any model: agents ask for models and send prompts of their own."""

import json
import pathlib
import re
from dataclasses import dataclass

from servers.fixtures import Fixtures
from servers.http1 import Reply
from support import asking
from support.run import TOP

# what the general-purpose clients send: each API, as JSON and as a stream
ASKED = (
    asking.CHAT, asking.CHAT_STREAM, asking.RESPONSES, asking.RESPONSES_STREAM, asking.MESSAGES, asking.MESSAGES_STREAM,
    asking.GENERATE, asking.GENERATE_STREAM, asking.MCP_CALL,
)
SESSION = "s-matrix"
TOOL_SCHEMA = {"type": "object", "properties": {"line": {"type": "integer"}}}
JSON, SSE = "JSON", "SSE"


@dataclass(frozen=True)
class Call:
    """A request that must have a span: JSON or SSE, and the facts as assert_span_matches takes them."""

    kind: str
    facts: dict

    @property
    def is_stream(self):
        return self.kind == SSE


def _message(received):
    """The JSON-RPC request to the MCP server that is in `received`, or None. Fixtures answer some of its tools."""
    if received.path != "/mcp" or received.method != "POST" or received.value("mcp-session-id") == "s-1":
        return None
    try:
        return json.loads(received.body)
    except ValueError:
        return None


def _mcp_result(message):
    params = message.get("params", {})
    if message["method"] == "initialize":
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}},
                "serverInfo": {"name": "timetable", "version": "1"}}
    if message["method"] == "tools/list":
        return {"tools": [{"name": n, "description": "Minutes late.", "inputSchema": TOOL_SCHEMA} for n in ("bus", "slow_bus")]}
    if message["method"] == "tools/call":
        return {"content": [{"type": "text", "text": "4"}], "isError": False}
    return {}


def _mcp_reply(message):
    if "id" not in message:
        return Reply(202)
    body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": _mcp_result(message)}).encode()
    session = [("Mcp-Session-Id", SESSION)] if message["method"] == "initialize" else []
    if _is_slow(message):
        return Reply(200, [("Content-Type", "text/event-stream")], [b": wait\n\n", b"event: message\ndata: " + body + b"\n\n"])
    return Reply(200, [("Content-Type", "application/json"), *session], [body])


def _is_slow(message):
    return message.get("params", {}).get("name") == "slow_bus"


def _mcp_call(message):
    if "id" not in message:
        return None
    name, attributes = message["method"], {"mcp.method.name": message["method"], "jsonrpc.request.id": str(message["id"])}
    if name == "tools/call":
        tool = message["params"]["name"]
        name, attributes = f"{name} {tool}", attributes | {"gen_ai.tool.name": tool, "gen_ai.operation.name": "execute_tool"}
    return Call(SSE if _is_slow(message) else JSON, {"name": name, "attributes": attributes})


class Answers:
    def __init__(self):
        self._known = Fixtures(TOP / "tests" / "fixtures")
        self._any_model = Fixtures(pathlib.Path(__file__).parent / "answers")

    def _fixture(self, received):
        return self._known.for_request(received) or self._any_model.for_request(received)

    def __call__(self, received):
        if message := _message(received):
            return _mcp_reply(message)
        if fixture := self._fixture(received):
            return fixture.reply()
        if received.path == "/mcp":
            return Reply(200 if received.method == "DELETE" else 405)
        return Reply(404, [("Content-Type", "application/json")], [b'{"error":{"message":"the matrix has no such answer"}}'])

    def call(self, received):
        """The Call that `received` is, or None for other traffic."""
        if message := _message(received):
            return _mcp_call(message)
        fixture = self._fixture(received)
        if fixture is None or not fixture.span:
            return None
        facts = fixture.span
        if "{model}" in facts["name"]:
            facts = json.loads(json.dumps(facts).replace("{model}", _model(received)))
        return Call(SSE if fixture.is_stream and "mcp" not in fixture.name else JSON, facts)


def _model(received):
    in_path = re.search(r"/models/([^:/?]+):", received.path)
    return in_path.group(1) if in_path else json.loads(received.body)["model"]
