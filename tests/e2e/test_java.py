"""Java: plain HTTP is followed although the client offers `Upgrade: h2c`; its TLS is out of reach, and reported."""

import shutil
import subprocess

import pytest

from servers.http1 import Delivery
from support import asking
from support.run import PROGRAMS


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """The program, compiled once. A start of the compiler takes seconds."""
    if not shutil.which("javac", path="/usr/bin:/bin"):
        pytest.skip("no JDK is installed")
    folder = tmp_path_factory.mktemp("java")
    subprocess.run(["javac", "-d", folder, PROGRAMS / "JdkClient.java"], check=True, capture_output=True)
    return folder


def argv(classes, server, times):
    return ["java", "-XX:TieredStopAtLevel=1", "-cp", classes, "JdkClient", server.url(asking.CHAT.path), asking.CHAT.body, str(times)]


def test_an_offer_that_the_server_does_not_accept_is_http_1(classes, runner, provider, fixtures):
    # another of Java's threads reads: an answer may overtake the hook that has just sent the request
    server = provider(delivery=Delivery(wait_before=0.2))
    pair = runner.both_answered(argv(classes, server, 3), server, fixtures)
    assert len(pair.sent) == 3 and server.connections == 2, "one connection for each run"
    assert pair.sent[0].values("upgrade") == ["h2c"]


def test_its_tls_is_reported(classes, runner, provider):
    server = provider(tls=True)
    runner.traced(argv(classes, server, 1), gentap={"GENTAP_ENDPOINTS": "localhost=openai"})  # it does not trust the server
    spans = runner.receiver.take_spans()
    assert [s.attributes["gentap.blind"] for s in spans] == ["java"]
