"""What libcurl and OpenSSL infer from what gentap replaces, and the thread when a call does not return."""

import pytest

from support.snippets import Traced, assert_whole, build


@pytest.mark.parametrize("where", ["write", "header"])
def test_a_removal_that_libcurl_refuses_does_not_end_the_exchange(where, runner, provider):
    server = provider()
    pair = runner.both([build("curl_refused"), where, server.url("/v1/chat/completions")], server)
    assert b"remove: 8" in pair.bare.stdout and b"result 0" in pair.bare.stdout
    span, = pair.spans
    assert not span.is_error and "gen_ai.response.finish_reasons" in span.attributes


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
