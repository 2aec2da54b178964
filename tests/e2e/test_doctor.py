"""`gentap doctor`: what gentap sees of a program, and what not; and what the launcher reports at once."""

import shutil
import subprocess

import pytest

from support import npm
from support.installed import of_pip
from support.run import LAUNCHER, SYSTEM_PYTHON, clean_environment, run

GATEWAY = "point its base URL at a gateway with an http:// address on this machine, and run the gateway under gentap"
REST = "  seen: plain HTTP, and what it loads later: OpenSSL, GnuTLS and libcurl as shared libraries"


@pytest.fixture
def doctor(tmp_path):
    def doctor(what):
        result = run([LAUNCHER, "doctor", what], clean_environment(tmp_path), cwd=tmp_path)
        doctor.status = result.status
        doctor.problem = result.stderr.decode()
        return result.stdout.decode().splitlines()

    return doctor


@pytest.fixture
def static(tmp_path):
    (tmp_path / "codex.c").write_text("int main(void) { return 0; }\n")
    subprocess.run(["gcc", "-static", "-o", tmp_path / "codex", tmp_path / "codex.c"], check=True)
    return tmp_path / "codex"


@pytest.mark.parametrize("program, library", [("wget", "GnuTLS (libgnutls.so.30)"), ("curl", "libcurl (libcurl.so.4)")])
def test_a_program_with_shared_libraries(program, library, doctor):
    path = shutil.which(program, path="/usr/bin:/bin")
    if not path:
        pytest.skip(f"{program} is not installed")
    assert doctor(program) == [path, f"  seen: {library}", REST]
    assert doctor.status == 0


def test_a_static_program(doctor, static):
    lines = doctor(static)
    assert lines == [str(static), "  not seen: it is a static program, and no library can be preloaded into it", f"  cure: {GATEWAY}"]
    assert doctor.status == 1


def test_rust(doctor):
    uv = of_pip("uv", "0.8.13") / "bin" / "uv"
    lines = doctor(uv)
    assert lines[1] == "  not seen: rustls inside" and "native-tls" in lines[2] and doctor.status == 1


def test_node_and_bun(doctor):
    """The source of node, which is text inside it, names BoringSSL too."""
    seen = "  seen: {} inside, by its tables of methods, if their layout is known"
    for path, library in ((npm.node("24.21.0"), "OpenSSL"), (npm.executable("@oven/bun-linux-x64", "1.4.5", "bin/bun"), "BoringSSL")):
        assert doctor(path) == [str(path), seen.format(library), REST] and doctor.status == 0


def test_go_with_a_loader(doctor, tmp_path):
    if not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    note = '__asm__(".section .note.go,\\"a\\",@note\\n.long 4, 4, 4\\n.ascii \\"Go\\\\0\\\\0\\"\\n.ascii \\"abcd\\"\\n.text");'
    (tmp_path / "go.c").write_text(note + "\nint main(void) { return 0; }\n")
    subprocess.run(["gcc", "-o", tmp_path / "go", tmp_path / "go.c"], check=True)
    lines = doctor(tmp_path / "go")
    assert lines[1] == "  not seen: it is a Go program, which makes its system calls past libc" and doctor.status == 1


def test_a_script_is_its_interpreter(doctor, tmp_path):
    script = tmp_path / "agent"
    script.write_text("#!/usr/bin/env python3\n")
    script.chmod(0o755)
    lines = doctor(script)
    assert lines[1] == "  a script of /usr/bin/python3:" and lines[-1] == REST and doctor.status == 0


def test_a_process(doctor):
    with subprocess.Popen([SYSTEM_PYTHON, "-c", "import ssl, sys; print('up', flush=True); sys.stdin.read()"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        p.stdout.readline()
        lines = doctor(str(p.pid))
        p.stdin.close()
    assert lines[0].startswith(f"process {p.pid}: /usr/bin/python3")
    assert lines[1:3] == ["  not seen: gentap is not loaded in it", "  cure: start it with `gentap --` in front, or with LD_PRELOAD"]
    assert "  seen: OpenSSL (libssl.so.3)" in lines and doctor.status == 1


@pytest.mark.parametrize("what, problem", [("no-such-command", "command not found"), ("/no/such", "No such file or directory"),
                                           ("999999999", "No such file or directory")])
def test_what_is_not_there(what, problem, doctor):
    assert doctor(what) == [] and doctor.status == 1 and problem in doctor.problem


def test_the_launcher_reports_a_static_program_at_once(static, tmp_path):
    env = clean_environment(tmp_path)
    line = f"gentap: {static} cannot be followed: it is a static program (see gentap doctor {static})"
    assert run([LAUNCHER, "--", static], env).stderr.decode().splitlines()[0] == line
    for quiet in ({"GENTAP_LOG": "off"}, {"GENTAP_SUMMARY": "off"}, {"GENTAP_SUMMARY": "json"}):
        assert line not in run([LAUNCHER, "--", static], {**env, **quiet}).stderr.decode()
