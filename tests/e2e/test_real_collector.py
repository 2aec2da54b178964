"""The OpenTelemetry Collector itself takes what gentap sends, and tells the same spans on."""

import pytest

from servers.collector import Collector
from support import asking
from support.run import BUILD

BINARY = BUILD / "collector" / "otelcol"
WHY_NOT = BUILD / "collector" / "why-not"

pytestmark = pytest.mark.skipif(
    not BINARY.exists(), reason=f"no collector: {WHY_NOT.read_text().strip() if WHY_NOT.exists() else 'it was not built'}"
)


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("protocol", ["http/protobuf", "http/json", "grpc"])
def test_the_collector_tells_the_same_spans(protocol, compression, runner, provider, fixtures, tmp_path):
    server = provider(tls=True)
    asked = (asking.CHAT, asking.MESSAGES_STREAM, asking.MCP_CALL, asking.failing("gpt-busy"))
    with Collector(BINARY, tmp_path) as collector:
        for a in asked:
            gentap = {
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoints.get(protocol, collector.endpoint),
                "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
                "OTEL_EXPORTER_OTLP_COMPRESSION": compression,
            }
            result = runner.traced(["curl", "-sS", *a.argv, server.url(a.path)], gentap={**gentap, "GENTAP_LOG": "warn"})
            assert result.stderr == b""
        spans = collector.stop()
    received = server.take()
    assert len(spans) == len(received) == len(asked)
    by_id = {s["ID"]: s for s in spans}
    for r in received:
        _, trace, span_id, _ = r.traceparents[0].split("-")
        told, expected = by_id[span_id], fixtures.for_request(r).span
        assert (told["Trace ID"], told["Name"], told["Kind"]) == (trace, expected["name"], "Client")
        assert told["Status code"] == ("Error" if expected.get("status") else "Unset")
        for key, value in expected["attributes"].items():
            if not isinstance(value, list):
                assert told["attributes"][key] == value, key
