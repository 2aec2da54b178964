"""errno in libcurl's callbacks and after its calls, and the message that waits for dlerror()."""

import pytest

from support.snippets import build


@pytest.mark.parametrize("callback", ["write", "read"])
def test_a_callback_of_libcurl_finds_no_failure_of_the_preloads_in_errno(callback, behave):
    traced = behave.both([build("curl_errno"), callback])
    assert traced.result.stdout == b"calls that found ENOMEM: 0\n"
    assert traced.lines == 20, "the transfers were not followed"


def test_what_a_callback_of_libcurl_left_in_errno_is_there_after_the_call(behave):
    traced = behave.both([build("curl_errno"), "refused"])
    printed = traced.result.stdout.decode().splitlines()
    assert len(printed) == 4 and all(line.endswith(": Numerical argument out of domain") for line in printed), printed


@pytest.mark.parametrize("gentap", [{}, {"GENTAP_DISABLED": "1"}], ids=["awake", "asleep"])
def test_the_first_call_of_a_function_leaves_the_message_of_the_loader(gentap, behave):
    printed = behave.both([build("dl_error")], gentap=gentap).result.stdout.decode().splitlines()
    assert len(printed) > 20 and all("cannot open shared object file" in line for line in printed), printed
