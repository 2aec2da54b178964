#!/bin/sh
# Programs start under the preload with all symbols bound at start, and print the same as without it.
# So they do with the preload listed twice, switched off, or with an almost empty environment.
name=test_load
top=$(cd "$(dirname "$0")/../.." && pwd)
lib=$(cd "$top" && cd "${B:-build}" && pwd)/libgentap.so
[ -f "$lib" ] || { echo "skip $name: libgentap.so is not built"; exit 77; }

fail() { echo "FAIL $name: $*"; exit 1; }

# run HOW COMMAND...: the command must succeed and print the same as without the preload
run() {
	how=$1; shift
	plain=$("$@" 2>&1) || fail "$* fails without the preload"
	loaded=$(env $how "$@" 2>&1) || fail "$* with $how exits with $?: $loaded"
	[ "$plain" = "$loaded" ] || fail "$* with $how prints: $loaded"
}

for program in "true" "echo hello" "ls /" "sh -c true" "cat /dev/null" "sort /dev/null"; do
	run "LD_BIND_NOW=1 LD_PRELOAD=$lib" $program
	run "LD_PRELOAD=$lib:$lib" $program
	run "LD_PRELOAD=$lib GENTAP_DISABLED=1" $program
	run "LD_PRELOAD=$lib OTEL_TRACES_EXPORTER=none" $program
	run "-i PATH=$PATH LD_PRELOAD=$lib" $program
done
# a second copy under another name chains to the first and stays inactive
copy=$(mktemp -d) || fail "no temporary folder"
cp "$lib" "$copy/libgentap-copy.so"
run "LD_BIND_NOW=1 LD_PRELOAD=$lib:$copy/libgentap-copy.so" echo hello
rm -rf "$copy"
echo "ok   $name: programs print the same with LD_BIND_NOW=1, listed twice, switched off and without environment"
