"""Runs a program, with and without gentap, and records its output."""

import atexit
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

TOP = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("B") or TOP / "build").resolve()
PRELOAD = BUILD / "libgentap.so"
LAUNCHER = BUILD / "gentap"
VENV_PYTHON = BUILD / "venv" / "bin" / "python"
SYSTEM_PYTHON = "/usr/bin/python3"
PROGRAMS = pathlib.Path(__file__).resolve().parent.parent / "programs"
COMPILED = BUILD / "e2e"

TIMEOUT_S = 60

# Spools are made here. A folder in memory, one for each test process; it is removed at the end.
RUNTIME = pathlib.Path(tempfile.mkdtemp(prefix="gentap-test-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
atexit.register(shutil.rmtree, RUNTIME, ignore_errors=True)


@dataclass
class Result:
    argv: list
    stdout: bytes
    stderr: bytes
    status: int  # negative: killed by that signal
    seconds: float
    env: dict = field(repr=False, default_factory=dict)

    @property
    def printed(self):
        """What a user can see of the run, without the time that curl prints."""
        return self.stdout, re.sub(rb"(curl: .* after )\d+( ms)", rb"\1N\2", self.stderr), self.status

    @property
    def log(self):
        return self.stderr.decode("utf-8", "replace").splitlines()


def clean_environment(home):
    """The environment of an ordinary user, without variables of gentap, OpenTelemetry or a proxy."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "XDG_RUNTIME_DIR": str(RUNTIME),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENAI_API_KEY": "sk-not-a-key",
        "ANTHROPIC_API_KEY": "sk-ant-not-a-key",
        "GEMINI_API_KEY": "not-a-key",
    }


def traced_environment(endpoint=None, **more):
    """The variables that a user sets to use LD_PRELOAD. The value None removes a variable."""
    env = {"LD_PRELOAD": str(PRELOAD), "GENTAP_EXIT_TIMEOUT_MS": "5000"}
    if endpoint is not None:
        env["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
    env.update(more)
    return {k: v for k, v in env.items() if v is not None}


def run(argv, env, cwd=None, stdin=b"", timeout=TIMEOUT_S, file_limit=None):
    """Runs a program to its end. After `timeout` seconds, kills its process group and fails."""

    def before_exec():
        if file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

    begun = time.monotonic()
    p = subprocess.Popen(
        [str(a) for a in argv], env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, preexec_fn=before_exec if file_limit is not None else None,
    )
    try:
        out, err = p.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        out, err = p.communicate()
        raise AssertionError(f"{argv[0]} did not end within {timeout} s; stdout {out[-500:]!r}, stderr {err[-2000:]!r}") from None
    return Result(list(argv), out, err, p.returncode, time.monotonic() - begun, env)
