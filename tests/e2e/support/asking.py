"""Requests that the fixtures answer, as general-purpose clients send them."""

import json
from dataclasses import dataclass

JSON = {"Content-Type": "application/json"}
JSON_FIELD = ["-H", "Content-Type: application/json"]  # arguments of curl
SECRET = "sk-not-a-key"
OPENAI = {**JSON, "Authorization": f"Bearer {SECRET}"}
ANTHROPIC = {**JSON, "x-api-key": SECRET, "anthropic-version": "2023-06-01"}
QUESTION = [{"role": "user", "content": "Is bus 7 late?"}]


@dataclass(frozen=True)
class Asking:
    path: str
    body: str
    headers: dict

    @property
    def argv(self):
        """The arguments of curl."""
        fields = [a for n, v in self.headers.items() for a in ("-H", f"{n}: {v}")]
        return [*fields, "--data-binary", self.body]


def _asking(path, headers, **body):
    return Asking(path, json.dumps(body), headers)


def _rpc(method, message_id=None, params=None):
    message = {"jsonrpc": "2.0", "method": method}
    if message_id is not None:
        message["id"] = message_id
    if params is not None:
        message["params"] = params
    session = {"MCP-Protocol-Version": "2025-11-25", "Mcp-Session-Id": "s-1"}
    return Asking("/mcp", json.dumps(message), {**JSON, "Accept": "application/json, text/event-stream", **session})


CHAT = _asking("/v1/chat/completions", OPENAI, model="gpt-4o-mini", messages=QUESTION)
CHAT_STREAM = _asking(
    "/v1/chat/completions", OPENAI, model="gpt-4o-mini", messages=QUESTION, stream=True, stream_options={"include_usage": True}
)
CHAT_STREAM_WITHOUT_USAGE = _asking("/v1/chat/completions", OPENAI, model="gpt-4o-mini", messages=QUESTION, stream=True)
CHAT_TOOLS = _asking("/v1/chat/completions", OPENAI, model="gpt-4o", messages=QUESTION, tool_choice="auto")
CHAT_BREAKS = _asking("/v1/chat/completions", OPENAI, model="gpt-breaks", messages=QUESTION, stream=True)
COMPATIBLE_STREAM = _asking("/v1/chat/completions", JSON, model="qwen/qwen3-8b", messages=QUESTION, stream=True)
RESPONSES = _asking("/v1/responses", OPENAI, model="gpt-5-mini", input="Is bus 7 late?")
RESPONSES_STREAM = _asking("/v1/responses", OPENAI, model="gpt-5-mini", input="Is bus 7 late?", stream=True)
RESPONSES_FAILED = _asking("/v1/responses", OPENAI, model="gpt-5-fails", input="Is bus 7 late?", stream=True)
COMPLETIONS = _asking("/v1/completions", OPENAI, model="gpt-3.5-turbo-instruct", prompt="Bus 7 is")
COMPLETIONS_STREAM = _asking("/v1/completions", OPENAI, model="gpt-3.5-turbo-instruct", prompt="Bus 7 is", stream=True)
EMBEDDINGS = _asking("/v1/embeddings", OPENAI, model="text-embedding-3-small", input="bus 7")
MESSAGES = _asking("/v1/messages", ANTHROPIC, model="claude-tap-1", max_tokens=256, messages=QUESTION)
MESSAGES_STREAM = _asking("/v1/messages", ANTHROPIC, model="claude-tap-1", max_tokens=256, messages=QUESTION, stream=True)
MESSAGES_BREAK = _asking("/v1/messages", ANTHROPIC, model="claude-breaks", max_tokens=256, messages=QUESTION, stream=True)
_CONTENTS = [{"role": "user", "parts": [{"text": "Is bus 7 late?"}]}]
_GEMINI = "/v1beta/models/gemini-2.5-flash:"
GENERATE = _asking(_GEMINI + "generateContent", {**JSON, "x-goog-api-key": SECRET}, contents=_CONTENTS)
GENERATE_STREAM = _asking(_GEMINI + "streamGenerateContent?alt=sse", {**JSON, "x-goog-api-key": SECRET}, contents=_CONTENTS)
GENERATE_ARRAY = _asking(_GEMINI + "streamGenerateContent", {**JSON, "x-goog-api-key": SECRET}, contents=_CONTENTS)
EMBED = _asking("/v1beta/models/gemini-embedding-001:embedContent", JSON, content={"parts": [{"text": "bus 7"}]})
OLLAMA_CHAT = _asking("/api/chat", JSON, model="llama3.2", messages=QUESTION, stream=False)
OLLAMA_CHAT_STREAM = _asking("/api/chat", JSON, model="llama3.2", messages=QUESTION)
OLLAMA_GENERATE = _asking("/api/generate", JSON, model="llama3.2", prompt="Bus 7 is")
OLLAMA_EMBED = _asking("/api/embed", JSON, model="nomic-embed-text", input=["bus 7", "bus 9"])
MCP_CALL = _rpc("tools/call", 7, {"name": "bus_status", "arguments": {"line": 7}})
MCP_CALL_SSE = _rpc("tools/call", "a-8", {"name": "slow_status", "arguments": {}})
MCP_UNKNOWN_TOOL = _rpc("tools/call", 9, {"name": "no_such_tool"})
MCP_READ = _rpc("resources/read", 10, {"uri": "file:///timetable.txt"})
MCP_PROMPT = _rpc("prompts/get", 11, {"name": "plan_trip", "arguments": {"to": "Oslo"}})
MCP_NOTE = _rpc("notifications/initialized")


def failing(model, path="/v1/chat/completions", headers=OPENAI, **more):
    return _asking(path, headers, model=model, messages=QUESTION, **more)


# a request for each wire format, streaming and not
A_BIT_OF_EVERYTHING = (
    CHAT, CHAT_STREAM, CHAT_STREAM_WITHOUT_USAGE, RESPONSES, RESPONSES_STREAM, COMPLETIONS, COMPLETIONS_STREAM, EMBEDDINGS,
    MESSAGES, MESSAGES_STREAM, GENERATE, GENERATE_STREAM, GENERATE_ARRAY, EMBED, OLLAMA_CHAT, OLLAMA_CHAT_STREAM,
    OLLAMA_GENERATE, OLLAMA_EMBED, MCP_CALL, MCP_CALL_SSE, MCP_UNKNOWN_TOOL, MCP_READ, MCP_PROMPT, MCP_NOTE,
)


def listing(folder, askings=A_BIT_OF_EVERYTHING):
    """Writes the file that the general-purpose clients read."""
    path = folder / "exchanges.json"
    path.write_text(json.dumps([{"path": a.path, "body": a.body, "headers": a.headers} for a in askings]))
    return path
