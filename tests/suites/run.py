#!/usr/bin/env python3
"""Runs the test suites of other projects without gentap, with it, and with a build that follows every request.

    run.py --build BUILD [--seconds N] [--part N] SUITE ...

Prints for each suite how many tests passed in each mode, and every test whose result differs. Exits with 1 when there is
one. Everything that is downloaded or built is kept in BUILD/suites.
"""
import argparse
import os
import subprocess
import sys

from modes import MODES, environment
from suite_curl import Curl
from suite_node import Node
from suite_python import Requests, Urllib3

SUITES = {s.name: s for s in (Curl, Node, Requests, Urllib3)}
AGAIN = 3  # times that a test with a difference is repeated in each mode


def counts(results):
    passed = sum(r == "pass" for r in results.values())
    failed = sum(r == "fail" for r in results.values())
    return f"{passed} passed, {failed} failed"


def differences(suite, results, seconds):
    """The tests whose result changes with gentap. A test that also varies without gentap does not count. Each candidate
    runs again, in turn, and counts if no result with gentap was ever a result without."""
    found = []
    for mode in MODES[1:]:
        # a run that was ended by its limit has no result for some tests
        candidates = sorted(t for t in results["bare"].keys() & results[mode].keys() if results["bare"][t] != results[mode][t])
        for test in candidates:
            seen = {"bare": {results["bare"].get(test)}, mode: {results[mode].get(test)}}
            for _ in range(AGAIN):
                for m in seen:
                    seen[m].add(suite.run(environment(suite.build, m, suite.work), seconds, only=[test]).get(test))
            if not seen["bare"] & seen[mode]:
                found.append(f"{test}: {mode} {sorted(map(str, seen[mode]))}, without gentap {sorted(map(str, seen['bare']))}")
            else:
                print(f"  {suite.name}: {test} varies, also without gentap or only once with it")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=int, default=2400, help="limit of one run of one suite")
    parser.add_argument("--part", type=int, default=1, help="run a part of each suite: of node every N-th file")
    parser.add_argument("suites", nargs="*", default=list(SUITES))
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    wrong = 0
    for name in options.suites:
        suite = SUITES[name](build)
        suite.part = options.part
        try:
            suite.prepare()
        except (subprocess.CalledProcessError, OSError, RuntimeError) as e:
            print(f"{name}: skipped: cannot be prepared: {e}")
            continue
        results = {}
        for mode in MODES:
            results[mode] = suite.run(environment(build, mode, suite.work), options.seconds)
            print(f"{name}: {mode}: {counts(results[mode])}", flush=True)
        if not any(r == "pass" for r in results["bare"].values()):
            print(f"{name}: FAILED: no test passes without gentap, see {suite.work}/*.log", flush=True)
            wrong += 1
            continue
        found = differences(suite, results, options.seconds)
        for line in found:
            print(f"  {name}: DIFFERENT {line}")
        print(f"{name}: {len(found)} differences", flush=True)
        wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
