"""The suites of requests and urllib3, from their source distributions, in a virtual environment each."""
import glob
import os
import subprocess
import sys
import xml.etree.ElementTree as ET

from modes import call


class Python:
    packages = []  # what the suite needs, pinned
    tests = "tests"
    part = 1
    tests_of_part = None  # the tests that use the network
    options = []

    def __init__(self, build):
        self.build, self.work = build, os.path.join(build, "suites", self.name)
        os.makedirs(self.work, exist_ok=True)
        self.python = os.path.join(self.work, "venv", "bin", "python")

    @property
    def tree(self):
        return glob.glob(os.path.join(self.work, "source", "*"))[0]

    def prepare(self):
        ready = os.path.join(self.work, ".installed")
        if os.path.exists(ready):
            return
        log = os.path.join(self.work, "pip.log")
        pip = [self.python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        call([sys.executable, "-m", "venv", "venv"], self.work, log)
        call([*pip, "download", "--no-deps", "--no-binary", self.name, "-d", "download", f"{self.name}=={self.version}"],
             self.work, log)
        os.makedirs(os.path.join(self.work, "source"), exist_ok=True)
        call(["tar", "-xf", glob.glob(os.path.join(self.work, "download", "*.tar.gz"))[0], "-C", "source"], self.work, log)
        call([*pip, "install", *self.packages, self.tree], self.work, log)
        open(ready, "w").close()

    def run(self, env, seconds, only=None):
        report = os.path.join(self.work, "report.xml")
        if os.path.exists(report):
            os.remove(report)
        where, names = [self.tests_of_part if self.part > 1 and self.tests_of_part else self.tests], []
        if only:
            where = [t.split("::")[0] for t in only]
            names = ["-k", " or ".join(t.split("::")[-1].split("[")[0] for t in only)]
        with open(os.path.join(self.work, "run.log"), "wb") as log:
            try:
                subprocess.run([self.python, "-m", "pytest", "-p", "no:cacheprovider", "-q",
                                f"--junit-xml={report}", *self.options, *names, *where],
                               cwd=self.tree, env=env, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                               timeout=seconds)
            except subprocess.TimeoutExpired:
                print(f"  {self.name}: the run was ended: it took too long")
        return self._read(report)

    def _read(self, report):
        results = {}
        for case in ET.parse(report).iter("testcase") if os.path.exists(report) else []:
            kinds = {child.tag for child in case}
            path, classes = case.get("classname", "").split("."), []
            while path and not os.path.exists(os.path.join(self.tree, *path) + ".py"):
                classes.insert(0, path.pop())
            test = "::".join(["/".join(path) + ".py", *classes, case.get("name", "")])
            results[test] = "fail" if kinds & {"failure", "error"} else "skip" if "skipped" in kinds else "pass"
        return results


class Requests(Python):
    name, version = "requests", "2.32.3"
    packages = ["pytest==8.3.3", "pytest-httpbin==2.1.0", "httpbin==0.10.2", "flask==3.0.3", "werkzeug==3.0.4",
                "PySocks==1.7.1", "pytest-mock==3.14.0", "trustme==1.2.0"]


class Urllib3(Python):
    name, version = "urllib3", "2.2.3"
    tests, tests_of_part = "test", "test/with_dummyserver"
    packages = ["pytest==8.3.3", "pytest-timeout==2.3.1", "pytest-socket==0.7.0", "trustme==1.2.0", "cryptography==43.0.3",
                "hypercorn==0.17.3", "quart==0.19.6", "quart-trio==0.11.1", "flask==3.0.3", "werkzeug==3.0.4", "trio==0.26.2",
                "httpx==0.27.2", "h2==4.1.0", "PySocks==1.7.1", "pyopenssl==24.2.1", "idna==3.10"]
    options = ["--timeout=60"]
