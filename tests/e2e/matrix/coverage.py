#!/usr/bin/env python3
"""Writes the tables of coverage from table.py: by program into README.md here, by kind of TLS into the README at the top.

    coverage.py            writes both
    coverage.py --check    exits with 1 when a file differs, and names it
"""

import pathlib
import re
import sys

import packages
import table

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[2]
COLUMNS = ("plain", "tls", "h2")
SHOWN = {"whole": "yes", "blind": "no", "no header": "span only", "-": "-", "untested": "not tested"}


def cell(row, column):
    cells = row.expected(column)
    json, sse = (SHOWN[str(cells[kind])] for kind in ("JSON", "SSE"))
    text = json if json == sse or sse == "-" else sse if json == "-" else f"JSON {json}, SSE {sse}"
    if column == "h2" and not row.speaks_h2:
        return text if text in ("-", "not tested") else f"{text}, by HTTP/1.1"
    return text


def reasons(row):
    cells = [c for column in COLUMNS for c in row.expected(column).values()]
    return list(dict.fromkeys(c.reason for c in cells if hasattr(c, "reason")))


def version(row):
    """That of the program; that of what runs it is apart."""
    return "" if row.package == row.runtime else packages.version(row.package)


def runtimes(rows):
    """What runs the programs, with each version: "node 22.1.0, 24.2.0"."""
    names = dict.fromkeys(r.runtime for r in rows if r.runtime)
    return " ".join([*dict.fromkeys(n.partition("-")[0] for n in names), ", ".join(map(packages.version, names))]).strip()


def grouped(rows, key):
    groups = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups.items()


def markdown(head, lines):
    rule = "|" + "---|" * len(head)
    return "\n".join([f"| {' | '.join(head)} |", rule, *(f"| {' | '.join(line)} |" for line in lines)])


def by_program():
    def key(r):
        return (r.program, version(r), r.tls_by, *(cell(r, c) for c in COLUMNS), *reasons(r))

    def line(rows):
        r = rows[0]
        return [r.program, version(r), runtimes(rows), r.tls_by, *(cell(r, c) for c in COLUMNS), "; ".join(reasons(r))]

    head = ["program", "version", "runtime", "TLS by", "plain HTTP", "TLS", "HTTP/2 offered", "why not"]
    return markdown(head, [line(rows) for _, rows in grouped(table.ROWS, key)])


def by_tls():
    """One line for each kind of TLS and result; programs that choose HTTP/1.1 and those that choose HTTP/2 are apart."""
    def line(rows):
        row = rows[0]
        programs = dict.fromkeys(f"{r.program} {version(r)}".strip() for r in rows)
        tls_by = " ".join([row.tls_by, runtimes(rows).partition(" ")[2]]).strip()
        return ["; ".join(programs), tls_by, *(cell(row, c) for c in COLUMNS[:2]), cell(row, "h2") if row.speaks_h2 else ""]

    def key(r):
        return (r.tls_by, cell(r, "plain"), cell(r, "tls"), cell(r, "h2"))

    head = ["program, as tested", "TLS by", "plain HTTP", "TLS", "HTTP/2"]
    return markdown(head, [line(rows) for _, rows in grouped(table.ROWS, key)])


def put(path, content):
    """The file's text with `content` between its two marks."""
    text = path.read_text(encoding="utf-8")
    marks = r"(<!-- coverage: .*? -->\n).*?(<!-- end -->)"
    new, n = re.subn(marks, lambda m: f"{m.group(1)}{content}\n{m.group(2)}", text, flags=re.S)
    if n != 1:
        raise ValueError(f"{path} must have the marks of one table")
    return text, new


def main():
    drifted = []
    for path, content in ((HERE / "README.md", by_program()), (TOP / "README.md", by_tls())):
        old, new = put(path, content)
        if old != new:
            drifted.append(str(path.relative_to(TOP)))
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    if drifted:
        print(" ".join(drifted))
    sys.exit("--check" in sys.argv and bool(drifted))


if __name__ == "__main__":
    main()
