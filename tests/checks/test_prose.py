#!/usr/bin/env python3
"""Prose in plain English, counted: words the project does not write, and sentences of more than 25 words. prose.txt has
the counts per file, which may only fall; a file that is not in it has none.

    tests/checks/test_prose.py --show FILE...   every finding, with its line
    tests/checks/test_prose.py --lower          writes lower counts into prose.txt
"""
import re
import sys
from pathlib import Path

from common import *

# CONTRIBUTING.md says what to write in their place
WORDS = re.compile(
    r"\b(nobody|somebody|everybody|anybody|whoever|whom|who|his|him|himself|he|told|said|stands?|stood|lies|behind|peculiar"
    r"|(?:is|are|was|were|be)\s+(?:no|none)(?!\s+(?:longer|more|less))|of\s+ours|ones|one(?='s\b)|one\s+(?:that|which|of\s+whom)"
    r"|(?:the|this|that|each|every|another|which|any|such|last|first|older|newer|other|new|old)\s+one)\b",
    flags=re.I)
SENTENCE_MAX = 25
BASELINE = Path(__file__).with_name("prose.txt")
SUFFIXES = {".c", ".h", ".def", ".py", ".sh", ".mk", ".md", ".txt", ".proto", ".map"}
LEFT_OUT = ("tests/fixtures/", "tests/fuzz/corpus/", "tests/checks/prose.txt", "tests/checks/test_prose.py")


def comments_of_c(text, with_strings):
    """(line, prose) of each comment, and of each string literal with a blank in it; neighbours in one block are
    joined."""
    token = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    for m in re.finditer(token, text, flags=re.S):
        line, piece = text.count("\n", 0, m.start()) + 1, m.group()
        if piece.startswith("/*"):
            yield line, "\n".join(l.strip().lstrip("*").strip() if l.strip().startswith("*") else l.strip()
                                  for l in piece[2:-2].split("\n"))
        elif piece.startswith("//"):
            yield line, piece[2:]
        elif with_strings and piece.startswith('"') and " " in piece:
            yield line, piece[1:-1]


def comments_of_script(text):
    block, start = [], 0
    for number, line in enumerate(text.split("\n"), 1):
        m = re.match(r"\s*#(?!!)\s?(.*)|.*?\s#\s(.*)", line)
        if m and line.lstrip().startswith("#"):
            start = start if block else number
            block.append(m.group(1))
            continue
        if block:
            yield start, "\n".join(block)
            block = []
        if m and m.group(2):
            yield number, m.group(2)
    if block:
        yield start, "\n".join(block)
    # what scripts, the Makefile and checks print
    for m in re.finditer(r"""(?:echo|say|die|printf|failed|skipped|passed|sys\.exit)\b[ (]*f?(["'])(.*?)(?<!\\)\1""", text):
        yield text.count("\n", 0, m.start()) + 1, m.group(2)
    for m in re.finditer(r'"""(.*?)"""', text, flags=re.S):
        yield text.count("\n", 0, m.start()) + 1, m.group(1)


def prose_of_markdown(text):
    text = re.sub(r"```.*?```", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    text = re.sub(r"^    [^\n]*$", "", text, flags=re.M)
    text = re.sub(r"`[^`\n]*`", "`x`", text)
    text = re.sub(r"\]\([^)\n]*\)", "]", text)
    for m in re.finditer(r"(?:[^\n]|\n(?!\n|\s*[-*|#] |\s*\d+\. |\|))+", text):
        for cell in re.finditer(r"[^|]+" if m.group().lstrip().startswith("|") else r"[\s\S]+", m.group()):
            yield text.count("\n", 0, m.start() + cell.start()) + 1, cell.group()


def prose_of(path):
    text = (Path(TOP) / path).read_text(encoding="utf-8", errors="replace")
    if path.suffix in (".c", ".h", ".def", ".proto"):
        return comments_of_c(text, path.parts[0] != "tests")
    if path.suffix == ".md":
        return prose_of_markdown(text)
    return comments_of_script(text)


def long_sentences(prose):
    """Sentences of more than SENTENCE_MAX words. Tables, lists of names and drawings have few words to a line."""
    for paragraph in re.split(r"\n\s*\n|\n\s*(?=[-*] )|\n(?=[^\n]*\t)", prose):
        for sentence in re.split(r"(?<=[.:;!?])\s+", paragraph):
            words = re.findall(r"[A-Za-z][\w'-]*", sentence)
            if len(words) > SENTENCE_MAX:
                yield " ".join(sentence.split())


def findings(path):
    for line, prose in prose_of(path):
        for m in WORDS.finditer(prose):
            yield line + prose.count("\n", 0, m.start()), "word", m.group()
        for sentence in long_sentences(prose):
            yield line, "long", sentence


def files():
    for top in ("shim", "exporter", "proto", "tests", "scripts", ".github", ".ci"):
        for path in sorted((Path(TOP) / top).rglob("*")):
            name = path.relative_to(TOP)
            script = path.is_file() and not path.suffix and path.read_bytes()[:2] == b"#!"
            if path.is_file() and (path.suffix in SUFFIXES or script) and not str(name).startswith(LEFT_OUT):
                if "__pycache__" not in name.parts:
                    yield name
    yield from (Path(name) for name in ("README.md", "Makefile"))


def counts(path):
    kinds = [kind for _, kind, _ in findings(path)]
    return kinds.count("word"), kinds.count("long")


if sys.argv[1:2] == ["--show"]:
    for name in sys.argv[2:]:
        for line, kind, what in sorted(findings(Path(name))):
            print(f"{name}:{line}: {kind}: {what}")
    sys.exit(0)

allowed = {}
if BASELINE.exists():
    for row in BASELINE.read_text().splitlines():
        words, sentences, name = row.split(None, 2)
        allowed[name] = int(words), int(sentences)
now = {str(path): counts(path) for path in files()}
if sys.argv[1:2] == ["--lower"]:
    first = not allowed
    rows = [(min(w, allowed.get(n, (w, s) if first else (0, 0))[0]), min(s, allowed.get(n, (w, s) if first else (0, 0))[1]), n)
            for n, (w, s) in sorted(now.items())]
    BASELINE.write_text("".join(f"{w} {s} {n}\n" for w, s, n in rows if w or s))
    sys.exit(0)
worse = [f"{n} has {w} words and {s} long sentences, {allowed.get(n, (0, 0))} are allowed" for n, (w, s) in now.items()
         if w > allowed.get(n, (0, 0))[0] or s > allowed.get(n, (0, 0))[1]]
if worse:
    failed(f"{'; '.join(worse)}. See: tests/checks/test_prose.py --show FILE")
fallen = [n for n, (w, s) in allowed.items() if now.get(n, (0, 0)) != (w, s)]
if fallen:
    failed(f"fewer than prose.txt allows in {', '.join(fallen)}: tests/checks/test_prose.py --lower")
words, sentences = (sum(c[i] for c in now.values()) for i in (0, 1))
passed(f"{words} words and {sentences} long sentences in {len(now)} files, none more than before")
