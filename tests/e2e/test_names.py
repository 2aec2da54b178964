"""service.name is a name that a person would use, whatever the program makes of its arguments."""

import pathlib
import shutil

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


# ---------------------------------------------------------------- vague names

PI = '{{"name": "@earendil/pi-agent", "bin": {{"pi": "dist/cli.js"}}}}'


def test_a_package_s_script_has_the_name_under_which_it_is_installed(named, tmp_path):
    package = tmp_path / "node_modules" / "@earendil" / "pi-agent"
    (package / "dist").mkdir(parents=True)
    (package / "package.json").write_text(PI.format())
    assert named(["node", package / "dist" / "cli.js"], package / "dist" / "cli.js", ASK_NODE)["service.name"] == "pi"


@pytest.mark.parametrize("start", ["absolute", "relative"])
def test_a_script_called_main_has_the_name_of_its_folder(start, named, tmp_path):
    script = tmp_path / "weather" / "src" / "main.py"
    argv = {"absolute": [SYSTEM_PYTHON, script], "relative": [SYSTEM_PYTHON, "./src/../src/main.py"]}[start]
    assert named(argv, script, ASK, cwd=tmp_path / "weather")["service.name"] == "weather"


def test_a_script_called_main_has_the_name_of_its_project(named, tmp_path):
    script = tmp_path / "x" / "main.py"
    script.parent.mkdir()
    (script.parent / "pyproject.toml").write_text('[project]\nname = "weather-agent"\n')
    assert named([SYSTEM_PYTHON, script], script, ASK)["service.name"] == "weather-agent"


def test_a_program_that_npm_calls_exe_has_its_own_name(named, tmp_path, provider):
    exe = shutil.copy(shutil.which("curl"), tmp_path / "claude.exe")
    resource = named([exe, "-sS", *asking.CHAT.argv, provider().url(asking.CHAT.path)])
    assert (resource["service.name"], resource["process.executable.name"]) == ("claude", "claude.exe")


def test_code_in_an_argument_has_the_interpreter_s_name(named, tmp_path, provider):
    code = ASK.format(url=provider().url(asking.CHAT.path), body=asking.CHAT.body)
    assert named([SYSTEM_PYTHON, "-c", code])["service.name"] == "python"


def test_an_interpreter_of_any_version_is_known(named, tmp_path):
    python = shutil.copy(pathlib.Path(SYSTEM_PYTHON).resolve(), tmp_path / "python3.99")
    assert named([python, tmp_path / "report.py"], tmp_path / "report.py", ASK)["service.name"] == "report.py"


def test_the_user_s_name_always_wins(named, tmp_path):
    script = tmp_path / "weather" / "main.py"
    resource = named([SYSTEM_PYTHON, script], script, ASK, gentap={"OTEL_SERVICE_NAME": "mine"})
    assert resource["service.name"] == "mine"
