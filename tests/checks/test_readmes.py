#!/usr/bin/env python3
"""Every folder of the product has a README that names each of its modules; every link and every path in a README exists."""
import re
from pathlib import Path

from common import *

top = Path(TOP)
# one page; the table of settings, that of APIs and the recipes are longer
ROOMS = [p for room in ("shim", "exporter", "proto") for p in sorted([top / room, *(top / room).rglob("*")]) if p.is_dir()]
KINDS = {".c", ".h", ".def", ".proto", ".txt", ".map"}
READMES = [top / "README.md", *sorted(p for room in ("shim", "exporter", "proto", "tests", "scripts", ".github")
                                      for p in (top / room).rglob("*.md"))]

wrong, modules = [], 0
for room in ROOMS:
    readme = room / "README.md"
    if not readme.exists():
        wrong.append(f"{room.relative_to(top)} has no README.md")
        continue
    named = set(re.findall(r"`([\w./-]+)`", readme.read_text(encoding="utf-8")))
    for stem in sorted({p.stem for p in room.iterdir() if p.suffix in KINDS}):
        modules += 1
        if not named & {stem, *(stem + kind for kind in KINDS)}:
            wrong.append(f"{readme.relative_to(top)} does not name {stem}")


FILES = {p.name for room in ("shim", "exporter", "tests") for p in (top / room).rglob("*")}


LOG_WORDS = set(re.findall(r'\{ "(\w+)", \d+ \}', source("shim/shared/log.c")))


def exists(readme, target):
    return (readme.parent / target).exists() or (top / target).exists()


links = 0
for readme in READMES:
    name, text = readme.relative_to(top), readme.read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        path, _, heading = target.partition("#")
        links += 1
        if re.match(r"[a-z]+:", target):
            continue
        if path and not exists(readme, path):
            wrong.append(f"{name} links to {target}, which does not exist")
        elif heading:
            page = (readme.parent / path if path else readme).read_text(encoding="utf-8")
            anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", page, flags=re.M)}
            if heading not in anchors:
                wrong.append(f"{name} links to {target}, a heading that does not exist")
    # files that are written with their folder, and sources
    for target in re.findall(r"`((?:\.\./)*(?:shim|exporter|tests|scripts|proto|unit|e2e|checks|fuzz|snippets|bench)/[\w./-]+|[\w-]+\.(?:c|h|def))`", prose):
        links += 1
        if not exists(readme, target) and ("/" in target or target not in FILES):
            wrong.append(f"{name} names {target}, which does not exist")
    for setting in re.findall(r"GENTAP_LOG=([a-z][a-z:,]*)", text):
        words = set(re.split("[:,]", setting)) - LOG_WORDS
        if words:
            wrong.append(f"{name} has GENTAP_LOG={setting}; gentap does not know {', '.join(sorted(words))}")
if modules < 150:
    failed(f"only {modules} modules found")
if wrong:
    failed("; ".join(wrong))
passed(f"{len(ROOMS)} folders name their {modules} modules; {links} links and paths exist")
