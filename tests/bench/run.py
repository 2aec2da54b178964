"""Measures the cost of gentap: each figure is taken in turn without and with the preload, in one run.

    python3 tests/bench/run.py BUILD_DIR

Timings on a shared machine are noisy, so a round measures both sides in direct succession. The output has the median of
each side, and the median of the differences (or ratios) of the rounds.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(sys.argv[1])
BENCH = os.path.join(BUILD, "bench")
LIBRARY = os.path.join(BUILD, "libgentap.so")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))


def environment(preload, **more):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "GENTAP_")) and k != "LD_PRELOAD"}
    if preload:
        env.update(LD_PRELOAD=LIBRARY, OTEL_TRACES_EXPORTER="file", GENTAP_FILE="/dev/null")
        env.update(more)
    return env


def run(program, *args, preload=False, **more):
    out = subprocess.run([os.path.join(BENCH, program), *map(str, args)], env=environment(preload, **more),
                         stdout=subprocess.PIPE, check=True, timeout=300).stdout.decode()
    return [float(x) for x in out.split()]


class Pairs:
    """One figure of several rounds, each measured without and with gentap."""

    def __init__(self, without, with_):
        self.pairs = list(zip(without, with_))
        self.without, self.with_ = statistics.median(without), statistics.median(with_)
        self.added = statistics.median(b - a for a, b in self.pairs)
        self.ratio = statistics.median(b / a for a, b in self.pairs)


def paired(program, *args, **more):
    """Pairs for each number that the program prints."""
    without, with_ = [], []
    for _ in range(ROUNDS):
        without.append(run(program, *args))
        with_.append(run(program, *args, preload=True, **more))
    return [Pairs(a, b) for a, b in zip(zip(*without), zip(*with_))]


def line(what, without, with_, result, target):
    print(f"{what:<48} {without:>11} {with_:>11}  {result:>13}   {target}", flush=True)


def times(what, pairs, unit, divisor, target, digits=1):
    line(what, f"{pairs.without / divisor:.{digits}f} {unit}", f"{pairs.with_ / divisor:.{digits}f} {unit}",
         f"{pairs.added / divisor:+.{digits}f} {unit}", target)


class Server:
    def __init__(self, directory, *tls):
        self.port_file = os.path.join(directory, "port-tls" if tls else "port")
        self.process = subprocess.Popen([os.path.join(BENCH, "server"), self.port_file, *tls], env=environment(False))
        for _ in range(200):
            if os.path.exists(self.port_file) and open(self.port_file).read().endswith("\n"):
                break
            time.sleep(0.02)
        self.port = int(open(self.port_file).read())

    def stop(self):
        self.process.kill()
        self.process.wait()


def certificate(directory):
    key, cert = os.path.join(directory, "key.pem"), os.path.join(directory, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, stderr=subprocess.DEVNULL)
    return cert, key


def ignored_calls():
    for kind, count in (("write", 2000000), ("send", 2000000), ("message", 300000), ("SSL_read", 500000)):
        took, = paired("calls", kind, count)
        what = "ignored WebSocket message, both ways" if kind == "message" else f"ignored {kind}, per call"
        times(what, took, "ns", 1, "<= 20 ns" if kind == "message" else "<= 10 ns")
    took, = paired("calls", "SSL_read", 500000, os.path.join(BENCH, "caller.so"), 600)
    times("ignored SSL_read, from 600 objects in turn", took, "ns", 1, "<= 10 ns")
    took, = paired("calls", "exec", 200000)
    times("exec that fails, without an exchange", took, "us", 1e3, "<= 5 us", 2)


def exchanges(plain, tls, cert):
    for name, port, extra in (("plain", plain.port, []), ("TLS", tls.port, [cert])):
        median, p99 = paired("client", "exchange", port, 4000, *extra)
        times(f"one exchange, {name}, median of the app's thread", median, "us", 1e3, "<= 20 us")
        times(f"one exchange, {name}, p99", p99, "us", 1e3, "<= 50 us")
        median, _ = paired("client", "chunks", port, 4000, *extra)
        times(f"one SSE chunk, {name}, median", median, "us", 1e3, "<= 2 us", 2)


def after_a_pause(plain):
    """The exporter's thread has ended in between, so this exchange starts another thread."""
    median, _ = paired("client", "quiet", plain.port, 3)
    times("one exchange, plain, after 1.5 s without any", median, "us", 1e3, "")


def bulk(plain, tls, cert):
    for name, port, extra in (("plain", plain.port, []), ("TLS", tls.port, [cert])):
        rate, = paired("client", "bulk", port, 1500000000, *extra)
        line(f"bulk download, {name}", f"{rate.without:.0f} MB/s", f"{rate.with_:.0f} MB/s", f"x {rate.ratio:.3f}", ">= 0.99")


def start_up():
    a, b = run("spawn", 500, LIBRARY)
    line("start of /bin/true", f"{a:.0f} us", f"{b:.0f} us", f"+{b - a:.0f} us", "<= 100 us")


def resident(preload):
    out = subprocess.run(["cat", "/proc/self/status"], env=environment(preload), stdout=subprocess.PIPE, check=True).stdout
    return next(int(x.split()[1]) for x in out.decode().splitlines() if x.startswith("VmRSS"))


def memory():
    a = statistics.median(resident(False) for _ in range(9))
    b = statistics.median(resident(True) for _ in range(9))
    line("RSS of a process that makes no exchange", f"{a:.0f} KB", f"{b:.0f} KB", f"+{b - a:.0f} KB", "<= 512 KB")


def load(plain, directory):
    path = os.path.join(directory, "spans.jsonl")
    done, rate, cpu_ns = run("client", "load", plain.port, 5000, 6, preload=True, GENTAP_FILE=path,
                             OTEL_BSP_MAX_QUEUE_SIZE="65536")
    spans = 0
    for text in open(path):
        for resource in json.loads(text)["resourceSpans"]:
            spans += sum(len(s["spans"]) for s in resource["scopeSpans"])
    line(f"{rate:.0f} requests/s: spans lost", f"{int(done)} sent", f"{spans} reported", str(int(done) - spans), "0")
    share = cpu_ns / 1e9 / (done / 1000) * 100
    line("exporter's CPU for 1,000 spans", "", f"{cpu_ns / 1e6 / (done / 1000):.1f} ms", f"{share:.1f} % of 1 s", "< 5 %")


def parsing():
    """The exporter's thread alone, as the median of several runs. It has no side without gentap."""
    runs = []
    for _ in range(ROUNDS):
        out = subprocess.run([os.path.join(BENCH, "parse")], env=environment(False), stdout=subprocess.PIPE, check=True).stdout
        runs.append([text.split("\t") for text in out.decode().splitlines()])
    for same in zip(*runs):
        name, size, _ = same[0]
        rate = statistics.median(float(r[2]) for r in same)
        line(f"read by the exporter: {name}", f"{int(size) / 1000:.0f} KB", f"{rate:.0f} MB/s", "",
             ">= 200 MB/s" if name.startswith("SSE") else ">= 100 MB/s")


def main():
    print(f"{'':<48} {'without':>11} {'with':>11}  {'added':>13}   target")
    with tempfile.TemporaryDirectory() as directory:
        cert, key = certificate(directory)
        plain, tls = Server(directory), Server(directory, cert, key)
        try:
            ignored_calls()
            exchanges(plain, tls, cert)
            after_a_pause(plain)
            start_up()
            bulk(plain, tls, cert)
            load(plain, directory)
            memory()
            parsing()
        finally:
            plain.stop()
            tls.stop()


main()
