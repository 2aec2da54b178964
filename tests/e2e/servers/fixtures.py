"""Our own made-up exchanges: tests/fixtures/<provider>/<case>.json.

    request   what it answers: method, path (a regular expression for the whole path), and a part of the JSON body
    response  status, headers, and one of: json, text, base64, events (server-sent), lines (one JSON each), pieces (as they are)
    span      what gentap must make of it: name, attributes, absent (prefixes of attributes that must not be there), and
              status, message where it is an error

Of several fixtures that fit a request the most exacting one answers.
"""

import base64
import json
import pathlib
import re
from dataclasses import dataclass

from .http1 import Reply


@dataclass(frozen=True)
class Fixture:
    name: str
    request: dict
    response: dict
    span: dict

    @property
    def is_stream(self):
        return any(k in self.response for k in ("events", "lines"))

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
    """A server-sent event: a string is a comment or bare data line, a dict has data and perhaps an event name."""
    if isinstance(e, str):
        return e.encode()
    data = e["data"] if isinstance(e["data"], str) else json.dumps(e["data"], ensure_ascii=False)
    name = f"event: {e['event']}\n" if "event" in e else ""
    return f"{name}data: {data}\n\n".encode()


class Fixtures:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.all = {}
        for path in sorted(folder.rglob("*.json")):
            name = str(path.relative_to(folder).with_suffix(""))
            content = json.loads(path.read_text())
            self.all[name] = Fixture(name, content["request"], content["response"], content.get("span", {}))
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
