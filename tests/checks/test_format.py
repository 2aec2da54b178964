#!/usr/bin/env python3
"""Every C source and header is as .clang-format has it, comments of the product within its columns too."""
import re
from pathlib import Path

from common import *

limit = int(re.search(r"^ColumnLimit: (\d+)", source(".clang-format"), flags=re.M).group(1))
# clang-format leaves comments and string literals as they are
wide = [f"{path.relative_to(TOP)}:{number}"
        for room in ("shim", "exporter") for path in sorted(Path(TOP, room).rglob("*.[ch]"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if len(line.expandtabs(8)) > limit]
if wide:
    failed(f"more than {limit} columns: {', '.join(wide)}")
env = dict(os.environ, BUILD=BUILD)
run = subprocess.run([os.path.join(TOP, "scripts", "format"), "--check"], env=env, capture_output=True, text=True)
if run.returncode == 77:
    skipped(run.stderr.strip())
if run.returncode > 1:
    failed(f"clang-format does not work: {run.stderr.strip()}")
if run.returncode:
    failed(f"make format changes {', '.join(run.stdout.split())}")
passed(f"make format changes nothing, and no line has more than {limit} columns")
