#!/usr/bin/env python3
"""T2: libgentap.so exports the names of shim/hooks.def and its sentinel: none less, none more, none weak, none with a version
node (the loader would skip a hook with another node than the reference has); the exporter exports its entry."""
import re

from common import *

lib = built("libgentap.so")
symbols = dynamic_symbols(lib)
versioned = sorted(name for kind, name, version in symbols if kind == "A" or (version and kind not in "Uvw"))
if versioned or "Version definition section" in tool("readelf", "-VW", lib):
    failed(f"version nodes: {versioned}")
exported = {name: kind for kind, name, version in symbols if kind not in "Uvw"}
wanted = hooked_names() | {"gentap_first_copy"}
if wanted - set(exported):
    failed(f"not exported: {sorted(wanted - set(exported))}")
if set(exported) - wanted:
    failed(f"exported, but not in hooks.def: {sorted(set(exported) - wanted)}")
odd = sorted(name for name, kind in exported.items() if kind not in "TBD")
if odd:
    failed(f"exported weak or otherwise odd: {odd}")
for line in tool("readelf", "--dyn-syms", "-W", lib).splitlines():
    field = line.split()
    if len(field) >= 8 and field[7].split("@")[0] in wanted and field[5] != "DEFAULT":
        failed(f"{field[7]} is {field[5]}, so a call may be bound inside the library")

exporter = ""
path = os.path.join(BUILD, "libgentap-exporter.so")
if os.path.exists(path):
    entry = re.search(r'GT_EXPORTER_ENTRY\s+"(\w+)"', source("shim/shared/exporter_host.h")).group(1)
    names = sorted(name for kind, name, version in dynamic_symbols(path) if kind not in "Uvw")
    if names != [entry]:
        failed(f"the exporter exports {names}, not just {entry}")
    exporter = f"; the exporter {entry}"
passed(f"libgentap.so exports the {len(wanted)} names it should{exporter}")
