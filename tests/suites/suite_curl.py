"""curl's own suite: the curl program and the programs of tests/libtest against its own servers, over HTTP and HTTPS."""
import os
import re
import subprocess

from modes import Apt, call

# Other protocols need servers that are not built here. Their clients are the same libcurl.
SELECTION = ["HTTP", "HTTPS", "!FTP", "!FTPS", "!SFTP", "!SCP", "!flaky", "!timing-dependent"]

CONFIGURE = ["--quiet", "--with-openssl", "--enable-shared", "--disable-static", "--disable-ldap", "--disable-ldaps",
             "--without-libpsl", "--without-brotli", "--without-zstd", "--without-nghttp2", "--without-libidn2",
             "--without-librtmp", "--without-libssh2", "--disable-manual", "--enable-websockets", "CFLAGS=-O1 -g"]


class Curl:
    name = "curl"
    part = 1

    def __init__(self, build):
        self.build, self.work = build, os.path.join(build, "suites", "curl")
        os.makedirs(self.work, exist_ok=True)
        self.tree = os.path.join(self.work, "source")

    def prepare(self):
        ready = os.path.join(self.work, ".built")
        if os.path.exists(ready):
            return
        Apt(os.path.join(self.build, "suites", "apt")).source("curl", self.tree)
        log = os.path.join(self.work, "build.log")
        jobs = f"-j{os.cpu_count()}"
        call(["./configure", *CONFIGURE], self.tree, log)
        call(["make", "-s", jobs], self.tree, log)
        for folder in ("server", "libtest"):
            call(["make", "-s", jobs, "check"], os.path.join(self.tree, "tests", folder), log)
        open(ready, "w").close()

    def run(self, env, seconds, only=None):
        select = only or (SELECTION if self.part == 1 else ["HTTP POST", "HTTP PUT", "multi", *SELECTION[2:]])
        with open(os.path.join(self.work, "run.log"), "wb") as log:
            try:
                subprocess.run(["perl", "runtests.pl", "-a", "-n", "-am", *select], env=env,
                               cwd=os.path.join(self.tree, "tests"), stdout=log, stderr=subprocess.STDOUT,
                               stdin=subprocess.DEVNULL, timeout=seconds)
            except subprocess.TimeoutExpired:
                print("  curl: the run was ended: it took too long")
        text = open(log.name, errors="replace").read()
        return {number: word.lower() for word, number in re.findall(r"^(PASS|FAIL|SKIP): (\d+) ", text, re.M)}
