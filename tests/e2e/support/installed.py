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


def of_apt(name):
    """The folder with the files of a package of the distribution, as below `/`. It is not installed."""
    folder = TOOLS / f"apt-{name}"
    if not (folder / ".ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["apt-get", "download", name], cwd=folder, capture_output=True, text=True, timeout=120)
        packages = list(folder.glob("*.deb"))
        if done.returncode or not packages:
            pytest.skip(f"{name} cannot be downloaded: {(done.stderr.strip().splitlines() or ['no package'])[-1]}")
        subprocess.run(["dpkg", "-x", packages[0], folder], check=True)
        (folder / ".ready").touch()
    return folder
