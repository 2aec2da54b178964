"""A small parser of requests and replies for the tests: finds the JSON documents of a body, and the values of names in
them.

It knows no providers: for the name `n` it returns the value of every member named `n`, at any depth."""

import base64
import json
import struct

from .recordings import decode


def _json(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def _events(text):
    """The data of server-sent events."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for event in text.split("\n\n"):
        lines = [line[5:].removeprefix(" ") for line in event.split("\n") if line.startswith("data:")]
        if lines:
            yield "\n".join(lines)


def _frames(body):
    """The payloads of an AWS event stream; decodes what Bedrock wraps in base64."""
    while len(body) >= 16:
        total, head = struct.unpack(">II", body[:8])
        payload = _json(body[12 + head : total - 4])
        yield _json(base64.b64decode(payload["bytes"])) if isinstance(payload, dict) and "bytes" in payload else payload
        body = body[total:]


def documents(body, coding=None):
    """All JSON documents of a body: an array, events, frames or lines."""
    body = decode(body, coding) if body else b""
    if len(body) > 4 and struct.unpack(">I", body[:4])[0] <= len(body):  # text never begins like this
        return [d for d in _frames(body) if d is not None]
    text = body.decode("utf-8", "replace")
    whole = _json(text)
    if isinstance(whole, list):
        return whole
    if whole is not None:
        return [whole]
    if any(line.startswith("data:") for line in text.splitlines()):
        parts = list(_events(text))
    else:
        parts = text.splitlines()
    return [d for d in map(_json, parts) if d is not None]


def values(documents, *names):
    """The values of all members with these names, in document order."""
    out, open_ones = [], list(reversed(documents))
    while open_ones:
        d = open_ones.pop()
        if isinstance(d, dict):
            out += [d[n] for n in names if n in d]
            open_ones += reversed(list(d.values()))
        elif isinstance(d, list):
            open_ones += reversed(d)
    return out


def at(document, path):
    """The value at a path of names and numbers, or None."""
    for part in path.split("."):
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document
