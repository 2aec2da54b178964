"""Calls over GnuTLS: the ways of its API, and unmodified programs."""

import shutil
import subprocess

import pytest

from support import asking
from support.installed import of_apt
from support.run import PROGRAMS, SYSTEM_PYTHON
from support.snippets import build

KNOWN = {"GENTAP_ENDPOINTS": "localhost=openai"}

# gentap adds no line to what is sent corked, nor to a record of a given length
FIXED = {"cork", "slow_cork", "range"}
WAYS = ["plain", "two", "again", "none", "send2", "packet", "bytes", *sorted(FIXED)]


@pytest.mark.parametrize("body", [100, 16200, 16384, 40000])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_followed_and_returns_what_it_would(way, body, runner, provider):
    if way in ("send2", "range"):
        body = min(body, 16000)  # one record: the program does not repeat these
    server = provider(tls=True)
    pair = runner.both([build("gnutls_ways"), str(server.port), way, str(body)], server, gentap=KNOWN)
    assert pair.bare.status == 0 and b"answer: yes" in pair.bare.stdout
    (request,), (span,) = pair.sent, pair.spans
    assert span.name == "chat gpt-5.1" and span.attributes["server.address"] == "localhost"
    assert span.attributes["gen_ai.usage.input_tokens"] > 0 and "gentap.incomplete" not in span.attributes
    assert len(request.traceparents) == (way not in FIXED)


@pytest.mark.skipif(not shutil.which("wget"), reason="wget is not installed")
class TestWget:
    def argv(self, server, *more):
        return ["wget", "-q", "-O-", "--no-check-certificate", "--header=Content-Type: application/json",
                f"--post-data={asking.CHAT.body}", *more, server.url(asking.CHAT.path)]

    def test_a_call(self, runner, provider, fixtures):
        server = provider(tls=True)
        runner.both_answered(self.argv(server), server, fixtures)

    def test_a_certificate_that_is_refused_is_no_connection_that_cannot_be_read(self, runner, provider):
        server = provider(tls=True)
        argv = [a for a in self.argv(server) if a != "--no-check-certificate"] + ["--ca-certificate=/dev/null"]
        pair = runner.both(argv, server, gentap=KNOWN)
        assert pair.bare.status and not pair.spans


def test_glib_networking(runner, provider):
    if subprocess.run([SYSTEM_PYTHON, "-c", "from gi.repository import Gio"], capture_output=True).returncode:
        pytest.skip("python3-gi is not installed")
    (module,) = of_apt("glib-networking").glob("usr/lib/*/gio/modules/libgiognutls.so")
    server = provider(tls=True)
    argv = [SYSTEM_PYTHON, PROGRAMS / "gio_client.py", str(server.port), asking.CHAT.body]
    pair = runner.both(argv, server, env={"GIO_EXTRA_MODULES": str(module.parent)}, gentap=KNOWN)
    assert pair.bare.stdout == b"True\n"
    (span,) = pair.spans
    assert span.name.startswith("chat ") and len(pair.sent[0].traceparents) == 1
