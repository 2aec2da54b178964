#!/usr/bin/env python3
"""The hooks written in assembly end in a jump: the loader must see the program and not libgentap as dlopen's caller,
and vfork must not return into a frame of libgentap."""
import re

from common import *

lib = built("libgentap.so")
names = re.findall(r"^GT_JUMP\((\w+)\)", source("shim/hooks.def"), flags=re.M)
if not names:
    failed("hooks.def has no jump")
for name in names:
    code = re.findall(r"^\s+[0-9a-f]+:\s+(?:[0-9a-f]{2} )+\s*(\S.*)$",
                      tool("objdump", "-d", f"--disassemble={name}", lib), flags=re.M)
    if not code:
        skipped(f"objdump shows no code for {name}")
    if not any(re.match(r"(notrack )?jmp\s+\*%r(ax|11)|br\s+x1[67]", c) for c in code):
        failed(f"{name} does not end in a jump")
    calls = [c for c in code if re.match(r"(call|bl)\b", c) and not re.search(rf"<gt_(resolve|note)_{name}>|<gt_dlopen_flags>", c)]
    if calls:
        failed(f"{name} calls {calls}: libgentap would be on the stack")
    if any(re.match(r"(ret|leave|push\s+%rbp)", c) for c in code):
        failed(f"{name} has its own stack frame")
passed(f"{', '.join(names)} end in jumps")
