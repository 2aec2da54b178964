"""Fixtures of all tests: certificates, fixture files, an OTLP receiver, and `bare`/`traced`/`both` to run programs."""

import signal
import subprocess
from dataclasses import dataclass

import pytest

from servers import certificates as certificate_maker
from servers.fixtures import Fixtures
from servers.otlp_receiver import OtlpReceiver
from servers.replay import ReplayServer
from support import recordings as recorded
from support.claims import assert_exchanges, untraced
from support.run import BUILD, PRELOAD, TOP, Result, clean_environment, run, traced_environment
from support.snippets import Behave, build


def pytest_sessionstart(session):
    for needed in (PRELOAD, BUILD / "libgentap-exporter.so"):
        if not needed.exists():
            pytest.exit(f"{needed} is missing: run make first", 2)


@pytest.fixture(scope="session", autouse=True)
def usual_signals():
    """Programs inherit the signals that `nohup` and `&` leave ignored, and would miss a hang-up or interrupt of a test.
    Programs do not inherit handlers, so an empty handler protects the tests like `nohup` and leaves programs
    unaffected."""
    for s in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(s) == signal.SIG_IGN:
            signal.signal(s, lambda *_: None)


def pytest_report_header(config):
    if recorded.FOLDER is None:
        return f"recordings: none, their tests are skipped ({recorded.WHY_NOT})"
    return f"recordings: {len(recorded.SUPPORTED)} exchanges"


@pytest.fixture(scope="session")
def fixtures():
    return Fixtures(TOP / "tests" / "fixtures")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    hosts = (*certificate_maker.PROVIDER_HOSTS, *recorded.hosts())
    return certificate_maker.make(tmp_path_factory.mktemp("tls"), hosts)


@pytest.fixture(scope="session")
def strangers_ca(tmp_path_factory):
    """The certificate of an authority that signed none of the other certificates."""
    return certificate_maker.make(tmp_path_factory.mktemp("stranger")).ca


@pytest.fixture
def receiver():
    with OtlpReceiver() as r:
        yield r


@pytest.fixture
def provider(fixtures, certificates, request):
    """Starts replay servers that run until the end of the test: provider(tls=True, delivery=..., answer=...)."""
    servers = []

    def make(tls=False, delivery=None, answer=None, **more):
        server = ReplayServer(answer or fixtures.answer, tls=certificates if tls else None, delivery=delivery, **more)
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.close()


@dataclass
class Pair:
    bare: Result
    traced: Result
    sent_bare: list  # requests that the server received from the run without gentap
    sent: list  # and from the run with gentap
    spans: list


class Runner:
    """Runs programs in the same environment; `env` of a call adds to it."""

    def __init__(self, home, certificates, receiver):
        self.home, self.certificates, self.receiver = home, certificates, receiver

    def environment(self, env=None):
        ca = str(self.certificates.ca)
        trust = {"SSL_CERT_FILE": ca, "REQUESTS_CA_BUNDLE": ca, "CURL_CA_BUNDLE": ca}
        return {**clean_environment(self.home), **trust, **(env or {})}

    def bare(self, argv, env=None, **more):
        return run(argv, self.environment(env), cwd=more.pop("cwd", self.home), **more)

    def traced(self, argv, env=None, gentap=None, **more):
        """`gentap`: variables of the traced run only; the value None removes a variable."""
        settings = {"endpoint": self.receiver.endpoint, **(gentap or {})}
        return run(argv, {**self.environment(env), **traced_environment(**settings)}, cwd=more.pop("cwd", self.home), **more)

    def both(self, argv, server=None, env=None, gentap=None, same_bytes=True, own_traceparent=False, **more):
        """Runs without and then with gentap. The program must have printed the same and exited with the same status. It
        must have sent the same bytes, except for the traceparent."""
        bare = self.bare(argv, env, **dict(more))
        sent_bare = server.take() if server else []
        traced = self.traced(argv, env, gentap, **dict(more))
        sent = server.take() if server else []
        assert traced.printed == bare.printed, f"with gentap: {traced.printed}\nwithout: {bare.printed}"
        assert own_traceparent or not any(r.traceparents for r in sent_bare)
        if same_bytes:
            assert sorted(map(untraced, sent)) == sorted(map(untraced, sent_bare))
        return Pair(bare, traced, sent_bare, sent, self.receiver.take_spans())

    def both_answered(self, argv, server, fixtures, **more):
        """As `both`; every exchange has exactly the span that its fixture describes, and carried the ids of that
        span."""
        pair = self.both(argv, server, **more)
        assert pair.sent, f"the program sent nothing: {pair.traced}"
        assert_exchanges(pair.sent, pair.spans, fixtures)
        return pair


@pytest.fixture
def runner(tmp_path, certificates, receiver):
    home = tmp_path / "home"
    home.mkdir()
    return Runner(home, certificates, receiver)


@pytest.fixture(scope="session")
def compiled():
    """Returns the path of a C program of tests/e2e/programs, built by the Makefile."""

    def path(name):
        built = BUILD / "e2e" / name
        assert built.exists(), f"{built} is missing: run `make e2e`"
        return built

    return path


@pytest.fixture
def behave(tmp_path):
    return Behave(tmp_path)


@pytest.fixture
def server():
    """The port of a server in a separate process that answers chat requests and is not traced."""
    p = subprocess.Popen([build("server")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    yield int(p.stdout.readline())
    p.stdin.close()
    p.wait(10)
