"""What libcurl infers from what gentap replaces: which functions are set, which they are, and where lines go."""

import pytest

from servers.http1 import Reply
from servers.proxy import ConnectProxy, RecordingProxy
from support.snippets import Traced, assert_whole, build

CHALLENGE = [("WWW-Authenticate", 'Digest realm="r", nonce="n"')]


def moves(fixtures):
    return lambda r: Reply(307, [("Location", "/v1/chat/completions")]) if "old" in r.target else fixtures.answer(r)


def challenges(fixtures):
    return lambda r: fixtures.answer(r) if r.value("authorization") else Reply(401, CHALLENGE, [b"no"])


def drops_the_second(fixtures):
    """A kept connection that ends when it gets its second request: libcurl then opens another and sends it again."""
    seen = set()

    def answer(r):
        if r.connection in seen:
            return Reply(raw=b"")
        seen.add(r.connection)
        return fixtures.answer(r)

    return answer


# the server, the query, the number of transfers
SITUATIONS = {"redirect": (moves, "?old", 1), "challenge": (challenges, "", 1), "stale": (drops_the_second, "", 2)}


@pytest.mark.parametrize("how", ["file", "fread", "seek", "ioctl"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_body_that_libcurl_reads_can_be_sent_again(situation, how, runner, provider, fixtures):
    answer, query, times = SITUATIONS[situation]
    server = provider(answer=answer(fixtures))
    pair = runner.both([build("curl_rewind"), how, server.url("/v1/chat/completions" + query), str(times)], server)
    assert pair.bare.stdout.count(b"result 0") == times, pair.bare
    # the body is reported once, however often it was sent
    assert [s["gen_ai.request.model"] for s in pair.spans] == ["gpt-4o-mini"] * times


@pytest.mark.parametrize("how", ["pipe", "function"])
@pytest.mark.parametrize("situation", ["redirect", "challenge"])
def test_a_body_that_cannot_be_rewound_fails_as_without_gentap(situation, how, runner, provider, fixtures):
    answer, query, times = SITUATIONS[situation]
    server = provider(answer=answer(fixtures))
    pair = runner.both([build("curl_rewind"), how, server.url("/v1/chat/completions" + query)], server)
    assert b"result 65 (necessary data rewind" in pair.bare.stdout, pair.bare


@pytest.mark.parametrize("where", ["write", "header"])
def test_a_removal_that_libcurl_refuses_does_not_end_the_exchange(where, runner, provider):
    server = provider()
    pair = runner.both([build("curl_refused"), where, server.url("/v1/chat/completions")], server)
    assert b"remove: 8" in pair.bare.stdout and b"result 0" in pair.bare.stdout
    span, = pair.spans
    assert not span.is_error and "gen_ai.response.finish_reasons" in span.attributes


def test_a_handle_that_gets_the_address_of_another_threads_old_handle_keeps_its_state(behave):
    """One arena makes the allocator give the address away at once."""
    for _ in range(2):
        assert behave.both([build("curl_churn"), "1000"], env={"MALLOC_ARENA_MAX": "1"}).result.stdout == b"done\n"


# ---------------------------------------------------------------- lines and proxies

SEPARATE, UNIFIED, DEFAULT = 1, 0, -1
OWN = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize("by", ["option", "environment"])
@pytest.mark.parametrize("opt, more, added", [
    (DEFAULT, [], 1), (SEPARATE, [], 1), (SEPARATE, ["X-Proxy: 1"], 1), (UNIFIED, [], 0),
    (SEPARATE, [OWN], 0),  # without a tunnel this line would go to the server, beside gentap's
])
def test_lines_do_not_go_to_a_proxy_with_connect(opt, more, added, by, runner, provider):
    server = provider()
    with ConnectProxy(server.port) as proxy:
        env = {"http_proxy": proxy.url()} if by == "environment" else {}
        argv = [build("curl_proxy"), "http://llm.invalid/v1/chat/completions", "" if env else proxy.url(), "1", str(opt), *more]
        pair = runner.both(argv, server, env=env, gentap={"no_proxy": "127.0.0.1"})
        assert b"result 0" in pair.bare.stdout
        bare, traced = proxy.heads
        assert traced == bare, "the proxy sees the difference"
    received, = pair.sent
    assert len(received.traceparents) == added
    assert len(pair.spans) == 1


@pytest.mark.parametrize("opt, more, lines", [(DEFAULT, [], 1), (SEPARATE, ["X-Proxy: 1"], 1), (SEPARATE, [OWN], 1), (UNIFIED, [], 0)])
def test_a_request_through_a_proxy_never_has_two_traceparents(opt, more, lines, runner, provider):
    server = provider()
    with RecordingProxy(server.port) as proxy:
        argv = [build("curl_proxy"), "http://llm.invalid/v1/chat/completions", proxy.url(), "0", str(opt), *more]
        pair = runner.both(argv, server, own_traceparent=True)
    received, = pair.sent
    assert b"result 0" in pair.bare.stdout and len(received.traceparents) == lines
    assert len(pair.spans) == 1


def test_unified_lists_get_lines_where_there_is_no_proxy(runner, provider):
    server = provider()
    pair = runner.both([build("curl_proxy"), server.url("/v1/chat/completions"), "", "0", str(UNIFIED)], server)
    received, = pair.sent
    assert len(received.traceparents) == 1


# ---------------------------------------------------------------- jumps and coroutines

AFTER = ["tls", "curl", "socket"]
JUMPS = {
    "read": [], "deeper": [], "curl": [], "bounce": ["outer", "inner", "inner-tls"],
    "coroutine": [f"routine-{i}-{k}" for i in range(2) for k in range(2)],
    "stacks": [f"routine-{i}-{k}" for i in range(4) for k in range(2)],
}


@pytest.mark.parametrize("how", JUMPS)
def test_a_thread_is_traced_after_a_jump_or_a_switch_out_of_a_library(how, behave, server):
    traced = behave.both([build("jumps"), how, str(server)])
    # a transfer that a jump has left is never ended: libcurl does not know
    assert_whole(behave_without(traced, "left"), JUMPS[how] + AFTER)


def behave_without(traced, tag):
    return Traced(traced.result, [s for s in traced.spans if s.model != tag])


# ---------------------------------------------------------------- sessions with several owners

OWNERS = {
    "up_ref": [f"shared-{i}" for i in range(3)], "early": [f"shared-{i}" for i in range(3)], "dup": ["first", "second"],
    "bio": [f"bio-{i}" for i in range(4)], "retry": ["refused"],
}


@pytest.mark.parametrize("how", OWNERS)
def test_a_session_lives_until_its_last_owner_frees_it(how, behave):
    traced = behave.both([build("owners"), how])
    assert_whole(traced, OWNERS[how])
    assert traced.lines == len(OWNERS[how])
