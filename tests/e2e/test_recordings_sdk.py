"""Replays recorded exchanges through the providers' own SDKs. The program prints the same with and without gentap.
Every request carries the ids of its span, and the span has what the index of the recordings expects."""

import base64
import json
import re
import urllib.parse

import pytest

from servers.http1 import Delivery, Reply
from support import recordings
from support.claims import pair_up, untraced
from support.expected import assert_as_expected
from support.run import PROGRAMS, VENV_PYTHON

pytestmark = pytest.mark.skipif(recordings.FOLDER is None, reason=f"no recordings: {recordings.WHY_NOT}")

GOOGLE = ("google.generateContent", "google.streamGenerateContent", "google.countTokens", "google.batchEmbedContents", "google.predict")


def is_openai(r):
    return r.api.startswith("openai.") or r.api in ("writer.chat", "rerank")


def is_message(r):
    """True for a single message: the MCP package does not support batches any more."""
    return r.api == "mcp" and r.method == "POST" and b'"method"' in r.request_body and r.request_body[:1] == b"{"


# the recordings for each SDK
SDKS = {
    "openai": is_openai,
    "anthropic": lambda r: r.api.startswith("anthropic."),
    "groq": lambda r: r.facts["provider"] == "groq",
    "google": lambda r: r.api in GOOGLE,
    "mistral": lambda r: r.facts["provider"] == "mistral_ai" and r.api != "openai.audio.transcriptions",
    "cohere": lambda r: r.api.startswith("cohere."),
    "ollama": lambda r: r.api.startswith("ollama."),
    "huggingface": lambda r: r.facts["provider"] == "huggingface",
    "boto3": lambda r: r.api.startswith(("bedrock.", "sagemaker.")),
    "mcp": is_message,
}

# new in every request, or a measurement of earlier requests
RANDOM_FIELDS = {
    b"idempotency-key", b"x-stainless-read-timeout", b"x-goog-api-client", b"amz-sdk-invocation-id", b"amz-sdk-request",
    b"x-amz-date", b"authorization", b"x-stainless-timeout", b"x-amzn-trace-id",
}


@pytest.fixture
def replay(provider):
    """Starts two servers that answer with the recording that a request names."""

    def answer(received):
        r = recordings.load(received.value("x-recording"))
        if received.method != r.method:  # other requests of the MCP client
            return Reply(405, [], [])
        framing = "chunked" if r.is_stream else None
        if r.coding in (None, *re.split(r"[ ,]+", received.value("accept-encoding") or "")):
            return r.reply(), Delivery(claim_coding=r.coding, framing=framing)
        return r.plain_reply(), Delivery(framing=framing)  # a coding that the SDK did not request

    return provider(tls=True, answer=answer), provider(answer=answer)


def settled(received):
    """The bytes of a request without the fields that differ in every run."""
    boundary = re.search(r"boundary=(\S+)", received.value("content-type") or "")
    sent = untraced(received, RANDOM_FIELDS)
    return sent.replace(boundary[1].encode(), b"boundary") if boundary else sent


def manifest(chosen):
    return json.dumps([
        {"id": r.id, "method": r.method, "url": urllib.parse.urlunsplit(r.url), "headers": {n.lower(): v for n, v in r.request_fields},
         "body": base64.b64encode(r.request_body).decode()} for r in chosen
    ]).encode()


@pytest.mark.parametrize("sdk", SDKS)
def test_recordings_replayed_through_an_sdk_have_the_expected_spans(sdk, runner, replay):
    chosen = {r.id: r for r in map(recordings.load, recordings.SUPPORTED) if SDKS[sdk](r)}
    if not chosen:
        pytest.skip(f"no recordings of {sdk}")
    tls, plain = replay
    argv = [VENV_PYTHON, PROGRAMS / "sdk_replay.py", sdk, tls.port, plain.port]
    pair = runner.both(argv, stdin=manifest(chosen.values()), timeout=120)
    sent = tls.take() + plain.take()
    bare, traced = [r for r in sent if not r.traceparents], [r for r in sent if r.traceparents]
    assert sorted(map(settled, traced)) == sorted(map(settled, bare))
    pairs = [(r, span) for r, span in pair_up(traced, pair.spans) if r.method == chosen[r.value("x-recording")].method]
    assert {r.value("x-recording") for r, _ in pairs} == set(chosen) and len(pairs) == len(chosen)
    wrong = []
    for received, span in pairs:
        try:
            assert_as_expected(span, chosen[received.value("x-recording")], received)
            assert received.traceparents == [span.traceparent]
        except AssertionError as e:
            wrong.append(str(e))
    assert not wrong, "\n".join(wrong)
