"""Recordings of real exchanges, read in place and never copied: GENTAP_RECORDINGS, or ../shared/data/recordings."""

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

_CANDIDATE = pathlib.Path(os.environ.get("GENTAP_RECORDINGS") or TOP.parent / "shared" / "data" / "recordings")
WHY_NOT = None if (_CANDIDATE / "index.json").exists() else "no index.json where GENTAP_RECORDINGS points to"
FOLDER = None if WHY_NOT else _CANDIDATE

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


@functools.cache
def _index():
    return json.loads((FOLDER / "index.json").read_text()) if FOLDER else {"exchanges": []}


# Where the index repeats the wire against the rules that it was made with. Mistral: the total includes audio and the prompt
# does not, by the amount of the audio.
CORRECTED = {"d0141": {"gen_ai.usage.input_tokens": 378}}


@functools.cache
def load(recording_id):
    entry = next(e for e in _index()["exchanges"] if e["id"] == recording_id)
    content, expect = json.loads((FOLDER / entry["file"]).read_text()), entry["expect"] | CORRECTED.get(recording_id, {})
    return Recording(entry["id"], entry["facts"]["api"], content, expect, entry["facts"])


def _is_supported(entry):
    # gentap does not read the older MCP transport yet: its answers arrive on a second connection
    return entry["facts"]["api"] != "mcp" or load(entry["id"]).url.path not in ("/sse", "/messages")


SUPPORTED = [e["id"] for e in _index()["exchanges"] if _is_supported(e)]


def hosts():
    """All host names of the recordings, for the certificate."""
    return sorted({load(i).url.hostname for i in SUPPORTED})
