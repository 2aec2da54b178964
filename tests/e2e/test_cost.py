"""The cost of calls: as an attribute, in the tree and its totals, in the JSON summary, as a metric. GENTAP_ENDPOINTS
makes the servers known providers. The tests have their own prices, so that they do not depend on the built-in price
list."""

import datetime
import json
import re

import pytest

from servers.http1 import Reply
from support import asking
from support.run import LAUNCHER, run

USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100, "prompt_tokens_details": {"cached_tokens": 600}}
# 400 * 2 + 600 * 0.5 + 100 * 8 millionths of a dollar
PRICES = "# ours\nopenai gpt-4o-mini in=2 cached=0.5 out=8\n"
COST = 0.0019


def reply(usage=None, model="gpt-4o-mini-2024-07-18", identity="chatcmpl-1"):
    body = {"id": identity, "model": model, "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "x"}}],
            "usage": usage or USAGE}
    return Reply(200, [("Content-Type", "application/json")], [json.dumps(body).encode()])


@pytest.fixture
def prices(tmp_path):
    path = tmp_path / "prices"
    path.write_text(PRICES)
    return path


def curl(server, a=asking.CHAT, times=1):
    return ["curl", "-sS", *a.argv, *[server.url(a.path)] * times]


def known(server, provider="openai", **env):
    return {"GENTAP_ENDPOINTS": f"localhost:{server.port}={provider}", **env}


def test_a_call_of_a_known_model_has_a_cost(runner, provider, receiver):
    server = provider(answer=lambda r: reply())
    runner.traced(curl(server), gentap=known(server))
    span, = receiver.spans
    assert span["gen_ai.usage.cost"] > 0 and span["gentap.cost_source"] == "prices"


def test_a_name_on_an_unknown_host_is_only_a_name(runner, provider, receiver):
    runner.traced(curl(provider(answer=lambda r: reply())))
    span, = receiver.spans
    assert span["gen_ai.usage.input_tokens"] == 1000
    assert "gen_ai.usage.cost" not in span.attributes and "gentap.cost_source" not in span.attributes


@pytest.mark.parametrize("model", ["gpt-4o-mini-audio-preview", "gpt-4o-miniature", "ft:gpt-4o-mini-2024-07-18:org::1"])
def test_an_unknown_model_has_none(runner, provider, receiver, model):
    server = provider(answer=lambda r: reply(model=model))
    runner.traced(curl(server), gentap=known(server))
    span, = receiver.spans
    assert "gen_ai.usage.cost" not in span.attributes


def test_ones_own_prices_win(runner, provider, receiver, prices):
    server = provider(answer=lambda r: reply())
    result = runner.traced(curl(server), gentap=known(server, GENTAP_PRICES=str(prices)))
    span, = receiver.spans
    assert span["gen_ai.usage.cost"] == pytest.approx(COST) and span["gentap.cost_source"] == "user_prices"
    assert result.stderr == b""


def test_the_providers_own_figure_wins_over_both(runner, provider, receiver, prices):
    server = provider(answer=lambda r: reply({**USAGE, "cost": 0.25, "is_byok": False}, identity="gen-1"))
    runner.traced(curl(server), gentap=known(server, "openrouter", GENTAP_PRICES=str(prices)))
    span, = receiver.spans
    assert span["gen_ai.usage.cost"] == 0.25 and span["gentap.cost_source"] == "reply"


def test_bad_lines_of_ones_own_are_one_warning_and_the_rest_counts(runner, provider, receiver, prices):
    server = provider(answer=lambda r: reply())
    prices.write_text("openai gpt-5 inn=3\n" + PRICES + "nonsense\n")
    result = runner.traced(curl(server), gentap=known(server, GENTAP_PRICES=str(prices)))
    line, = result.log
    assert f'GENTAP_PRICES: "{prices}", line 1 has an unknown key; it is ignored, and 1 more line' in line
    assert receiver.spans[0]["gen_ai.usage.cost"] == pytest.approx(COST)


def test_a_file_that_is_not_there_is_one_warning(runner, provider, receiver, tmp_path):
    server = provider(answer=lambda r: reply())
    result = runner.traced(curl(server), gentap=known(server, GENTAP_PRICES=str(tmp_path / "none")))
    line, = result.log
    assert f'GENTAP_PRICES: "{tmp_path / "none"}" does not exist; the built-in prices are used' in line
    assert receiver.spans[0]["gentap.cost_source"] == "prices"


@pytest.mark.parametrize("protocol", ["http/protobuf", "http/json"])
@pytest.mark.parametrize("newest", [False, True])
def test_the_metric_is_the_sum(runner, provider, receiver, prices, protocol, newest):
    server = provider(answer=lambda r: reply())
    more = {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental"} if newest else {}
    runner.traced(curl(server, times=3),
                  gentap=known(server, GENTAP_PRICES=str(prices), OTEL_EXPORTER_OTLP_PROTOCOL=protocol, **more))
    points, = receiver.metrics
    point, = [p for p in points if p.name == "gen_ai.client.usage.cost"]
    assert (point.kind, point.unit) == ("sum", "{USD}")
    assert point.raw.as_double == pytest.approx(3 * COST)
    assert point.attributes["gen_ai.request.model"] == "gpt-4o-mini"
    assert sum(s["gen_ai.usage.cost"] for s in receiver.spans) == pytest.approx(3 * COST)


launcher = pytest.mark.skipif(not LAUNCHER.exists(), reason="build/gentap is not there")


def launch(runner, argv, **env):
    return run([LAUNCHER, "--", *argv], runner.environment(env), cwd=runner.home)


@launcher
def test_the_tree_shows_it_and_the_total(runner, provider, prices):
    server = provider(answer=lambda r: reply())
    printed = launch(runner, curl(server, times=2), **known(server, GENTAP_PRICES=str(prices))).stderr.decode()
    assert re.search(r"· 2 calls · \$0\.00380$", printed, flags=re.M), printed
    assert len(re.findall(r"chat gpt-4o-mini .* \$0\.00190 ", printed)) == 2, printed
    assert re.search(r"^gpt-4o-mini .* \$0\.00380$", printed, flags=re.M), printed


@launcher
def test_a_total_that_lacks_a_cost_says_so(runner, provider, prices):
    answers = iter([reply(), reply(model="gpt-4o-mini-private")])
    server = provider(answer=lambda r: next(answers))
    printed = launch(runner, curl(server, times=2), **known(server, GENTAP_PRICES=str(prices))).stderr.decode()
    assert re.search(r"· 2 calls · ≥\$0\.00190$", printed, flags=re.M), printed
    assert re.search(r"^gpt-4o-mini .* ≥\$0\.00190$", printed, flags=re.M), printed


@launcher
def test_the_json_summary_has_it(runner, provider, prices):
    answers = iter([reply(), reply(model="gpt-4o-mini-private")])
    server = provider(answer=lambda r: next(answers))
    env = known(server, GENTAP_PRICES=str(prices), GENTAP_SUMMARY="json")
    printed = json.loads(launch(runner, curl(server, times=2), **env).stderr)
    for total in (printed["total"], printed["models"][0]):
        assert total["cost_usd"] == pytest.approx(COST) and total["calls_without_cost"] == 1
    assert [s.get("cost_usd") for s in printed["spans"]] == [pytest.approx(COST), None]


@launcher
def test_the_command_prints_the_list_and_its_day(runner, provider, receiver, tmp_path):
    result = run([LAUNCHER, "prices"], runner.environment())
    assert (result.status, result.stderr) == (0, b"")
    first = result.stdout.decode().splitlines()[0]
    assert re.search(r"as of 20\d\d-\d\d-\d\d$", first)
    # GENTAP_PRICES accepts the output
    path = tmp_path / "all"
    path.write_bytes(result.stdout)
    server = provider(answer=lambda r: reply())
    traced = runner.traced(curl(server), gentap=known(server, GENTAP_PRICES=str(path)))
    assert traced.stderr == b"" and receiver.spans[0]["gentap.cost_source"] == "user_prices"
    assert run([LAUNCHER, "prices", "x"], runner.environment()).status == 2


def day(months):
    """The first of a month before now."""
    now = datetime.datetime.now(datetime.timezone.utc)
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return f"{year}-{month + 1:02}-01"


@pytest.mark.parametrize("months, note", [(0, ""), (5, ""), (8, "over six months old")])
@launcher
def test_the_day_of_a_price_is_told_and_an_old_one_is_noted_once(runner, provider, receiver, prices, months, note):
    server = provider(answer=lambda r: reply())
    prices.write_text(f"read={day(months)}\n{PRICES}")
    printed = launch(runner, curl(server, times=2), **known(server, GENTAP_PRICES=str(prices))).stderr.decode()
    assert printed.count("gentap prices") == (1 if note else 0) and note in printed, printed
    assert printed.count(f"prices of {day(months)} are") == (1 if note else 0)
    runner.traced(curl(server), gentap=known(server, GENTAP_PRICES=str(prices)))
    assert receiver.spans[0]["gentap.cost_prices_read"] == day(months)


def test_a_price_past_its_end_is_no_price(runner, provider, receiver, prices):
    server = provider(answer=lambda r: reply(model="ours"))
    prices.write_text(f"openai ours in=2 out=8 until={day(1)}\n")
    runner.traced(curl(server), gentap=known(server, GENTAP_PRICES=str(prices)))
    prices.write_text(f"openai ours in=2 out=8 cached=1 until={day(-1)}\n")
    runner.traced(curl(server), gentap=known(server, GENTAP_PRICES=str(prices)))
    assert ["gen_ai.usage.cost" in s.attributes for s in receiver.spans] == [False, True]
