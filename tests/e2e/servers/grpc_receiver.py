"""Receives OTLP/gRPC traces and metrics with the official grpc and opentelemetry-proto packages; misbehaves on
request."""

import threading
import time
from concurrent import futures
from dataclasses import dataclass

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics_service
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace_service
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as trace_grpc

from .otlp_receiver import points_of, spans_of


@dataclass
class Call:
    metadata: dict
    seconds_left: float | None  # until the deadline that the client sent
    peer: str
    spans: list
    at: float


def _varint(n):
    out = b""
    while n > 0x7F:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


def _field(number, payload):
    """A length-delimited protobuf field. The classes of google.rpc would require another package."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def retry_info(seconds):
    """A google.rpc.Status with a google.rpc.RetryInfo, as servers send it in grpc-status-details-bin."""
    whole, nanos = int(seconds), round(seconds % 1 * 1e9)
    duration = b"\x08" + _varint(whole) + b"\x10" + _varint(nanos)
    any_ = _field(1, b"type.googleapis.com/google.rpc.RetryInfo") + _field(2, _field(1, duration))
    return b"\x08\x08" + _field(3, any_)


# ---------------------------------------------------------------- answers, called with the context of the call


def ok():
    return lambda context: trace_service.ExportTraceServiceResponse()


def status(code, message="", retry_after=None):
    def answer(context):
        if retry_after is not None:
            context.set_trailing_metadata([("grpc-status-details-bin", retry_info(retry_after))])
        context.abort(getattr(grpc.StatusCode, code), message)

    return answer


def partial_success(rejected, message):
    def answer(context):
        response = trace_service.ExportTraceServiceResponse()
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = message
        return response

    return answer


def slow(seconds):
    def answer(context):
        time.sleep(seconds)
        return trace_service.ExportTraceServiceResponse()

    return answer


class Metrics:
    """The metrics service; records the points of each export."""

    def __init__(self):
        self.exports = []

    def Export(self, request, context):
        self.exports.append(points_of(request))
        return metrics_service.ExportMetricsServiceResponse()


class GrpcReceiver:
    """`script` has the answers to the first calls. After them, `always` answers every call, or every call is
    accepted."""

    def __init__(self, script=(), always=None, tls=None, client_ca=None, serves=True, takes_metrics=True):
        self.calls, self._metrics = [], Metrics()
        self._script, self._always = list(script), always
        self._arrived = threading.Condition()
        self._server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        if serves:
            trace_grpc.add_TraceServiceServicer_to_server(self, self._server)
        if takes_metrics:
            metrics_grpc.add_MetricsServiceServicer_to_server(self._metrics, self._server)
        if tls:
            pair = [(tls.key.read_bytes(), tls.chain.read_bytes())]
            ca = client_ca.read_bytes() if client_ca else None
            credentials = grpc.ssl_server_credentials(pair, ca, require_client_auth=client_ca is not None)
            self.port = self._server.add_secure_port("127.0.0.1:0", credentials)
        else:
            self.port = self._server.add_insecure_port("127.0.0.1:0")
        self.endpoint = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self._server.start()

    def Export(self, request, context):
        with self._arrived:
            answer = self._script.pop(0) if self._script else self._always or ok()
            metadata = {k: v for k, v in context.invocation_metadata()}
            left = context.time_remaining()
            self.calls.append(Call(metadata, left, context.peer(), spans_of(request), time.monotonic()))
            self._arrived.notify_all()
        return answer(context)

    @property
    def metrics(self):
        return self._metrics.exports

    @property
    def spans(self):
        with self._arrived:
            return [s for c in self.calls for s in c.spans]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._server.stop(0).wait(5)
