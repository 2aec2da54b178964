#!/usr/bin/env python3
"""dlopen ends in a jump, so that the loader sees the program and not libgentap as the caller."""
import re

from common import *

lib = built("libgentap.so")
if "dlopen" not in hooked_names():
    skipped("dlopen is not hooked")
code = re.findall(r"^\s+[0-9a-f]+:\s+(?:[0-9a-f]{2} )+\s*(\S.*)$",
                  tool("objdump", "-d", "--disassemble=dlopen", lib), flags=re.M)
if not code:
    skipped("objdump shows no code for dlopen")
jumps = [c for c in code if re.match(r"(notrack )?jmp\s+\*%rax|br\s+x1[67]", c)]
calls = [c for c in code if re.match(r"(call|bl)\b", c) and "gt_dlopen_flags" not in c]
if not jumps:
    failed("dlopen does not end in a jump")
if calls:
    failed(f"dlopen calls {calls}: the real dlopen would see libgentap as its caller")
if any(re.match(r"(ret|leave|push\s+%rbp)", c) for c in code):
    failed("dlopen has its own stack frame")
passed(f"dlopen has {len(code)} instructions and ends in a jump")
