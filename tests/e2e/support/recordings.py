"""Recordings of real exchanges, and probes, read in place and never copied: from the folders that GENTAP_RECORDINGS and
GENTAP_PROBES name, or ../shared/data/recordings and ../shared/data/probes."""

import base64
import functools
import json
import os
import pathlib
import urllib.parse
import zlib
from dataclasses import dataclass

import brotli
import zstandard

from servers.http1 import Reply

from .run import TOP

@dataclass(frozen=True)
class Recording:
    id: str
    api: str
    content: dict
    expect: dict
    facts: dict

    @property
    def url(self):
        return urllib.parse.urlsplit(self.content["request"]["url"].replace("<", "%3C").replace(">", "%3E"))

    @property
    def is_tls(self):
        return self.url.scheme == "https"

    @property
    def port(self):
        return self.url.port or (443 if self.is_tls else 80)

    @property
    def target(self):
        return self.url.path + (f"?{self.url.query}" if self.url.query else "")

    @property
    def method(self):
        return self.content["request"]["method"]

    @property
    def request_body(self):
        return _body(self.content["request"])

    @property
    def request_fields(self):
        """Header fields as recorded, without those of the connection and those that a client adds itself."""
        own = {"host", "content-length", "connection", "transfer-encoding", "expect", "traceparent", "tracestate"}
        return [(n, v) for n, v in self.content["request"]["headers"] if n.lower() not in own]

    @property
    def coding(self):
        return self.content["response"].get("content_encoding")

    @property
    def is_stream(self):
        kind = next((v for n, v in self.content["response"]["headers"] if n.lower() == "content-type"), "")
        return "event-stream" in kind or "ndjson" in kind or bool(self.facts.get("stream"))

    def reply(self):
        r = self.content["response"]
        body = _body(r)
        return Reply(r["status"], [(n, v) for n, v in r["headers"]], [body] if body else [], r.get("reason"))

    def plain_reply(self):
        """The reply without its content coding."""
        reply = self.reply()
        fields = [(n, v) for n, v in reply.fields if n.lower() not in ("content-encoding", "content-length")]
        return Reply(reply.status, fields, [decode(reply.body, self.coding)] if reply.body else [], reply.reason)


def decode(body, coding):
    """Decodes a content coding."""
    if coding in ("gzip", "deflate"):
        return zlib.decompressobj(47).decompress(body)
    if coding == "br":
        return brotli.decompress(body)
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    return body


def _body(message):
    if message.get("body_base64") is not None:
        return base64.b64decode(message["body_base64"])
    return (message.get("body") or "").encode()


# Where an index contradicts the rules that it was made with. Mistral: the total includes audio and the prompt does not, by the
# amount of the audio. Gemini's OpenAI format: the total has 200 tokens that no other member names. Such a reply keeps the
# counts that it reports, as recording d0119 has it, and it has no cost.
CORRECTED = {
    "d0141": {"gen_ai.usage.input_tokens": 378},
    "gemini-openai-compat": {"gen_ai.usage.output_tokens": 3},
}


class Collection:
    """A folder of recordings with an index.json. `variable` names another folder than the usual one."""

    def __init__(self, variable, name):
        folder = pathlib.Path(os.environ.get(variable) or TOP.parent / "shared" / "data" / name)
        is_there = (folder / "index.json").exists()
        self.folder = folder if is_there else None
        self.why_not = None if is_there else f"no index.json where {variable} points to"
        exchanges = json.loads((folder / "index.json").read_text())["exchanges"] if is_there else []
        self._entries = {e["id"]: e for e in exchanges}
        self.supported = [i for i in self._entries if self._is_supported(i)]

    @functools.cache
    def load(self, recording_id):
        e = self._entries[recording_id]
        content = json.loads((self.folder / e["file"]).read_text())
        return Recording(e["id"], e["facts"]["api"], content, e["expect"] | CORRECTED.get(e["id"], {}), e["facts"])

    def _is_supported(self, recording_id):
        # gentap does not read the older MCP transport yet: its answers arrive on a second connection
        facts = self._entries[recording_id]["facts"]
        return facts["api"] != "mcp" or self.load(recording_id).url.path not in ("/sse", "/messages")

    def hosts(self):
        """All host names, for the certificate."""
        return sorted({self.load(i).url.hostname for i in self.supported})


_RECORDINGS = Collection("GENTAP_RECORDINGS", "recordings")
FOLDER, WHY_NOT, SUPPORTED, load = _RECORDINGS.folder, _RECORDINGS.why_not, _RECORDINGS.supported, _RECORDINGS.load
# exchanges made for one question each; their index expects fewer facts
PROBES = Collection("GENTAP_PROBES", "probes")


def hosts():
    """All host names of both collections, for the certificate."""
    return [*_RECORDINGS.hosts(), *PROBES.hosts()]
