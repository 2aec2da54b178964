#!/usr/bin/env python3
"""The system calls that gentap makes and the program does not are in shim/shared/calls.def and in the table of
shim/README.md. They go through the gate. This check knows each libc function that makes a system call."""
import glob
import re

from common import *

KINDS = {"APP": "application", "OWN": "own", "ANY": "both"}

# make no system call, or only those that memory and locks need
SILENT = set('''
    calloc free strtol malloc realloc strdup memchr memcmp memcpy memmem memmove memrchr memset strchr strcmp strcpy strcspn
    strlen strncmp strncpy strnlen strrchr __progname program_invocation_short_name strspn strstr strtod snprintf
    vsnprintf sprintf __isoc99_sscanf __errno_location __cxa_finalize __gmon_start__ _ITM_deregisterTMCloneTable
    _ITM_registerTMCloneTable __register_atfork pthread_atfork getauxval sysconf getenv dl_iterate_phdr dladdr dladdr1
    dlclose dlerror dlsym dlvsym inet_ntop inet_pton pthread_attr_destroy pthread_attr_init pthread_attr_setdetachstate
    pthread_attr_setstacksize pthread_self pthread_mutex_lock pthread_mutex_trylock pthread_mutex_unlock
    pthread_mutex_init pthread_mutex_destroy pthread_rwlock_rdlock pthread_rwlock_trywrlock pthread_rwlock_unlock
    pthread_cond_destroy pthread_cond_init pthread_cond_signal pthread_detach sigaddset sigdelset sigemptyset sigfillset
    sigismember environ __environ stdin stdout stderr explicit_bzero gmtime_r freelocale newlocale uselocale regcomp
    regexec regfree strerror_r freeaddrinfo __xpg_basename __ctype_tolower_loc ZSTD_trace_decompress_begin
    ZSTD_trace_decompress_end _GLOBAL_OFFSET_TABLE_ __stack_chk_fail __libc_single_threaded
    '''.split())
# of the sanitizers of threads and memory, where they are loaded
TOOLS = {"__tsan_ignore_thread_begin", "__tsan_ignore_thread_end", "__msan_scoped_disable_interceptor_checks",
         "__msan_scoped_enable_interceptor_checks"}
# identities only: curl_easy.c compares an application's callback with them
IDENTITIES = {"fread", "fwrite"}
# on the program's own FILE, or on one without a descriptor
STREAMS = {"fclose", "fopencookie", "fseeko", "setvbuf"}
# functions of libc that make system calls: the rows of calls.def for them
CALLERS = {
    "pthread_create": "thread_map thread_protect thread_signals thread_mask thread_clone3 thread_clone begin_robust begin_rseq",
    "pthread_sigmask": "thread_mask",
    # the exporter
    "pthread_join": "waits", "pthread_cond_wait": "waits", "pthread_cond_timedwait": "waits_bitset",
    "open": "load_open", "stat": "load_stat", "read": "load_read", "close": "load_close", "fstat": "load_stat load_fstat",
    "fopen": "load_open", "fopen64": "load_open", "fread": "load_read", "fseek": "load_seek", "fseeko": "load_seek",
    "ftell": "load_seek", "feof": "load_read", "fclose": "load_close", "fflush": "load_close",
    "socket": "net_socket net_socket6 net_probe6", "connect": "net_connect", "fcntl": "net_flags net_flags_get",
    "setsockopt": "net_option", "getsockopt": "net_error", "getsockname": "net_name", "getpeername": "net_peer",
    "send": "net_send", "recv": "net_receive", "shutdown": "net_shutdown", "getaddrinfo": "lookup_local lookup_send",
    "fdopendir": "spool_list_flags", "readdir": "spool_list", "closedir": "spool_close", "flock": "spool_lock",
    "fstatat": "spool_named", "geteuid": "spool_user", "openat": "spool_again", "pread": "spool_read", "pwrite": "spool_write",
    "unlinkat": "spool_unlink",
    "qsort": "spool_sort", "getrandom": "random", "realpath": "executable",
    "syscall": "random",  # mbedTLS: getrandom
}
# linked, but never called: parts of libcurl and mbedTLS that gentap does not use
UNUSED = {"abort", "bind", "fputc", "freeifaddrs", "fwrite", "getifaddrs", "if_nametoindex", "opendir", "readdir64",
          "printf", "puts", "remove", "rename", "select", "setbuf", "stat64", "sigaction"}

text = re.sub(r"/\*.*?\*/", "", source("shim/shared/calls.def"), flags=re.S)
rows = re.findall(r'^GT_CALL\((\w+), (\w+), \(.*?\), (\w+), (\w+), "[^"]+", "[^"]+"\)$', text, flags=re.M)
if len(rows) != len(re.findall(r"^GT_CALL\(", text, flags=re.M)) or not rows:
    failed("calls.def has rows that this check cannot parse")
ids = {row[0] for row in rows}
wrong = []

documented = set()
for calls, threads, need in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (\w+) \| (\w+) \| [^|]+ \| [^|]+ \|$", source("shim/README.md"), flags=re.M):
    documented |= {(call, threads, need) for call in re.findall(r"`(\w+)`", calls)}
listed = {(call, KINDS[threads], need.lower()) for _, call, threads, need in rows}
if documented != listed:
    wrong.append(f"shim/README.md: missing {sorted(listed - documented)}, unknown {sorted(documented - listed)}")

# makes raw system calls: the gate, libc's place before libc is found, and the clock where the vDSO lacks it
RAW = {"shim/shared/gate.c", "shim/shared/clock.c", "shim/shared/raw_call.h", "shim/real.c"}
used = set()
for path in sorted(glob.glob(os.path.join(TOP, "shim", "**", "*.[ch]"), recursive=True) +
                   glob.glob(os.path.join(TOP, "exporter", "**", "*.[ch]"), recursive=True)):
    name = os.path.relpath(path, TOP)
    code = re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"", "", source(name), flags=re.S)
    if name.startswith("exporter/command/"):
        continue
    used |= set(re.findall(r"\bgt_gate\((\w+)", code)) | set(re.findall(r"\bGT_CALL_(\w+)", code))
    if re.search(r"\bgt_raw_call\(|\bsvc\b|__asm__ volatile\(\"syscall", code) and name not in RAW:
        wrong.append(f"{name} makes a raw system call")
    if re.search(r"(?<![\w.>])(?<!stub_)syscall\(", code) and name != "shim/hook_kernel.c":
        wrong.append(f"{name} calls syscall()")
unknown = used - ids - {"H", "call"}  # include guards, a macro's parameter
if unknown:
    wrong.append(f"not in calls.def: {sorted(unknown)}")

for lib, allowed in (("libgentap.so", SILENT | TOOLS | IDENTITIES | STREAMS | {"pthread_create", "pthread_sigmask"}),
                     ("libgentap-exporter.so", SILENT | set(CALLERS) | UNUSED)):
    imported = {name for kind, name, _ in dynamic_symbols(built(lib)) if kind in "Uw"}
    if imported - allowed:
        wrong.append(f"{lib} imports {sorted(imported - allowed)}: does it make a system call?")
for function, names in CALLERS.items():
    if set(names.split()) - ids:
        wrong.append(f"{function}: no rows {sorted(set(names.split()) - ids)}")
if wrong:
    failed("; ".join(wrong))
passed(f"{len(rows)} rows for {len({row[1] for row in rows})} system calls, {len(used & ids)} of them in gentap's own code")
