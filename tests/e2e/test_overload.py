"""More calls than the exporter can take: every call is counted, nearly every call is a span, and afterwards everything
is as before. Memory stays flat."""

import re

import pytest

from servers.otlp_receiver import slow
from support.run import clean_environment, run, traced_environment
from support.snippets import build, read_spans


def flood(server, folder, calls, connections, size, pause_ms=3000, **more):
    file = folder / "spans.jsonl"
    settings = {"OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": str(file), "GENTAP_LOG": "info", "GENTAP_EXIT_TIMEOUT_MS": "20000"}
    env = {**clean_environment(folder), **traced_environment(**{**settings, **more})}
    done = run([build("flood"), server, calls, connections, size, pause_ms], env, timeout=240)
    log = done.stderr.decode()
    assert done.status == 0 and done.stdout == f"answered {calls}\n".encode(), log
    counted = int(re.search(r"exchanges (\d+)", log)[1]) + int(re.search(r"unreported (\d+)", log)[1])
    return counted, read_spans(file), int(re.search(r"resident (\d+)", log)[1]), log


KNOWN = {"GENTAP_ENDPOINTS": "127.0.0.1=openai"}
UNKNOWN = {}  # bodies show which API it is, and most of them are left out


def check_flood(calls, counted, spans, log):
    assert counted == calls + 1
    assert 0.9 * calls <= len(spans) <= calls + 1, log
    assert len({s.span_id for s in spans}) == len(spans)
    # bodies may be missing, but what is reported is true
    for s in spans:
        assert s.attributes.get("gen_ai.usage.output_tokens") in (None, 5)
        assert s.attributes.get("gen_ai.usage.output_tokens") or s.attributes.get("gentap.incomplete"), s
    after, = [s for s in spans if s.model == "after"]
    assert after.is_whole, "full service again"


@pytest.mark.parametrize("connections, size", [(8, 4000), (40, 200), (8, 60000)])
@pytest.mark.parametrize("host", [KNOWN, UNKNOWN], ids=["known", "unknown"])
def test_a_flood_is_counted_and_nearly_all_of_it_is_reported(connections, size, host, server, tmp_path):
    calls = 40000 if size < 10000 else 8000
    counted, spans, _, log = flood(server, tmp_path, calls, connections, size, **host)
    check_flood(calls, counted, spans, log)


MEMORY_MAX = 4 << 20
REST_KIB = 16 << 10  # the program, and what gentap holds apart from GENTAP_MEMORY_MAX: exporter/README.md


@pytest.mark.parametrize("connections, size", [(8, 4000), (64, 60000)])
def test_a_flood_with_little_memory_loses_bodies_before_calls(connections, size, server, tmp_path):
    calls = 20000 if size < 10000 else 6400
    counted, spans, resident, log = flood(server, tmp_path, calls, connections, size, GENTAP_MEMORY_MAX=str(MEMORY_MAX),
                                          **KNOWN)
    assert counted == calls + 1, log
    assert len([s for s in spans if s.model == "after" and s.is_whole]) == 1, log
    assert resident < (MEMORY_MAX >> 10) + REST_KIB, log


def test_a_flood_with_a_slow_collector_keeps_within_its_memory(server, tmp_path, receiver):
    receiver._always = slow(0.3)
    counted, _, resident, log = flood(server, tmp_path, 20000, 8, 4000, pause_ms=500, GENTAP_MEMORY_MAX=str(MEMORY_MAX),
                                      GENTAP_EXIT_TIMEOUT_MS="500", OTEL_TRACES_EXPORTER="otlp",
                                      OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, **KNOWN)
    assert counted == 20001, log
    assert resident < (MEMORY_MAX >> 10) + REST_KIB, log


def test_memory_is_flat_over_many_calls(server, tmp_path):
    """Twenty times as many calls, at a rate that the exporter can take, need no more memory."""
    _, _, few, _ = flood(server, tmp_path, 5000, 2, 500, pause_ms=500)
    (tmp_path / "spans.jsonl").unlink()
    _, _, many, _ = flood(server, tmp_path, 100000, 2, 500, pause_ms=500)
    assert many - few < 40 << 10, f"{few} and {many} KiB"
