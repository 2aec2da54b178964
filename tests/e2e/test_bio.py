"""OpenSSL's BIO interface, which calls libssl's functions past the hooks of their symbols."""

import pytest

from support.snippets import build

KNOWN = {"GENTAP_ENDPOINTS": "localhost=openai"}


@pytest.mark.parametrize("way", ["connect", "buffer", "by_hand", "new_ssl", "printf", "puts"])
def test_every_way_is_followed(way, runner, provider):
    server = provider(tls=True)
    pair = runner.both([build("bio_ways"), str(server.port), way], server, gentap=KNOWN)
    assert b"answer: yes" in pair.bare.stdout
    (request,), (span,) = pair.sent, pair.spans
    assert span.name == "chat gpt-5.1" and span.attributes["server.address"] == "localhost"
    assert span.attributes["gen_ai.usage.input_tokens"] > 0 and "gentap.incomplete" not in span.attributes
    assert len(request.traceparents) == 1
