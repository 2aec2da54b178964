# gentap. `make help` lists the targets.

B ?= build
PREFIX ?= /usr/local
DESTDIR ?=
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
CC = gcc
VERSION = 0.1.0

# all processors, unless the user gives another number; below another make, that make decides
ifeq ($(MAKELEVEL)$(filter -j% --jobserver%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif

# ---------------------------------------------------------------- sources

SHIM = $(patsubst shim/%.c,%,$(wildcard shim/*.c shim/shared/*.c))

# modules that the shim and the exporter share
SHARED = $(filter shared/%,$(SHIM))

EXPORTER = $(filter-out command/%,$(patsubst exporter/%.c,%,$(wildcard exporter/*.c exporter/*/*.c)))

COMMAND = $(patsubst exporter/command/%.c,%,$(wildcard exporter/command/*.c))

PROTO = common resource trace metrics logs

# ---------------------------------------------------------------- flags

WARN = -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wno-missing-field-initializers
BASE = -std=gnu11 -g $(WARN) -fPIC -fvisibility=hidden -D_GNU_SOURCE -MMD -MP -I. -I$B/generated
# code that the compiler adds (_FORTIFY_SOURCE, stack protector) must not call hooked functions or end the application
SHIM_FLAGS = $(BASE) -O2 -U_FORTIFY_SOURCE -fno-stack-protector -ftls-model=initial-exec -fno-semantic-interposition \
	-Wno-builtin-declaration-mismatch
EXPORTER_FLAGS = $(BASE) -O2 -I$B/deps/include -I$B/proto -ffunction-sections -fdata-sections
LINK = -Wl,-z,defs -Wl,-z,now -Wl,-z,relro -Wl,--hash-style=both -Wl,--as-needed -Wl,--build-id

ARCHIVES = $(addprefix $B/deps/lib/,libcurl.a libnghttp2.a libmbedtls.a libmbedx509.a libmbedcrypto.a libz.a libbrotlidec.a \
	libzstd.a libprotobuf-c.a libcjson.a)

DEPS_READY = $B/.ready-build
# before any object: headers of the libraries, and generated headers
READY = $(DEPS_READY) $B/generated/version.h

# make Q= shows the commands
Q ?= @
say = $(if $(Q),@echo "  $1  $(patsubst $(CURDIR)/%,%,$@)",@:)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help demo test check check-asan check-tsan fuzz bench prices-check install format compile_commands.json version clean

all: $B/libgentap.so $B/libgentap-exporter.so $B/gentap

help:
	@echo 'make            build build/libgentap.so, build/libgentap-exporter.so and build/gentap'
	@echo 'make demo       run unmodified programs under gentap against a local server and print the trees'
	@echo 'make test       run all tests: unit, static and end-to-end'
	@echo 'make check      run the unit tests and static checks only: seconds, once they are built'
	@echo 'make e2e        run the end-to-end tests, or E2E_TESTS=tests/e2e/test_mcp.py'
	@echo 'make matrix     run the programs of tests/e2e/matrix, each over plain HTTP, TLS and HTTP/2: installs about 3 GB'
	@echo 'make check-asan run the unit tests under the address and undefined-behaviour sanitizers'
	@echo 'make check-tsan run the hand-off, connection and table tests under the thread sanitizer'
	@echo 'make fuzz       run every fuzz target for FUZZ_SECONDS=60; make fuzz-NAME runs one'
	@echo 'make bench      measure the overhead of gentap on this machine'
	@echo 'make prices-check FILE=prices.json  compare the price list with that of LiteLLM or models.dev'
	@echo 'make format     format C sources and headers with clang-format'
	@echo 'make compile_commands.json  write the compile commands for clangd and similar tools'
	@echo 'make version    print the version'
	@echo 'make install    install into PREFIX=/usr/local, below DESTDIR='
	@echo 'make clean      remove build products, but keep build/deps, format, venv, collector, npm and matrix'

# ---------------------------------------------------------------- external dependencies

# the compiler's packages come first: without the right to install, the user gets one list
$B/.ready-check $B/.ready-demo $B/.ready-test $B/.ready-fuzz: | $B/.ready-build

$B/.ready-%: scripts/deps.sh
	@BUILD=$(abspath $B) GOALS="$(MAKECMDGOALS)" scripts/deps.sh $*
	@touch $@

# ---------------------------------------------------------------- shim

$B/shim/%.o: shim/%.c | $(READY)
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(SHIM_FLAGS) -c -o $@ $<

# exports exactly the hooked names and the sentinel, without versions (a version node would hide them from versioned
# references)
$B/gentap.map: shim/hooks.def
	@mkdir -p $(@D)
	@{ echo '{ global: gentap_first_copy;'; sed -n 's/^GT_\(LIBC\|LIBC_LATE\|BUILT\|FOREIGN\)([^,]*, *\([A-Za-z_0-9]*\),.*/\2;/p; s/^GT_JUMP(\(.*\)).*/\1;/p' $<; echo 'local: *; };'; } >$@

$B/libgentap.so: $(SHIM:%=$B/shim/%.o) $B/gentap.map
	$(call say,LINK)
	$(Q)$(CC) -shared $(LINK) -Wl,--version-script=$B/gentap.map -Wl,-soname,libgentap.so -o $@ $(SHIM:%=$B/shim/%.o)

# ---------------------------------------------------------------- exporter

$B/proto/%.pb-c.c: proto/%.proto | $(READY)
	@mkdir -p $(@D)
	$(call say,GEN )
	$(Q)protoc-c --proto_path=proto --c_out=$B/proto $<

$B/proto/%.pb-c.o: $B/proto/%.pb-c.c
	$(call say,CC  )
	$(Q)$(CC) $(filter-out -Werror -Wmissing-prototypes,$(EXPORTER_FLAGS)) -c -o $@ $<

$B/exporter/%.o: exporter/%.c $(PROTO:%=$B/proto/%.pb-c.c) | $(READY)
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(EXPORTER_FLAGS) -c -o $@ $<

$B/shared/%.o: shim/%.c | $(READY)
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(EXPORTER_FLAGS) -c -o $@ $<

# rewritten only when the version changes, so that exactly the files that include it are compiled again
$B/generated/version.h: Makefile
	@mkdir -p $(@D)
	@echo '#define GENTAP_VERSION "$(VERSION)"' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# the price list as one C string
$B/generated/prices.def: exporter/cost/prices.txt
	@mkdir -p $(@D)
	$(call say,GEN )
	$(Q)sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/"&\\n"/' $< >$@

$(addsuffix /exporter/cost/price_list.o,$B $B/unit $B/asan $B/tsan $B/fuzz): $B/generated/prices.def

EXPORTER_OBJECTS = $(EXPORTER:%=$B/exporter/%.o) $(SHARED:%=$B/shared/%.o) $(PROTO:%=$B/proto/%.pb-c.o)

# libc functions that the exporter replaces for the libraries in it: own_threads.c, own_clock.c, own_process.c,
# own_calls.c
OWN_CALLS = $(shell sed -n 's/^GT_OWN_CALL.[^,]*, *\([a-z_0-9]*\),.*/\1/p' exporter/transfer/own_calls.def)
WRAPPED = pthread_create getaddrinfo clock_gettime gettimeofday time nanosleep poll getpid sigaction $(OWN_CALLS)

$B/libgentap-exporter.so: $(EXPORTER_OBJECTS) exporter/exporter.map
	$(call say,LINK)
	$(Q)$(CC) -shared $(LINK) -Wl,--version-script=exporter/exporter.map -Wl,-soname,libgentap-exporter.so \
		-Wl,--gc-sections -Wl,--exclude-libs,ALL -Wl,-Bsymbolic $(WRAPPED:%=-Wl,--wrap=%) \
		-o $@ $(EXPORTER_OBJECTS) $(ARCHIVES)

# ---------------------------------------------------------------- command

$B/gentap: $(COMMAND:%=$B/exporter/command/%.o) $(addprefix $B/exporter/,span/semconv.o resource/program_name.o $(addprefix base/,json.o json_text.o buf.o text.o utf8.o civil_time.o arena.o hash_index.o tls_library.o) $(addprefix cost/,price.o price_period.o price_list.o)) $(SHARED:%=$B/shared/%.o)
	$(call say,LINK)
	$(Q)$(CC) -Wl,-z,now -Wl,-z,relro -Wl,--gc-sections -o $@ $^ $B/deps/lib/libcjson.a

-include $(wildcard $B/shim/*.d $B/shim/*/*.d $B/exporter/*.d $B/exporter/*/*.d $B/shared/*/*.d $B/proto/*.d)

include tests/tests.mk

# ---------------------------------------------------------------- housekeeping

prices-check:
	@test -n '$(FILE)' || { echo 'make prices-check FILE=prices.json: the JSON of LiteLLM or of models.dev'; exit 2; }
	@$(PYTHON) scripts/prices-check '$(FILE)'

install: all
	install -d $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/bin
	install -m 755 $B/libgentap.so $B/libgentap-exporter.so $(DESTDIR)$(PREFIX)/lib
	install -m 755 $B/gentap $(DESTDIR)$(PREFIX)/bin

format:
	@BUILD=$(abspath $B) PYTHON=$(PYTHON) scripts/format

compile_commands.json:
	@$(MAKE) --always-make --dry-run --no-print-directory Q= all unit | $(PYTHON) scripts/compile_commands $@

version:
	@echo $(VERSION)

clean:
	rm -rf $(filter-out $B/deps $B/format $B/venv $B/collector $B/npm $B/matrix,$(wildcard $B/*)) $B/.ready-* compile_commands.json
