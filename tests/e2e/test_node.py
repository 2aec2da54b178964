"""Official builds of node, which have OpenSSL compiled in: calls over TLS have the spans and the header that they have
elsewhere. Everything that the program prints and sends is as without gentap."""

import json

import pytest

from support import asking, npm
from support.claims import assert_exchanges
from support.run import PROGRAMS

# OpenSSL 3.0 in a single segment of code and constants; 3.0; 3.5; 3.5
VERSIONS = ["18.20.8", "20.20.2", "24.21.0", "26.10.0"]
OLD, NEW = VERSIONS[0], VERSIONS[-1]
OLD_AND_NEW = pytest.mark.parametrize("version", [OLD, NEW])

SDKS = {"openai": "7.59.0", "@anthropic-ai/sdk": "1.14.0"}


@pytest.fixture
def trust(certificates):
    return {"NODE_EXTRA_CA_CERTS": str(certificates.ca)}


def ask_everything(argv, n, runner, provider, fixtures, tmp_path, trust):
    server = provider(tls=True)
    argv = [*argv, server.url(), asking.listing(tmp_path)]
    pair = runner.both_answered(argv, server, fixtures, env=trust)
    assert pair.bare.status == 0
    assert len(pair.spans) == n
    return pair


@pytest.mark.parametrize("client", ["http", "fetch"])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_exchange_over_tls_has_one_span(version, client, runner, provider, fixtures, tmp_path, trust):
    argv = [npm.node(version), PROGRAMS / f"node_{client}_client.js"]
    ask_everything(argv, len(asking.A_BIT_OF_EVERYTHING), runner, provider, fixtures, tmp_path, trust)


@pytest.mark.parametrize("option", ["--tls-max-v1.2", "--jitless", "--no-node-snapshot", "--secure-heap=65536"])
@OLD_AND_NEW
def test_an_option_of_node_changes_nothing(version, option, runner, provider, fixtures, tmp_path, trust):
    argv = [npm.node(version), option, PROGRAMS / "node_http_client.js"]
    ask_everything(argv, len(asking.A_BIT_OF_EVERYTHING), runner, provider, fixtures, tmp_path, trust)


@pytest.mark.parametrize("name", ["openai", "anthropic"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_an_official_package_has_one_span_for_each_exchange(name, tls, runner, provider, fixtures, trust):
    server = provider(tls=tls)
    env = {**trust, "NODE_PATH": str(npm.installed("sdks", **SDKS))}
    argv = [npm.node(NEW), PROGRAMS / f"node_{name}_sdk.js", server.url()]
    pair = runner.both_answered(argv, server, fixtures, env=env)
    assert pair.bare.status == 0 and pair.bare.stderr == b""
    assert len(pair.spans) == {"openai": 6, "anthropic": 3}[name]


@pytest.mark.parametrize("way, n", [("parallel", 50), ("big", 2), ("kept", 10), ("workers", 40), ("cluster", 20), ("pieces", 1)])
@OLD_AND_NEW
def test_many_calls_have_one_span_each(version, way, n, runner, provider, fixtures, trust):
    server = provider(tls=True)
    pair = runner.both([npm.node(version), PROGRAMS / "node_at_work.js", server.url(), way], server, env=trust)
    assert pair.bare.status == 0
    assert len(pair.sent) == len(pair.spans) == n
    assert_exchanges(pair.sent, pair.spans, fixtures)


@OLD_AND_NEW
def test_an_end_in_the_middle_of_an_answer_is_the_program_s(version, runner, provider, trust):
    server = provider(tls=True)
    pair = runner.both([npm.node(version), PROGRAMS / "node_at_work.js", server.url(), "ends"], server, env=trust)
    assert pair.bare.status == 5
    assert len(pair.spans) == 1


@OLD_AND_NEW
def test_a_handshake_that_fails_is_at_most_a_failed_call(version, runner, provider, strangers_ca):
    """https offers its request before the handshake ends; OpenSSL refuses it until then."""
    server = provider(tls=True)
    argv = [npm.node(version), PROGRAMS / "node_at_work.js", server.url(), "refused"]
    env = {"NODE_EXTRA_CA_CERTS": str(strangers_ca)}
    pair = runner.both(argv, server, env=env)
    assert pair.bare.status == 0 and pair.bare.stdout == b"UNABLE_TO_VERIFY_LEAF_SIGNATURE\n"
    assert not pair.sent
    assert all(s.is_error for s in pair.spans)
    log = runner.traced(argv, env, gentap={"GENTAP_LOG": "info"}).log
    assert [line for line in log if "unread TLS 0" in line] and not [line for line in log if "could not be read" in line]


def fields_of(result):
    assert result.status == 0
    return [json.loads(line)["fields"] for line in result.stdout.decode().splitlines()]


@OLD_AND_NEW
def test_calls_over_http2_have_their_spans_and_one_field_more(version, runner, certificates, trust):
    argv = [npm.node(version), PROGRAMS / "node_http2.js", certificates.chain, certificates.key]
    bare, traced = fields_of(runner.bare(argv, trust)), fields_of(runner.traced(argv, trust))
    assert len(bare) == 3 and traced == [[*fields, "traceparent"] for fields in bare]
    spans = runner.receiver.take_spans()
    assert [s.get("gen_ai.request.model") for s in spans] == ["gpt-4o-mini"] * 3


@pytest.mark.parametrize("value, n", [("off", 0), ("follow", 3)])
def test_http2_may_be_left_as_it_is(value, n, runner, certificates, trust):
    argv = [npm.node(NEW), PROGRAMS / "node_http2.js", certificates.chain, certificates.key]
    pair = runner.both(argv, env=trust, gentap={"GENTAP_HTTP2": value})
    assert len(fields_of(pair.traced)) == 3 and len(pair.spans) == n


@pytest.mark.parametrize("value, n", [("off", 0), ("symbols", 1), ("all", 1)])
def test_the_tables_may_be_left_as_they_are(value, n, runner, provider, trust):
    server = provider(tls=True)
    argv = [npm.node(NEW), PROGRAMS / "node_at_work.js", server.url(), "pieces"]
    pair = runner.both(argv, server, env=trust, gentap={"GENTAP_PATCH": value})
    assert len(pair.spans) == n == len(pair.sent[0].traceparents)


@OLD_AND_NEW
def test_one_line_says_that_node_is_followed(version, runner):
    result = runner.traced([npm.node(version), "-p", "1"], gentap={"GENTAP_LOG": "info"})
    assert result.status == 0 and result.stdout == b"1\n"
    assert [line for line in result.log if "the TLS library in the program is followed" in line]
