#!/usr/bin/env python3
"""The tables of coverage in two READMEs are what tests/e2e/matrix/coverage.py writes. Every file of the matrix is in the
README of its folder."""
from pathlib import Path

from common import *

matrix = Path(TOP, "tests", "e2e", "matrix")
r = subprocess.run([sys.executable, "-B", matrix / "coverage.py", "--check"], capture_output=True, text=True)
if r.returncode:
    failed(f"tests/e2e/matrix/coverage.py must write again: {r.stdout.strip() or r.stderr.strip()[-500:]}")
files = 0
for folder in (matrix, matrix / "programs"):
    text = (folder / "README.md").read_text(encoding="utf-8")
    for path in sorted(folder.iterdir()):
        if path.name in ("README.md", "__init__.py", "__pycache__"):
            continue
        files += 1
        if f"`{path.name}`" not in text and f"`{path.name}/`" not in text:
            failed(f"{folder.relative_to(TOP)}/README.md does not name {path.name}")
rows = re.findall(r"^\| .* \|$", (matrix / "README.md").read_text(encoding="utf-8").partition("## Coverage")[2], flags=re.M)
passed(f"{len(rows) - 2} rows agree with the table; {files} files are named")
