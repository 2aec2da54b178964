"""service.name is a name that a person would use, whatever the program makes of its arguments."""

import pytest

from support import asking
from support.run import SYSTEM_PYTHON
from support.snippets import build

ASK = """
import sys, urllib.request
request = urllib.request.Request({url!r}, {body!r}.encode(), {{"Content-Type": "application/json"}})
urllib.request.urlopen(request).read()
"""

ASK_NODE = """
const request = require("http").request({url!r}, {{ method: "POST", headers: {{ "content-type": "application/json" }} }},
  (answer) => answer.resume());
request.end({body!r});
"""


@pytest.fixture
def named(runner, provider, receiver):
    """Runs a program that makes one call, with `{url}` and `{body}` put into its source. Gives the resource of its span."""
    server = provider()

    def named(argv, source=None, text="", **more):
        if source:
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(text.format(url=server.url(asking.CHAT.path), body=asking.CHAT.body))
        result = runner.traced(argv, **more)
        assert result.status == 0, result.stderr
        span, = receiver.take_spans()
        return span.resource

    return named


# ---------------------------------------------------------------- titles


@pytest.mark.parametrize("who", ["parent", "child"])
def test_a_title_written_over_the_arguments_is_no_name(who, named):
    argv = [build("title"), who, "--queue", "default", "--token", "sk-not-a-key-0123456789"]
    resource = named(argv)
    assert resource["service.name"] == "title"
    assert resource["process.command"] == str(argv[0])


def test_a_title_that_node_sets_is_no_name(named, tmp_path):
    script = tmp_path / "ferry.js"
    text = 'process.title = "my-very-long-title-for-ps-and-top-and-more";\n' + ASK_NODE
    assert named(["node", script], script, text)["service.name"] == "ferry.js"


# proc(5): field 48 of stat is the address of the arguments
TITLE = [
    "import ctypes",
    "size = len(open('/proc/self/cmdline', 'rb').read())",
    "start = int(open('/proc/self/stat').read().rsplit(')', 1)[1].split()[45])",
    "ctypes.memmove(start, b'g for work on queue default'.ljust(size, bytes(1)), size)",
]
FORK = ["import os, sys", "if os.fork():", "    sys.exit(os.wait()[1])"]


def test_a_title_that_a_python_worker_sets_is_no_name(named, tmp_path):
    script = tmp_path / "worker.py"
    text = "\n".join(FORK + TITLE) + ASK
    assert named([SYSTEM_PYTHON, script, "--queue", "default"], script, text)["service.name"] == "worker.py"
