#!/usr/bin/env python3
"""scripts/prices-check prints every difference between a price list and the forms of LiteLLM and models.dev, and nothing
else. The lists are in prices/."""
from common import *

FOLDER = os.path.join(TOP, "tests", "checks", "prices")

WANTED = {
    "litellm.json": (1, """\
line 10: anthropic claude-x-20260101: write_1h 6, theirs 7
line 15: groq vendor/model: out 0.2, theirs 0.3
line 5: openai gpt-x-2026-01-01 tier=flex: out 4, theirs 5
openai gpt-x-2026-01-01: no row for tier=priority
line 6: openai gpt-x-mini: in 0.1, theirs 0.15
5 differences on 2026-11-30
not in gentap's list:
  openai: gpt-theirs
not in litellm.json:
  openai: gpt-ours
"""),
    "models_dev.json": (1, """\
anthropic claude-x: no row for over=200000
line 13: deepseek by-the-hour: out 2, theirs 3
line 14: deepseek by-the-hour: in 2, theirs 1; out 4, theirs 3
line 4: openai gpt-x over=200000: cached 1, theirs 2
4 differences on 2026-11-30
not in gentap's list:
  openai: gpt-free
not in models_dev.json:
  groq: vendor/model
  openai: gpt-ours
"""),
    "prices.txt": (2, ""),
    "missing.json": (2, ""),
}


def check(*arguments):
    command = [sys.executable, os.path.join(TOP, "scripts", "prices-check"), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


for name, (status, printed) in WANTED.items():
    done = check(os.path.join(FOLDER, name), "--list", os.path.join(FOLDER, "prices.txt"), "--day", "2026-11-30")
    if (done.returncode, done.stdout) != (status, printed):
        failed(f"{name}: exit {done.returncode}, not {status}\n{done.stdout}{done.stderr}")
    if (status == 2) != bool(done.stderr):
        failed(f"{name}: {done.stderr!r}")

# before the end of a row, and against gentap's own list
done = check(os.path.join(FOLDER, "litellm.json"), "--list", os.path.join(FOLDER, "prices.txt"), "--day", "2026-11-29")
if "gpt-ended" not in done.stdout:
    failed("a row in force is missing")
if check(os.path.join(FOLDER, "models_dev.json")).returncode != 0:
    failed("the list that gentap brings has a model of the fixture")
passed(f"{len(WANTED)} lists compared")
