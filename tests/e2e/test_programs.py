"""Ordinary programs, plain and over TLS. Every exchange has exactly one span with the facts of its fixture. The
server received one valid traceparent, that of the span. The program printed and did the same as without gentap."""

import pytest

from servers.http1 import Reply
from support import asking
from support.claims import assert_is_plain
from support.run import PROGRAMS, SYSTEM_PYTHON, VENV_PYTHON

GENERAL_PURPOSE = {
    "urllib": [SYSTEM_PYTHON, "urllib_client.py"],
    "requests": [VENV_PYTHON, "requests_client.py"],
    "httpx": [VENV_PYTHON, "httpx_client.py"],
    "httpx_async": [VENV_PYTHON, "httpx_client.py", "async"],
    "aiohttp": [VENV_PYTHON, "aiohttp_client.py"],
    "pycurl": [SYSTEM_PYTHON, "pycurl_client.py"],
    "pycurl_multi": [SYSTEM_PYTHON, "pycurl_client.py", "multi"],
    "ruby_net_http": ["ruby", "net_http_client.rb"],
}
PYOPENSSL = [VENV_PYTHON, "pyopenssl_client.py"]
NODE = {
    "node_http": ["node", "node_http_client.js"],
    "node_fetch": ["node", "node_fetch_client.js"],
}
SDKS = {
    "openai": [VENV_PYTHON, "openai_sdk.py"],
    "openai_async": [VENV_PYTHON, "openai_sdk.py", "async"],
    "anthropic": [VENV_PYTHON, "anthropic_sdk.py"],
    "anthropic_async": [VENV_PYTHON, "anthropic_sdk.py", "async"],
    "google_genai": [VENV_PYTHON, "google_sdk.py"],
    "google_genai_async": [VENV_PYTHON, "google_sdk.py", "async"],
}
SCHEMES = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])


def command(row, *arguments):
    interpreter, program, *more = row
    return [interpreter, PROGRAMS / program, *arguments, *more]


def ask_everything(row, tls, runner, provider, fixtures, tmp_path, env=None):
    server = provider(tls=tls)
    pair = runner.both_answered(command(row, server.url(), asking.listing(tmp_path)), server, fixtures, env=env)
    assert pair.bare.status == 0 and pair.bare.stderr == b""
    assert len(pair.spans) == len(asking.A_BIT_OF_EVERYTHING)


@SCHEMES
@pytest.mark.parametrize("name", GENERAL_PURPOSE)
def test_every_exchange_of_a_general_purpose_client_has_one_span(name, tls, runner, provider, fixtures, tmp_path):
    ask_everything(GENERAL_PURPOSE[name], tls, runner, provider, fixtures, tmp_path)


def test_every_exchange_through_a_library_inside_a_package_has_one_span(runner, provider, fixtures, tmp_path):
    ask_everything(PYOPENSSL, True, runner, provider, fixtures, tmp_path)
    log = runner.traced(command(PYOPENSSL, provider(tls=True).url(), asking.listing(tmp_path)), gentap={"GENTAP_LOG": "info"}).log
    assert [line for line in log if "the TLS library in _rust.abi3.so is followed" in line]
    assert [line for line in log if "unread TLS 0" in line]


@SCHEMES
@pytest.mark.parametrize("name", NODE)
def test_every_exchange_of_the_installed_node_has_one_span(name, tls, runner, provider, fixtures, tmp_path, certificates):
    """Official builds have OpenSSL compiled in, those of distributions use the shared library."""
    ask_everything(NODE[name], tls, runner, provider, fixtures, tmp_path, {"NODE_EXTRA_CA_CERTS": str(certificates.ca)})


@SCHEMES
@pytest.mark.parametrize("name", SDKS)
def test_every_exchange_of_an_official_package_has_one_span(name, tls, runner, provider, fixtures):
    server = provider(tls=tls)
    pair = runner.both_answered(command(SDKS[name], server.url()), server, fixtures)
    assert pair.bare.status == 0 and pair.bare.stderr == b""


# ---------------------------------------------------------------- the curl command

CURL_OPTIONS = {
    "plain": [],
    "compressed": ["--compressed"],
    "with_headers": ["-i"],
    "expect_100": ["-H", "Expect: 100-continue"],
    "chunked_upload": ["-H", "Transfer-Encoding: chunked"],
    "http_1_0": ["--http1.0"],
    "output_file": ["-o", "out.json"],
    "fail": ["-f"],
    "no_buffer": ["-N"],
}


@SCHEMES
@pytest.mark.parametrize("options", CURL_OPTIONS)
def test_curl_with_any_option_has_one_span(options, tls, runner, provider, fixtures):
    server = provider(tls=tls)
    for a in (asking.CHAT, asking.CHAT_STREAM):
        runner.both_answered(["curl", "-sS", *CURL_OPTIONS[options], *a.argv, server.url(a.path)], server, fixtures)


def test_curl_with_several_urls_has_one_span_each_on_one_connection(runner, provider, fixtures):
    server = provider(tls=True)
    urls = [server.url(asking.CHAT.path)] * 3
    pair = runner.both_answered(["curl", "-sS", *asking.CHAT.argv, *urls], server, fixtures)
    assert len(pair.spans) == 3
    assert len({r.connection for r in pair.sent}) == 1


def test_curl_in_parallel_has_one_span_each(runner, provider, fixtures):
    server = provider(tls=True)
    urls = [u for _ in range(8) for u in ("-o", "/dev/null", server.url(asking.CHAT.path))]
    pair = runner.both_answered(["curl", "-sS", "--no-progress-meter", "--parallel", *asking.CHAT.argv, *urls], server, fixtures)
    assert len(pair.spans) == 8


def test_curl_upload_from_standard_input_has_one_span(runner, provider, fixtures):
    server = provider(tls=True)
    argv = ["curl", "-sS", "-X", "POST", "-T", "-", "-H", "Content-Type: application/json", server.url(asking.CHAT.path)]
    runner.both_answered(argv, server, fixtures, stdin=asking.CHAT.body.encode())


def test_every_api_through_curl_has_one_span(runner, provider, fixtures):
    server = provider(tls=True)
    for a in asking.A_BIT_OF_EVERYTHING:
        runner.both_answered(["curl", "-sS", *a.argv, server.url(a.path)], server, fixtures)


@pytest.mark.parametrize("host, name", [
    ("api.openai.com", "openai"),
    ("api.groq.com", "groq"),
    ("llm.corp.test", "openai"),
])
def test_the_provider_is_recognised_by_the_host(host, name, runner, provider):
    server = provider(tls=True)
    to = ["--connect-to", f"{host}:443:127.0.0.1:{server.port}"]
    argv = ["curl", "-sS", *to, *asking.CHAT.argv, f"https://{host}/v1/chat/completions"]
    span, = runner.both(argv, server).spans
    assert span["gen_ai.provider.name"] == name
    assert (span["server.address"], span["server.port"]) == (host, 443)


# ---------------------------------------------------------------- other traffic

@SCHEMES
def test_other_traffic_has_no_span_and_no_header(tls, runner, provider, fixtures):
    server = provider(tls=tls)
    pair = runner.both(["curl", "-sS", "-d", "a=1", server.url("/v1/chat/completions/more"), server.url("/index.html")], server)
    assert not pair.spans
    assert [r.traceparents for r in pair.sent] == [[], []]


@SCHEMES
@pytest.mark.parametrize("path", [asking.CHAT.path, "/surveys/12/responses", "/orders/7/messages"])
def test_a_look_alike_without_the_body_s_shape_is_an_ordinary_request(path, tls, runner, provider):
    server = provider(tls=tls, answer=lambda r: Reply(201, [("Content-Type", "application/json")], [b'{"ok": true}']))
    argv = ["curl", "-sS", *asking.JSON_FIELD, "-d", '{"something": "else"}', server.url(path) + "?key=" + asking.SECRET]
    pair = runner.both(argv, server)
    (received,), spans = pair.sent, pair.spans
    assert len(spans) == len(received.traceparents)
    for span in spans:
        assert_is_plain(span, received)
        assert span["url.full"] == server.url(path) and span["http.response.status_code"] == 201


def test_a_look_alike_that_is_not_sampled_has_no_span(runner, provider):
    server = provider()
    argv = ["curl", "-sS", *asking.JSON_FIELD, "-d", '{"something": "else"}', server.url(asking.CHAT.path)]
    pair = runner.both(argv, server, env={"OTEL_TRACES_SAMPLER": "always_off"})
    assert not pair.spans
    assert [int(r.traceparents[0][-2:], 16) & 1 for r in pair.sent] == [0]


@SCHEMES
def test_no_secret_reaches_the_collector_or_the_log(tls, runner, provider, receiver):
    server = provider(tls=tls)
    for a in (asking.CHAT, asking.MESSAGES_STREAM, asking.GENERATE, asking.failing("gpt-unauthorised")):
        url = server.url(a.path) + ("?key=" + asking.SECRET if "models/" in a.path else "")
        result = runner.traced(["curl", "-sS", "-b", f"session={asking.SECRET}", *a.argv, url], gentap={"GENTAP_LOG": "debug"})
        sent = b"".join(e.received.body for e in receiver.exports)
        assert sent and asking.SECRET.encode() not in sent + result.stderr
        for content in (b"Is bus 7 late?", b"minutes"):
            assert content not in sent + result.stderr
