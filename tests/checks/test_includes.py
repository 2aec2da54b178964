#!/usr/bin/env python3
"""Includes run with the data. shim/ includes nothing of the exporter; the exporter knows of the shim headers of
pure modules and of the contract, none that has to do with hooks; only headers and .def tables are included."""
import glob
import re

from common import *

# what exporter/ may know of the shim: pure modules, and what crosses the border
SHARED = {"check.h", "clock.h", "compiler.h", "env.h", "env.def", "exchange.h", "exporter_host.h", "http1.h", "ident.h", "limits.h", "standard_error.h", "log.h",
          "match.h", "sampler.h", "stat.h", "str.h", "traceparent.h"}

wrong, files = [], 0
for folder in ("shim", "exporter", "exporter/command"):
    for path in sorted(glob.glob(os.path.join(TOP, folder, "*.[ch]")) + glob.glob(os.path.join(TOP, folder, "*.def"))):
        name = os.path.relpath(path, TOP)
        files += 1
        with open(path, encoding="utf-8") as f:
            includes = re.findall(r'^\s*#\s*include\s+"([^"]+)"', f.read(), flags=re.M)
        for include in includes:
            where = os.path.normpath(os.path.join(os.path.dirname(path), include))
            if not os.path.exists(where):
                where = os.path.normpath(os.path.join(TOP, include))
            target = os.path.relpath(where, TOP)
            if not target.endswith((".h", ".def")):
                wrong.append(f"{name} includes {include}, which is no header")
            if folder == "shim" and target.startswith("exporter/"):
                wrong.append(f"{name} includes {target}: shim/ includes nothing of the exporter")
            if folder != "shim" and target.startswith("shim/") and os.path.basename(target) not in SHARED:
                wrong.append(f"{name} includes {target}, which is none of the exporter's business")
            if target.startswith("tests/"):
                wrong.append(f"{name} includes {target}")
if wrong:
    failed("; ".join(wrong))
passed(f"{files} files include in one direction")
