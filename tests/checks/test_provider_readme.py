#!/usr/bin/env python3
"""The README of exporter/providers has a row for every API of match.h, and each row names a test that mentions the API."""
import re

from common import *

text = source("shim/shared/match.h")
enum = re.sub(r"/\*.*?\*/", "", text[text.index("enum gt_api {") : text.index("GT_API_COUNT")], flags=re.S)
apis = set(re.findall(r"GT_API_(\w+)", enum)) - {"NONE", "OPAQUE"}
rows = {}
for line in source("exporter/providers/README.md").splitlines():
    cells = [c.strip() for c in line.strip().strip("|").split("|")]
    if len(cells) == 7 and re.fullmatch(r"`[A-Z0-9_]+[A-Z0-9]`", cells[2]):
        if cells[2] in rows:
            failed(f"{cells[2]} has two rows in the README")
        rows[cells[2].strip("`")] = cells[6].strip("`")
if apis - set(rows) or set(rows) - apis:
    failed(f"APIs without a row: {sorted(apis - set(rows))}; rows without an API: {sorted(set(rows) - apis)}")
for api, test in rows.items():
    path = f"tests/unit/{test}.c"
    if not os.path.exists(os.path.join(TOP, path)):
        failed(f"the row of {api} names {test}, which does not exist")
    # the recordings name their APIs
    if test != "test_recordings" and not re.search(rf"\b(GT_API_)?{api}\b", source(path)):
        failed(f"{test} does not mention {api}")
paths = set(re.findall(r'^GT_PATH\("[^"]*", (\w+),', source("shim/shared/paths.def"), flags=re.M))
if apis - paths != {"MCP"}:
    failed(f"no path leads to {sorted(apis - paths - {'MCP'})}")
passed(f"{len(apis)} APIs have a row and a test")
