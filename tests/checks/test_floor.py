#!/usr/bin/env python3
"""The oldest glibc that the libraries work with, and the static TLS that the preload takes from the loader's
reserve."""
import re

from common import *

FLOOR = os.environ.get("GT_GLIBC_FLOOR", "")  # "2.28": fails on newer symbols; unset: only reports them


def highest(path):
    versions = re.findall(r"GLIBC_(\d+(?:\.\d+)+)", tool("readelf", "-VW", path))
    return max((tuple(int(n) for n in v.split(".")) for v in versions), default=(0,))


def text(version):
    return ".".join(str(n) for n in version)


lib = built("libgentap.so")
version = highest(lib)
newest = [name for kind, name, v in dynamic_symbols(lib) if v == f"GLIBC_{text(version)}"]
tls = [int(line.split()[5], 16) for line in tool("readelf", "-lW", lib).splitlines() if line.split()[:1] == ["TLS"]]
if sum(tls) > 64:
    failed(f"libgentap.so has {sum(tls)} bytes of static TLS; a preload may take 64")
reported = f"libgentap.so needs GLIBC_{text(version)} ({', '.join(newest[:4])}) and {sum(tls)} bytes of TLS"
path = os.path.join(BUILD, "libgentap-exporter.so")
if os.path.exists(path):
    reported += f"; the exporter needs GLIBC_{text(highest(path))}"
if FLOOR and version > tuple(int(n) for n in FLOOR.split(".")):
    failed(f"{reported}: newer than {FLOOR}")
passed(reported)
