# Fuzz targets, included by tests.mk. One program for each tests/fuzz/fuzz_<target>.c; seeds in tests/fuzz/corpus/<target>/.
#
#   make fuzz                      each for FUZZ_SECONDS (60), one after the other; with -j4 four at a time
#   make fuzz-conn FUZZ_SECONDS=600
#   build/fuzz/fuzz_conn FILE      runs one input again
#
# What is found is left in build/fuzz/<target>-crash-*; the grown corpus in build/fuzz/corpus/<target>/.

FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
F = $B/fuzz

# an input that broke something belongs into the corpus of seeds: these are run first, every time
FUZZ = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_FLAGS = $(filter-out -MMD -MP,$(BASE)) -O1 -DGT_DEBUG -U_FORTIFY_SOURCE -I. -I$B/deps/include -I$B/proto \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# targets of the exporter's modules name what they need beside the shim: FUZZ_NEEDS_json = exporter/json.c, FUZZ_LIBS_json = ...
FUZZ_NEEDS_event_stream = exporter/event_stream.c exporter/buf.c
FUZZ_LIBS_event_stream = $B/deps/lib/libz.a
FUZZ_SHIM = $(filter-out hook_% init exporter_thread real,$(SHIM))
FUZZ_SUPPORT = $F/support/wire.o $F/support/fake_exporter_thread.o

$F/shim/%.o: shim/%.c $(wildcard shim/*.h shim/*.def) | $B/.ready-fuzz
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -c -o $@ $<

$F/exporter/%.o: exporter/%.c $(wildcard exporter/*.h exporter/*.def shim/*.h) | $B/.ready-fuzz
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -c -o $@ $<

$F/support/%.o: tests/unit/support/%.c $(wildcard tests/unit/support/*.h shim/*.h) | $B/.ready-fuzz
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -c -o $@ $<

$F/modules.a: $(FUZZ_SHIM:%=$F/shim/%.o)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(foreach t,$(FUZZ),$(eval $F/fuzz_$t: $(FUZZ_NEEDS_$t:%.c=$F/%.o)))

$F/fuzz_%: tests/fuzz/fuzz_%.c $(wildcard tests/fuzz/*.h) $(FUZZ_SUPPORT) $F/modules.a
	$(call say,CC  )
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $< $(FUZZ_SUPPORT) $(FUZZ_NEEDS_$*:%.c=$F/%.o) $F/modules.a \
		$(FUZZ_LIBS_$*)

.PHONY: $(FUZZ:%=fuzz-%)
$(FUZZ:%=fuzz-%): fuzz-%: $F/fuzz_%
	@mkdir -p $F/corpus/$*
	@ASAN_OPTIONS=detect_leaks=1 $F/fuzz_$* -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
		-print_final_stats=0 -verbosity=0 -artifact_prefix=$F/$*- $F/corpus/$* $(wildcard tests/fuzz/corpus/$*) \
		>$F/$*.log 2>&1 || { tail -n 60 $F/$*.log; echo "fuzz $*: FOUND SOMETHING, see $F/$*-*"; exit 1; }
	@echo "fuzz $*: $(FUZZ_SECONDS) s, nothing found, $$(ls $F/corpus/$* | wc -l) inputs"

fuzz: $(FUZZ:%=fuzz-%)
