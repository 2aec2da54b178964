"""Parses OTLP/JSON into the official opentelemetry-proto classes. Stricter than the official JSON reader: OTLP has
hexadecimal ids, numbers for enumerations, strings for 64-bit integers, and no names with underscores."""

import base64
import json

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor as Field

IDS = ("trace_id", "span_id", "parent_span_id")
LONG = (Field.TYPE_INT64, Field.TYPE_UINT64, Field.TYPE_FIXED64, Field.TYPE_SFIXED64)


def _value(field, value):
    if field.type == Field.TYPE_MESSAGE:
        return _message(field.message_type, value)
    if field.name in IDS:
        assert value == value.lower() and len(value) in (16, 32), value
        return base64.b64encode(bytes.fromhex(value)).decode()
    if field.type == Field.TYPE_ENUM:
        assert type(value) is int, f"{field.name}: {value!r} is not a number"
    if field.type in LONG:
        assert isinstance(value, str), f"{field.name}: {value!r} is not a string"
    return value


def _message(descriptor, value):
    by_name = {f.json_name: f for f in descriptor.fields}
    out = {}
    for key, v in value.items():
        field = by_name[key]  # fails on unknown keys
        repeated = isinstance(v, list)
        out[key] = [_value(field, x) for x in v] if repeated else _value(field, v)
    return out


def parse(text, message):
    """Fills `message` and returns it."""
    return json_format.ParseDict(_message(message.DESCRIPTOR, json.loads(text)), message)
