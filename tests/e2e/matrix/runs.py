"""Runs each row of the matrix over each transport, without and then with gentap: `make matrix`.

A cell that is worse than the table says is a fault of gentap; a cell that is better is a fault of the table. Both fail.
MATRIX selects rows: `quick` has one row for each mechanism, other words are parts of names.
"""

import json
import os
import shlex
import subprocess

import pytest
from servers.http1 import Delivery
from servers.replay import ReplayServer
from support.claims import untraced
from support.run import PROGRAMS

from . import cells, table
from .answers import ASKED, Answers
from .packages import HERE, PACKAGES, Missing

TRANSPORTS = ("plain", "tls", "h2")
CHOICE = os.environ.get("MATRIX", "")
ALONE = os.environ.get("MATRIX_ALONE") == "1"
TIMEOUT_S = 120


@pytest.fixture(scope="module")
def answers():
    return Answers()


@pytest.fixture
def provider(transport, answers, certificates):
    tls = certificates if transport != "plain" else None
    with ReplayServer(answers, tls=tls, http2=transport == "h2", delivery=Delivery(pause=0.002)) as server:
        yield server


@pytest.fixture
def asked(tmp_path):
    """The requests of general-purpose clients: all in one file, and each as three files for programs without JSON."""
    folder = tmp_path / "asked"
    folder.mkdir()
    for i, a in enumerate(ASKED):
        (folder / f"{i}.path").write_text(a.path)
        (folder / f"{i}.body").write_text(a.body)
        (folder / f"{i}.fields").write_text("".join(f"{n}: {v}\n" for n, v in a.headers.items()))
    path = folder / "listing.json"
    path.write_text(json.dumps([{"path": a.path, "body": a.body, "headers": a.headers} for a in ASKED]))
    return path


@pytest.fixture(scope="session")
def trust_store(certificates):
    """The authority's certificate as Java wants it."""
    path = certificates.ca.with_name("ca.p12")
    subprocess.run(["keytool", "-importcert", "-noprompt", "-alias", "test", "-file", certificates.ca, "-keystore", path,
                    "-storetype", "PKCS12", "-storepass", "changeit"], check=True, capture_output=True)
    return path


class Places(dict):
    """What the {words} of a command and of its environment are: packages are looked up by their name."""

    def __missing__(self, name):
        return PACKAGES[name].path()


@pytest.fixture
def command(request, provider, asked, certificates, runner):
    def of(row):
        if row.is_vendors and not ALONE:
            pytest.skip("a vendor's program runs only in a network namespace of its own; unshare -rn does not work here")
        places = Places(base=provider.url(), port=provider.port, asked=asked, ca=certificates.ca, home=runner.home,
                        programs=HERE / "programs", shared=PROGRAMS, node_modules=PACKAGES["sdks"].folder / "node_modules")
        if "{trust_store}" in row.command:
            places["trust_store"] = request.getfixturevalue("trust_store")
        try:
            for name in row.packages:
                PACKAGES[name].path()
            argv = [w.format_map(places) for w in shlex.split(row.command)]
            env = {n: v.format_map(places) for n, v in row.env.items()}
        except Missing as e:
            pytest.skip(str(e))
        for name, content in row.files.items():
            path = runner.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content.replace("{base}", provider.url()))
        trust = {"NODE_EXTRA_CA_CERTS": str(certificates.ca), "PYTHONPATH": str(PROGRAMS)}
        return argv, {**trust, **env}

    return of


CELLS = [pytest.param(t, r, id=f"{t}-{r.name}") for t in TRANSPORTS for r in table.chosen(CHOICE) if r.makes_calls_over(t)]


@pytest.mark.parametrize("transport, row", CELLS)
def test_a_row_is_as_the_table_says(transport, row, command, provider, answers, runner):
    argv, env = command(row)
    bare = runner.bare(argv, env, timeout=TIMEOUT_S)
    sent_bare = provider.take()
    assert bare.status == 0, f"the program fails without gentap: {bare.stdout[-500:]!r} {bare.stderr[-1500:]!r}"
    calls_bare = [answers.call(r) for r in sent_bare]
    assert any(calls_bare), f"the program made no call: {[(r.method, r.target) for r in sent_bare]} {bare.stderr[-1500:]!r}"
    versions = {r.version for r, call in zip(sent_bare, calls_bare) if call}
    assert versions == {"HTTP/2" if transport == "h2" and row.speaks_h2 else "HTTP/1.1"}

    # some agents export spans of their own to OTEL_EXPORTER_OTLP_ENDPOINT
    endpoint = runner.receiver.url("/v1/traces")
    to = {"endpoint": None, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": endpoint, "OTEL_METRICS_EXPORTER": "none"}
    traced = runner.traced(argv, env, gentap=to, timeout=TIMEOUT_S)
    sent, spans = provider.take(), runner.receiver.take_spans()
    assert (traced.stdout, traced.status) == (bare.stdout, bare.status), traced.stderr[-1500:]
    if not row.varies:
        assert traced.printed == bare.printed
        assert sorted(map(untraced, sent)) == sorted(map(untraced, sent_bare))

    expected, seen = row.expected(transport), cells.judge(sent, spans, answers.call)
    differ = [f"{kind} is {s.state}, the table says {expected[kind]}. {s.why}".rstrip() for kind, s in seen.items()
              if s.state != str(expected[kind])]
    assert not differ, "; ".join(differ)
