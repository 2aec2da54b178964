"""Builds and runs the programs of tests/snippets, with and without gentap, for the test_behaviour_*.py.

Each program prints on standard output what it saw. Tests first assert that this is the same with and without gentap.
"""

import fcntl
import json
import pathlib
import re
import subprocess
from collections import Counter
from dataclasses import dataclass, field

from support.run import BUILD, PRELOAD, TOP, clean_environment, run, traced_environment

SNIPPETS = TOP / "tests" / "snippets"
BUILT = BUILD / "snippets"
CC = ["gcc", "-std=gnu11", "-g", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-pthread"]


# ---------------------------------------------------------------- building


def flags_of(source):
    """The compiler flags of a snippet: in its first comment, on a line that starts with `cc:`."""
    return re.search(r"^[ /*]*cc:(.*?)(?:\*/)?$", source.read_text(), re.M)[1].split()


def make(target, command, sources):
    """Runs a command that builds `target` from `sources`, if it is missing or older. Safe with several test
    processes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.with_name(target.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists() or target.stat().st_mtime < max(s.stat().st_mtime for s in sources):
            done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
    return target


def build(name, *more, target=None, cc=None):
    """Compiles tests/snippets/<name>.c. `more` flags, or another compiler, build a variant, which needs its own `target`."""
    source = SNIPPETS / f"{name}.c"
    flags = flags_of(source)
    target = BUILT / (target or (f"{name}.so" if "-shared" in flags else name))
    sources = [source, SNIPPETS / "peer.h", SNIPPETS / "peer_tls.h", pathlib.Path(__file__)]
    return make(target, [cc or CC[0], *CC[1:], "-o", target, source, *more, *flags], sources)


# ---------------------------------------------------------------- running


@dataclass(frozen=True)
class Span:
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int
    is_error: bool
    attributes: dict = field(hash=False)
    pid: int | None = None

    @property
    def model(self):
        """The tag that the snippets give their requests."""
        return self.attributes.get("gen_ai.request.model")

    @property
    def is_whole(self):
        """True when gentap read the usage at the end of the canned answer."""
        return not self.is_error and self.attributes.get("gen_ai.usage.output_tokens") == 5


def _attributes(pairs):
    out = {}
    for p in pairs:
        (kind, value), = p["value"].items()
        out[p["key"]] = int(value) if kind == "intValue" else value
    return out


def read_spans(path):
    """All spans of a file of OTLP/JSON lines."""
    out = []
    for line in path.read_text().splitlines() if path.exists() else []:
        for resource in json.loads(line)["resourceSpans"]:
            of_process = _attributes(resource["resource"]["attributes"])
            for scope in resource["scopeSpans"]:
                for s in scope["spans"]:
                    out.append(Span(
                        s["name"], s["traceId"], s["spanId"], s.get("parentSpanId", ""), int(s["startTimeUnixNano"]),
                        int(s["endTimeUnixNano"]), s.get("status", {}).get("code") == 2, _attributes(s["attributes"]),
                        of_process.get("process.pid"),
                    ))
    assert len({s.span_id for s in out}) == len(out), "two spans with the same id"
    return out


@dataclass
class Traced:
    result: object
    spans: list

    @property
    def lines(self):
        """The number of trace context lines that the peer received."""
        return lines_of(self.result)

    @property
    def tags(self):
        return Counter(s.model for s in self.spans)


def lines_of(result):
    return sum(map(int, re.findall(r"^lines (\d+)$", result.stderr.decode(), re.M)))


class Behave:
    def __init__(self, folder):
        self.folder = folder
        self.preload = PRELOAD
        self.runs = 0

    def bare(self, argv, env=None, timeout=30, **more):
        return run(argv, {**clean_environment(self.folder), **(env or {})}, cwd=self.folder, timeout=timeout, **more)

    def traced(self, argv, env=None, gentap=None, preload=PRELOAD, timeout=30, **more):
        """`gentap`: more variables of the traced run; the value None removes a variable."""
        self.runs += 1
        file = self.folder / f"spans-{self.runs}.jsonl"
        settings = {
            "OTEL_TRACES_EXPORTER": "file", "GENTAP_FILE": str(file), "LD_PRELOAD": str(preload), **(gentap or {}),
        }
        env = {**clean_environment(self.folder), **(env or {}), **traced_environment(**settings)}
        result = run(argv, env, cwd=self.folder, timeout=timeout, **more)
        return Traced(result, read_spans(file))

    def both(self, argv, env=None, **more):
        """Asserts that the program prints the same with and without gentap, and exits with 0. Returns the traced
        run."""
        bare = self.bare(argv, env)
        assert bare.status == 0 and lines_of(bare) == 0, bare
        traced = self.traced(argv, env, **more)
        assert traced.result.stdout == bare.stdout, difference(bare, traced.result)
        assert traced.result.status == 0, traced.result
        return traced


def difference(bare, traced):
    without, with_it = bare.stdout.decode("latin-1").splitlines(), traced.stdout.decode("latin-1").splitlines()
    for i, (a, b) in enumerate(zip(without, with_it)):
        if a != b:
            return f"line {i}: {a!r} became {b!r}; stderr {traced.stderr[-1500:]!r}"
    return f"{len(without)} lines became {len(with_it)}; status {traced.status}; stderr {traced.stderr[-1500:]!r}"


def assert_whole(traced, tags):
    """Asserts one complete span for each of these tags (a list or a Counter), and no other."""
    assert traced.tags == Counter(tags), (traced.tags, traced.result.stderr[-1500:])
    for s in traced.spans:
        assert s.is_whole, s


# ---------------------------------------------------------------- a collector instead of a file


def to(receiver):
    """Settings for exporting to an OTLP receiver instead of a file."""
    return {"OTEL_TRACES_EXPORTER": None, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"}


def exported(receiver):
    """The spans that an OTLP receiver got, counted by tag."""
    return Counter(s.get("gen_ai.request.model") for s in receiver.spans)
