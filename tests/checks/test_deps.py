#!/usr/bin/env python3
"""scripts/README.md names exactly the packages that scripts/deps.sh installs. Users without the right to install packages
get one line that names all of them."""
import os
import re
import subprocess
import tempfile
from pathlib import Path

from common import *

script = Path(TOP, "scripts", "deps.sh")


def packages(group_of):
    """The packages that deps.sh names when none is installed and the user is not root and has no sudo."""
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder) / "tools"
        tools.mkdir()
        for name in ("sh", "dirname", "mkdir", "ls", "cat", "tr"):
            os.symlink(f"/bin/{name}", tools / name)
        for name, body in (("id", "echo 1000"), ("dpkg-query", "exit 1"), ("apt-get", "exit 1")):
            (tools / name).write_text(f"#!/bin/sh\n{body}\n")
            (tools / name).chmod(0o755)
        env = {"PATH": str(tools), "BUILD": folder, "GOALS": group_of}
        r = subprocess.run([script, "build"], env=env, capture_output=True, text=True)
    lines = [l for l in r.stderr.splitlines() if not l.startswith("deps: ")]
    if r.returncode != 1 or len(lines) != 1 or not lines[0].startswith("apt-get install "):
        failed(f"deps.sh did not print exactly one apt-get line for {group_of!r}: {r.stderr}")
    return {word for word in lines[0].split()[2:] if not word.startswith("-")}


listed = set(subprocess.run([script, "list"], capture_output=True, text=True, check=True).stdout.split())
readme = re.findall(r"^(?:sudo )?apt-get install ((?:\\\n|.)*)$", source("scripts/README.md"), flags=re.M)
named = [set(re.sub(r"\\\n|--\S+|-y\b", " ", line).split()) for line in readme]
if listed not in named:
    failed(f"no apt-get line of scripts/README.md names exactly {sorted(listed)}; differences: {[sorted(n ^ listed) for n in named]}")
needed = {goal: packages(goal) for goal in ("", "all", "demo", "check", "test", "demo test")}
if not needed[""] == needed["all"] < needed["demo"] < needed["test"] == needed["demo test"] == listed:
    failed(f"wrong packages for the goals: {needed}")
if not needed[""] < needed["check"] < listed:
    failed(f"wrong packages for check: {needed['check']}")
passed(f"{len(listed)} packages")
