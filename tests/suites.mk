# The test suites of other projects, without and with gentap: tests/suites/README.md. Included by tests/tests.mk. Not part
# of `make test`: it downloads sources and takes long.

# SUITES_SECONDS limits one run of one suite; SUITES_PART=4 runs a part of each
SUITES ?= curl node requests urllib3
SUITES_SECONDS ?= 2400
SUITES_PART ?= 1
S = $B/suites

# A preload that follows every request (GT_MATCH_ALL in shim/shared/match.c), with the product's exporter.
SUITES_OBJECTS = $(SHIM:%=$S/follow/%.o)

$S/follow/%.o: shim/%.c | $(READY)
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(SHIM_FLAGS) -DGT_MATCH_ALL -c -o $@ $<

$S/follow/libgentap.so: $(SUITES_OBJECTS) $B/gentap.map $B/libgentap-exporter.so
	$(call say,LINK)
	$(Q)$(CC) -shared $(LINK) -Wl,--version-script=$B/gentap.map -Wl,-soname,libgentap.so -o $@ $(SUITES_OBJECTS)
	$(Q)cp $B/libgentap-exporter.so $(@D)

-include $(wildcard $S/follow/*.d $S/follow/*/*.d)

.PHONY: suites
suites: all $S/follow/libgentap.so
	@$(PYTHON) tests/suites/run.py --build $B --seconds $(SUITES_SECONDS) --part $(SUITES_PART) $(SUITES)
