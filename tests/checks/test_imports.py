#!/usr/bin/env python3
"""No object of the preload calls a name that it hooks: the call would reach its own hook. None calls a function
that can end the application, or a function that the compiler's checks add. Hooks call real functions through
a table."""
import glob
import re

from common import *

FORBIDDEN = {"abort", "exit", "_exit", "_Exit", "quick_exit", "__assert_fail", "__assert_perror_fail", "raise", "kill",
             "signal", "sigaction", "setitimer", "alarm", "timer_create", "longjmp", "__longjmp_chk", "__fdelt_chk",
             "strtod", "setlocale", "system", "popen"}

hooked = hooked_names()
sources = [os.path.relpath(path, TOP) for path in sorted(glob.glob(os.path.join(TOP, "shim", "**", "*.c"), recursive=True))]
objects = [os.path.join(BUILD, source[:-2] + ".o") for source in sources]
if not any(map(os.path.exists, objects)):
    skipped("no objects")
wrong = [f"{source} has no object" for source, path in zip(sources, objects) if not os.path.exists(path)]
defined_in = {}
for path in filter(os.path.exists, objects):
    name = os.path.basename(path)
    for line in tool("nm", path).splitlines():
        kind, symbol = line.split()[-2:]
        if kind == "U" and symbol in hooked:
            wrong.append(f"{name} calls {symbol}, which is hooked")
        elif kind == "U" and (symbol in FORBIDDEN or symbol == "__stack_chk_fail" or re.fullmatch(r"__\w+_chk", symbol)):
            wrong.append(f"{name} calls {symbol}")
        elif kind in "TW" and symbol in hooked:
            defined_in[symbol] = name
            if not name.startswith("hook_"):
                wrong.append(f"{name} defines the hook {symbol}: hooks are in hook_*.c")
missing = hooked - set(defined_in)
if missing:
    wrong.append(f"hooks without definition: {sorted(missing)}")
if wrong:
    failed("; ".join(wrong))
passed(f"{len(objects)} objects call none of the {len(hooked)} hooked names and no function that ends a process")
