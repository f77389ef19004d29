"""Receives traces and metrics by OTLP over HTTP, and decodes them with OpenTelemetry's own Python package. Prints one line of JSON for each
request, and ends after so many as its argument says."""

import http.server
import json
import sys

from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2


def value_of(value):
    return getattr(value, value.WhichOneof("value"))


def spans_in(body):
    request = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
    return [
        {
            "resource": {one.key: value_of(one.value) for one in group.resource.attributes},
            "traceId": span.trace_id.hex(),
            "spanId": span.span_id.hex(),
            "parent": span.parent_span_id.hex(),
            "name": span.name,
            "startMs": span.start_time_unix_nano // 1_000_000,
            "endMs": span.end_time_unix_nano // 1_000_000,
            "status": span.status.code,
            "attributes": {one.key: value_of(one.value) for one in span.attributes},
        }
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def points_in(body):
    request = metrics_service_pb2.ExportMetricsServiceRequest.FromString(body)
    return [
        {
            "name": metric.name,
            "unit": metric.unit,
            "kind": metric.WhichOneof("data"),
            "value": point.as_double,
            "atMs": point.time_unix_nano // 1_000_000,
            "attributes": {one.key: value_of(one.value) for one in point.attributes},
        }
        for group in request.resource_metrics
        for scope in group.scope_metrics
        for metric in scope.metrics
        for point in getattr(metric, metric.WhichOneof("data")).data_points
    ]


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.whole()
        token = self.headers.get("authorization", "")
        got = {"points": points_in(body)} if self.path == "/v1/metrics" else {"spans": spans_in(body)}
        print(json.dumps({"path": self.path, "token": token, **got}), flush=True)
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.end_headers()

    def whole(self):
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers["content-length"]))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_address[1], flush=True)
for _ in range(int(sys.argv[1])):
    server.handle_request()
