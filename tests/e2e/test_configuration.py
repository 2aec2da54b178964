"""Variables. For a bad value gentap logs one line on stderr, which names the variable and the value used instead, and
still exports the spans. A good value has the effect that the README documents."""

import json
import pathlib
import re
import shutil

import pytest

from servers.http1 import Delivery
from servers.otlp_receiver import OtlpReceiver
from support import asking
from support.claims import assert_injected
from support.run import LAUNCHER, PRELOAD, PROGRAMS, SYSTEM_PYTHON, TOP, run

# variable: an invalid value, and the value that the warning says is used
BAD = {
    "GENTAP_MEMORY_MAX": ("lots", "33554432"),
    "GENTAP_BODY_MAX": ("16MB", "16777216"),
    "GENTAP_EXIT_TIMEOUT_MS": ("-1", "1000"),
    "GENTAP_LOG": ("loud", ""),
    "GENTAP_COMPAT": ("ancient", ""),
    "GENTAP_FOLLOW": ("parents", "ignored"),
    "GENTAP_HTTP2": ("on", "insert"),
    "GENTAP_PATCH": ("none", "all"),
    "GENTAP_PRICES": ("/no/such/prices", "the built-in prices"),
    "GENTAP_ENDPOINTS": ("nonsense", ""),
    "GENTAP_NO_SUCH_THING": ("1", "ignored"),
    "OTEL_LOG_LEVEL": ("shouting", ""),
    "OTEL_SDK_DISABLED": ("perhaps", "false"),
    "OTEL_RESOURCE_ATTRIBUTES": ("a=1,b", ""),
    "OTEL_PROPAGATORS": ("pigeon", ""),
    "OTEL_TRACES_SAMPLER": ("coin", "parentbased_always_on"),
    "OTEL_CONFIG_FILE": ("otel.yaml", ""),
    "OTEL_BSP_SCHEDULE_DELAY": ("soon", "1000"),
    "OTEL_BSP_EXPORT_TIMEOUT": ("-5", "30000"),
    "OTEL_BSP_MAX_QUEUE_SIZE": ("0", "2048"),
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": ("many", "512"),
    "OTEL_TRACES_EXPORTER": ("pigeon", "otlp"),
    "OTEL_EXPORTER_OTLP_PROTOCOL": ("http", "http/protobuf"),
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": ("avian", "http/protobuf"),
    "OTEL_EXPORTER_OTLP_INSECURE": ("1", "for the host"),
    "OTEL_EXPORTER_OTLP_TRACES_INSECURE": ("no", "for the host"),
    "OTEL_EXPORTER_OTLP_HEADERS": ("no-pair", ""),
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": ("bad name=1", ""),
    "OTEL_EXPORTER_OTLP_COMPRESSION": ("zip", "none"),
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": ("zip", "none"),
    "OTEL_EXPORTER_OTLP_TIMEOUT": ("1s", "10000"),
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": ("x", "10000"),
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": ("-1", "no limit"),
    "OTEL_ATTRIBUTE_COUNT_LIMIT": ("few", "128"),
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": ("?", "no limit"),
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": ("1e3", "128"),
    "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT": ("?", "no limit"),
    "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT": ("1e3", "128"),
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": ("avian", "http/protobuf"),
    "OTEL_EXPORTER_OTLP_METRICS_INSECURE": ("no", "for the host"),
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS": ("bad name=1", ""),
    "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION": ("zip", "none"),
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": ("x", "10000"),
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": ("avian", "http/protobuf"),
    "OTEL_EXPORTER_OTLP_LOGS_INSECURE": ("no", "for the host"),
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS": ("bad name=1", ""),
    "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION": ("zip", "none"),
    "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT": ("x", "10000"),
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": ("both", "cumulative"),
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": ("round", "explicit_bucket_histogram"),
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": ("gopher://collector", "nothing is sent"),
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": ("gopher://collector", "nothing is sent"),
    "OTEL_METRICS_EXPORTER": ("pigeon", ""),
    "OTEL_LOGS_EXPORTER": ("pigeon", ""),
    "OTEL_METRIC_EXPORT_INTERVAL": ("soon", "60000"),
    "OTEL_METRIC_EXPORT_TIMEOUT": ("-5", "30000"),
    "OTEL_METRICS_EXEMPLAR_FILTER": ("some", "trace_based"),
    "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": ("1", "false"),
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": ("yes", "NO_CONTENT"),
    "GENTAP_CONTENT_MAX": ("1k", "65536"),
    "GENTAP_CONTENT_SPAN_MAX": ("0", "262144"),
    "GENTAP_CONTENT_TOOLS": ("all", "names"),
    "TRACEPARENT": ("00-xyz-01", "ignored"),
}
# with these gentap cannot export: the line says so, and the program is not affected otherwise
FATAL = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "gopher://collector",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://",
    "OTEL_EXPORTER_OTLP_CERTIFICATE": "no-such-file.pem",
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE": "no-such-file.pem",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY": "no-such-file.pem",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "no-such-file.pem",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY": "no-such-file.pem",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE": "no-such-file.pem",
}
# any text is a valid value, or (the last three) gentap does not parse it
FREE = {
    "GENTAP_DISABLED", "GENTAP_INCLUDE", "GENTAP_EXCLUDE", "GENTAP_FILE", "GENTAP_LOG_FILE", "GENTAP_SPOOL", "GENTAP_KEEP_DEEPBIND",
    "OTEL_SERVICE_NAME", "OTEL_SEMCONV_STABILITY_OPT_IN", "BAGGAGE", "SSL_CERT_FILE", "NO_COLOR",
}
TESTED_ELSEWHERE = {
    "GENTAP_SUMMARY",  # only the launcher reads it: test_command.py
    "TRACESTATE", "OTEL_TRACES_SAMPLER_ARG",
    "GENTAP_REDACT", # test_content.py: the warning does not repeat the value, which may contain a secret
    # an unreadable file is handled the same for all signals
    *(f"OTEL_EXPORTER_OTLP_{signal}_{x}" for signal in ("METRICS", "LOGS") for x in ("CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE")),
}


def chat(server, a=asking.CHAT, *options):
    return ["curl", "-sS", *options, *a.argv, server.url(a.path)]


def warnings(result):
    return [line for line in result.log if line.startswith("gentap[")]


def test_every_documented_variable_has_a_test_for_a_bad_value():
    documented = set(re.findall(r"^GT_ENV\((\w+),", (TOP / "shim" / "shared" / "env.def").read_text(), re.M))
    assert documented - set(BAD) - set(FATAL) - FREE == TESTED_ELSEWHERE


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_one_line_that_names_it_and_what_is_used(name, runner, provider, receiver):
    value, used = BAD[name]
    server = provider()
    bare = runner.bare(chat(server))
    # gentap reads the settings of events and content only when those are enabled
    events = {"OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true"} if "OTLP_LOGS" in name else {}
    content = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"} if "GENTAP_CONTENT" in name else {}
    result = runner.traced(chat(server), gentap={**events, **content, name: value})
    line, = result.log
    assert line.startswith("gentap[") and name in line and used in line
    assert value in line or name == "GENTAP_NO_SUCH_THING" or "HEADERS" in name
    assert (result.stdout, result.status) == (bare.stdout, bare.status)
    assert len(receiver.take_spans()) == 1


@pytest.mark.parametrize("name, more", [
    ("TRACESTATE", {"TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}),
    ("OTEL_TRACES_SAMPLER_ARG", {"OTEL_TRACES_SAMPLER": "traceidratio"}),
])
def test_a_bad_value_that_depends_on_another_is_one_line(name, more, runner, provider, receiver):
    result = runner.traced(chat(provider()), gentap={**more, name: "!?,=x;"})
    line, = result.log
    assert name in line
    assert len(receiver.take_spans()) == 1


@pytest.mark.parametrize("name", FATAL)
def test_a_value_that_leaves_nowhere_to_send_is_one_line(name, runner, provider, certificates):
    server = provider()
    with OtlpReceiver(tls=certificates) as tls_receiver:
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": tls_receiver.endpoint} if name != "OTEL_EXPORTER_OTLP_ENDPOINT" else {}
        result = runner.traced(chat(server), gentap={**endpoint, name: FATAL[name]})
        assert not tls_receiver.spans
    line, = result.log
    assert line.startswith("gentap[") and name in line
    assert result.status == 0


def test_a_secret_in_a_bad_header_list_is_not_shown(runner, provider):
    result = runner.traced(chat(provider()), gentap={"OTEL_EXPORTER_OTLP_HEADERS": "api key=very-secret,authorization:very-secret"})
    assert warnings(result) and "very-secret" not in result.stderr.decode()


def test_a_bad_value_is_not_reported_when_logging_is_switched_off(runner, provider):
    result = runner.traced(chat(provider()), gentap={"GENTAP_LOG": "off", "OTEL_TRACES_SAMPLER": "coin"})
    assert result.stderr == b""


def test_a_batch_larger_than_the_queue_is_one_line(runner, provider):
    result = runner.traced(chat(provider()), gentap={"OTEL_BSP_MAX_QUEUE_SIZE": "10", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "20"})
    line, = result.log
    assert "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" in line and "10" in line


def test_two_bad_values_are_two_lines(runner, provider):
    result = runner.traced(chat(provider()), gentap={"OTEL_BSP_SCHEDULE_DELAY": "x", "OTEL_TRACES_SAMPLER": "y"})
    assert len(result.log) == 2


def test_an_empty_value_is_an_unset_one(runner, provider, receiver):
    names = [n for n in (*BAD, *FATAL) if n not in ("OTEL_EXPORTER_OTLP_ENDPOINT", "GENTAP_NO_SUCH_THING")]
    result = runner.traced(chat(provider()), gentap={n: "" for n in names})
    assert result.stderr == b"" and len(receiver.take_spans()) == 1


# ---------------------------------------------------------------- good values


def test_the_service_has_the_program_s_name_unless_set_otherwise(runner, provider, receiver):
    server = provider()
    reported = {
        "curl": {},
        "bus": {"OTEL_SERVICE_NAME": "bus"},
        "tram": {"OTEL_RESOURCE_ATTRIBUTES": "service.name=tram,deployment.environment.name=test%20bed"},
        "ferry": {"OTEL_SERVICE_NAME": "ferry", "OTEL_RESOURCE_ATTRIBUTES": "service.name=tram"},
    }
    for name, gentap in reported.items():
        runner.traced(chat(server), gentap=gentap)
        resource = receiver.take_spans()[0].resource
        assert resource["service.name"] == name
        if name == "tram":
            assert resource["deployment.environment.name"] == "test bed"
    assert resource["telemetry.sdk.name"] == "gentap" and resource["process.executable.name"] == "curl"


def test_a_script_is_known_by_its_own_name(runner, provider, tmp_path, receiver):
    server = provider()
    runner.traced([SYSTEM_PYTHON, PROGRAMS / "urllib_client.py", server.url(), asking.listing(tmp_path, (asking.CHAT,))])
    assert receiver.spans[0].resource["service.name"] == "urllib_client.py"


def test_endpoints_can_be_added_by_hand(runner, provider, receiver):
    server = provider(tls=True)
    argv = ["curl", "-sS", "--connect-to", f"llm.corp.test:8443:127.0.0.1:{server.port}", *asking.CHAT.argv,
            "https://llm.corp.test:8443/team-a/v1/chat/completions"]
    runner.traced(argv, gentap={"GENTAP_ENDPOINTS": "llm.corp.test:8443/team-a=azure.ai.openai, other.test=openai"})
    assert receiver.spans[0]["gen_ai.provider.name"] == "azure.ai.openai"


def test_headers_timeout_and_compression_reach_the_collector(runner, provider, receiver):
    gentap = {"OTEL_EXPORTER_OTLP_HEADERS": "api-key=abc%20def,X-Scope=a=b", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}
    runner.traced(chat(provider()), gentap=gentap)
    received = receiver.exports[0].received
    assert received.value("api-key") == "abc def" and received.value("x-scope") == "a=b"
    assert received.value("content-encoding") == "gzip" and len(receiver.spans) == 1
    assert received.value("content-type") == "application/x-protobuf"
    assert received.path == "/v1/traces"
    assert not received.traceparents, "the exporter does not trace itself"


def test_traces_variables_win_over_general_ones(runner, provider, receiver):
    with OtlpReceiver() as other:
        runner.traced(chat(provider()), gentap={
            "OTEL_EXPORTER_OTLP_ENDPOINT": other.endpoint,
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver.endpoint + "/mine",
            "OTEL_EXPORTER_OTLP_HEADERS": "a=general", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "b=traces",
        })
        assert not other.exports
    received = receiver.exports[0].received
    assert received.path == "/mine"
    assert received.value("b") == "traces" and received.value("a") is None


@pytest.mark.parametrize("suffix, path", [
    ("", "/v1/traces"),
    ("/", "/v1/traces"),
    ("/base", "/base/v1/traces"),
    ("/v1/traces", "/v1/traces"),
])
def test_the_general_endpoint_is_a_base(suffix, path, runner, provider, receiver):
    runner.traced(chat(provider()), gentap={"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint + suffix})
    assert receiver.exports[0].received.path == path


def test_a_bare_address_of_this_machine_is_plain_http(runner, provider, receiver):
    runner.traced(chat(provider()), gentap={"OTEL_EXPORTER_OTLP_ENDPOINT": f"localhost:{receiver.port}"})
    assert len(receiver.spans) == 1


def test_a_tls_collector_is_verified_with_the_given_certificate(runner, provider, certificates, strangers_ca):
    ours, strange = str(certificates.ca), str(strangers_ca)
    with OtlpReceiver(tls=certificates) as r:
        for right in (
            {"OTEL_EXPORTER_OTLP_CERTIFICATE": ours, "SSL_CERT_FILE": strange},
            {"SSL_CERT_FILE": ours},
            {"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE": ours, "OTEL_EXPORTER_OTLP_CERTIFICATE": strange},
        ):
            runner.traced(chat(provider()), gentap={"OTEL_EXPORTER_OTLP_ENDPOINT": r.endpoint, **right})
            assert len(r.take_spans()) == 1
        for wrong in ({"SSL_CERT_FILE": strange}, {"OTEL_EXPORTER_OTLP_CERTIFICATE": strange, "SSL_CERT_FILE": ours}):
            gentap = {"OTEL_EXPORTER_OTLP_ENDPOINT": r.endpoint, "GENTAP_LOG": "warn", "OTEL_METRICS_EXPORTER": "none", **wrong}
            result = runner.traced(chat(provider()), gentap=gentap)
            assert not r.spans and len(warnings(result)) == 1


def test_span_limits_are_kept(runner, provider, receiver):
    runner.traced(chat(provider()), gentap={"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "3", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "4"})
    span, = receiver.spans
    assert len(span.attributes) == 3 and span.dropped_attributes > 0
    assert all(len(v) <= 4 for v in span.attributes.values() if isinstance(v, str))


def test_the_log_goes_to_a_file_when_asked(runner, provider, tmp_path):
    log = tmp_path / "gentap.log"
    result = runner.traced(chat(provider()), gentap={"GENTAP_LOG": "debug", "GENTAP_LOG_FILE": str(log)})
    assert result.stderr == b"" and "gentap[" in log.read_text()
    assert asking.SECRET not in log.read_text()


# ---------------------------------------------------------------- names


def test_the_newest_names_are_used_on_request(runner, provider, receiver):
    server = provider()
    runner.traced(chat(server, asking.MESSAGES))
    old, = receiver.take_spans()
    runner.traced(chat(server, asking.MESSAGES), gentap={"OTEL_SEMCONV_STABILITY_OPT_IN": "http,gen_ai_latest_experimental"})
    new, = receiver.take_spans()
    assert old["gen_ai.usage.cache_creation.input_tokens"] == 100 and "gen_ai.usage.cache_write.input_tokens" not in old.attributes
    assert new["gen_ai.usage.cache_write.input_tokens"] == 100 and "gen_ai.usage.cache_creation.input_tokens" not in new.attributes


def test_older_names_are_added_on_request(runner, provider, receiver):
    runner.traced(chat(provider(), asking.MESSAGES), gentap={"GENTAP_COMPAT": "legacy,llm"})
    span, = receiver.spans
    assert span["gen_ai.system"] == span["llm.provider"] == span["gen_ai.provider.name"] == "anthropic"
    assert span["llm.model"] == span["gen_ai.request.model"]
    assert span["gen_ai.usage.prompt_tokens"] == span["gen_ai.usage.input_tokens"] == 2112
    assert span["gen_ai.usage.cache_read_input_tokens"] == 2000


def test_kinds_of_tokens_are_added_on_request(runner, provider, receiver):
    kind = "gen_ai.usage.text.input_tokens"
    server = provider()
    runner.traced(chat(server, asking.GENERATE))
    plain, = receiver.take_spans()
    runner.traced(chat(server, asking.GENERATE), gentap={"GENTAP_COMPAT": "modalities"})
    full, = receiver.take_spans()
    assert kind not in plain.attributes and full[kind] == plain["gen_ai.usage.input_tokens"]


# ---------------------------------------------------------------- exporters


def lines_of(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


def spans_in_file(path):
    return [s for line in lines_of(path) for rs in line["resourceSpans"] for ss in rs["scopeSpans"] for s in ss["spans"]]


def test_a_file_holds_one_otlp_json_object_a_line(runner, provider, receiver, tmp_path):
    path = tmp_path / "t.jsonl"
    server = provider()
    pair = runner.both(chat(server), server, gentap={"OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": str(path)})
    assert not pair.spans
    span, = spans_in_file(path)
    assert pair.sent[0].traceparents == [f"00-{span['traceId']}-{span['spanId']}-{span['flags'] & 0xFF:02x}"]
    assert span["kind"] == 3 and int(span["startTimeUnixNano"]) < int(span["endTimeUnixNano"])


def test_several_processes_append_to_one_file(runner, provider, tmp_path):
    path = tmp_path / "t.jsonl"
    server = provider(delivery=Delivery(pause=0.001))
    one = " ".join(f"'{w}'" for w in chat(server, asking.CHAT_STREAM, "-o", "/dev/null"))
    script = "\n".join(f"(for i in 1 2 3 4 5; do {one}; done) &" for _ in range(10)) + "\nwait"
    env = {"LC_ALL": "de_DE.UTF-8"}
    runner.traced(["sh", "-c", script], env=env, gentap={"OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": str(path)})
    spans = spans_in_file(path)
    assert len(spans) == 50 and len({s["spanId"] for s in spans}) == 50


def test_a_file_s_name_can_hold_the_process_id(runner, provider, tmp_path):
    server = provider()
    for _ in range(2):
        runner.traced(chat(server), gentap={"OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": str(tmp_path / "t-%p.jsonl")})
    files = list(tmp_path.glob("t-*.jsonl"))
    assert len(files) == 2 and all(re.fullmatch(r"t-\d+\.jsonl", f.name) for f in files)


def test_a_file_that_cannot_be_written_is_reported_once(runner, provider):
    server = provider()
    argv = chat(server) + [server.url(asking.CHAT.path)] * 3
    gentap = {"OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": "/no/such/folder/t.jsonl", "GENTAP_LOG": "warn"}
    result = runner.traced(argv, gentap=gentap)
    assert result.status == 0 and len(warnings(result)) == 1


def test_the_console_writes_to_stderr_only(runner, provider, receiver):
    server = provider()
    bare = runner.bare(chat(server))
    result = runner.traced(chat(server), gentap={"OTEL_TRACES_EXPORTER": "console"})
    assert result.stdout == bare.stdout
    assert "gpt-4o-mini" in result.stderr.decode() and not receiver.spans


def test_several_exporters_get_the_same_spans(runner, provider, receiver, tmp_path):
    path = tmp_path / "t.jsonl"
    result = runner.traced(chat(provider()), gentap={"OTEL_TRACES_EXPORTER": "otlp,file,console", "GENTAP_FILE": str(path)})
    span, = receiver.spans
    assert [s["spanId"] for s in spans_in_file(path)] == [span.span_id]
    assert span.span_id in result.stderr.decode() or "gpt-4o-mini" in result.stderr.decode()


def test_no_exporter_means_asleep(runner, provider, receiver):
    server = provider()
    pair = runner.both(chat(server), server, gentap={"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"})
    assert not pair.spans and not pair.sent[0].traceparents


# ---------------------------------------------------------------- switches

@pytest.mark.parametrize(
    "extra, why",
    [
        ({"GENTAP_EXCLUDE": "wget,cu*"}, "GENTAP_EXCLUDE matches"),
        ({"GENTAP_INCLUDE": "python*"}, "GENTAP_INCLUDE does not match"),
        ({"OTEL_SDK_DISABLED": "true"}, "OTEL_SDK_DISABLED is true"),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}, "spans, metrics and events have nowhere to go"),
    ],
)
def test_asleep_is_reported_with_its_reason_when_asked(extra, why, runner):
    asked = runner.traced(["curl", "--version"], gentap={**extra, "GENTAP_LOG": "info"}).stderr.decode()
    assert re.fullmatch(rf"gentap\[\d+\] info init: asleep in curl: {why}\n", asked)
    assert runner.traced(["curl", "--version"], gentap=extra).stderr == b""


def test_kill_switch_is_silent(runner):
    assert runner.traced(["curl", "--version"], gentap={"GENTAP_DISABLED": "1", "GENTAP_LOG": "debug"}).stderr == b""


def test_exporter_that_is_missing_is_reported_once_without_being_asked(runner, provider, tmp_path):
    alone = tmp_path / "libgentap.so"
    shutil.copy(PRELOAD, alone)
    server = provider()
    bare = runner.bare(chat(server))
    for level, lines in [(None, 1), ("off", 0), ("error", 1)]:
        traced = runner.traced([*chat(server), "--next", *chat(server)[1:]], gentap={"LD_PRELOAD": str(alone), "GENTAP_LOG": level})
        printed = traced.stderr.decode().splitlines()
        assert traced.status == 0 and traced.stdout == 2 * bare.stdout and len(printed) == lines, printed
        for line in printed:
            assert f"{tmp_path}/libgentap-exporter.so" in line and "No such file or directory; nothing is traced in this process" in line


def test_file_that_cannot_be_written_is_reported_once_without_being_asked(runner, provider, tmp_path):
    server = provider()
    path = tmp_path / "no" / "such" / "folder"
    for level, lines in [(None, 1), ("off", 0), ("warn", 1)]:
        traced = runner.traced(chat(server), gentap={"OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": str(path), "GENTAP_LOG": level})
        printed = traced.stderr.decode().splitlines()
        assert traced.status == 0 and len(printed) == lines, printed
        for line in printed:
            assert f'GENTAP_FILE: "{path}" cannot be written: no such directory; spans are dropped' in line


OFF = {
    "disabled": {"GENTAP_DISABLED": "1"},
    "sdk_disabled": {"OTEL_SDK_DISABLED": "true"},
    "empty_endpoint": {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
    "excluded": {"GENTAP_EXCLUDE": "wget,cu*"},
    "not_included": {"GENTAP_INCLUDE": "python*,node"},
    "excluded_wins": {"GENTAP_INCLUDE": "curl", "GENTAP_EXCLUDE": "curl"},
}
ON = {
    "included": {"GENTAP_INCLUDE": "python*, curl"},
    "another_excluded": {"GENTAP_EXCLUDE": "python*"},
    "not_disabled": {"OTEL_SDK_DISABLED": "false"},
    "empty_switch": {"GENTAP_DISABLED": ""},
}


@pytest.mark.parametrize("how", OFF)
def test_switched_off_it_does_nothing_at_all(how, runner, provider):
    server = provider(tls=True)
    pair = runner.both(chat(server), server, gentap=OFF[how])
    assert not pair.spans and not pair.sent[0].traceparents


@pytest.mark.parametrize("how", ON)
def test_a_switch_for_something_else_changes_nothing(how, runner, provider):
    server = provider(tls=True)
    pair = runner.both(chat(server), server, gentap=ON[how])
    assert_injected(pair.sent[0], pair.spans[0])


def test_only_the_wanted_programs_of_a_tree_are_traced(runner, provider, receiver):
    server = provider()
    wanted = " ".join(f"'{w}'" for w in chat(server))
    url, body = server.url(asking.CHAT.path), asking.CHAT.body
    other = f"import urllib.request as u; u.urlopen(u.Request('{url}', b'{body}', {asking.JSON}))"
    runner.traced(["sh", "-c", f'{wanted}; /usr/bin/python3 -c "$0"', other], gentap={"GENTAP_INCLUDE": "curl"})
    assert [s.resource["process.executable.name"] for s in receiver.spans] == ["curl"]
    assert [len(r.traceparents) for r in server.take()] == [1, 0]


@pytest.mark.skipif(not LAUNCHER.exists(), reason="build/gentap is not there")
def test_the_launcher_keeps_the_preload_that_is_set_already(runner, provider, receiver):
    server = provider()
    env = runner.environment({"LD_PRELOAD": str(PRELOAD), "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint})
    result = run([LAUNCHER, "--", *chat(server)], env)
    assert result.status == 0 and len(receiver.spans) == 1
