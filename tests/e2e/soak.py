"""One process with very many calls: `make soak`. Resident memory stays flat, and each call is one span."""

import os
import re
from collections import Counter

from servers.otlp_receiver import ok
from servers.replay import ReplayServer
from support.run import clean_environment, run, traced_environment
from support.snippets import build, read_spans

CALLS = int(os.environ.get("SOAK_CALLS", 200000))
RATE = 4000  # calls per second, which the exporter can take
GROWTH_KIB = 2048  # from a tenth of the calls to all: the pool and libc's heap reach their sizes at different times


def soak(server, env):
    done = run([build("soak"), server, CALLS, 4, RATE], {**env, "GENTAP_LOG": "info", "GENTAP_EXIT_TIMEOUT_MS": "10000"},
               timeout=60 + CALLS / RATE * 4)
    log = done.stderr.decode()
    assert done.status == 0 and done.stdout == f"answered {CALLS}\n".encode(), log
    first, half, last = map(int, re.findall(r"resident (\d+)", log))
    print(f"\nresident memory after {CALLS // 10}, {CALLS // 2}, {CALLS} calls: {first}, {half}, {last} KiB")
    assert f"exchanges {CALLS}," in log and f"{CALLS} spans, {CALLS} sent, 0 dropped" in log, log
    assert last - first < GROWTH_KIB, log


def test_spans_to_a_file(server, tmp_path):
    file = tmp_path / "spans.jsonl"
    soak(server, {**clean_environment(tmp_path), **traced_environment(OTEL_TRACES_EXPORTER="file", GENTAP_FILE=str(file))})
    spans = read_spans(file)
    assert Counter(s.model for s in spans) == {"soak": CALLS}
    assert all(s.is_whole for s in spans)


def test_spans_to_a_collector(server, tmp_path):
    with ReplayServer(lambda received: ok()) as collector:  # reads nothing, so that it is never slow
        soak(server, {**clean_environment(tmp_path), **traced_environment(collector.url())})
