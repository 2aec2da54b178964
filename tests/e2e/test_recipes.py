"""Runs the recipes of exporter/sinks/README.md as written, except for the host. The server requires what the backend
requires: its path, and credentials in its form."""

import base64
import re
import subprocess

import pytest

from servers import otlp_receiver
from servers.grpc_receiver import GrpcReceiver
from servers.otlp_receiver import OtlpReceiver
from support import asking
from support.run import TOP

README = (TOP / "exporter/sinks/README.md").read_text()

# the credentials that a user of each backend has
CREDENTIALS = {
    "LANGFUSE_PUBLIC_KEY": "pk-lf-0123",
    "LANGFUSE_SECRET_KEY": "sk-lf-4567?>",
    "LANGSMITH_API_KEY": "lsv2_pt_0123_4567",
    "LANGSMITH_PROJECT": "bus-times",
    "HONEYCOMB_API_KEY": "hcaik_0123",
    "GRAFANA_INSTANCE_ID": "123456",
    "GRAFANA_API_TOKEN": "glc_eyJvIjoi==",
}


def recipes():
    """{name of a recipe: the shell text of its block}"""
    section = README.split("\n## Recipes\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^### (.+?)\n(?:(?!###).)*?^```sh\n(.*?)^```", section, re.M | re.S))


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# these backends accept only traces
ONLY_TRACES = {"Jaeger", "Langfuse", "LangSmith"}
# name: the base path, and the headers without which the backend answers 401
BACKENDS = {
    "OpenTelemetry Collector": ("", {}),
    "OpenTelemetry Collector, gRPC": (None, {}),
    "Jaeger": ("", {}),
    "Langfuse": ("/api/public/otel", {
        "Authorization": basic(CREDENTIALS["LANGFUSE_PUBLIC_KEY"], CREDENTIALS["LANGFUSE_SECRET_KEY"]),
        "x-langfuse-ingestion-version": "4",
    }),
    "LangSmith": ("/otel", {
        "x-api-key": CREDENTIALS["LANGSMITH_API_KEY"], "Langsmith-Project": CREDENTIALS["LANGSMITH_PROJECT"],
    }),
    "Honeycomb": ("", {"x-honeycomb-team": CREDENTIALS["HONEYCOMB_API_KEY"]}),
    "Grafana Cloud": ("/otlp", {"Authorization": basic(CREDENTIALS["GRAFANA_INSTANCE_ID"], CREDENTIALS["GRAFANA_API_TOKEN"])}),
    "Datadog Agent": ("", {}),
}


class Backend(OtlpReceiver):
    def __init__(self, base, wanted, **more):
        self._base, self._wanted = base, wanted
        super().__init__(**more)

    def _answer_export(self, received):
        if received.path not in (self._base + "/v1/traces", self._base + "/v1/metrics"):
            return otlp_receiver.status(404)
        if any(received.values(name) != [value] for name, value in self._wanted.items()):
            return otlp_receiver.status(401)
        return super()._answer_export(received)


def variables_of(recipe):
    """The variables that the shell sets when it runs the block."""
    script = f"set -eua\n{recipe}\nenv -0"
    out = subprocess.run(["sh", "-c", script], env={"PATH": "/usr/bin:/bin", **CREDENTIALS}, check=True, capture_output=True).stdout
    pairs = (line.split("=", 1) for line in out.decode().rstrip("\0").split("\0"))
    return {name: value for name, value in pairs if name.startswith("OTEL_")}


def test_every_recipe_has_a_backend_and_every_backend_a_recipe():
    assert list(recipes()) == list(BACKENDS)


@pytest.mark.parametrize("name", BACKENDS)
def test_the_recipe_brings_the_span_to_the_backend(name, runner, provider, certificates):
    base, wanted = BACKENDS[name]
    variables = variables_of(recipes()[name])
    over_tls = variables["OTEL_EXPORTER_OTLP_ENDPOINT"].startswith("https://")
    assert over_tls or not wanted, "credentials must go over TLS"
    tls = certificates if over_tls else None
    with GrpcReceiver(tls=tls) if base is None else Backend(base, wanted, tls=tls) as backend:
        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = re.sub(
            r"//[^/]+", f"//127.0.0.1:{backend.port}", variables["OTEL_EXPORTER_OTLP_ENDPOINT"]
        )
        server = provider()
        result = runner.traced(["curl", "-sS", *asking.CHAT.argv, server.url(asking.CHAT.path)],
                               gentap={"GENTAP_LOG": "warn", **variables})
        assert result.stderr == b"" and result.status == 0
        assert len(backend.spans) == 1
        assert len(backend.metrics) == (0 if name in ONLY_TRACES else 1)
        if name == "Datadog Agent":
            assert {p.temporality for p in backend.metrics[0]} == {1}


@pytest.mark.parametrize("name", [n for n, (_, wanted) in BACKENDS.items() if wanted])
def test_a_wrong_key_is_a_loss_that_is_reported_and_the_key_is_not(name, runner, provider, certificates):
    base, wanted = BACKENDS[name]
    variables = variables_of(recipes()[name])
    with Backend(base, dict.fromkeys(wanted, "another"), tls=certificates) as backend:
        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"{backend.endpoint}{base}"
        server = provider()
        result = runner.traced(["curl", "-sS", *asking.CHAT.argv, server.url(asking.CHAT.path)],
                               gentap={"GENTAP_LOG": "debug", **variables, "OTEL_METRICS_EXPORTER": "none"})
    lost, = (line for line in result.log if "dropped 1 span" in line)
    assert "HTTP status 401" in lost
    assert not any(value in result.stderr.decode() for value in (*CREDENTIALS.values(), *wanted.values()) if len(value) > 3)
