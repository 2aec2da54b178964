"""node's tests of http, https, tls and net, with the distribution's node, whose OpenSSL is a shared library."""
import concurrent.futures
import glob
import os
import re
import subprocess

from modes import Apt

FILES = ["test-http-*.js", "test-https-*.js", "test-tls-*.js", "test-net-*.js"]
TEST_SECONDS = 60
PACKAGES = ["nodejs", "libnode108", "libc-ares2", "node-cjs-module-lexer", "node-undici", "node-acorn", "node-busboy",
            "node-xtend"]


class Node:
    name = "node"
    part = 1

    def __init__(self, build):
        self.build, self.work = build, os.path.join(build, "suites", "node")
        os.makedirs(self.work, exist_ok=True)
        self.tree, self.root = os.path.join(self.work, "source"), os.path.join(self.work, "root")

    def prepare(self):
        apt = Apt(os.path.join(self.build, "suites", "apt"))
        apt.source("nodejs", self.tree)
        apt.binaries(PACKAGES, self.root)
        try:
            done = subprocess.run(self._command("-e", "console.log(process.versions.openssl)"),
                                  env=self._environment(os.environ), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=TEST_SECONDS)
        except subprocess.TimeoutExpired:
            raise RuntimeError("node does not start") from None
        if done.returncode != 0:
            raise RuntimeError(f"node does not start: {done.stdout[:300]}")

    def _command(self, *argv):
        """Debian's node reads some modules from /usr/share/nodejs. It gets them in a mount namespace."""
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        mount = 'mount -t overlay overlay -o "lowerdir=$0/usr/share:/usr/share" /usr/share && exec "$@"'
        return ["unshare", "--mount", *as_root, "sh", "-c", mount, self.root, os.path.join(self.root, "usr/bin/node"), *argv]

    def _environment(self, env, number=0):
        libraries = os.path.join(self.root, "usr", "lib", f"{os.uname().machine}-linux-gnu")
        return {**env, "LD_LIBRARY_PATH": libraries, "TEST_THREAD_ID": str(number)}

    def _one(self, path, env):
        head = open(path, errors="replace").read(4000)
        flags = re.findall(r"^// Flags: (.*)$", head, re.M)
        argv = self._command(*(f for line in flags for f in line.split()), path)
        try:
            done = subprocess.run(argv, cwd=os.path.dirname(path), env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=TEST_SECONDS)
        except subprocess.TimeoutExpired:
            return "time"
        if done.returncode == 0 and done.stdout.startswith(b"1..0 # Skipped"):
            return "skip"
        return "pass" if done.returncode == 0 else "fail"

    def run(self, env, seconds, only=None):
        folder = os.path.join(self.tree, "test", "parallel")
        paths = sorted({p for f in only or FILES for p in glob.glob(os.path.join(folder, f))})
        paths = paths if only else paths[:: self.part]
        results = {}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            tasks = {pool.submit(self._one, p, self._environment(env, i)): p for i, p in enumerate(paths)}
            try:
                for task in concurrent.futures.as_completed(tasks, seconds):
                    results[os.path.basename(tasks[task])] = task.result()
            except concurrent.futures.TimeoutError:
                print("  node: the run was ended: it took too long")
                for task in tasks:
                    task.cancel()
        return results
