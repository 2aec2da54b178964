"""Programs and packages from the npm registry, installed once below the build folder. Every version is pinned."""

import fcntl
import json
import platform
import shutil
import subprocess
import time

import pytest

from support.run import BUILD

FOLDER = BUILD / "npm"
INSTALL_S = 400
RETRY_S = 900  # a registry that cannot be reached takes its time to say so: once for all tests of a run


def _install(folder, packages):
    """Returns why the packages could not be installed; empty: they are."""
    if not shutil.which("npm"):
        return "npm is not installed"
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": packages}))
    argv = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    try:
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        return f"npm took more than {INSTALL_S} s"
    return f"npm failed: {done.stderr.strip()[-300:]}" if done.returncode else ""


def installed(name, **packages):
    """The folder `node_modules` with these packages, `name` is that of the set. Skips the test when the registry does not
    bring them; a later run tries again."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    wanted = json.dumps(packages, sort_keys=True)
    ready, failed = folder / ".ready", folder / ".failed"
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists() or ready.read_text() != wanted:
            if failed.exists() and time.time() - failed.stat().st_mtime < RETRY_S:
                pytest.skip(failed.read_text())
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
            why = _install(folder, packages)
            if why:
                failed.write_text(f"npm packages {', '.join(packages)}: {why}")
                pytest.skip(f"npm packages {', '.join(packages)}: {why}")
            ready.write_text(wanted)
    return folder / "node_modules"


def node(version):
    """An official build of node."""
    return installed(f"node-{version}", node=version) / "node" / "bin" / "node"


def executable(package, version, path):
    """A file of a package that is for one processor, x86-64."""
    if platform.machine() != "x86_64":
        pytest.skip(f"{package} is for another processor")
    return installed(f"{package.replace('/', '_')}-{version}", **{package: version}) / package / path
