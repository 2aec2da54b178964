"""Reads the requests that the general-purpose HTTP clients of this folder send: path, JSON body and header fields."""

import json


def load(path):
    with open(path, encoding="utf-8") as f:
        return [(e["path"], e["body"].encode(), e["headers"]) for e in json.load(f)]
