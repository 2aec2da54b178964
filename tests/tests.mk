# Tests, included by the Makefile at the top.

# ---------------------------------------------------------------- unit tests
#
# Each tests/unit/test_<module>.c is one program, linked with what it needs of two archives: support and modules. What a
# test refers to in the support is linked before the modules, so that a fake there replaces the module. V is the variant:
# unit (no sanitizer), asan or tsan. All have GT_DEBUG. Each variant has its own object tree, build/$V.

V ?= unit
T = $B/$V
TFLAGS_unit =
TFLAGS_asan = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TFLAGS_tsan = -fsanitize=thread
TFLAGS = $(BASE) -O1 -DGT_DEBUG -U_FORTIFY_SOURCE -I. -I$B/deps/include -I$B/proto $(TFLAGS_$V)

UNIT = $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_SUPPORT = $(patsubst tests/unit/support/%.c,$T/support/%.o,$(wildcard tests/unit/support/*.c))

# Leaves out the hooks that would replace the tests' own calls. The end-to-end tests cover them.
T_SHIM = $(filter-out hook_send hook_receive hook_move hook_fd hook_exit hook_exec hook_spawn hook_signal hook_ssl hook_bio hook_bun hook_gnutls hook_curl hook_curl_multi hook_kernel init exporter_thread,$(SHIM))
T_OBJECTS = $(T_SHIM:%=$T/shim/%.o) $(EXPORTER:%=$T/exporter/%.o) $(PROTO:%=$T/proto/%.pb-c.o) \
	$(filter-out $T/exporter/command/gentap.o,$(COMMAND:%=$T/exporter/command/%.o))

$T/shim/%.o: shim/%.c | $(READY)
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(TFLAGS) -c -o $@ $<

$T/exporter/%.o: exporter/%.c $(PROTO:%=$B/proto/%.pb-c.c) | $(READY)
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(TFLAGS) -c -o $@ $<

$T/proto/%.o: $B/proto/%.c
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(filter-out -Werror -Wmissing-prototypes,$(TFLAGS)) -c -o $@ $<

$T/support/%.o: tests/unit/support/%.c | $(READY) $B/.ready-check
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(TFLAGS) -c -o $@ $<

$T/support.a: $(UNIT_SUPPORT)
	@rm -f $@
	$(Q)ar rcs $@ $^

$T/modules.a: $(T_OBJECTS)
	@rm -f $@
	$(Q)ar rcs $@ $^

# Routes malloc, calloc, realloc and strdup through tests/unit/support/fail_nth.c, which can make the n-th call fail.
WRAP = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup

$T/%: tests/unit/%.c $T/support.a $T/modules.a | $(READY) $B/.ready-check
	$(call say,CC  )
	$(Q)$(CC) $(TFLAGS) -o $@ $< -Wl,--start-group $T/support.a $T/modules.a -Wl,--end-group $(ARCHIVES) $(WRAP) -lcmocka -lpthread -ldl -lm

-include $(wildcard $T/*.d $T/shim/*.d $T/shim/*/*.d $T/exporter/*.d $T/exporter/*/*.d $T/support/*.d)

.PHONY: unit
unit: $(UNIT:%=$T/%)
	@scripts/run-unit $(UNIT:%=$T/%)

# The tool of test_format. Tried once; without it that check is skipped and says so.
$B/format/.tried: scripts/format | $B/.ready-check
	@mkdir -p $(@D)
	@BUILD=$(abspath $B) PYTHON=$(PYTHON) scripts/format --install || :
	@touch $@

.PHONY: static
static: all | $B/.ready-check $B/format/.tried
	@B=$(abspath $B) PYTHON=$(PYTHON) tests/checks/run-all

check: all unit static
check-asan:
	$(MAKE) V=asan unit
check-tsan:
	$(MAKE) V=tsan UNIT="test_handoff test_handoff_doze $(filter test_conn test_conn_%,$(UNIT)) test_fd_table test_tls_table test_resolved test_serving test_inbound" unit

# ---------------------------------------------------------------- benchmarks

BENCH = server client calls spawn
BENCH_SUPPORT = $(addprefix tests/unit/support/,feed.c event_room.c)

$B/bench/%: tests/bench/%.c | $B/.ready-test
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) -std=gnu11 -O2 -Wall -D_GNU_SOURCE -o $@ $< -lssl -lcrypto -lpthread -ldl

$B/bench/caller.so: tests/bench/caller.c | $B/.ready-test
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) -std=gnu11 -O2 -Wall -shared -fPIC -o $@ $< -lssl

# Links the product's exporter objects.
$B/bench/parse: tests/bench/parse.c $(BENCH_SUPPORT) $(EXPORTER_OBJECTS)
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(filter-out -MMD -MP,$(EXPORTER_FLAGS)) -I. -o $@ $< $(BENCH_SUPPORT) $(EXPORTER_OBJECTS) $(ARCHIVES) -lpthread -ldl -lm

bench: all $(BENCH:%=$B/bench/%) $B/bench/parse $B/bench/caller.so
	@$(PYTHON) tests/bench/run.py $B

# ---------------------------------------------------------------- everything

include tests/e2e.mk tests/fuzz.mk tests/suites.mk

demo: all $B/venv/.ready
	@B=$(abspath $B) scripts/demo

# one after the other: both want all processors
test: check
	@$(MAKE) --no-print-directory e2e
	@$(MAKE) --no-print-directory matrix MATRIX=quick
