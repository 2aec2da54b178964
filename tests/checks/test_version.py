#!/usr/bin/env python3
"""The Makefile has the version; the newest release in the change log is that version, and the command prints it."""
import re

from common import *

version = re.search(r"^VERSION = (\S+)$", source("Makefile"), flags=re.M).group(1)
if not re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?", version):
    failed(f"{version} is not a semantic version")
releases = re.findall(r"^## (\d\S*)", source(".github/CHANGELOG.md"), flags=re.M)
if not releases or releases[0] != version:
    failed(f"the Makefile has version {version}, the newest in CHANGELOG.md is {releases[0] if releases else 'missing'}")
printed = tool(built("gentap"), "--version").strip()
if printed != f"gentap {version}":
    failed(f"gentap --version prints {printed!r}")
with open(built("libgentap-exporter.so"), "rb") as library:
    if f"gentap/{version} OTel".encode() not in library.read():
        failed(f"libgentap-exporter.so does not send gentap/{version} as its User-Agent")
passed(f"{version} in the Makefile, the change log, the command and the exporter")
