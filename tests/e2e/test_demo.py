"""`make demo` without the build: what a new user sees first."""

import re

import pytest

from support.run import BUILD, LAUNCHER, TOP, run

pytestmark = pytest.mark.skipif(not LAUNCHER.exists(), reason="build/gentap is not there")


def test_the_demo_prints_what_its_programs_say_and_their_trees(runner, tmp_path):
    (tmp_path / "tmp").mkdir()
    env = {"B": str(BUILD), "TMPDIR": str(tmp_path / "tmp"), "GENTAP_SUMMARY": "off"}
    result = run([TOP / "scripts" / "demo"], runner.environment(env))
    printed = result.stdout.decode()
    assert (result.status, result.stderr) == (0, b"")
    for answer in ("Four minutes late.", "roadworks at the bridge", "First stop: Harbour.", "Leave at 11:52"):
        assert answer in printed
    for model, tokens in (("gpt-5.1", "1,184"), ("claude-sonnet-4-5", "2,248"), ("gpt-5-nano", "311")):
        assert re.search(rf"chat {re.escape(model)} .*\b{tokens}\b", printed), printed
    assert printed.count("gentap: ") == 3
    assert not list((tmp_path / "tmp").iterdir()), "the demo removes its temporary files"
