"""The library that a call reaches: several copies, plugins with their own scope, bare names, other preloads."""

import os
import pathlib
import re
import shutil
import struct
import subprocess

import pytest

from support.run import PRELOAD
from support.snippets import BUILT, SNIPPETS, assert_whole, build, difference, make

# ---------------------------------------------------------------- plugins


def tls_tags(name):
    return [f"{name}-plain", f"{name}-ex"]


def plugins(how, *names):
    return [build("plugins"), how, *[f"{name}={build(f'{name}_plugin')}" for name in names]]


@pytest.mark.parametrize("names", [("tls",), ("curl",), ("tls", "curl"), ("curl", "tls")])
def test_libraries_that_come_with_a_plugin_are_reached(names, behave):
    traced = behave.both(plugins("local", *names))
    assert traced.result.stdout.decode().splitlines() == [f"{name}: whole" for name in names]
    assert_whole(traced, (tls_tags("tls") if "tls" in names else []) + (["curl"] if "curl" in names else []))


def test_plugins_that_look_in_themselves_first_are_seen(behave):
    traced = behave.both(plugins("deepbind", "tls", "curl"))
    assert traced.result.stdout == b"tls: whole\ncurl: whole\n"
    assert_whole(traced, [*tls_tags("tls"), "curl"])


def test_plugins_that_look_in_themselves_first_may_be_left_so(behave):
    traced = behave.both(plugins("deepbind", "tls", "curl"), gentap={"GENTAP_KEEP_DEEPBIND": "1"})
    assert traced.result.stdout == b"tls: whole\ncurl: whole\n"
    # libcurl and libssl are loaded in the plugins' own scopes, where gentap does not see their calls
    assert traced.spans == [] and traced.lines == 0


def scope_plugin(name):
    """own: its own copy; needs: a copy in a library that it needs; curl: it makes a transfer as well."""
    flags = [f for word, f in (("own", "-DOWN"), ("curl", "-DTRANSFERS"), ("curl", "-lcurl")) if word in name]
    if "needs" in name:
        leaf = build("scope_leaf", target="scope/libscope_leaf.so")
        flags += ["-Wl,--no-as-needed", f"-L{leaf.parent}", "-lscope_leaf", "-Wl,-rpath,$ORIGIN"]
    return build("scope_plugin", *flags, target=f"scope/{name}.so")


COPIES = {"own": "the plugin's", "needs": "the plugin's library's", "own-curl": "the plugin's", "needs-curl": "the plugin's library's"}


@pytest.mark.parametrize("name", COPIES)
def test_a_plugin_with_a_copy_of_the_host_s_library_calls_its_own(name, behave):
    traced = behave.both([build("scope_host"), f"{name}={scope_plugin(name)}"])
    assert traced.result.stdout.decode().splitlines()[0] == f"{name}: {COPIES[name]}"


def test_a_plugin_without_copies_is_seen_beside_one_that_has_them(behave):
    traced = behave.both([build("scope_host"), f"own={scope_plugin('own')}", f"curl={build('curl_plugin')}"])
    assert traced.result.stdout == b"own: the plugin's\ncurl: whole\n"
    assert_whole(traced, ["curl"])


def test_libraries_that_are_linked_are_reached(behave):
    traced = behave.both([build("linked")])
    assert traced.result.stdout == b"tls 1\ncurl 1\nsocket 1\n"
    assert_whole(traced, [*tls_tags("tls"), "curl", "socket"])


# ---------------------------------------------------------------- two libraries with the same name


def fake_library(number):
    """Builds a copy with its own file and soname, and its own mark on the handles."""
    name = f"libfake_ssl_{number}.so"
    return build("fake_ssl", f"-DMAGIC={number}", f"-Wl,-soname,{name}", target=f"fake/{name}")


def fake_plugin(number):
    library = fake_library(number)
    rest = ["-Wl,--no-as-needed", f"-L{library.parent}", f"-l:{library.name}", "-Wl,-rpath,$ORIGIN"]
    return build("fake_plugin", *rest, target=f"fake/plugin_{number}.so")


TALKS = [f"library-{n}{ex}-{i}" for i in range(2) for n in (1, 2) for ex in ("", "-ex")]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_two_tls_libraries_in_one_process_get_their_own_handles(order, behave):
    traced = behave.both([build("two_libraries"), *map(fake_plugin, order)])
    printed = dict(line.split(": ") for line in traced.result.stdout.decode().splitlines())
    assert len(printed) == len(TALKS) and set(printed.values()) == {"arrived same, heard all"}
    assert_whole(traced, TALKS)
    assert traced.lines == len(TALKS)
    hosts = {s.attributes["server.address"] for s in traced.spans}
    assert hosts == {"one.test", "two.test"}, "only the right library knows the mark of a handle"


def test_a_library_that_is_opened_for_all_to_see_is_the_one_that_plugins_get(behave):
    traced = behave.both([build("two_libraries"), fake_plugin(1), fake_plugin(2), fake_library(3)])
    printed = dict(line.split(": ") for line in traced.result.stdout.decode().splitlines())
    assert len(printed) == len(TALKS) and set(printed.values()) == {"arrived same, heard all"}
    assert_whole(traced, TALKS)


# ---------------------------------------------------------------- TLS that no symbol reaches

INFO = {"GENTAP_LOG": "info"}
FOLLOWED, LEFT_ALONE = "is followed", "is left alone"


def said(traced, what):
    return [line for line in traced.result.log if f"info ssl: the TLS library in " in line and what in line]


def unloadable_libssl():
    """A copy of libssl that dlclose unloads: without the mark that keeps it loaded (DF_1_NODELETE, ELF(5))."""
    loaded = subprocess.run(["ldd", build("tls_plugin")], capture_output=True, text=True).stdout
    source = re.search(r"libssl\.so\.3 => (\S+)", loaded)
    if not source:
        pytest.skip("libssl.so.3 is not installed")
    copy = bytearray(pathlib.Path(source[1]).read_bytes())
    at, n = struct.unpack_from("<Q", copy, 32)[0], struct.unpack_from("<H", copy, 56)[0]
    for i in range(n):
        kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", copy, at + 56 * i)
        for entry in range(offset, offset + size, 16) if kind == 2 else ():
            tag, value = struct.unpack_from("<QQ", copy, entry)
            if tag == 0x6FFFFFFB:
                struct.pack_into("<Q", copy, entry + 8, value & ~8)
    target = BUILT / "own" / "libown-ssl.so.3"
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    fresh.write_bytes(copy)
    fresh.rename(target)
    return target


def rounds(n):
    return [tag for i in range(n) for tag in tls_tags(f"round-{i}")]


def test_a_library_that_dlsym_reaches_is_followed(behave):
    traced = behave.both([build("own_tls"), "libssl.so.3", "2"], gentap=INFO)
    assert_whole(traced, rounds(2))
    assert traced.lines == 4
    assert len(said(traced, FOLLOWED)) == 1


def test_a_library_that_is_unloaded_is_forgotten_and_followed_again(behave):
    traced = behave.both([build("own_tls"), unloadable_libssl(), "12"], gentap=INFO)
    assert b"it is unloaded" in traced.result.stdout
    assert_whole(traced, rounds(12))
    assert len(said(traced, FOLLOWED)) == 12


def own_tls_plugin(*flags):
    return build("own_tls", "-DPLUGIN", "-shared", *flags, target=f"own/plugin{len(flags)}.so")


@pytest.mark.parametrize("how", ["local", "deepbind"])
def test_a_plugin_with_a_library_of_its_own_is_followed(how, behave):
    env = {"OWN_TLS": str(unloadable_libssl())}
    traced = behave.both([build("plugins"), how, f"own={own_tls_plugin()}"], env)
    assert traced.result.stdout == b"own: whole\n"
    assert_whole(traced, tls_tags("own"))


def test_a_plugin_that_looks_in_itself_first_is_followed_from_the_next_dlopen_on(behave):
    """No hook sees the calls of its libraries, so the first plugin is not seen."""
    own = own_tls_plugin("-DLINKED", "-lssl")
    traced = behave.both([build("plugins"), "deepbind", f"first={own}", f"next={own}"], gentap={"GENTAP_KEEP_DEEPBIND": "1"})
    assert_whole(traced, tls_tags("next"))


def test_two_ways_to_one_library_give_one_span_for_each_call(behave):
    """The program and a plugin call it by symbols, and another plugin by dlsym."""
    env = {"OWN_TLS": "libssl.so.3"}
    traced = behave.both([*plugins("local", "tls"), f"own={own_tls_plugin()}", f"again={build('tls_plugin')}"], env)
    assert_whole(traced, [*tls_tags("tls"), *tls_tags("own"), *tls_tags("again")])


# OpenSSL's archives, and nothing exported: a program at any address, and at a fixed address
INSIDE = ["-DINSIDE", "-Wl,-Bstatic", "-lssl", "-lcrypto", "-Wl,-Bdynamic", "-Wl,--exclude-libs,ALL", "-s"]
KINDS = {"pie": ["-pie"], "fixed": ["-no-pie"]}


def inside(kind):
    try:
        return build("own_tls", *KINDS[kind], *INSIDE, target=f"own/inside_{kind}")
    except AssertionError as e:
        if "cannot find -lssl" in str(e):
            pytest.skip("libssl.a is not installed")
        raise


@pytest.mark.parametrize("kind", KINDS)
def test_a_library_inside_a_stripped_program_is_followed(kind, behave):
    traced = behave.both([inside(kind), "-", "2"], gentap=INFO)
    assert_whole(traced, rounds(2))
    assert traced.lines == 4
    assert len(said(traced, FOLLOWED)) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", ["symbols", "off"])
def test_a_library_without_names_may_be_left_as_it_is(value, kind, behave):
    traced = behave.both([inside(kind), "-", "1"], gentap={"GENTAP_PATCH": value, **INFO})
    assert traced.spans == [] and traced.lines == 0 and not said(traced, "")


def test_without_patches_it_is_not_followed(behave):
    traced = behave.both([build("own_tls"), "libssl.so.3", "1"], gentap={"GENTAP_PATCH": "off", **INFO})
    assert traced.spans == [] and traced.lines == 0 and not said(traced, "")


@pytest.mark.parametrize("flags", [[], ["-DMETHODS"], ["-DMETHODS", "-DFORKED"]], ids=["names", "methods", "forked"])
def test_a_program_with_openssl_s_names_that_is_something_else_is_left_alone(flags, behave):
    traced = behave.both([build("no_openssl", *flags, target=f"own/no_openssl{len(flags)}")], gentap=INFO)
    assert traced.result.stdout == b"SSL_write is called\n"
    assert len(said(traced, LEFT_ALONE)) == 1 and not said(traced, FOLLOWED)
    assert [line for line in traced.result.log if "TLS left alone 1," in line]


# ---------------------------------------------------------------- bare names


def leaf(name):
    source = BUILT / "bare" / f"{name}.c"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.exists() or source.write_text("int gentap_test_leaf;\n")
    folder = BUILT / "bare" / name
    return make(folder / f"lib{name}.so", ["gcc", "-shared", "-fPIC", "-o", folder / f"lib{name}.so", source], [source])


def test_bare_names_are_found_by_the_runpath_of_who_asks(behave):
    folders = {name: leaf(f"leaf_of_{name}").parent for name in ("program", "plugin")}
    runpath = "-Wl,--enable-new-dtags,-rpath,"
    program = build("bare_names", f"{runpath}{folders['program']}", target="bare/program")
    plugin = build("bare_names", "-DPLUGIN", "-shared", "-fPIC", f"{runpath}{folders['plugin']}", target="bare/plugin.so")
    printed = behave.both([program, plugin]).result.stdout.decode().splitlines()
    assert printed[:4] == ["program's: found", "plugin's, asked for by the program: not found", "plugin's: found", "itself: found"]
    assert printed[4].startswith("nothing: no_such_library.so: cannot open shared object file")


# ---------------------------------------------------------------- asleep


@pytest.mark.parametrize("step", [1, 9])
def test_requests_that_were_half_sent_when_tracing_gives_up_are_finished(step, behave):
    """Without its exporter gentap turns itself off at the first answer. Lines that are half on the wire must still be
    sent."""
    lonely = behave.folder / "lonely" / "libgentap.so"
    lonely.parent.mkdir()
    shutil.copy(PRELOAD, lonely)
    env = {"DRIBBLE": str(step)}
    bare = behave.bare([build("asleep")], {**env, "LD_PRELOAD": str(build("dribble"))})
    traced = behave.traced([build("asleep")], env, preload=f"{lonely}:{build('dribble')}")
    assert traced.result.status == 0 and traced.spans == []
    assert traced.result.stdout == bare.stdout == b"other: whole\n60 and 60 of 60 arrived as sent\n"
    # a head that was not begun, or not far enough, has no line; every other head has a complete line
    assert 1 < traced.lines < 2 * 60 + 1


# ---------------------------------------------------------------- other preloads


def wrapped(behave, preload):
    counts = behave.folder / "counts"
    traced = behave.traced([build("linked")], {"WRAP_FILE": str(counts)}, preload=preload)
    assert traced.result.status == 0, traced.result
    return traced, counts.read_text()


def test_another_preload_sees_the_calls_it_would_see_alone(behave):
    counts = behave.folder / "counts"
    bare = behave.bare([build("linked")], {"WRAP_FILE": str(counts), "LD_PRELOAD": str(build("wrap"))})
    alone = counts.read_text()
    assert re.fullmatch(r"SSL_write [1-9]\d*, curl_easy_perform 1, sends [1-9]\d*, connects [1-9]\d*\n", alone), alone
    for preload in (f"{PRELOAD}:{build('wrap')}", f"{build('wrap')}:{PRELOAD}"):
        traced, seen = wrapped(behave, preload)
        assert traced.result.stdout == bare.stdout, difference(bare, traced.result)
        assert seen == alone, preload
        assert_whole(traced, [*tls_tags("tls"), "curl", "socket"])


def test_the_library_twice_or_in_two_versions_is_one(behave):
    copy = behave.folder / "other" / "libgentap.so"
    copy.parent.mkdir()
    for name in ("libgentap.so", "libgentap-exporter.so"):
        shutil.copy(PRELOAD.parent / name, copy.parent)
    for preload in (f"{PRELOAD}:{PRELOAD}", f"{PRELOAD}:{copy}", f"{copy}:{PRELOAD}"):
        traced = behave.both([build("linked")], preload=preload)
        assert_whole(traced, [*tls_tags("tls"), "curl", "socket"])


ALLOCATORS = ["libjemalloc.so.2", "libmimalloc.so.2"]


@pytest.mark.parametrize("allocator", ALLOCATORS)
def test_allocators_that_are_preloaded_too_find_room_for_their_thread_local_memory(allocator, behave):
    known = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, env={"PATH": "/sbin:/usr/sbin"}).stdout
    if allocator not in known:
        pytest.skip(f"{allocator} is not installed")
    for preload in (f"{PRELOAD}:{allocator}", f"{allocator}:{PRELOAD}"):
        traced = behave.both([build("linked")], preload=preload)
        assert_whole(traced, [*tls_tags("tls"), "curl", "socket"])


# ---------------------------------------------------------------- plugins that are loaded again


def versions(kind):
    flags = {"curl": ["-lcurl"], "tls": ["-DTLS", "-lssl", "-lcrypto"]}[kind]
    return [build("reload_plugin", f"-DVERSION={n}", *flags, target=f"reloaded/{kind}{n}.so") for n in (1, 2, 3)]


@pytest.mark.parametrize("kind", ["curl", "tls"])
def test_a_plugin_that_is_unloaded_is_gone_and_its_next_version_runs(kind, behave):
    one, two, three = versions(kind)
    traced = behave.both([build("reload"), behave.folder / "plugin.so", one, two, one, three])
    text = traced.result.stdout.decode()
    assert re.findall(r"version (\d) unloaded", text) == ["1", "2", "1", "3"] and "yes" not in text
    assert re.findall(r"version (\d), call 1", text) == ["1", "2", "1", "3"]
    loads = [f"load-{i}-{k}" for i in range(2, 6) for k in range(2)]
    assert_whole(traced, [f"{tag}{end}" for tag in loads for end in ([""] if kind == "curl" else ["-plain", "-ex"])])


def test_threads_that_a_plugin_waits_for_while_it_is_opened_and_closed_do_not_wait_for_the_loader(behave):
    """The thread's first TLS calls come while another thread holds the loader's lock and waits for it."""
    traced = behave.both([build("reload"), behave.folder / "plugin.so", build("waits_plugin")], timeout=20)
    assert b"closed\nstill loaded: no\n" in traced.result.stdout
    assert_whole(traced, ["opened"])
