"""The OpenTelemetry Collector itself accepts what gentap sends, and prints the same spans."""

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
                "OTEL_METRICS_EXPORTER": "none",
            }
            result = runner.traced(["curl", "-sS", *a.argv, server.url(a.path)], gentap={**gentap, "GENTAP_LOG": "warn"})
            assert result.stderr == b""
        spans = collector.stop()
    received = server.take()
    assert len(spans) == len(received) == len(asked)
    by_id = {s["ID"]: s for s in spans}
    for r in received:
        _, trace, span_id, _ = r.traceparents[0].split("-")
        reported, expected = by_id[span_id], fixtures.for_request(r).span
        assert (reported["Trace ID"], reported["Name"], reported["Kind"]) == (trace, expected["name"], "Client")
        assert reported["Status code"] == ("Error" if expected.get("status") else "Unset")
        for key, value in expected["attributes"].items():
            if not isinstance(value, list):
                assert reported["attributes"][key] == value, key


@pytest.mark.parametrize("aggregation", ["explicit_bucket_histogram", "base2_exponential_bucket_histogram"])
@pytest.mark.parametrize("protocol", ["http/protobuf", "http/json", "grpc"])
def test_the_collector_tells_the_metrics_and_events(protocol, aggregation, runner, provider, tmp_path):
    server, a = provider(), asking.CHAT_STREAM
    with Collector(BINARY, tmp_path) as collector:
        result = runner.traced(["curl", "-sS", *a.argv, server.url(a.path)], gentap={
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoints.get(protocol, collector.endpoint),
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": aggregation,
            "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true",
            "GENTAP_LOG": "warn",
        })
        span, = collector.stop()
    kind = "ExponentialHistogram" if "exponential" in aggregation else "Histogram"
    assert "     -> Name: gen_ai.client.token.usage\n" in collector.text
    assert collector.text.count(f"     -> DataType: {kind}\n") == 4
    assert "AggregationTemporality: Cumulative" in collector.text
    assert "EventName: gen_ai.client.inference.operation.details" in collector.text
    assert collector.text.count(span["ID"]) >= 3, "of the span, an exemplar, and the event"
