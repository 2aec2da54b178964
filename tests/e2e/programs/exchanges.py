"""What the general-purpose HTTP clients here are told to send: pairs of a path and a JSON text, read from a file."""

import json


def load(path):
    with open(path, encoding="utf-8") as f:
        return [(e["path"], e["body"].encode(), e["headers"]) for e in json.load(f)]
