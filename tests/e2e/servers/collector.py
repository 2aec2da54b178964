"""An OpenTelemetry Collector, built by tests/e2e/collector/build: receives OTLP, prints the text of its debug
exporter."""

import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

CONFIG = """
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:{port}
      grpc:
        endpoint: 127.0.0.1:{grpc_port}
exporters:
  debug:
    verbosity: detailed
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [debug]
    metrics:
      receivers: [otlp]
      exporters: [debug]
    logs:
      receivers: [otlp]
      exporters: [debug]
"""


class Collector:
    def __init__(self, binary, folder):
        self._binary, self._folder = binary, folder
        self.port, self.grpc_port = self._free_port(), self._free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.endpoints = {"grpc": f"http://127.0.0.1:{self.grpc_port}"}

    @staticmethod
    def _free_port():
        with socket.create_server(("127.0.0.1", 0)) as s:
            return s.getsockname()[1]

    def __enter__(self):
        config = self._folder / "collector.yaml"
        config.write_text(CONFIG.format(port=self.port, grpc_port=self.grpc_port))
        self._out = open(self._folder / "collector.out", "w+")
        self._process = subprocess.Popen([self._binary, "--config", f"file:{config}"], stdout=self._out, stderr=self._out)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.endpoint, timeout=1)
            except urllib.error.HTTPError:
                return self  # any HTTP answer, such as 404, means that it is ready
            except OSError:
                time.sleep(0.02)
        self.__exit__()
        raise TimeoutError("the collector did not start: " + (self._folder / "collector.out").read_text()[-1000:])

    def __exit__(self, *exc):
        self.stop()

    def stop(self):
        """Stops the collector, which then prints all it still has. Sets `text` and returns the spans in it."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(20)
        self._out.flush()
        self._out.seek(0)
        self.text = self._out.read()
        return spans_of(self.text)


def spans_of(text):
    """Parses the debug exporter's text: a dict for each span, with its fields and typed "attributes"."""
    spans = []
    for block in re.split(r"^Span #\d+$", text, flags=re.M)[1:]:
        fields = dict(re.findall(r"^    ([A-Z][A-Za-z ]*?) *: ?(.*?)$", block, re.M))
        attributes = {}
        for name, kind, value in re.findall(r"^     -> ([\w.]+): (\w+)\((.*)\)$", block, re.M):
            attributes[name] = {"Int": int, "Double": float, "Bool": lambda v: v == "true"}.get(kind, str)(value)
        spans.append({**fields, "attributes": attributes})
    return spans
