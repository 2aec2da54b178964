"""Shared by the checks of this folder. A check prints one line and exits with 0 (passed), 1 (failed) or 77
(skipped)."""
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.path.join(TOP, os.environ.get("B", "build")))
NAME = os.path.splitext(os.path.basename(sys.argv[0]))[0]


def passed(what):
    print(f"ok   {NAME}: {what}")
    sys.exit(0)


def failed(what):
    print(f"FAIL {NAME}: {what}")
    sys.exit(1)


def skipped(why):
    print(f"skip {NAME}: {why}")
    sys.exit(77)


def built(name):
    """The path of a file in the build folder. Skips the check when the file is not built."""
    path = os.path.join(BUILD, name)
    if not os.path.exists(path):
        skipped(f"{name} is not built")
    return path


def tool(*command):
    """The output of a command of binutils. Skips the check when the command is not installed."""
    if not shutil.which(command[0]):
        skipped(f"{command[0]} is not installed")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def source(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def hooked_names():
    """Every name of shim/hooks.def."""
    text = re.sub(r"/\*.*?\*/", "", source("shim/hooks.def"), flags=re.S)
    names = re.findall(r"^GT_(?:LIBC|LIBC_LATE|BUILT|FOREIGN)\([^,]*,\s*(\w+)\s*,", text, flags=re.M)
    names += re.findall(r"^GT_JUMP\((\w+)\)", text, flags=re.M)
    rows = len(re.findall(r"^GT_\w+\(", text, flags=re.M))
    if rows != len(names) or not names:
        failed(f"hooks.def has {rows} rows, but this check can parse only {len(names)}")
    return set(names)


def dynamic_symbols(path):
    """(type, name, version) of every entry of .dynsym except the first."""
    out = []
    for line in tool("nm", "-D", "--with-symbol-versions", path).splitlines():
        kind, name = line.split()[-2:]
        name, _, version = name.partition("@")
        out.append((kind, name, version.lstrip("@")))
    return out


def needed(path):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", tool("readelf", "-dW", path))
