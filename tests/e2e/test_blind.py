"""What gentap cannot see is reported: below the launcher's tree, and with LD_PRELOAD alone in the log. What it can see
is not."""

import json
import re
import shutil
import signal
import subprocess

import pytest

from servers.http1 import Reply
from servers.proxy import ConnectProxy
from support import asking
from support.installed import of_pip
from support.run import BUILD, LAUNCHER, PROGRAMS, SYSTEM_PYTHON, VENV_PYTHON, run
from support.snippets import build

NOT_EVERYTHING = "gentap: no LLM or MCP call seen, but gentap could not see everything:"
LEFT_ALONE = {"GENTAP_PATCH": "off"}  # node is an example of programs whose TLS gentap does not know
INFO = {"GENTAP_LOG": "info", **LEFT_ALONE}

NODE = """
const https = require("https");
https.get(process.argv[1], { rejectUnauthorized: false }, (answer) => answer.resume());
"""

THROUGH_PROXY = """
const [port, path] = process.argv.slice(1);
require("http").request({ port, path, method: "CONNECT" }).on("connect", (_, socket) => {
  const tls = require("tls").connect({ socket, servername: "localhost", rejectUnauthorized: false }, () => {
    tls.end("GET /x HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n");
  }).resume();
}).end();
"""


def brings_its_own_tls():
    """Does node have its OpenSSL inside? Debian's links the shared library."""
    return "libssl" not in subprocess.run(["ldd", shutil.which("node") or "/"], capture_output=True, text=True).stdout


static_node = pytest.mark.skipif(not shutil.which("node") or not brings_its_own_tls(), reason="node has no TLS of its own")


@pytest.fixture
def launch(runner):
    """Runs a program under the launcher; gives the lines that gentap prints."""

    def launch(argv, **env):
        result = run([LAUNCHER, "--", *argv], runner.environment({**LEFT_ALONE, **env}), cwd=runner.home)
        launch.status = result.status
        return [line for line in result.stderr.decode().splitlines() if line.startswith(("gentap: ", "{"))]

    return launch


def counters(log):
    line = [line for line in log if "init: requests" in line][-1]
    return {name: int(n) for name, n in re.findall(r"(?:: |, )([a-zA-Z/2 ]+?) (\d+)", line)}


# ---------------------------------------------------------------- TLS inside the program


@static_node
def test_a_program_with_its_own_tls_is_reported_with_its_servers(launch, provider):
    server = provider(tls=True)
    lines = launch(["node", "-e", NODE, server.url("/x")])
    assert lines[:2] == [NOT_EVERYTHING, f"gentap: node: 1 TLS connection could not be read: localhost:{server.port}"]
    assert "What is covered" in lines[2] and len(lines) == 3
    (text,) = launch(["node", "-e", NODE, server.url("/x")], GENTAP_SUMMARY="json")
    assert json.loads(text)["unread"] == [
        {"kind": "tls", "program": "node", "host": "localhost", "port": server.port, "count": 1}]


@static_node
def test_a_server_without_a_name_has_its_address(launch, provider):
    server = provider(tls=True)
    assert f"could not be read: 127.0.0.1:{server.port}" in launch(["node", "-e", NODE, server.url("/x", host="127.0.0.1")])[1]


@static_node
def test_tls_behind_a_proxy_is_reported(launch, provider):
    server = provider(tls=True)
    with ConnectProxy(server.port) as proxy:
        lines = launch(["node", "-e", THROUGH_PROXY, str(proxy.port), f"localhost:{server.port}"])
    assert lines[:2] == [NOT_EVERYTHING, f"gentap: node: 1 TLS connection could not be read: localhost:{proxy.port}"]


@static_node
def test_a_tree_is_followed_by_what_is_missing_in_it(launch, provider):
    server, plain = provider(tls=True), provider()
    call = " ".join(f"'{w}'" for w in ["curl", "-sS", *asking.CHAT.argv, plain.url(asking.CHAT.path)])
    lines = launch(["sh", "-c", f"{call} >/dev/null; exec node -e '{NODE}' {server.url('/x')}"])
    assert "1 call" in lines[0] and "1 TLS connection could not be read" in lines[1]


@static_node
@pytest.mark.parametrize("end", ["process.kill(process.pid, 'SIGTERM')", "process.kill(process.pid, 'SIGKILL')", "process.abort()"])
def test_it_is_reported_of_a_program_that_a_signal_ends(end, launch, provider):
    program = NODE + f'process.on("exit", () => {end});'
    lines = launch(["node", "-e", program, provider(tls=True).url("/x")])
    assert launch.status < 0
    assert lines[0].startswith(NOT_EVERYTHING[:-1] + "; SIG")
    assert "node: 1 TLS connection could not be read: localhost" in lines[1]


@static_node
def test_with_the_preload_alone_the_log_has_it_at_once_and_at_the_end(runner, provider):
    server = provider(tls=True)
    log = runner.traced(["node", "-e", NODE, server.url("/x")], gentap=INFO).log
    at_once = "conn: TLS to localhost: gentap cannot read this connection, so it sees no calls on it"
    at_end = f"init: 1 TLS connection could not be read (localhost:{server.port} (1)), so calls on it were not seen"
    first, last = ([i for i, line in enumerate(log) if text in line] for text in (at_once, at_end))
    assert len(first) == len(last) == 1 and first < last
    assert counters(log)["unread TLS"] == 1
    assert runner.traced(["node", "-e", NODE, server.url("/x")], gentap=LEFT_ALONE).stderr == b"", "nothing without GENTAP_LOG"


@static_node
def test_with_a_destination_the_launcher_reports_it_too(launch, provider, receiver):
    to_collector = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint}
    argv = ["node", "-e", NODE, provider(tls=True).url("/x")]
    lines = launch(argv, **to_collector)
    assert "node: 1 TLS connection could not be read: localhost" in lines[0] and len(lines) == 2
    for quiet in ({"GENTAP_LOG": "off"}, {"GENTAP_SUMMARY": "off"}):
        assert launch(argv, **to_collector, **quiet) == []
    assert launch(["curl", "-sS", *asking.CHAT.argv, provider().url(asking.CHAT.path)], **to_collector) == []
    assert len(receiver.spans) == 1



# ---------------------------------------------------------------- TLS that gentap reads

READABLE = {
    "wget": ["wget", "-q", "-O-", "--no-check-certificate", "{}"],
    "python": [SYSTEM_PYTHON, PROGRAMS / "tls_ways.py", "{}"],
    "curl": ["curl", "-sSk", "{}"],
    "requests": [VENV_PYTHON, "-c", "import requests, sys; requests.get(sys.argv[1])", "{}"],
    "httpx": [VENV_PYTHON, "-c", "import httpx, sys; httpx.get(sys.argv[1], verify=False)", "{}"],
    "ruby": ["ruby", "-ropen-uri", "-ropenssl", "-e", "URI.open(ARGV[0], ssl_verify_mode: 0).read", "{}"],
}


@pytest.mark.parametrize("client", READABLE)
def test_what_the_hooks_see_is_not_reported(client, launch, runner, provider):
    argv = [provider(tls=True).url("/x") if a == "{}" else a for a in READABLE[client]]
    if not shutil.which(argv[0]):
        pytest.skip(f"{argv[0]} is not installed")
    lines = launch(argv)
    assert len(lines) == 1 and re.fullmatch(r"gentap: no LLM or MCP call among the \d HTTP requests? seen", lines[0])
    log = runner.traced(argv, gentap=INFO).log
    assert counters(log)["unread TLS"] == 0 and not any("cannot read" in line for line in log)


def test_a_handshake_that_fails_is_no_connection_that_could_not_be_read(launch, provider):
    program = "import sys, urllib.request\ntry: urllib.request.urlopen(sys.argv[1])\nexcept OSError: print('refused')"
    assert launch([SYSTEM_PYTHON, "-c", program, provider(tls=True).url("/x")], SSL_CERT_FILE="/dev/null") == [
        "gentap: no LLM or MCP traffic seen"]


# ---------------------------------------------------------------- connections to a provider

KNOWN = {"GENTAP_ENDPOINTS": "localhost=openai"}
DEPS = BUILD / "deps"
UNREAD = {"GENTAP_PATCH": "off", "GENTAP_LOG": "off"}  # the TLS inside node stays closed
PYTHON_WAYS = {
    "urllib": "urllib.request.urlopen(url, context=context).read()",
    "asyncio": """
async def ask():
    reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
    writer.write(b"GET /x HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
    await reader.read()
asyncio.run(ask())
""",
    "refused": """
try:
    urllib.request.urlopen(url, context=ssl.create_default_context(cafile="/dev/null"))
except Exception:
    print("refused")
""",
    "two": "[urllib.request.urlopen(url, context=context).read() for _ in range(2)]",
}
PYTHON = """
import asyncio, ssl, sys, urllib.request
url, port, context = sys.argv[1], int(sys.argv[2]), ssl._create_unverified_context()
"""


def mbed_client():
    return build("mbed_client", f"-I{DEPS}/include", f"-L{DEPS}/lib", "-l:libmbedtls.a", "-l:libmbedx509.a", "-l:libmbedcrypto.a")


def assert_blind(span, server, reason, library=None):
    """Bytes on the wire: more than the request and its answer."""
    got = dict(span.attributes)
    sent, received = got.pop("gentap.blind.bytes_sent"), got.pop("gentap.blind.bytes_received")
    library = {"gentap.blind.library": library} if library else {}
    assert got == {"gentap.blind": reason, "server.address": "localhost", "server.port": server.port, **library}
    assert span.name == "gentap.blind localhost" and span.kind == 3 and not span.is_error
    assert sent > 250 and received > 1000
    assert 0 < span.end_ns - span.start_ns < 20e9


@static_node
def test_a_connection_to_a_provider_that_cannot_be_read_is_a_span(runner, provider, receiver):
    server = provider(tls=True)
    pair = runner.both(["node", "-e", NODE, server.url("/v1/x")], server, gentap={**KNOWN, **UNREAD})
    (span,) = pair.spans
    assert_blind(span, server, "static_tls", "OpenSSL")
    assert not pair.sent[0].traceparents


@static_node
@pytest.mark.parametrize("end", ["process.kill(process.pid, 'SIGTERM')", "process.kill(process.pid, 'SIGKILL')", "process.abort()"])
def test_the_span_survives_the_end_of_the_program(end, launch, provider):
    program = NODE.replace("answer.resume()", f"answer.resume().on('end', () => {end})")
    lines = launch(["node", "-e", program, provider(tls=True).url("/v1/x")], **KNOWN, **UNREAD)
    assert launch.status < 0 and "killed by" in lines[0] and "0 calls" in lines[0]


def test_of_an_unknown_library_too(runner, provider, receiver):
    server = provider(tls=True)
    pair = runner.both([mbed_client(), str(server.port), "localhost"], server, gentap=KNOWN)
    (span,) = pair.spans
    assert_blind(span, server, "unknown_library", "Mbed TLS")
    assert pair.traced.stdout == b"answer: yes\n" and not pair.sent[0].traceparents


def test_of_rust_too(runner, provider, receiver):
    """uv, whose TLS is rustls."""
    server = provider(tls=True)
    uv = of_pip("uv", "0.8.13") / "bin" / "uv"
    argv = [uv, "pip", "install", "--no-cache", "--python", SYSTEM_PYTHON, "--target", "x", "--allow-insecure-host",
            "localhost", "--index-url", server.url("/simple"), "nothing"]
    traced = runner.traced(argv, gentap=KNOWN)
    assert traced.status, traced
    spans = receiver.take_spans()
    assert spans
    for span in spans:
        assert_blind(span, server, "rustls", "rustls")


def test_of_other_servers_not(runner, provider, receiver):
    server = provider(tls=True)
    runner.both([mbed_client(), str(server.port), "localhost"], server, gentap={"GENTAP_ENDPOINTS": "127.0.0.1=openai"})
    assert not receiver.spans


@pytest.mark.parametrize("way", PYTHON_WAYS)
def test_what_the_hooks_see_has_no_such_span(way, runner, provider, receiver):
    server = provider(tls=True)
    argv = [SYSTEM_PYTHON, "-c", PYTHON + PYTHON_WAYS[way], server.url("/x"), str(server.port)]
    runner.both(argv, server, gentap=KNOWN)
    assert not receiver.spans


@pytest.mark.parametrize("client", READABLE)
def test_a_call_has_its_own_span_alone(client, runner, provider, receiver):
    argv = [provider(tls=True).url("/x") if a == "{}" else a for a in READABLE[client]]
    if not shutil.which(argv[0]):
        pytest.skip(f"{argv[0]} is not installed")
    runner.traced(argv, gentap=KNOWN)
    assert not receiver.take_spans()


@static_node
def test_the_tree_shows_it(launch, provider):
    lines = launch(["node", "-e", NODE, provider(tls=True).url("/v1/x")], **KNOWN, **UNREAD)
    assert "0 calls" in lines[0] and "1 TLS connection could not be read" in lines[1]


# ---------------------------------------------------------------- other protocols

FIRST_BYTES = [SYSTEM_PYTHON, PROGRAMS / "first_bytes.py"]


@pytest.mark.parametrize("protocol, word", [(["h2"], "HTTP/2"), (["quic"], "QUIC"), (["quic", "to"], "QUIC")])
def test_http_2_and_quic_are_reported(protocol, word, launch, provider):
    server = provider()
    lines = launch([*FIRST_BYTES, str(server.port), *protocol], GENTAP_HTTP2="off")
    where = "other servers" if "to" in protocol else f"127.0.0.1:{server.port}"
    assert lines[:2] == [NOT_EVERYTHING, f"gentap: python3: 1 {word} connection could not be read: {where}"]


def test_a_protocol_that_carries_no_calls_is_not_reported(launch, provider):
    """PostgreSQL's."""
    assert launch([*FIRST_BYTES, str(provider().port), "raw"]) == ["gentap: no LLM or MCP traffic seen"]


def test_http_2_in_openssl_is_reported_as_such(launch, provider):
    lines = launch([*FIRST_BYTES, str(provider(tls=True).port), "h2-tls"], GENTAP_HTTP2="off")
    assert lines[:2] == [NOT_EVERYTHING, "gentap: python3: 1 HTTP/2 connection could not be read: localhost"]


# ---------------------------------------------------------------- programs without gentap


@pytest.fixture
def static(tmp_path):
    (tmp_path / "codex.c").write_text("int main(void) { return 0; }\n")
    subprocess.run(["gcc", "-static", "-o", tmp_path / "codex", tmp_path / "codex.c"], check=True)
    return tmp_path / "codex"


SPAWN = {
    "sh": ["sh", "-c", "{0}; {1}"],
    "python": [SYSTEM_PYTHON, "-c", "import subprocess; subprocess.run(['{0}']); subprocess.run('{1}', shell=True)"],
    "node": ["node", "-e", "const c = require('child_process'); c.execFileSync('{0}'); c.execSync('{1}')"],
}


@pytest.mark.parametrize("parent", SPAWN)
def test_programs_that_run_without_gentap_are_named(parent, launch, static):
    if not shutil.which(SPAWN[parent][0]):
        pytest.skip(f"{parent} is not installed")
    is_static = "gentap: codex ran without gentap: it is a static program"
    is_scrubbed = "gentap: true ran without gentap: it was started without LD_PRELOAD in its environment"
    argv = [a.format(static, "env -i /bin/true") for a in SPAWN[parent]]
    assert launch(argv, GENTAP_FOLLOW="off") == [NOT_EVERYTHING, is_static, is_scrubbed]
    assert launch(argv) == [NOT_EVERYTHING, is_static], "the other is followed"
    assert launch(["env", "-i", static]) == [NOT_EVERYTHING, is_static]


def test_a_script_s_interpreter_counts(launch, static):
    script = static.parent / "tool"
    script.write_text(f"#!{static}\n")
    script.chmod(0o755)
    assert launch(["sh", "-c", f"{script}; true"])[1] == "gentap: tool ran without gentap: it is a static program"


def test_programs_that_are_to_run_without_gentap_are_not_named(launch):
    assert launch(["sh", "-c", "env -i GENTAP_DISABLED=1 /bin/true; /does/not/exist; true"]) == [
        "gentap: no LLM or MCP traffic seen"]


def test_with_the_preload_alone_the_log_names_them(runner, static):
    log = runner.traced(["sh", "-c", f"{static}; true"], gentap=INFO).log
    assert [line.split(": ", 1)[1] for line in log if "executed" in line] == [f"{static} is executed without gentap: it is static"]


# ---------------------------------------------------------------- calls that were not understood


def test_answers_that_were_not_understood_are_counted(launch, runner, provider, receiver):
    server = provider(answer=lambda _: Reply(200, [("Content-Type", "application/json")], [b"<html>"]))
    call = ["curl", "-sS", *asking.CHAT.argv, server.url(asking.CHAT.path)]
    assert launch([*call, call[-1]])[-1] == "gentap: 2 spans are incomplete: not_json 2"
    assert counters(runner.traced([*call, call[-1]], gentap=INFO).log)["incomplete"] == 2
    good = ["curl", "-sS", *asking.CHAT.argv, provider().url(asking.CHAT.path)]
    assert not any("incomplete" in line for line in launch(good))
    assert counters(runner.traced(good, gentap=INFO).log)["incomplete"] == 0
