#!/usr/bin/env python3
"""The tables of variables in exporter/config/README.md and shim/shared/env.def name the same variables."""
import re

from common import *

README = "exporter/config/README.md"

text = re.sub(r"/\*.*?\*/", "", source("shim/shared/env.def"), flags=re.S)
read = re.findall(r"^GT_ENV\((\w+),", text, flags=re.M)
aliases = set(re.findall(r"^GT_ENV_ALIAS\((\w+)\)", text, flags=re.M))
if not read or len(set(read)) != len(read) or set(read) & aliases:
    failed("env.def names a variable twice, or has no variables")

# rows whose first cell has only variables in code quotes: | `A`, `B` | ... |
documented = []
for line in source(README).splitlines():
    cell = re.match(r"\s*\|\s*((?:`[A-Z][A-Z0-9_]*`(?:\s*(?:,|/|<br>|and)?\s*)?)+)\|", line)
    if cell:
        documented += re.findall(r"`([A-Z][A-Z0-9_]*)`", cell.group(1))
ours = [name for name in documented if re.match(r"(GENTAP|OTEL)_", name)]
if not ours:
    failed(f"{README} has no table of variables")
if len(set(documented)) != len(documented):
    failed(f"twice in {README}: {sorted({n for n in documented if documented.count(n) > 1})}")
missing, unknown = set(read) - set(documented), set(ours) - set(read)
if missing:
    failed(f"read, but not in {README}: {sorted(missing)}")
if unknown:
    failed(f"in {README}, but not read: {sorted(unknown)}")
passed(f"{len(read)} variables are read and documented")
