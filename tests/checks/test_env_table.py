#!/usr/bin/env python3
"""The tables of variables in exporter/config/README.md and shim/shared/env.def have the same variables, meanings and defaults."""
import re

from common import *

README = "exporter/config/README.md"

text = re.sub(r"/\*.*?\*/", "", source("shim/shared/env.def"), flags=re.S)
meanings = dict((name, (meaning, default)) for name, default, meaning in
                re.findall(r'^GT_ENV\((\w+), "([^"]*)", "([^"]*)"\)', text, flags=re.M))
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
if set(meanings) != set(read):
    failed(f"rows of env.def that this check cannot parse: {sorted(set(read) ^ set(meanings))}")
rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", source(README), flags=re.M)
other = [name for name, meaning, default in rows if (re.sub(r"\[[^]]*\]\(\.\./([^)]*)\)", r"exporter/\1", meaning), default) != meanings[name]]
if len(rows) < 40 or other:
    failed(f"{len(rows)} rows; other than in env.def: {other}")
passed(f"{len(read)} variables are read and documented")
