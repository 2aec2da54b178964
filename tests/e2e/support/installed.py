"""Programs that the distribution's packages do not have, from their registries: installed below build/, pinned, once."""

import subprocess

import pytest

from support.run import BUILD, VENV_PYTHON

TOOLS = BUILD / "tools"


def of_pip(name, version):
    """The folder with the package. Skips the test when the registry does not bring it."""
    folder = TOOLS / f"{name}-{version}"
    ready = folder / ".ready"
    if not ready.exists():
        argv = [VENV_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps",
                "--upgrade", "--target", folder, f"{name}=={version}"]
        try:
            done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=120)
            why = done.stderr.strip().splitlines()[-1] if done.returncode else None
        except subprocess.TimeoutExpired:
            why = "the registry does not answer"
        if why:
            pytest.skip(f"{name} {version} cannot be installed: {why}")
        ready.touch()
    return folder
