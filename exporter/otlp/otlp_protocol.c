#include "exporter/otlp/otlp_protocol.h"

#include "exporter/otlp/otlp_events.h"
#include "exporter/otlp/otlp_json.h"
#include "exporter/otlp/otlp_metrics_json.h"
#include "exporter/otlp/otlp_metrics_pb.h"
#include "exporter/otlp/otlp_pb.h"

const struct gt_otlp_signal gt_otlp_signals[GT_SIGNALS] = {
	[GT_TRACES] = {
		.path = "/v1/traces",
		.method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
		.rejected = "partialSuccess.rejectedSpans",
		.encode = { [GT_OTLP_PROTOBUF] = gt_otlp_pb_encode, [GT_OTLP_JSON] = gt_otlp_json_request },
	},
	[GT_METRICS] = {
		.path = "/v1/metrics",
		.method = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
		.rejected = "partialSuccess.rejectedDataPoints",
		.encode = { [GT_OTLP_PROTOBUF] = gt_otlp_metrics_pb_encode, [GT_OTLP_JSON] = gt_otlp_metrics_json_encode },
	},
	[GT_LOGS] = {
		.path = "/v1/logs",
		.method = "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
		.rejected = "partialSuccess.rejectedLogRecords",
		.encode = { [GT_OTLP_PROTOBUF] = gt_otlp_events_pb_encode, [GT_OTLP_JSON] = gt_otlp_events_json_encode },
	},
};

const struct gt_otlp_protocol *const gt_otlp_protocols[GT_OTLP_PROTOCOLS] = {
	&gt_otlp_http_protobuf,
	&gt_otlp_http_json,
	&gt_otlp_grpc,
};
