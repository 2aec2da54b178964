"""Metrics and events arrive with the spans, decoded with the official classes. A backend that rejects them is reported
once and has no other effect."""

import re

import pytest

from servers import otlp_receiver
from servers.grpc_receiver import GrpcReceiver
from servers.otlp_receiver import BlackHole, OtlpReceiver
from support import asking

HISTOGRAMS_N2 = {
    "gen_ai.client.operation.duration", "gen_ai.client.operation.time_to_first_chunk",
    "gen_ai.client.operation.time_per_output_chunk", "gen_ai.client.token.usage",
}
EVENTS = {"OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true"}


def curl(server, a, times=1):
    return ["curl", "-sS", *a.argv, *[server.url(a.path)] * times]


def reported(receiver):
    """Returns the points of the only export."""
    points, = receiver.metrics
    return points


def by_name(points, name):
    return [p for p in points if p.name == name]


@pytest.mark.parametrize("protocol", ["http/protobuf", "http/json"])
def test_a_streamed_chat_is_measured(protocol, runner, provider, receiver):
    server = provider()
    runner.traced(curl(server, asking.CHAT_STREAM), gentap={"OTEL_EXPORTER_OTLP_PROTOCOL": protocol})
    span, = receiver.spans
    points = reported(receiver)
    assert {p.name for p in points} == HISTOGRAMS_N2
    assert all(p.kind == "histogram" and p.temporality == 2 for p in points)
    duration, = by_name(points, "gen_ai.client.operation.duration")
    assert duration.unit == "s" and duration.raw.sum == pytest.approx((span.end_ns - span.start_ns) / 1e9)
    assert duration.raw.count == sum(duration.raw.bucket_counts) == 1 and len(duration.raw.bucket_counts) == 15
    for key, value in duration.attributes.items():
        assert span[key] == value, key
    exemplar, = duration.raw.exemplars
    assert (exemplar.trace_id.hex(), exemplar.span_id.hex()) == (span.trace_id, span.span_id)
    tokens = {p.attributes["gen_ai.token.type"]: p.raw.sum for p in by_name(points, "gen_ai.client.token.usage")}
    assert tokens == {"input": span["gen_ai.usage.input_tokens"], "output": span["gen_ai.usage.output_tokens"]}
    assert duration.resource == span.resource


def test_the_newest_names_on_request(runner, provider, receiver):
    runner.traced(curl(provider(), asking.CHAT), gentap={"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental"})
    points = reported(receiver)
    names = {p.name for p in points}
    assert "gen_ai.client.inference.duration" in names and "gen_ai.client.token.usage" not in names
    spent, = by_name(points, "gen_ai.client.inference.usage.input_tokens")
    assert spent.kind == "sum" and spent.raw.as_int == receiver.spans[0]["gen_ai.usage.input_tokens"]
    assert spent.attributes["gen_ai.token.modality"] == "unknown"


def test_mcp_has_a_metric_of_its_own(runner, provider, receiver):
    runner.traced(curl(provider(), asking.MCP_CALL))
    assert {p.name for p in reported(receiver)} == {"mcp.client.operation.duration"}


def test_exponential_histograms_and_deltas_on_request(runner, provider, receiver):
    runner.traced(curl(provider(), asking.CHAT, 3), gentap={
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "base2_exponential_bucket_histogram",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
    })
    duration, = by_name(reported(receiver), "gen_ai.client.operation.duration")
    assert duration.kind == "exponential_histogram" and duration.temporality == 1
    counted = duration.raw.zero_count + sum(duration.raw.positive.bucket_counts)
    assert counted == duration.raw.count == 3
    base = 2 ** (2 ** -duration.raw.scale)
    assert base ** duration.raw.positive.offset < duration.raw.min * (1 + 1e-9)


def test_what_is_not_sampled_is_measured_all_the_same(runner, provider, receiver):
    runner.traced(curl(provider(), asking.CHAT, 2), gentap={"OTEL_TRACES_SAMPLER": "always_off"})
    assert not receiver.spans
    duration, = by_name(reported(receiver), "gen_ai.client.operation.duration")
    assert duration.raw.count == 2 and not duration.raw.exemplars


@pytest.mark.parametrize("limit", ["COUNT_LIMIT", "VALUE_LENGTH_LIMIT"])
def test_limits_of_spans_are_not_those_of_metrics_and_events(limit, runner, provider, receiver):
    runner.traced(curl(provider(), asking.CHAT), gentap={**EVENTS, f"OTEL_SPAN_ATTRIBUTE_{limit}": "2"})
    span, = receiver.spans
    duration, = by_name(reported(receiver), "gen_ai.client.operation.duration")
    (_, _, _, attributes), = (e for export in receiver.events for e in export)
    assert {"gen_ai.request.model", "server.address", "server.port"} <= set(duration.attributes)
    assert len(duration.attributes["gen_ai.request.model"]) > 2
    assert len(attributes) > len(duration.attributes) and attributes["gen_ai.request.model"] == duration.attributes["gen_ai.request.model"]
    assert len(span.attributes) == 2 if limit == "COUNT_LIMIT" else len(span["gen_ai.request.model"]) == 2


def test_limits_of_events_are_their_own(runner, provider, receiver):
    runner.traced(curl(provider(), asking.CHAT), gentap={**EVENTS, "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT": "3"})
    (_, _, _, attributes), = (e for export in receiver.events for e in export)
    assert len(attributes) == 3 and len(receiver.spans[0].attributes) > 3


@pytest.mark.parametrize("more", [
    {}, {"OTEL_METRICS_EXPORTER": "otlp"}, {"OTEL_METRICS_EXPORTER": "none"}, {"OTEL_TRACES_SAMPLER": "always_off"},
])
def test_metrics_events_and_the_header_without_an_exporter_of_spans(more, runner, provider, receiver):
    server = provider()
    off = {} if "OTEL_TRACES_SAMPLER" in more else {"OTEL_TRACES_EXPORTER": "none"}
    pair = runner.both(curl(server, asking.CHAT), server, gentap={**EVENTS, **off, **more})
    traceparent, = pair.sent[0].traceparents
    assert not pair.spans
    (_, trace_id, span_id, attributes), = (e for export in receiver.events for e in export)
    assert traceparent.startswith(f"00-{trace_id}-{span_id}-") and attributes["gen_ai.operation.name"] == "chat"
    assert len(receiver.metrics) == (0 if more.get("OTEL_METRICS_EXPORTER") == "none" else 1)


def test_content_of_an_event_does_not_depend_on_sampling(runner, provider, receiver):
    capture = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "EVENT_ONLY", "OTEL_TRACES_SAMPLER": "always_off"}
    runner.traced(curl(provider(), asking.CHAT), gentap=capture)
    (_, _, _, attributes), = (e for export in receiver.events for e in export)
    assert attributes["gen_ai.output.messages"] and not receiver.spans


def test_metrics_can_go_elsewhere_or_nowhere(runner, provider, receiver):
    with OtlpReceiver() as other:
        where = {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": other.endpoint + "/mine/v1/metrics",
                 "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "key=metrics"}
        runner.traced(curl(provider(), asking.CHAT), gentap=where)
        assert len(other.metrics) == 1 and not receiver.metrics
        assert other.other_received[0].path == "/mine/v1/metrics" and other.other_received[0].value("key") == "metrics"
    runner.traced(curl(provider(), asking.CHAT), gentap={"OTEL_METRICS_EXPORTER": "none"})
    assert not receiver.metrics and len(receiver.spans) == 2


@pytest.mark.parametrize("code", [404, 405])
@pytest.mark.parametrize("signal, more", [("metrics", {}), ("logs", {**EVENTS, "OTEL_METRICS_EXPORTER": "none"})])
def test_a_backend_that_does_not_know_the_signal_is_one_notice(code, signal, more, runner, provider):
    with OtlpReceiver(others=otlp_receiver.status(code)) as r:
        gentap = {"OTEL_EXPORTER_OTLP_ENDPOINT": r.endpoint, "GENTAP_LOG": "warn", "OTEL_METRIC_EXPORT_INTERVAL": "1",
                  "OTEL_BSP_SCHEDULE_DELAY": "1", **more}
        result = runner.traced(curl(provider(), asking.CHAT, 20), gentap=gentap)
        assert len(r.spans) == 20 and 1 <= len(r.other_received) <= 2
    line, = result.log
    assert f"/v1/{signal} is not supported (HTTP status {code})" in line


def test_over_grpc_they_arrive_and_an_unknown_service_is_one_notice(runner, provider):
    grpc = {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "GENTAP_LOG": "warn"}
    with GrpcReceiver() as r:
        result = runner.traced(curl(provider(), asking.CHAT), gentap={**grpc, "OTEL_EXPORTER_OTLP_ENDPOINT": r.endpoint})
        assert result.stderr == b"" and len(r.spans) == 1
        assert by_name(r.metrics[0], "gen_ai.client.operation.duration")[0].raw.count == 1
    with GrpcReceiver(takes_metrics=False) as r:
        result = runner.traced(curl(provider(), asking.CHAT), gentap={**grpc, "OTEL_EXPORTER_OTLP_ENDPOINT": r.endpoint})
        assert len(r.spans) == 1
    line, = result.log
    assert "MetricsService/Export is not supported (gRPC status UNIMPLEMENTED" in line


def test_a_silent_backend_delays_nothing(runner, provider, receiver):
    with BlackHole() as hole:
        where = {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": hole.endpoint, "GENTAP_EXIT_TIMEOUT_MS": "400", "GENTAP_LOG": "warn"}
        result = runner.traced(curl(provider(), asking.CHAT), gentap=where)
    assert result.seconds < 2.5 and len(receiver.spans) == 1
    line, = result.log
    assert re.search(r"dropped \d+ data points", line), line


def test_the_details_of_an_inference_are_an_event_when_asked_for(runner, provider, receiver):
    server = provider()
    runner.traced(curl(server, asking.MESSAGES), gentap=EVENTS)
    runner.traced(curl(server, asking.MCP_CALL), gentap=EVENTS)
    (name, trace_id, span_id, attributes), = (e for export in receiver.events for e in export)
    span = next(s for s in receiver.spans if s.get("mcp.method.name") is None)
    assert name == "gen_ai.client.inference.operation.details"
    assert (trace_id, span_id, attributes) == (span.trace_id, span.span_id, span.attributes)


def test_the_console_shows_metrics_and_events(runner, provider, receiver):
    result = runner.traced(curl(provider(), asking.CHAT), gentap={
        **EVENTS, "OTEL_METRICS_EXPORTER": "console", "OTEL_LOGS_EXPORTER": "console"})
    text = result.stderr.decode()
    assert 'metric "gen_ai.client.token.usage" count 1' in text
    assert 'event "gen_ai.client.inference.operation.details"' in text
    assert not receiver.metrics and not receiver.events
