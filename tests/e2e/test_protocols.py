"""The same spans arrive with every protocol, also over TLS, and with a client certificate where the server requires
it."""

import pytest

from servers import grpc_receiver
from servers.grpc_receiver import GrpcReceiver
from servers.http1 import Delivery
from servers.otlp_receiver import OtlpReceiver
from servers.proxy import ConnectProxy
from support import asking
from support.claims import assert_injected
from support.run import PROGRAMS, SYSTEM_PYTHON

RECEIVERS = {"http/protobuf": OtlpReceiver, "http/json": OtlpReceiver, "grpc": GrpcReceiver}


def chat(server, a=asking.CHAT):
    return ["curl", "-sS", *a.argv, server.url(a.path)]


def to(receiver, protocol, **more):
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "GENTAP_LOG": "warn",
            "OTEL_METRICS_EXPORTER": "none", **more}


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("protocol", RECEIVERS)
def test_the_span_is_the_one_the_request_carried(protocol, compression, tls, runner, provider, certificates, fixtures):
    server = provider()
    bare = runner.bare(chat(server, asking.MESSAGES_STREAM))
    server.take()
    with RECEIVERS[protocol](tls=certificates if tls else None) as r:
        trust = {"OTEL_EXPORTER_OTLP_CERTIFICATE": str(certificates.ca), "OTEL_EXPORTER_OTLP_COMPRESSION": compression}
        result = runner.traced(chat(server, asking.MESSAGES_STREAM), gentap=to(r, protocol, **trust))
        span, = r.spans
    assert result.printed == bare.printed
    sent, = server.take()
    assert_injected(sent, span)
    for key, value in fixtures.for_request(sent).span["attributes"].items():
        assert span[key] == value, key


@pytest.mark.parametrize("protocol", RECEIVERS)
def test_a_certificate_of_the_client_s_is_shown(protocol, runner, provider, certificates):
    ours = {
        "OTEL_EXPORTER_OTLP_CERTIFICATE": str(certificates.ca),
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(certificates.client_chain),
        "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(certificates.client_key),
    }
    with RECEIVERS[protocol](tls=certificates, client_ca=certificates.ca) as r:
        assert runner.traced(chat(provider()), gentap=to(r, protocol, **ours)).stderr == b""
        assert len(r.spans) == 1
        without = {k: v for k, v in ours.items() if "CLIENT" not in k}
        result = runner.traced(chat(provider()), gentap=to(r, protocol, GENTAP_EXIT_TIMEOUT_MS="500", GENTAP_SPOOL="off", **without))
        assert len(r.spans) == 1 and len(result.log) == 1 and "dropped 1 span" in result.log[0]


@pytest.mark.parametrize("protocol", RECEIVERS)
def test_a_stranger_s_certificate_is_refused(protocol, runner, provider, certificates, strangers_ca):
    with RECEIVERS[protocol](tls=certificates) as r:
        trust = {"OTEL_EXPORTER_OTLP_CERTIFICATE": str(strangers_ca)}
        result = runner.traced(chat(provider()), gentap=to(r, protocol, **trust))
        assert not r.spans and len(result.log) == 1


# ---------------------------------------------------------------- gRPC


def test_a_call_carries_the_user_s_metadata_and_its_deadline(runner, provider):
    with GrpcReceiver() as r:
        headers = {"OTEL_EXPORTER_OTLP_HEADERS": "X-Api-Key=abc%20def", "OTEL_EXPORTER_OTLP_TIMEOUT": "4000"}
        runner.traced(chat(provider()), gentap=to(r, "grpc", **headers))
        call, = r.calls
    assert call.metadata["x-api-key"] == "abc def"
    assert call.metadata["user-agent"].startswith("gentap/")
    assert 2 < call.seconds_left <= 4


@pytest.mark.parametrize("bare, insecure", [("localhost:{}", None), ("127.0.0.1:{}", None), ("127.0.0.1:{}", "true")])
def test_an_address_without_scheme_is_plaintext_for_this_host(bare, insecure, runner, provider):
    with GrpcReceiver() as r:
        gentap = to(r, "grpc", OTEL_EXPORTER_OTLP_ENDPOINT=bare.format(r.port), OTEL_EXPORTER_OTLP_INSECURE=insecure)
        runner.traced(chat(provider()), gentap=gentap)
        assert len(r.spans) == 1


def test_many_calls_use_one_connection(runner, provider):
    with GrpcReceiver() as r:
        server = provider(delivery=Delivery(wait_before=0.02))
        argv = [SYSTEM_PYTHON, PROGRAMS / "times_its_requests.py", server.url(asking.CHAT.path), asking.CHAT.body, "10"]
        runner.traced(argv, gentap=to(r, "grpc", OTEL_BSP_SCHEDULE_DELAY="1"))
        assert len({s.span_id for s in r.spans}) == 10
        assert len(r.calls) > 3 and len({c.peer for c in r.calls}) == 1


def test_no_spans_are_lost_when_the_collector_is_unavailable_for_a_moment(runner, provider):
    with GrpcReceiver(script=[grpc_receiver.status("UNAVAILABLE", "restarting")]) as r:
        result = runner.traced(chat(provider()), gentap=to(r, "grpc"))
        first, second = r.calls
    assert first.spans == second.spans and result.stderr == b""


def test_exhausted_with_a_delay_is_tried_again_after_it(runner, provider):
    with GrpcReceiver(script=[grpc_receiver.status("RESOURCE_EXHAUSTED", "full", retry_after=1.5)]) as r:
        result = runner.traced(chat(provider()), gentap=to(r, "grpc"))
        first, second = r.calls
    assert second.at - first.at >= 1.4 and result.stderr == b""


@pytest.mark.parametrize("code", ["RESOURCE_EXHAUSTED", "INVALID_ARGUMENT", "UNAUTHENTICATED", "PERMISSION_DENIED", "INTERNAL"])
def test_what_is_refused_for_good_is_not_sent_again(code, runner, provider):
    with GrpcReceiver(always=grpc_receiver.status(code, "not like this")) as r:
        result = runner.traced(chat(provider()), gentap=to(r, "grpc"))
        assert len(r.calls) == 1
    line, = result.log
    assert f"gRPC status {code}, not like this" in line and "dropped 1 span" in line


def test_a_partial_success_is_counted_and_its_message_reported(runner, provider):
    with GrpcReceiver(always=grpc_receiver.partial_success(2, "attribute too long")) as r:
        server = provider()
        result = runner.traced([*chat(server), *[server.url(asking.CHAT.path)] * 2], gentap=to(r, "grpc"))
        assert len(r.calls) == 1
    line, = result.log
    assert "2 spans" in line and "attribute too long" in line


def test_a_proxy_is_asked_for_a_tunnel(runner, provider):
    with GrpcReceiver() as r, ConnectProxy(r.port) as proxy:
        gentap = to(r, "grpc", OTEL_EXPORTER_OTLP_ENDPOINT="http://collector.test", http_proxy=proxy.url(), no_proxy="localhost")
        result = runner.traced(chat(provider()), gentap=gentap)
        assert result.stderr == b""
        assert proxy.asked == ["collector.test:4317"] and not proxy.other and len(r.spans) == 1
