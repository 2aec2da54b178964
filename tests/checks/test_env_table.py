#!/usr/bin/env python3
"""The tables of variables and shim/shared/env.def name the same variables. The tables are in README.md and, for rare
OpenTelemetry variables, in exporter/README.md."""
import re

from common import *

text = re.sub(r"/\*.*?\*/", "", source("shim/shared/env.def"), flags=re.S)
read = re.findall(r"^GT_ENV\((\w+),", text, flags=re.M)
aliases = set(re.findall(r"^GT_ENV_ALIAS\((\w+)\)", text, flags=re.M))
if not read or len(set(read)) != len(read) or set(read) & aliases:
    failed("env.def names a variable twice, or has no variables")

# rows whose first cell contains only variables in code quotes: | `A`, `B` | ... |
def variables(path):
    found = []
    for line in source(path).splitlines():
        cell = re.match(r"\s*\|\s*((?:`[A-Z][A-Z0-9_]*`(?:\s*(?:,|/|<br>|and)?\s*)?)+)\|", line)
        if cell:
            found += re.findall(r"`([A-Z][A-Z0-9_]*)`", cell.group(1))
    return found


rare = variables("exporter/README.md")
documented = variables("README.md") + rare
ours = [name for name in documented if re.match(r"(GENTAP|OTEL)_", name)]
if not ours:
    skipped("the README has no table of variables")
if [name for name in rare if not name.startswith("OTEL_")]:
    failed(f"these belong in the top README.md: {[name for name in rare if not name.startswith('OTEL_')]}")
if len(set(documented)) != len(documented):
    failed(f"documented twice: {sorted({n for n in documented if documented.count(n) > 1})}")
missing, unknown = set(read) - set(documented), set(ours) - set(read)
if missing:
    failed(f"read, but not documented: {sorted(missing)}")
if unknown:
    failed(f"documented, but not read: {sorted(unknown)}")
passed(f"{len(read)} variables are read and documented")
