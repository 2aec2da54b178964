"""Descriptors: the numbers 0 to 2 of the exporter's own table, and when a hook forgets the number of a connection."""

import re

import pytest

from support.snippets import build, to

# ---------------------------------------------------------------- the exporter's own table


def test_the_exporter_has_nothing_of_value_under_the_standard_numbers(behave, server, receiver):
    """A library that prints to standard error on the exporter's thread must not print to the collector."""
    result = behave.traced([build("own_table"), server], gentap=to(receiver)).result
    assert result.stdout.decode().splitlines() == [f"{n} anon_inode:[eventfd]" for n in range(3)], result


# ---------------------------------------------------------------- numbers that are taken away


@pytest.mark.parametrize("how", ["close", "dup2", "dup3", "close_range", "closefrom"])
def test_a_number_is_forgotten_before_the_call_that_takes_it_away(how, behave):
    traced = behave.both([build("lingering"), how])
    assert traced.result.stdout.endswith(b"waited: yes\n"), traced.result
    released_ns = int(re.search(rb"^released (\d+)$", traced.result.stderr, re.M)[1])
    span, = traced.spans
    assert span.attributes["error.type"] == "cancelled"
    assert span.end_ns < released_ns, "the hook forgot the number too late"
