# Fuzz targets (libFuzzer), included by tests.mk. Each tests/fuzz/fuzz_<target>.c is one program. Its seeds are in
# tests/fuzz/corpus/<target>/. Optional words for the mutator are in tests/fuzz/<target>.dict.
#
#   make fuzz                         runs every target for FUZZ_SECONDS (60)
#   make fuzz-conn FUZZ_SECONDS=600   runs one target
#   build/fuzz/fuzz_conn FILE         runs one input again
#
# Inputs that break a target are kept in build/fuzz/<target>-*: crash, leak, timeout or oom. The grown corpus is in
# build/fuzz/corpus/<target>/, the output of the last run in build/fuzz/<target>.log.

FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
F = $B/fuzz

# Bytes of an input: nothing that a parser reads is known to be short. The time of one input is bounded by -timeout, and
# where a module counts its steps (exporter/base/steps.h), by the target.
FUZZ_LEN = 1048576

# After a fix, add the input that broke the target to its seeds: every run starts with the seeds.
FUZZ = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_FLAGS = $(filter-out -MMD -MP,$(BASE)) -O1 -DGT_DEBUG -U_FORTIFY_SOURCE -I. -I$B/deps/include -I$B/proto \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# One archive holds all modules except the hooks, init, exporter_thread and real. The linker takes those a target
# uses. The third-party libraries are the product's, built without sanitizers. So ASan detects their errors on
# gentap's memory only inside libc calls.
FUZZ_SHIM = $(filter-out hook_% init exporter_thread real,$(SHIM))
FUZZ_SUPPORT = wire fake_exporter_thread event_room feed span_text vectors_same event_frames
FUZZ_OBJECTS = $(FUZZ_SHIM:%=$F/shim/%.o) $(EXPORTER:%=$F/exporter/%.o) $(PROTO:%=$F/proto/%.pb-c.o) \
	$(patsubst %,$F/exporter/command/%.o,$(filter-out gentap,$(COMMAND))) $(FUZZ_SUPPORT:%=$F/support/%.o)
FUZZ_HEADERS = $(foreach d,shim shim/shared exporter exporter/*,$(wildcard $d/*.h $d/*.def))
FUZZ_COMPILE = $(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -c -o $@ $<

$F/shim/%.o: shim/%.c $(FUZZ_HEADERS) | $(READY) $B/.ready-fuzz
	@mkdir -p $(@D)
	$(call say,CC  )
	$(FUZZ_COMPILE)

$F/exporter/%.o: exporter/%.c $(FUZZ_HEADERS) $(PROTO:%=$B/proto/%.pb-c.c) \
		| $(READY) $B/.ready-fuzz
	@mkdir -p $(@D)
	$(call say,CC  )
	$(FUZZ_COMPILE)

$F/proto/%.o: $B/proto/%.c | $(READY) $B/.ready-fuzz
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(FUZZ_CC) $(filter-out -Werror -Wmissing-prototypes,$(FUZZ_FLAGS)) -c -o $@ $<

$F/support/%.o: tests/unit/support/%.c $(wildcard tests/unit/support/*.h) $(FUZZ_HEADERS) | $(READY) $B/.ready-fuzz
	@mkdir -p $(@D)
	$(call say,CC  )
	$(FUZZ_COMPILE)

$F/modules.a: $(FUZZ_OBJECTS)
	@rm -f $@
	$(Q)ar rcs $@ $^

$F/fuzz_%: tests/fuzz/fuzz_%.c $(wildcard tests/fuzz/*.h) $F/modules.a
	$(call say,CC  )
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $< $F/modules.a $(ARCHIVES)

.PHONY: $(FUZZ:%=fuzz-%)
$(FUZZ:%=fuzz-%): fuzz-%: $F/fuzz_%
	@mkdir -p $F/corpus/$*
	@ASAN_OPTIONS=detect_leaks=1 $F/fuzz_$* -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=$(FUZZ_LEN) \
		$(patsubst %,-dict=%,$(wildcard tests/fuzz/$*.dict)) \
		-print_final_stats=0 -verbosity=0 -artifact_prefix=$F/$*- $F/corpus/$* $(wildcard tests/fuzz/corpus/$*) \
		>$F/$*.log 2>&1 || { tail -n 60 $F/$*.log; echo "fuzz $*: FAILED, see $F/$*-*"; exit 1; }
	@echo "fuzz $*: $(FUZZ_SECONDS) s without a failure, $$(ls $F/corpus/$* | wc -l) inputs"

fuzz: $(FUZZ:%=fuzz-%)
