"""Checks that the cost of a span is that of its reply, or follows from its token counts and the price list. A second
reader of prices.txt, simpler than the exporter's. A cost that it cannot explain is wrong; it does not check spans
without a cost."""

import datetime
import math
import re

from .run import TOP
from .wire import values

RATES = ("in", "cached", "write", "write_1h", "out", "reasoning", "audio_in", "audio_out")
LIST = TOP / "exporter" / "cost" / "prices.txt"
SNAPSHOT = re.compile(r"(-\d{4}-\d\d-\d\d|[-@]\d{8}|-\d{4})?([-@](latest|default)|-00\d|(-v\d)?:\d)?$|-\d{8}-v\d:\d$")
REGION = re.compile(r"^(us|eu|apac|global)\.")


def _rows():
    for line in LIST.read_text().splitlines():
        words = line.split("#")[0].split()
        if words and not words[0].startswith("read="):
            yield words[0].split(","), words[1], dict(w.split("=") for w in words[2:])


def _names(model, region_counts):
    """The name, and the name without its region."""
    return [model] + ([REGION.sub("", model)] if region_counts and REGION.match(model) else [])


def _applies(row, moment):
    """Of the rows by the hour, the days Monday to Friday only, as the list has them."""
    day, minute = moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M")
    if row.get("from", "") > day or row.get("until", "9999") < day:
        return False
    if "days" in row and (row["days"] != "mon-fri" or moment.weekday() > 4):
        return False
    return "hours" not in row or any(a <= minute < b for a, b in (h.split("-") for h in row["hours"].split(",")))


def _price(provider, model, tier, tokens, moment):
    best = None
    for providers, name, row in _rows():
        if provider not in providers and "*" not in providers:
            continue
        fits = any(m == name or (m.startswith(name) and SNAPSHOT.fullmatch(m[len(name):]))
                   for m in _names(model, provider == "aws.bedrock"))
        if not fits or row.get("tier", "") != tier or not _applies(row, moment) or int(row.get("over", 0)) >= max(tokens, 1):
            continue
        rank = (len(name), row.get("from", ""), "hours" in row or "days" in row, int(row.get("over", 0)))
        if best is None or rank > best[0]:
            best = rank, {k: float(v) for k, v in row.items() if k in RATES}
    return best and best[1]


def _listed(span):
    n = {k: span.get(f"gen_ai.usage.{v}") or 0 for k, v in {
        "in": "input_tokens", "out": "output_tokens", "cached": "cache_read.input_tokens", "write": "cache_creation.input_tokens",
        "audio_in": "audio.input_tokens", "audio_out": "audio.output_tokens"}.items()}
    tier = span.get("openai.response.service_tier") or ""
    moment = datetime.datetime.fromtimestamp(span.start_ns / 1e9, datetime.timezone.utc)
    model = span.get("gen_ai.response.model") or span.get("gen_ai.request.model")
    price = _price(span.get("gen_ai.provider.name"), model, "" if tier in ("default", "standard", "on_demand") else tier, n["in"], moment)
    if not price:
        return None
    n["in"] -= n["cached"] + n["write"] + n["audio_in"]
    n["out"] -= n["audio_out"]
    billed = {kind: span.get(f"cohere.usage.billed_units.{kind}put_tokens") for kind in ("in", "out")}
    n = n if billed["in"] is None else {kind: count or 0 for kind, count in billed.items()}
    if any(count and kind not in price for kind, count in n.items()):
        return None
    return sum(count * price.get(kind, 0) for kind, count in n.items()) / 1e6


def _reported(reply):
    """Every cost that a reply contains."""
    found = values(reply, "cost", "estimated_cost")
    found += [f["total_cost"] for f in found if isinstance(f, dict) and "total_cost" in f]
    found += [t / 1e10 for t in values(reply, "cost_in_usd_ticks")]
    return [f for f in found if isinstance(f, (int, float))]


def is_explained(span, reply):
    cost, source = span.get("gen_ai.usage.cost"), span.get("gentap.cost_source")
    if cost is None or source is None:
        return cost is None and source is None
    if source == "reply":
        return any(math.isclose(cost, f) for f in _reported(reply))
    listed = _listed(span)
    return source == "prices" and listed is not None and math.isclose(cost, listed)
