#!/usr/bin/env python3
"""libgentap.so needs libc only: it must not load other libraries into every process. The exporter needs libc and
the libraries that the compiler may add."""
from common import *

libs = needed(built("libgentap.so"))
if libs != ["libc.so.6"]:
    failed(f"libgentap.so needs {libs}")
for tag in ("RPATH", "RUNPATH", "TEXTREL"):
    if f"({tag})" in tool("readelf", "-dW", built("libgentap.so")):
        failed(f"libgentap.so has a {tag}")
path = os.path.join(BUILD, "libgentap-exporter.so")
if not os.path.exists(path):
    passed("libgentap.so needs libc.so.6 only (the exporter is not built)")
libs = needed(path)
more = [lib for lib in libs if lib not in ("libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1")]
if more:
    failed(f"libgentap-exporter.so needs {more}")
passed(f"libgentap.so needs libc.so.6 only, the exporter {', '.join(libs)}")
