#include "otlp_protocol.h"

#include "otlp_json.h"
#include "otlp_pb.h"

const struct gt_otlp_signal gt_otlp_traces = {
	.path = "/v1/traces",
	.method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
	.rejected = "partialSuccess.rejectedSpans",
	.encode = { [GT_OTLP_PROTOBUF] = gt_otlp_pb_encode, [GT_OTLP_JSON] = gt_otlp_json_request },
};

const struct gt_otlp_protocol *const gt_otlp_protocols[GT_OTLP_PROTOCOLS] = {
	&gt_otlp_http_protobuf,
	&gt_otlp_http_json,
	&gt_otlp_grpc,
};
