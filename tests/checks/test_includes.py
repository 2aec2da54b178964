#!/usr/bin/env python3
"""Includes follow the data: folders include in one direction only, and no two modules include each other. shim/ includes
nothing from exporter/; exporter/ includes only shim/shared/ from shim/. Only headers and .def tables are included, with
paths from the root."""
import collections
import re
from pathlib import Path

from common import *

ROOMS = ("shim", "exporter")


def includes_of(path):
    """Those of this project, also when they are written with <>."""
    names = re.findall(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', path.read_text(encoding="utf-8"), flags=re.M)
    return [quoted or angled for quoted, angled in names if quoted or (top / angled).exists()]


def floors(arrows):
    """{node: floor} for the arrows {(from, to)}, the lowest floor being 1. If there is a loop: a list of its arrows."""
    left, floor, level = {n for arrow in arrows for n in arrow}, {}, 1
    while left:
        leaves = {n for n in left if not any(a == n and b in left for a, b in arrows)}
        if not leaves:
            return sorted((a, b) for a, b in arrows if a in left and b in left)
        floor.update((n, level) for n in leaves)
        left -= leaves
        level += 1
    return floor


top = Path(TOP)
sources = sorted(p for room in ROOMS for p in (top / room).rglob("*") if p.suffix in (".c", ".h", ".def"))
wrong, modules, folders = [], set(), collections.defaultdict(list)
for path in sources:
    name = path.relative_to(top)
    for include in includes_of(path):
        target = Path(include)
        if ".." in target.parts:
            wrong.append(f"{name} includes {include}: no way up in a path")
            continue
        if not (top / target).exists():
            if (path.parent / target).exists():
                wrong.append(f'{name} includes "{include}": write it from the root')
            continue  # generated at build time
        if target.suffix not in (".h", ".def"):
            wrong.append(f"{name} includes {include}, which is not a header")
        if target.parts[0] not in ROOMS:
            wrong.append(f"{name} includes {include}")
        if name.parts[0] == "shim" and target.parts[0] == "exporter":
            wrong.append(f"{name} includes {include}: shim/ must not include exporter/")
        if name.parts[0] == "exporter" and target.parts[0] == "shim" and target.parts[1] != "shared":
            wrong.append(f"{name} includes {include}: exporter/ must not include shim/ except shim/shared/")
        # a module is a source and its header; a header without a source is a type that modules share
        a, b = name.with_suffix(""), target.with_suffix("")
        if a != b and target.suffix == ".h" and all((top / m).with_suffix(".c").exists() for m in (a, b)):
            modules.add((str(a), str(b)))
        if name.parent != target.parent:
            folders[str(name.parent), str(target.parent)].append(f"{name.name} -> {target.name}")
if len(sources) < 200:
    failed(f"only {len(sources)} files found")
wrong += [f"{a} and {b} include each other" for a, b in sorted(modules) if a < b and (b, a) in modules]
floor = floors(set(folders))
if isinstance(floor, list):
    wrong += [f"loop: {a} -> {b} ({', '.join(folders[a, b][:3])})" for a, b in floor]
if wrong:
    failed("; ".join(wrong))
for level in sorted(set(floor.values()), reverse=True):
    print(f"     floor {level}: {'  '.join(sorted(n for n in floor if floor[n] == level))}")
passed(f"{len(sources)} files in {len(floor)} folders on {max(floor.values())} floors include in one direction, {len(folders)} arrows")
