#!/usr/bin/env python3
"""Every C source and header is formatted by .clang-format."""
from common import *

env = dict(os.environ, BUILD=BUILD)
run = subprocess.run([os.path.join(TOP, "scripts", "format"), "--check"], env=env, capture_output=True, text=True)
if run.returncode == 77:
    skipped(run.stderr.strip())
if run.returncode:
    failed(f"make format would change {', '.join(run.stdout.split()) or run.stderr.strip()}")
passed("make format would change nothing")
