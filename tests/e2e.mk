# End-to-end tests: real, unmodified programs against local servers (tests/e2e). Included by tests/tests.mk.

E2E_JOBS ?= 2
E2E_TESTS ?= tests/e2e
PIP_INSTALL = -m pip install --quiet --disable-pip-version-check --no-input

# Pinned Python packages that agents use, in a virtual environment. The system's Python is not changed.
$B/venv/.ready: tests/e2e/requirements.txt | $B/.ready-demo
	@echo "  VENV  $(patsubst $(CURDIR)/%,%,$B/venv)"
	@rm -rf $B/venv
	$(Q)$(PYTHON) -m venv $B/venv
	$(Q)$B/venv/bin/python $(PIP_INSTALL) -r $<
	@touch $@
.PHONY: venv
venv $B/venv: $B/venv/.ready

# The tests' C programs. curl_cases.c is built once for each flavour of libcurl.
E2E_CC = $(Q)mkdir -p $B/e2e; $(CC) -std=gnu11 -O1 -g $(filter-out -Werror,$(WARN)) -o $@ $<
E2E_LIBCURL = $B/e2e/curl_openssl $B/e2e/curl_gnutls
E2E_PLAIN = $(patsubst tests/e2e/programs/%.c,$B/e2e/%,$(filter-out %/curl_cases.c,$(wildcard tests/e2e/programs/*.c)))

$B/e2e/curl_openssl: tests/e2e/programs/curl_cases.c | $B/.ready-test
	$(call say,CC  )
	$(E2E_CC) -lcurl
$B/e2e/curl_gnutls: tests/e2e/programs/curl_cases.c | $B/.ready-test
	$(call say,CC  )
	$(E2E_CC) -l:libcurl-gnutls.so.4
$(E2E_PLAIN): $B/e2e/%: tests/e2e/programs/%.c | $B/.ready-test
	$(call say,CC  )
	$(E2E_CC) -pthread

# One process with very many calls, to a file and to a collector. Not part of `make test`: it takes minutes.
SOAK_CALLS ?= 200000
.PHONY: soak
soak: all $B/venv/.ready
	$(Q)B=$(abspath $B) SOAK_CALLS=$(SOAK_CALLS) $B/venv/bin/python -m pytest -c tests/e2e/pytest.ini -s tests/e2e/soak.py

# An OpenTelemetry Collector, built once with the official builder. If the build fails, the tests that need the
# collector are skipped, and pytest reports the reason.
$B/collector/.tried: tests/e2e/collector/builder.yaml tests/e2e/collector/build
	@B=$(abspath $B) tests/e2e/collector/build
	@touch $@

.PHONY: e2e
e2e: all $B/venv/.ready $(E2E_LIBCURL) $(E2E_PLAIN) $B/collector/.tried
	$(Q)B=$(abspath $B) $B/venv/bin/python -m pytest -c tests/e2e/pytest.ini -n $(E2E_JOBS) $(E2E_TESTS)

# Programs of each kind of TLS against one server: tests/e2e/matrix. MATRIX=quick takes one row of each mechanism,
# MATRIX=httpx,ruby the rows with these words. Packages that are missing are rows that are skipped.
MATRIX ?=
.PHONY: matrix
matrix: all $B/venv/.ready
	@$(if $(filter quick,$(MATRIX)),,BUILD=$(abspath $B) scripts/deps.sh matrix || echo '  their rows are skipped')
	$(Q)B=$(abspath $B) PYTHON=$(PYTHON) MATRIX='$(MATRIX)' $(PYTHON) tests/e2e/matrix/packages.py
	$(Q)B=$(abspath $B) MATRIX='$(MATRIX)' $(PYTHON) tests/e2e/matrix/alone.py \
		$B/venv/bin/python -m pytest -c tests/e2e/pytest.ini -n $(E2E_JOBS) tests/e2e/matrix/runs.py
