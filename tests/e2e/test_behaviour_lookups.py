"""The exporter looks the collector's name up while the program forks: modules of the name service have locks of their own."""

from collections import Counter

import pytest

from support.snippets import build, exported, make, to


@pytest.fixture
def named(receiver):
    """Settings for exporting to a collector whose name only tests/snippets/nss_gentap.c knows."""
    module = build("nss_gentap")
    found = module.parent / "nss" / "libnss_gentap.so.2"
    make(found, ["cp", module, found], [module])
    endpoint = f"http://collector.test:{receiver.port}"
    return {**to(receiver), "LD_LIBRARY_PATH": str(found.parent), "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}


@pytest.mark.parametrize("when, nap_ms", [("after", "0"), ("within", "100")])
def test_a_child_of_a_fork_looks_names_up_like_its_parent(when, nap_ms, behave, server, receiver, named):
    result = behave.traced([build("fork_lookup"), when, server], gentap={**named, "NSS_NAP_MS": nap_ms}).result
    assert result.stdout == b"child: 0\n" and result.status == 0, result
    assert exported(receiver) == Counter(["parent", "child"])


def test_a_look_up_that_takes_long_neither_holds_a_fork_up_nor_ends_it(behave, server, receiver, named):
    """The fork waits a second at most. The module's lock may then stay locked in the child, which loses its spans and nothing else."""
    settings = {**named, "NSS_NAP_MS": "5000", "GENTAP_EXIT_TIMEOUT_MS": "500"}
    result = behave.traced([build("fork_lookup"), "within", server], gentap=settings).result
    assert result.stdout == b"child: 0\n" and result.status == 0, result
    assert result.seconds < 8, "the look-up takes ten"
