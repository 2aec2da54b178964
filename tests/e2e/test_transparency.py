"""Gentap has no visible effect on programs without LLM calls, and in unusual environments. Switched off,
gentap makes no system calls except those that map the library."""

import os
import re
import shutil

import pytest

from servers.http1 import Reply
from support import asking
from support.run import PRELOAD, PROGRAMS, SYSTEM_PYTHON, TOP, run, traced_environment

COMMANDS = {
    "ls": ["ls", "-l", "/usr"],
    "git": ["git", "-C", str(TOP), "log", "--oneline", "-3"],
    "git_with_children": ["git", "-C", str(TOP), "-c", "core.pager=cat", "-p", "log", "-2"],
    "python": [SYSTEM_PYTHON, "-c", "import os, sys; print(sys.argv, os.listdir('/proc/self/fd')); print(1, file=sys.stderr)"],
    "python_threads": [SYSTEM_PYTHON, "-c", "import os; print(os.listdir('/proc/self/task').__len__())"],
    "python_openssl": [SYSTEM_PYTHON, "-c", "import ssl, hashlib; print(ssl.OPENSSL_VERSION, hashlib.sha256(b'').hexdigest())"],
    "ruby": ["ruby", "-e", "puts RUBY_VERSION; warn 1; exit 3"],
    "node": ["node", "-e", "console.log(process.version); console.error(1); process.exit(3)"],
    "php": ["php", "-r", "echo PHP_VERSION; fwrite(STDERR, '1'); exit(3);"],
    "sh": ["sh", "-c", "echo $$ >/dev/null; (exit 7); echo $?; kill -TERM $$"],
    "pipe": ["sh", "-c", "seq 100000 | sort -n | tail -1"],
    "true": ["true"],
    "closed_files": ["sh", "-c", "exec ls /etc/hostname <&- 2>&-"],
}


def needs(argv):
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is not installed")


@pytest.mark.parametrize("name", COMMANDS)
def test_an_ordinary_command_is_the_same(name, runner, receiver):
    needs(COMMANDS[name])
    pair = runner.both(COMMANDS[name])
    assert not receiver.exports and not pair.spans


@pytest.mark.parametrize("name", ["ls", "git", "python", "ruby", "node"])
def test_an_ordinary_command_is_the_same_without_a_home(name, runner):
    needs(COMMANDS[name])
    environment = {k: v for k, v in runner.environment().items() if k != "HOME"}
    bare = run(COMMANDS[name], environment)
    traced = run(COMMANDS[name], {**environment, **traced_environment(runner.receiver.endpoint)})
    assert traced.printed == bare.printed


def test_a_traced_program_without_a_home_in_a_folder_it_cannot_write_is_the_same(runner, provider, fixtures, tmp_path):
    folder = tmp_path / "read only"
    folder.mkdir()
    listing = asking.listing(tmp_path, (asking.CHAT, asking.CHAT_STREAM))
    folder.chmod(0o500)
    server = provider(tls=True)
    argv = ["env", "-u", "HOME", SYSTEM_PYTHON, PROGRAMS / "urllib_client.py", server.url(), listing]
    runner.both_answered(argv, server, fixtures, cwd=folder)
    assert not list(folder.iterdir())


READ_ONLY = ["unshare", "-m", "sh", "-c", 'mount -o remount,ro,bind / && exec "$@"', "sh"]


@pytest.fixture
def read_only(runner):
    """The words before a command that make the root file system read-only for it."""
    if os.getuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("a read-only root needs root and unshare")
    probe = run([*READ_ONLY, "touch", runner.home / "file"], runner.environment())
    if b"Read-only file system" not in probe.stderr:
        pytest.skip(f"cannot make the root read-only: {probe.stderr.decode().strip()}")
    return READ_ONLY


@pytest.mark.parametrize("name", ["ls", "git", "python", "ruby", "node", "php"])
def test_an_ordinary_command_is_the_same_on_a_read_only_root(name, runner, read_only):
    needs(COMMANDS[name])
    runner.both([*read_only, *COMMANDS[name]])


def test_a_program_on_a_read_only_root_is_traced(runner, provider, fixtures, read_only):
    server = provider()
    runner.both_answered([*read_only, "curl", "-sS", *asking.CHAT.argv, server.url(asking.CHAT.path)], server, fixtures)


def test_nothing_is_left_on_the_disk(runner, provider, fixtures, tmp_path):
    server = provider()
    before = {p for p in tmp_path.rglob("*")}
    runner.both_answered(["curl", "-sS", *asking.CHAT.argv, server.url(asking.CHAT.path)], server, fixtures)
    assert {p for p in tmp_path.rglob("*")} == before


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("unshare") is None, reason="a mount over /proc needs root and unshare")
def test_without_proc_a_program_is_traced_all_the_same(runner, provider, receiver):
    server = provider()
    probe = run(["unshare", "-m", "sh", "-c", "mount -t tmpfs none /proc"], runner.environment())
    if probe.status != 0:
        pytest.skip(f"cannot hide /proc: {probe.stderr.decode().strip()}")
    curl = " ".join(f"'{a}'" for a in ["curl", "-sS", *asking.CHAT.argv, server.url(asking.CHAT.path)])
    pair = runner.both(["unshare", "-m", "sh", "-c", f"mount -t tmpfs none /proc && exec {curl}"], server)
    assert len(pair.spans) == 1 and pair.spans[0].resource["service.name"]


def test_a_program_at_its_limit_of_descriptors_is_the_same(runner, provider):
    server = provider()
    program = """
import os, resource, sys, urllib.request as u
request = u.Request(sys.argv[1], sys.argv[2].encode(), {'Content-Type': 'application/json'})
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
held = []
try:
    while True: held.append(os.open('/dev/null', os.O_RDONLY))
except OSError as e: print(e.errno, len(held))
os.close(held.pop())
print(u.urlopen(request).read())
"""
    pair = runner.both([SYSTEM_PYTHON, "-c", program, server.url(asking.CHAT.path), asking.CHAT.body], server)
    assert pair.bare.status == 0


def test_numbers_of_descriptors_are_as_without_gentap(runner, provider):
    """Descriptors that the program opens after an exchange get the same numbers as without gentap."""
    server = provider(tls=True)
    program = """
import os, sys, urllib.request as u
for i in range(3):
    u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode(), {'Content-Type': 'application/json'})).read()
    print([os.open('/dev/null', os.O_RDONLY) for _ in range(2)])
"""
    argv = [SYSTEM_PYTHON, "-c", program, server.url(asking.CHAT.path), asking.CHAT.body]
    runner.both(argv, server, gentap={"OTEL_BSP_SCHEDULE_DELAY": "1"})


def test_a_program_that_closes_every_descriptor_still_has_its_span(runner, provider):
    server = provider()
    program = """
import os, sys, urllib.request as u
for _ in range(2):
    u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode(), {'Content-Type': 'application/json'})).read()
    os.closerange(3, 1024)
"""
    pair = runner.both([SYSTEM_PYTHON, "-c", program, server.url(asking.CHAT.path), asking.CHAT.body], server)
    assert len(pair.spans) == 2


def test_an_idle_program_has_one_thread_and_no_further_descriptor(runner):
    program = "import os; print(len(os.listdir('/proc/self/task')), sorted(os.listdir('/proc/self/fd')))"
    runner.both([SYSTEM_PYTHON, "-c", program])


def test_the_library_listed_twice_is_one(runner, provider, fixtures):
    server = provider(tls=True)
    twice = {"LD_PRELOAD": f"{PRELOAD}:{PRELOAD}"}
    runner.both_answered(["curl", "-sS", *asking.CHAT.argv, server.url(asking.CHAT.path)], server, fixtures, gentap=twice)


def test_two_copies_of_the_library_make_one_span(runner, provider, fixtures, tmp_path):
    copy = tmp_path / "copy" / "libgentap.so"
    copy.parent.mkdir()
    shutil.copy(PRELOAD, copy)
    server = provider(tls=True)
    shutil.copy(PRELOAD.parent / "libgentap-exporter.so", copy.parent)
    for order in (f"{copy}:{PRELOAD}", f"{PRELOAD}:{copy}"):
        argv = ["curl", "-sS", *asking.CHAT.argv, server.url(asking.CHAT.path)]
        runner.both_answered(argv, server, fixtures, gentap={"LD_PRELOAD": order}, timeout=10)


def test_a_missing_exporter_leaves_the_program_alone(runner, provider, tmp_path):
    copy = tmp_path / "libgentap.so"
    shutil.copy(PRELOAD, copy)
    server = provider()
    # gentap logs one line about it (test_configuration.py), unless logging is off
    quiet = {"LD_PRELOAD": str(copy), "GENTAP_LOG": "off"}
    pair = runner.both(["curl", "-sS", *asking.CHAT.argv, server.url(asking.CHAT.path)], server, gentap=quiet)
    assert not pair.spans


def test_a_big_download_is_the_same(runner, provider, tmp_path):
    data = os.urandom(1 << 20) * 20
    server = provider(tls=True, answer=lambda r: Reply(200, [("Content-Type", "application/octet-stream")], [data]))
    url = server.url("/file")
    program = f"import sys, urllib.request as u; sys.stdout.buffer.write(u.urlopen('{url}').read())"
    for argv in (["curl", "-sS", url], [SYSTEM_PYTHON, "-c", program]):
        pair = runner.both(argv, server)
        assert pair.traced.stdout == data and not pair.spans


# ---------------------------------------------------------------- T40

ADDRESS = re.compile(r"0x[0-9a-f]+|\b\d{4,}\b")
# their results depend on the machine or the process at that moment
MOMENTARY = re.compile(r"^(getrandom|set_tid_address|gettid|getpid|sysinfo)\(.*")


def system_calls(runner, argv, tmp_path, env):
    """Names, arguments and results, without addresses and other large numbers, and without the first execve."""
    trace = tmp_path / "strace.out"
    result = run(["strace", "-f", "-o", trace, *[f"-E{k}={v}" for k, v in env.items()], *argv], runner.environment())
    assert result.status == 0, result.stderr
    lines = [re.sub(r"^\d+ +", "", line) for line in trace.read_text().splitlines()]
    assert lines[0].startswith("execve(")
    return [MOMENTARY.sub(r"\1", ADDRESS.sub("#", re.sub(" +=", " =", line))) for line in lines[1:]]


def without_loaders_memory(lines):
    """The loader may map one more page for its data about one more library, before it sets up the first thread."""
    ready = next(i for i, line in enumerate(lines) if line.startswith("arch_prctl(ARCH_SET_FS"))
    page = "mmap(NULL, #, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = #"
    return [line for i, line in enumerate(lines) if i > ready or line != page]


def without_mapping(lines, library):
    """Drops the calls by which the loader maps one library: from open to close, and the mprotect of its relocated
    part."""
    begin = next(i for i, line in enumerate(lines) if line.startswith("openat(") and f'"{library}"' in line)
    end = next(i for i, line in enumerate(lines) if i > begin and line.startswith("close("))
    rest = lines[:begin] + lines[end + 1:]
    # libraries are relocated in the reverse order of their loading: only the program comes after the preload
    protected = [i for i, line in enumerate(rest) if line == "mprotect(#, #, PROT_READ) = 0"]
    del rest[protected[-1]]
    return rest


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("off", [{"GENTAP_DISABLED": "1"}, {"GENTAP_EXCLUDE": "nothing,true,python3*"}], ids=lambda o: "".join(o))
@pytest.mark.parametrize("name", ["true", "python"])
def test_switched_off_it_costs_no_system_call_but_its_own_mapping(name, off, runner, tmp_path):
    argv = {
        "true": ["/bin/true"],
        "python": [SYSTEM_PYTHON, "-S", "-c", "import os, socket; s = socket.socket(); os.dup2(s.fileno(), 9); print(1)"],
    }[name]
    probe = run(["strace", "-o", os.devnull, "true"], runner.environment())
    if probe.status != 0:
        pytest.skip(f"strace does not work here: {probe.stderr.decode().strip()}")
    bare = system_calls(runner, argv, tmp_path, {"NOTHING": "1"})
    switched_off = system_calls(runner, argv, tmp_path, {"LD_PRELOAD": str(PRELOAD), **off})
    assert without_loaders_memory(without_mapping(switched_off, PRELOAD)) == without_loaders_memory(bare)
