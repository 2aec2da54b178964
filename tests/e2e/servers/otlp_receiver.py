"""Receives OTLP/HTTP in both encodings, decodes it with the official opentelemetry-proto classes; misbehaves on
request."""

import gzip
import socket
import threading
import time
from dataclasses import dataclass, field

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

from . import otlp_json
from .http1 import Delivery, Reply
from .listener import Listener
from .replay import ReplayServer

PROTOBUF = ("Content-Type", "application/x-protobuf")
JSON = ("Content-Type", "application/json")


@dataclass(frozen=True)
class Span:
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str  # "" for a root
    flags: int
    trace_state: str
    start_ns: int
    end_ns: int
    attributes: dict
    dropped_attributes: int
    is_error: bool
    message: str
    resource: dict = field(repr=False)
    scope: str = field(repr=False)
    links: tuple = ()  # (trace id, span id) of each

    def __getitem__(self, key):
        return self.attributes[key]

    def get(self, key, default=None):
        return self.attributes.get(key, default)

    @property
    def traceparent(self):
        return f"00-{self.trace_id}-{self.span_id}-{self.flags & 0xFF:02x}"


def _value(any_value):
    kind = any_value.WhichOneof("value")
    if kind == "array_value":
        return [_value(v) for v in any_value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(any_value.kvlist_value.values)
    return getattr(any_value, kind) if kind else None


def _attributes(pairs):
    out = {p.key: _value(p.value) for p in pairs}
    assert len(out) == len(pairs), "attribute keys must be unique"
    return out


def spans_of(request):
    """All spans of a decoded ExportTraceServiceRequest (or TracesData) as plain values."""
    out = []
    for rs in request.resource_spans:
        resource = _attributes(rs.resource.attributes)
        for ss in rs.scope_spans:
            for s in ss.spans:
                out.append(
                    Span(
                        name=s.name,
                        kind=s.kind,
                        trace_id=s.trace_id.hex(),
                        span_id=s.span_id.hex(),
                        parent_id=s.parent_span_id.hex(),
                        flags=s.flags,
                        trace_state=s.trace_state,
                        start_ns=s.start_time_unix_nano,
                        end_ns=s.end_time_unix_nano,
                        attributes=_attributes(s.attributes),
                        dropped_attributes=s.dropped_attributes_count,
                        is_error=s.status.code == 2,
                        message=s.status.message,
                        resource=resource,
                        scope=ss.scope.name,
                        links=tuple((k.trace_id.hex(), k.span_id.hex()) for k in s.links),
                    )
                )
    return out


@dataclass
class Export:
    """One POST to /v1/traces."""

    received: object
    spans: list
    at: float


# ---------------------------------------------------------------- answers


def ok():
    return Reply(200, [PROTOBUF], [ExportTraceServiceResponse().SerializeToString()])


def ok_json():
    return Reply(200, [JSON], [b"{}"])


def status(code, retry_after=None):
    return Reply(code, [("Retry-After", str(retry_after))] if retry_after is not None else [], [b""])


def partial_success(rejected, message):
    r = ExportTraceServiceResponse()
    r.partial_success.rejected_spans = rejected
    r.partial_success.error_message = message
    return Reply(200, [PROTOBUF], [r.SerializeToString()])


def garbage():
    return Reply(raw=b"\x00\xff this is no HTTP \r\n\r\n" * 3)


def garbage_body():
    return Reply(200, [PROTOBUF], [b"\xff\xfe\xfd no protobuf"])


def slow(seconds):
    return ok(), Delivery(wait_before=seconds)


@dataclass(frozen=True)
class Point:
    """A data point of a metric, as plain values."""

    name: str
    unit: str
    kind: str  # sum, histogram, exponential_histogram
    temporality: int
    attributes: dict
    raw: object = field(repr=False)  # the protobuf message of the data point
    resource: dict = field(repr=False)


def points_of(request):
    out = []
    for rm in request.resource_metrics:
        resource = _attributes(rm.resource.attributes)
        for sm in rm.scope_metrics:
            assert sm.scope.name == "gentap"
            for m in sm.metrics:
                kind = m.WhichOneof("data")
                data = getattr(m, kind)
                for p in data.data_points:
                    point = Point(m.name, m.unit, kind, data.aggregation_temporality, _attributes(p.attributes), p, resource)
                    out.append(point)
    return out


def events_of(request):
    """(event name, trace id, span id, attributes) of each log record."""
    return [
        (r.event_name, r.trace_id.hex(), r.span_id.hex(), _attributes(r.attributes))
        for rl in request.resource_logs for sl in rl.scope_logs for r in sl.log_records
    ]


class OtlpReceiver(ReplayServer):
    """`script` has the answers to the first exports of spans. After them, `always` answers every export, or every
    export is accepted. Metrics and events are recorded separately and get the answer `others`."""

    def __init__(self, script=(), always=None, tls=None, client_ca=None, others=None):
        self.exports = []
        self.metrics, self.events = [], []  # a list for each export
        self.other_received = []
        self._others = others
        self._script = list(script)
        self._always = always
        super().__init__(self._answer_export, tls=tls, client_ca=client_ca)

    @staticmethod
    def _read(received, request):
        body = received.body
        if received.value("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if received.value("content-type") == JSON[1]:
            otlp_json.parse(body, request)
        else:
            request.ParseFromString(body)
        return request

    def _answer_other(self, received, request, plain, kept):
        reported = plain(self._read(received, request))
        with self._arrived:
            kept.append(reported)
            self.other_received.append(received)
            self._arrived.notify_all()
        return self._others or ok()

    def _answer_export(self, received):
        if received.path.endswith("/v1/metrics"):
            return self._answer_other(received, ExportMetricsServiceRequest(), points_of, self.metrics)
        if received.path.endswith("/v1/logs"):
            return self._answer_other(received, ExportLogsServiceRequest(), events_of, self.events)
        is_json = received.value("content-type") == JSON[1]
        request = self._read(received, ExportTraceServiceRequest())
        answer = self._script.pop(0) if self._script else self._always or (ok_json() if is_json else ok())
        with self._arrived:
            self.exports.append(Export(received, spans_of(request), time.monotonic()))
            self._arrived.notify_all()
        return answer

    @property
    def endpoint(self):
        return self.url()

    @property
    def spans(self):
        with self._lock:
            return [s for e in self.exports for s in e.spans]

    def take_spans(self):
        with self._lock:
            exports, self.exports = self.exports, []
            self.received = []
        return [s for e in exports for s in e.spans]

    def wait_for_spans(self, n, timeout=10):
        def have():
            return sum(len(e.spans) for e in self.exports) >= n

        with self._arrived:
            if not self._arrived.wait_for(have, timeout):
                raise TimeoutError(f"{sum(len(e.spans) for e in self.exports)} of {n} spans arrived")
        return self.spans


class BlackHole:
    """Accepts and counts connections, and never answers."""

    def __init__(self):
        self._held = []
        self._listener = Listener(self._held.append)
        self.port = self._listener.port
        self.endpoint = f"http://127.0.0.1:{self.port}"

    @property
    def connections(self):
        return len(self._held)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._listener.close()
        for s in self._held:
            s.close()


class ClosedPort:
    """A port that refuses connections while this object exists."""

    def __init__(self):
        self._bound = socket.socket()
        self._bound.bind(("127.0.0.1", 0))  # bound, but not listening
        self.port = self._bound.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._bound.close()
