"""Synthetic exchanges: tests/fixtures/<provider>/<case>.json.

    request   the requests it answers: method, path (a regular expression for the whole path), part of the JSON body
    send      the request to a provider's own host: host, target, method, headers, json or form (text fields of a form)
    response  status, headers, and one of: json, text, base64, events (server-sent), lines (a JSON text each),
              frames (AWS event stream: event or exception, with data, or wrapped in base64), pieces (unchanged)
    span      the expected span: name, attributes, absent (prefixes of attributes that it must not have); for an error
              also status and message

If several fixtures match a request, the most specific one answers.
"""

import base64
import json
import pathlib
import re
import zlib
from dataclasses import dataclass

from .http1 import Reply


@dataclass(frozen=True)
class Fixture:
    name: str
    request: dict
    response: dict
    span: dict
    send: dict

    @property
    def is_stream(self):
        return any(k in self.response for k in ("events", "lines", "frames"))

    def fits(self, received):
        if received.method != self.request.get("method", "POST"):
            return False
        if not re.fullmatch(self.request["path"], received.target):
            return False
        wanted = self.request.get("json")
        if wanted is None:
            return True
        try:
            return _contains(json.loads(received.body), wanted)
        except ValueError:
            return False

    @property
    def exactness(self):
        return len(json.dumps(self.request))

    def reply(self):
        r = self.response
        fields = list(r.get("headers", {}).items())
        kind = None
        if "json" in r:
            kind, pieces = "application/json", [json.dumps(r["json"], ensure_ascii=False).encode()]
        elif "events" in r:
            kind, pieces = "text/event-stream; charset=utf-8", [_event(e) for e in r["events"]]
        elif "lines" in r:
            kind, pieces = "application/x-ndjson", [json.dumps(e, ensure_ascii=False).encode() + b"\n" for e in r["lines"]]
        elif "frames" in r:
            kind, pieces = "application/vnd.amazon.eventstream", [_frame(e) for e in r["frames"]]
        elif "pieces" in r:
            pieces = [p.encode() for p in r["pieces"]]
        elif "base64" in r:
            pieces = [base64.b64decode(r["base64"])]
        else:
            pieces = [r.get("text", "").encode()]
        if kind and not any(n.lower() == "content-type" for n, _ in fields):
            fields.insert(0, ("Content-Type", kind))
        return Reply(r.get("status", 200), fields, pieces)


def _contains(have, wanted):
    if isinstance(wanted, dict):
        return isinstance(have, dict) and all(k in have and _contains(have[k], v) for k, v in wanted.items())
    return have == wanted


def _event(e):
    """A server-sent event: a string is a comment or a plain data line; a dict has data and optionally an event name."""
    if isinstance(e, str):
        return e.encode()
    data = e["data"] if isinstance(e["data"], str) else json.dumps(e["data"], ensure_ascii=False)
    name = f"event: {e['event']}\n" if "event" in e else ""
    return f"{name}data: {data}\n\n".encode()


def _header(name, value):
    return bytes([len(name)]) + name.encode() + b"\x07" + len(value).to_bytes(2, "big") + value.encode()


def _frame(e):
    """A frame of the binary AWS event stream."""
    data = json.dumps(e.get("data", e.get("wrapped")), ensure_ascii=False).encode()
    if "wrapped" in e:
        data = json.dumps({"bytes": base64.b64encode(data).decode(), "p": "abcd"}).encode()
    kind = "exception" if "exception" in e else "event"
    headers = _header(f":{kind}-type", e[kind]) + _header(":content-type", "application/json") + _header(":message-type", kind)
    frame = (16 + len(headers) + len(data)).to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    frame += zlib.crc32(frame).to_bytes(4, "big") + headers + data
    return frame + zlib.crc32(frame).to_bytes(4, "big")


class Fixtures:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.all = {}
        for path in sorted(folder.rglob("*.json")):
            name = str(path.relative_to(folder).with_suffix(""))
            content = json.loads(path.read_text())
            self.all[name] = Fixture(name, content["request"], content["response"], content.get("span", {}), content.get("send", {}))
        if not self.all:
            raise ValueError(f"no fixtures in {folder}")

    def __getitem__(self, name):
        return self.all[name]

    def for_request(self, received):
        fitting = [f for f in self.all.values() if f.fits(received)]
        return max(fitting, key=lambda f: f.exactness) if fitting else None

    def answer(self, received):
        fixture = self.for_request(received)
        if fixture is None:
            return Reply(404, [("Content-Type", "application/json")], [b'{"error":{"message":"no fixture fits this request"}}'])
        return fixture.reply()
