#!/usr/bin/env python3
"""The packages that the programs of the matrix need, each pinned, and their installation below build/matrix. Needs only
the standard library: it runs before the tests, which have no network.

    packages.py    installs what the rows of MATRIX need; prints what no registry brings
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[2]
BUILD = pathlib.Path(os.environ.get("B") or TOP / "build").resolve() / "matrix"
REQUIREMENTS = HERE / "requirements.txt"
# npm takes only what the registry had on this day: it pins what the pinned packages need
NPM_DAY = "2026-11-29"
INSTALL_SECONDS = 1200


class Missing(Exception):
    """A package that is not here; the text is the reason."""


@dataclass(frozen=True)
class Package:
    """`versions`: what is pinned, by the registry's names; the first is the version that a reader is shown."""

    versions: dict
    program: str = ""  # its executable, below its folder

    name = None  # the key in PACKAGES

    def version_of(self, part=None):
        return self.versions[part] if part else next(iter(self.versions.values()))

    @property
    def folder(self):
        return BUILD / self.registry / self.name

    @property
    def pin(self):
        return "\n".join(f"{n} {v}" for n, v in self.versions.items())

    def path(self):
        """The path of its program. Raises Missing with the reason."""
        if self.is_installed():
            return self.folder / self.program
        why = self.folder / ".missing"
        raise Missing(why.read_text().strip() if why.exists() else f"{self.name} is not installed: make matrix installs it")

    def is_installed(self):
        ready = self.folder / ".ready"
        return ready.exists() and ready.read_text() == self.pin

    def install(self):
        if self.is_installed():
            return
        print(f"  {self.registry.upper():5} {', '.join(self.versions) if len(self.versions) < 3 else self.name}", flush=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            self.fetch()
        except (Missing, OSError, subprocess.SubprocessError) as e:
            (self.folder / ".missing").write_text(f"{self.name}: {e}\n")
            print(f"        not to be had: {e}", flush=True)
        else:
            (self.folder / ".ready").write_text(self.pin)

    def call(self, *argv, cwd=None):
        tool = shutil.which(str(argv[0]))
        if tool is None:
            raise Missing(f"{argv[0]} is not installed")
        log = self.folder / "install.log"
        with open(log, "ab") as out:
            done = subprocess.run([str(a) for a in argv], cwd=cwd or self.folder, stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.STDOUT, timeout=INSTALL_SECONDS)
        if done.returncode != 0:
            raise Missing(f"{pathlib.Path(argv[0]).name} failed, see {os.path.relpath(log, TOP)}")


class Npm(Package):
    """Packages in build/npm, as support/npm.py keeps them: `make test` and the matrix share them."""

    registry = "npm"

    @property
    def folder(self):
        name, version = next(iter(self.versions.items()))
        name = f"{name.replace('/', '_')}-{version}" if len(self.versions) == 1 else f"matrix-{self.name}"
        return BUILD.parent / "npm" / name

    @property
    def pin(self):
        return json.dumps(self.versions, sort_keys=True)

    def fetch(self):
        (self.folder / "package.json").write_text(json.dumps({"private": True, "dependencies": self.versions}))
        options = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", f"--before={NPM_DAY}"]
        if "node" not in self.versions:  # its script installs the package with the executable
            options.append("--ignore-scripts")
        self.call("npm", "install", *options)
        if not (self.folder / self.program).exists():
            raise Missing(f"the package has no {self.program}")


class Pip(Package):
    """One virtual environment for all Python packages, from requirements.txt."""

    registry = "pip"

    @property
    def pin(self):
        return REQUIREMENTS.read_text()

    def fetch(self):
        self.call(os.environ.get("PYTHON") or "python3", "-m", "venv", ".")
        quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
        self.call(self.folder / "bin" / "python", "-m", "pip", "install", *quiet, "-r", REQUIREMENTS)

    def version_of(self, part):
        return re.search(rf"^{re.escape(part)}==(\S+)$", REQUIREMENTS.read_text(), re.M).group(1)


class Debian(Package):
    """A program of the distribution, which `make matrix` installs with apt. The version is that of Debian 12."""

    registry = "debian"

    def path(self):
        path = shutil.which(self.program)
        if path is None:
            raise Missing(f"{self.program} is not installed (Debian: {next(iter(self.versions))})")
        return pathlib.Path(path)

    def install(self):
        pass


class Absent(Package):
    """What no registry brings: its rows are skipped, and the tables say that they are not tested."""

    registry = "none"

    def path(self):
        raise Missing(next(iter(self.versions.values())))

    def install(self):
        print(f"        not to be had: {next(iter(self.versions.values()))}", flush=True)

    def version_of(self, part=None):
        return ""


class Built(Package):
    """A program of the folder programs/, built with a toolchain that is on the machine."""

    @property
    def source(self):
        return HERE / "programs" / self.name.removesuffix("-program")

    @property
    def pin(self):
        files = sorted(p for p in self.source.rglob("*") if p.is_file())
        return "\n".join(p.read_text() for p in files)


class Cargo(Built):
    registry = "cargo"

    def fetch(self):
        shutil.copytree(self.source, self.folder, dirs_exist_ok=True)
        self.call("cargo", "build", "--release", "--quiet")


class Go(Built):
    registry = "go"

    def fetch(self):
        self.call("go", "build", "-o", self.folder / self.program, ".", cwd=self.source)


class Java(Built):
    registry = "java"

    def fetch(self):
        self.call("javac", "-d", self.folder, *self.source.glob("*.java"))

    def path(self):
        super().path()
        return self.folder


def _npm(package, version, program):
    return Npm({package: version}, f"node_modules/{package}/{program}")


_MUSL = "x86_64-unknown-linux-musl"


def _node(version):
    return _npm("node", version, "bin/node")


PACKAGES = {
    "curl": Debian({"curl": "7.88.1"}, "curl"),
    "wget": Debian({"wget": "1.21.3"}, "wget"),
    "ruby": Debian({"ruby": "3.1"}, "ruby"),
    "php": Debian({"php-cli": "8.2", "php-curl": "8.2"}, "php"),
    "java": Debian({"default-jdk-headless": "17"}, "java"),
    "python": Pip({}, "bin/python"),
    "java-program": Java({"openjdk": "17"}),
    "reqwest": Cargo({"reqwest": "0.12.28"}, "target/release/reqwest-program"),
    "go-program": Go({"go": "1.26"}, "go-program"),
    "dotnet": Absent({"dotnet": "neither Debian nor another registry here brings a .NET SDK"}),
    "uv-python": Absent({"uv-python": "uv fetches its Pythons from no package registry"}),
    "sdks": Npm({
        "openai": "7.59.0", "@anthropic-ai/sdk": "1.14.0", "@google/genai": "3.3.0", "ai": "7.0.173",
        "@ai-sdk/openai": "4.0.118", "@openai/agents": "0.20.0", "@langchain/openai": "1.6.0", "@langchain/core": "1.4.0",
        "@modelcontextprotocol/sdk": "1.32.2", "zod": "4.6.7",
    }, "node_modules"),
    "bun": _npm("@oven/bun-linux-x64", "1.4.5", "bin/bun"),
    "claude-code": _npm("@anthropic-ai/claude-code-linux-x64", "2.1.332", "claude"),
    "claude-agent-sdk": Npm({"@anthropic-ai/claude-agent-sdk": "0.3.332", "@anthropic-ai/sdk": "1.14.0",
                             "@modelcontextprotocol/sdk": "1.32.2", "zod": "4.6.7"}, "node_modules"),
    "codex": Npm({"@openai/codex": "0.171.0"}, f"node_modules/@openai/codex-linux-x64/vendor/{_MUSL}/bin/codex"),
    "gemini-cli": _npm("@google/gemini-cli", "0.61.0", "bundle/gemini.js"),
    "opencode": _npm("opencode-linux-x64", "1.18.33", "bin/opencode"),
    "pi": _npm("@mariozechner/pi-coding-agent", "0.73.1", "dist/cli.js"),
    "qwen-code": _npm("@qwen-code/qwen-code", "0.24.4", "cli-entry.js"),
    "node-20": _node("20.20.2"),
    "node-22": _node("22.23.3"),
    "node-24": _node("24.21.0"),
    "node-26": _node("26.10.0"),
}
for _name, _package in PACKAGES.items():
    object.__setattr__(_package, "name", _name)


def version(package):
    """The version of NAME or NAME/PART."""
    name, _, part = package.partition("/")
    return PACKAGES[name].version_of(part)


if __name__ == "__main__":
    import table

    for _name in dict.fromkeys(n for r in table.chosen(os.environ.get("MATRIX", "")) for n in r.packages):
        PACKAGES[_name].install()
