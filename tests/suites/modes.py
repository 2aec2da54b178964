"""The modes in which a suite runs, and fetching sources through the ordinary clients."""
import glob
import os
import re
import shutil
import subprocess

# bare: without gentap. traced: with it, as a user has it. followed: every request is followed to its end, and no line is
# added, because suites compare the bytes of requests.
MODES = ["bare", "traced", "followed"]


def environment(build, mode, work):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "GENTAP_", "LD_", "PYTHON"))}
    env.update(HOME=work, USER=env.get("USER", "root"), LC_ALL="C.UTF-8")
    if mode == "bare":
        return env
    library = os.path.join(build, *(["suites", "follow"] if mode == "followed" else []), "libgentap.so")
    env.update(LD_PRELOAD=library, OTEL_TRACES_EXPORTER="file", GENTAP_FILE=os.path.join(work, f"spans-{mode}.jsonl"))
    if mode == "followed":
        env["OTEL_PROPAGATORS"] = "none"
    return env


def call(argv, cwd, log, timeout=1800, env=None):
    with open(log, "ab") as out:
        subprocess.run([str(a) for a in argv], cwd=cwd, stdout=out, stderr=subprocess.STDOUT, check=True, timeout=timeout,
                       env=env, stdin=subprocess.DEVNULL)


class Apt:
    """Source and binary packages of the running release, with a source list and folders of its own: nothing is installed,
    and the system's apt configuration does not change."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(os.path.join(folder, "lists", "partial"), exist_ok=True)
        os.makedirs(os.path.join(folder, "cache", "archives", "partial"), exist_ok=True)
        self.options = ["-o", f"Dir::Etc::sourcelist={folder}/sources.list", "-o", "Dir::Etc::sourceparts=/dev/null",
                        "-o", f"Dir::State::Lists={folder}/lists", "-o", f"Dir::Cache={folder}/cache",
                        "-o", "APT::Sandbox::User=root"]
        self.log = os.path.join(folder, "apt.log")
        self.release = dict(re.findall(r'^(\w+)="?([^"\n]*)', open("/etc/os-release").read(), re.M))
        if not glob.glob(os.path.join(folder, "lists", "*Sources*")):
            self._update()

    def _update(self):
        release = self.release
        suite = release["VERSION_CODENAME"]
        targets = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)",
                                  "Created-By: Packages"], stdout=subprocess.PIPE, text=True, check=True).stdout
        mirror = next(line.split()[0] for line in targets.splitlines() if line.split()[1:] == [suite, "main"])
        key = "/usr/share/keyrings/debian-archive-keyring.gpg"
        by = f"[signed-by={key}] " if release.get("ID") == "debian" and os.path.exists(key) else ""
        with open(os.path.join(self.folder, "sources.list"), "w") as f:
            f.writelines(f"{kind} {by}{mirror} {suite} main\n" for kind in ("deb", "deb-src"))
        call(["apt-get", "-qq", *self.options, "update"], self.folder, self.log)

    def source(self, name, into):
        """Unpacks the upstream archive of a source package, without the distribution's patches. Returns its folder."""
        if not os.path.isdir(into):
            download = into + ".download"
            shutil.rmtree(download, ignore_errors=True)
            os.makedirs(download)
            call(["apt-get", "-qq", *self.options, "source", "--download-only", "--tar-only", name], download, self.log)
            os.makedirs(into + ".new", exist_ok=True)
            archive = next(a for a in glob.glob(download + "/*.orig.tar.*") if not a.endswith(".asc"))
            call(["tar", "-xf", archive, "-C", into + ".new", "--strip-components=1"], download, self.log)
            os.rename(into + ".new", into)
        return into

    def binaries(self, names, into):
        """Unpacks packages, and what they need and the system lacks, into a folder."""
        if not os.path.isdir(into):
            download = into + ".download"
            shutil.rmtree(download, ignore_errors=True)
            os.makedirs(download)
            # the release's version: the installed version may come from another repository
            wanted = [f"{name}/{self.release['VERSION_CODENAME']}" for name in names]
            call(["apt-get", "-qq", *self.options, "download", *wanted], download, self.log)
            for package in glob.glob(download + "/*.deb"):
                call(["dpkg", "-x", package, into + ".new"], download, self.log)
            os.rename(into + ".new", into)
        return into
