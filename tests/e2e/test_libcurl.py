"""Every way to use libcurl, with both flavours of the library. The program prints its results and its own header
list: gentap must not change them."""

import threading

import pytest

from servers.http1 import Delivery, Reply
from support import asking
from support.claims import assert_exchanges, assert_injected, assert_is_sound, assert_span_matches, pair_up

FLAVOURS = pytest.mark.parametrize("flavour", ["curl_openssl", "curl_gnutls"])
SCHEMES = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])

# the number of exchanges of each case that end normally
ORDINARY = {
    "once": 1,
    "default_write": 1,
    "write_data_only": 1,
    "reuse": 4,
    "reset": 2,
    "duphandle": 2,
    "grown_list": 2,
    "header_function": 1,
    "headerdata": 1,
    "header_in_body": 1,
    "readfunction": 2,
    "copypostfields": 1,
    "curlu": 1,
    "multi": 3,
    "multi_readd": 3,
    "multi_late_list": 3,
    "multi_socket": 1,
    "duplicated_in_callback": 3,
    "paused": 1,
    "nested": 2,
}


@FLAVOURS
@SCHEMES
@pytest.mark.parametrize("case", ORDINARY)
def test_each_transfer_has_one_span_and_the_list_stays_the_program_s(case, tls, flavour, runner, provider, fixtures, compiled):
    server = provider(tls=tls, answer=lambda r: fixtures[f"openai/{'chat_stream' if b'stream' in r.body else 'chat'}"].reply())
    pair = runner.both([compiled(flavour), case, server.url()], server)
    assert pair.bare.status == 0 and b"traceparent" not in pair.traced.stdout
    assert len(pair.spans) == ORDINARY[case], pair.spans
    assert_exchanges(pair.sent, pair.spans, fixtures if case != "curlu" else OnlyChat(fixtures))


class OnlyChat:
    """curlu adds a query, which the path patterns of the fixtures do not match on purpose."""

    def __init__(self, fixtures):
        self.chat = fixtures["openai/chat"]

    def for_request(self, received):
        assert received.target == "/v1/chat/completions?api-version=1"
        return self.chat


@FLAVOURS
def test_without_a_list_of_its_own_a_transfer_has_one_span(flavour, runner, provider, compiled):
    # libcurl then sends the type of a form: gentap ignores that on an unknown host
    server = provider(tls=True)
    pair = runner.both([compiled(flavour), "no_list_of_its_own", server.url()], server)
    assert len(pair.spans) == len([r for r in pair.sent if r.traceparents])
    assert pair.traced.stdout.endswith(b"[Authorization: Bearer sk-not-a-key]\n")


@FLAVOURS
@pytest.mark.parametrize("case", ["recycled", "reset_in_callback"])
def test_a_handle_made_or_emptied_in_another_one_s_callback_has_no_list_of_before(case, flavour, runner, provider, fixtures, compiled):
    server = provider(answer=lambda r: fixtures["openai/chat"].reply())
    pair = runner.both([compiled(flavour), case, server.url()], server)
    assert pair.bare.status == 0 and pair.traced.stdout == pair.bare.stdout
    # the second request has libcurl's default type, that of a form: gentap ignores that on an unknown host
    assert [len(r.traceparents) for r in pair.sent] == [1, 0, 1]
    assert len(pair.spans) == 2


@FLAVOURS
def test_a_removed_list_is_not_used_again(flavour, runner, provider, fixtures, compiled):
    server = provider(tls=True)
    pair = runner.both([compiled(flavour), "removed_list", server.url()], server)
    first, second = pair.sent
    assert (first.method, second.method) == ("POST", "GET")
    assert len(first.traceparents) == 1 and not second.traceparents and not second.values("authorization")
    span, = pair.spans
    assert_injected(first, span)


@FLAVOURS
@SCHEMES
def test_the_program_s_own_traceparent_is_kept_and_becomes_the_parent(flavour, tls, runner, provider, fixtures, compiled):
    server = provider(tls=tls)
    pair = runner.both([compiled(flavour), "own_traceparent", server.url()], server, own_traceparent=True)
    received, = pair.sent
    span, = pair.spans
    assert received.traceparents == ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
    assert (span.trace_id, span.parent_id) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert_span_matches(span, fixtures["openai/chat"].span)


@FLAVOURS
def test_a_redirected_request_is_sent_on_with_one_traceparent(flavour, runner, provider, fixtures, compiled):
    def answer(received):
        if received.path.startswith("/moved"):
            return Reply(307, [("Location", "/v1/chat/completions")])
        return fixtures.answer(received)

    server = provider(tls=True, answer=answer)
    pair = runner.both([compiled(flavour), "redirect", server.url()], server)
    # libcurl makes one transfer of it, gentap one span: that of the answer that the program received
    assert len(pair.sent) == 2 and len(pair.spans) == 1
    for received in pair.sent:
        assert_injected(received, pair.spans[0])
    assert_span_matches(pair.spans[0], fixtures["openai/chat"].span)


@FLAVOURS
@SCHEMES
def test_a_refused_body_is_one_span_that_says_so(flavour, tls, runner, provider, compiled):
    server = provider(tls=tls)
    pair = runner.both([compiled(flavour), "abort_in_callback", server.url()], server)
    (received, span), = pair_up(pair.sent, pair.spans)
    assert_injected(received, span)
    assert span.is_error and span["error.type"] == "cancelled"
    assert "gen_ai.response.finish_reasons" not in span.attributes


@FLAVOURS
@SCHEMES
def test_an_abandoned_stream_is_one_span_with_what_was_seen(flavour, tls, runner, provider, fixtures, compiled):
    # the pause is longer than the program waits; writes of the server fail once the client has closed
    server = provider(tls=tls, answer=lambda r: fixtures["openai/chat_stream"].reply(), delivery=Delivery(pause=0.3))
    pair = runner.both([compiled(flavour), "abort_by_remove", server.url()], server)
    (received, span), = pair_up(pair.sent, pair.spans)
    assert_injected(received, span)
    assert_is_sound(span)
    assert span.is_error and span["error.type"] == "cancelled"
    assert span["gen_ai.response.id"] == "chatcmpl-tap002"
    assert not [k for k in span.attributes if k.startswith("gen_ai.usage.")]


@FLAVOURS
def test_a_stream_given_up_in_another_one_s_callback_ends_there_and_its_handle_goes_on(flavour, runner, provider, fixtures, compiled):
    def answer(request):
        return fixtures[f"openai/{'chat_stream' if b'stream' in request.body else 'chat'}"].reply()

    server = provider(answer=answer, delivery=Delivery(pause=0.3))
    pair = runner.both([compiled(flavour), "taken_out_in_callback", server.url()], server)
    assert b"taken out: 0" in pair.bare.stdout and pair.traced.stdout == pair.bare.stdout
    given_up, first, second = (span for _, span in pair_up(pair.sent, pair.spans))
    assert given_up.is_error and given_up["error.type"] == "cancelled"
    assert_span_matches(first, fixtures["openai/chat"].span)
    assert_span_matches(second, fixtures["openai/chat"].span)


@FLAVOURS
def test_many_handles_on_threads_of_one_process_do_not_mix(flavour, runner, provider, fixtures, compiled):
    # several processes at once, each with several transfers; the server answers them from many threads
    server = provider(tls=True)
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(runner.traced([compiled(flavour), "multi", server.url()])))
        for _ in range(4)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [r.status for r in results] == [0] * 4
    assert len({r.stdout for r in results}) == 1
    received, spans = server.take(), runner.receiver.take_spans()
    assert len(received) == len(spans) == 12
    assert_exchanges(received, spans, fixtures)


def test_the_app_s_own_accept_encoding_leaves_the_body_coded_and_the_span_whole(runner, provider, fixtures):
    # without CURLOPT_ACCEPT_ENCODING libcurl passes on the coded bytes
    for coding in ("gzip", "deflate", "br", "zstd"):
        server = provider(tls=True, delivery=Delivery(coding=coding))
        for a in (asking.CHAT, asking.CHAT_STREAM):
            argv = ["curl", "-sS", "-H", f"Accept-Encoding: {coding}", *a.argv, server.url(a.path)]
            runner.both_answered(argv, server, fixtures)


def test_decoding_by_libcurl_gives_the_same_span(runner, provider, fixtures):
    for coding in ("gzip", "deflate", "br"):
        server = provider(tls=True, delivery=Delivery(coding=coding))
        for a in (asking.CHAT, asking.CHAT_STREAM):
            runner.both_answered(["curl", "-sS", "--compressed", *a.argv, server.url(a.path)], server, fixtures)
