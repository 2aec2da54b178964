#!/usr/bin/env python3
"""libgentap.so exports exactly the names of shim/hooks.def and its sentinel, none of them weak or with a version
node. (The loader would skip a hook whose version node differs from that of the reference.) The exporter exports its
entries."""
import re

from common import *

lib = built("libgentap.so")
symbols = dynamic_symbols(lib)
versioned = sorted(name for kind, name, version in symbols if kind == "A" or (version and kind not in "Uvw"))
if versioned or "Version definition section" in tool("readelf", "-VW", lib):
    failed(f"exported with version nodes: {versioned}")
exported = {name: kind for kind, name, version in symbols if kind not in "Uvw"}
wanted = hooked_names() | {"gentap_first_copy"}
if wanted - set(exported):
    failed(f"not exported: {sorted(wanted - set(exported))}")
if set(exported) - wanted:
    failed(f"exported, but not in hooks.def: {sorted(set(exported) - wanted)}")
odd = sorted(name for name, kind in exported.items() if kind not in "TBD")
if odd:
    failed(f"exported as weak or of an unexpected type: {odd}")
for line in tool("readelf", "--dyn-syms", "-W", lib).splitlines():
    field = line.split()
    if len(field) >= 8 and field[7].split("@")[0] in wanted and field[5] != "DEFAULT":
        failed(f"{field[7]} is {field[5]}, so a call may be bound inside the library")

exporter = ""
path = os.path.join(BUILD, "libgentap-exporter.so")
if os.path.exists(path):
    entries = sorted(re.findall(r'GT_EXPORTER_\w*ENTRY\s+"(\w+)"', source("shim/shared/exporter_host.h")))
    names = sorted(name for kind, name, version in dynamic_symbols(path) if kind not in "Uvw")
    if names != entries or len(entries) != 2:
        failed(f"the exporter exports {names}, not only {entries}")
    exporter = f"; the exporter exports {' and '.join(entries)}"
passed(f"libgentap.so exports exactly {len(wanted)} names{exporter}")
