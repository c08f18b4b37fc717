# `make help` says what can be made; docs/DEVELOPING.md says more.
.DEFAULT_GOAL := all

VERSION  := 0.1.0
CC       ?= cc
PREFIX   ?= /usr/local
SANITIZE ?=
CI       ?=

# PostgreSQL's own parser, for sqlferry, where the machine has libpg_query; make PGQUERY= for without.
PGQUERY ?= $(if $(wildcard /usr/include/pg_query.h /usr/local/include/pg_query.h),yes)

# One folder of objects per compiler and kind of build, so that they never mix.
VARIANT := $(notdir $(firstword $(CC)))$(if $(SANITIZE),-sanitized)$(if $(PGQUERY),,-without-pg-query)
BUILD   := build/$(VARIANT)

CFLAGS  ?= -O2 -g
WARN := -Wall -Wextra         # the usual suspects
WARN += -Wshadow              # a name that hides another misleads the reader
WARN += -Wstrict-prototypes   # f() would take anything
WARN += -Wmissing-prototypes  # what no header declares must be static
WARN += -Wwrite-strings       # literals are constant
WARN += -Wvla                 # stack use must be known
WARN += -Wformat=2            # formats are literals
WARN += -Wundef               # a misspelt macro is not 0
WARN += -Wpointer-arith       # no arithmetic on void pointers
WARN += -Wcast-qual           # casting const away wants a reason
WARN += -Wno-format-nonliteral -Wno-cast-qual
ifneq ($(CI),)
WARN += -Werror
endif

HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE -fcf-protection
LDHARDEN := -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack
ifneq ($(SANITIZE),)
HARDEN  := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDHARDEN := $(HARDEN)
else
HARDEN += -D_FORTIFY_SOURCE=3
endif
ifeq ($(shell uname -m),aarch64)
HARDEN := $(filter-out -fcf-protection,$(HARDEN)) -mbranch-protection=standard
endif

# The libraries of each program. Deferred, because `make setup` may have just installed them.
LIBS_GROUND   = $(shell pkg-config --libs libsodium libzstd sqlite3)
LIBS_COMPILER = $(LIBS_GROUND) $(shell pkg-config --libs yaml-0.1) $(if $(PGQUERY),-lpg_query) -pthread
LIBS_TEST     = $(LIBS_COMPILER) $(shell pkg-config --libs cmocka)
INCLUDES      = $(shell pkg-config --cflags libsodium libzstd sqlite3 yaml-0.1 cmocka 2>/dev/null)

# make V=1 shows the commands whole.
Q    := $(if $(V),,@)
note = $(if $(V),,@echo "  $(1)	$(2)")

COMPILE = $(CC) -std=c17 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' $(WARN) $(HARDEN) $(CFLAGS) \
          $(if $(PGQUERY),-DPGQUERY) $(INCLUDES) -MMD -MP

# Floors 0 and 1 are what both programs stand on; `make floors` holds the list to the headers.
SHARED := $(shell sed -s -n '1s/^\/\* \([a-z0-9_]*\)\.h - .* Floor [01]\. \*\/$$/\1/p' runtime/*.h)

RUNTIME_SOURCES  := $(wildcard runtime/*.c)
COMPILER_SOURCES := $(wildcard compiler/*.c)
SHARED_SOURCES   := $(wildcard $(SHARED:%=runtime/%.c))
TEST_SOURCES     := $(wildcard tests/unit/test_*.c tests/oracle/test_*.c tests/end/test_*.c)
TEST_SOURCES     := $(if $(PGQUERY),$(TEST_SOURCES),$(filter-out %/test_pg_query.c,$(TEST_SOURCES)))

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))

RUNTIME_OBJECTS  := $(call objects,$(RUNTIME_SOURCES))
COMPILER_OBJECTS := $(call objects,$(COMPILER_SOURCES) $(SHARED_SOURCES))
# Tests link every module of both programs, but not their commands.
MODULE_OBJECTS   := $(call objects,$(filter-out %/main.c $(wildcard */command_*.c),\
                      $(RUNTIME_SOURCES) $(COMPILER_SOURCES)))
SUPPORT_OBJECTS  := $(call objects,$(filter-out $(TEST_SOURCES),$(wildcard tests/unit/*.c)) \
                      $(if $(COVERAGE),tests/coverage/exit.c))
# Packs scripts into signed bundles without reading them: what the scripts of tests/end attack with.
FORGE            := $(BUILD)/tests/end/forge
# Lets allocations fail; the sanitizers have an allocator of their own.
FAIL_MALLOC      := $(if $(SANITIZE),,$(BUILD)/tests/end/fail_malloc.so)
# Stops a program where it holds a secret, attacks from inside; and what looks into it then.
INTRUDER         := $(BUILD)/tests/end/intruder.so
SCAN_MEMORY      := $(BUILD)/tests/end/scan_memory
END_TOOLS        := $(FORGE) $(FAIL_MALLOC) $(INTRUDER) $(SCAN_MEMORY)
# What the tests share that compare our lexers with other readers of SQL.
ORACLE_OBJECTS   := $(call objects,$(filter-out tests/oracle/test_%,$(wildcard tests/oracle/*.c)))
TESTS            := $(patsubst %.c,$(BUILD)/%,$(TEST_SOURCES))
# What the fuzz targets share, and each of them. The linker can switch signatures off in them alone.
CORPUS_TEST      := $(BUILD)/tests/fuzz/test_corpus
FUZZ_OBJECTS     := $(call objects,$(filter-out %/test_corpus.c %/libfuzzer.c,$(wildcard tests/fuzz/*.c)))
FUZZ_LINK        := -Wl,--wrap=crypto_verify
FUZZERS          := $(patsubst tests/fuzz/%.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
# Tests of the verifier, linked with sources that have all of their mutants asleep in them.
MUTANTS          ?= index trust trust_text trust_file bundle inflate container payload minisign
MUTANT_OBJECTS   := $(MUTANTS:%=$(BUILD)/mutated/%.o) $(BUILD)/tests/mutants/switch.o
MUTANT_TESTS     := $(patsubst %,$(BUILD)/mutated/test_%,index trust trust_table bundle inflate \
                      minisign crypto)
MUTANT_TOOLS     := $(BUILD)/tests/mutants/mutate $(BUILD)/tests/mutants/run

.PHONY: all
all: $(BUILD)/sqlferry $(BUILD)/sqlland ## build both programs, into build/ and as links here
	@ln -sf $(BUILD)/sqlferry sqlferry
	@ln -sf $(BUILD)/sqlland sqlland

$(BUILD)/sqlland: $(RUNTIME_OBJECTS)
	$(call note,LINK,$@)
	$(Q)$(CC) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LIBS_GROUND)

$(BUILD)/sqlferry: $(COMPILER_OBJECTS)
	$(call note,LINK,$@)
	$(Q)$(CC) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LIBS_COMPILER)

# Without an include path the runtime cannot see the compiler.
$(BUILD)/runtime/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(call note,CC,$<)
	$(Q)$(COMPILE) -c -o $@ $<

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call note,CC,$<)
	$(Q)$(COMPILE) -I. -c -o $@ $<

$(BUILD)/modules.a: $(MODULE_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(FORGE): $(FORGE).o $(BUILD)/modules.a
	$(call note,LINK,$@)
	$(Q)$(CC) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LIBS_COMPILER)

$(SCAN_MEMORY): $(SCAN_MEMORY).o
	$(call note,LINK,$@)
	$(Q)$(CC) $(LDHARDEN) $(LDFLAGS) -o $@ $^

$(INTRUDER): HARDEN := # it is loaded in front of the sanitizers
$(BUILD)/%.so: %.c
	@mkdir -p $(@D)
	$(call note,CC,$<)
	$(Q)$(COMPILE) -fPIC -shared -o $@ $< -ldl

$(TESTS): $(BUILD)/%: $(BUILD)/%.o $(SUPPORT_OBJECTS) $(BUILD)/modules.a
	$(call note,LINK,$@)
	$(Q)$(CC) $(LDHARDEN) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS_TEST)

ORACLES := $(filter $(BUILD)/tests/oracle/%,$(TESTS))
$(ORACLES): $(ORACLE_OBJECTS)

$(CORPUS_TEST): $(CORPUS_TEST).o $(FUZZ_OBJECTS) $(SUPPORT_OBJECTS) $(BUILD)/modules.a
	$(call note,LINK,$@)
	$(Q)$(CC) $(LDHARDEN) $(LDFLAGS) $(FUZZ_LINK) -o $@ $^ $(LIBS_TEST)

# A fuzz target that feeds itself; see `make fuzz`.
$(FUZZERS): $(BUILD)/fuzz_%: tests/fuzz/libfuzzer.c $(FUZZ_OBJECTS) $(BUILD)/modules.a
	$(call note,LINK,$@)
	$(Q)$(COMPILE) -I. -DTARGET=fuzz_$* -fsanitize=fuzzer $(LDFLAGS) $(FUZZ_LINK) -Wl,--wrap=_exit \
		-o $@ $(filter %.c %.o %.a,$^) $(LIBS_COMPILER)

$(MUTANT_TOOLS): %: %.o $(BUILD)/modules.a
	$(call note,LINK,$@)
	$(Q)$(CC) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LIBS_COMPILER)

# Written anew each time: MUTANTS may name others.
.PHONY: $(BUILD)/mutated/list
$(BUILD)/mutated/list: $(MUTANT_TOOLS)
	@rm -rf $(@D)/tmp; mkdir -p $(@D)/tmp
	$(Q)$(BUILD)/tests/mutants/mutate $(@D) $(MUTANTS:%=runtime/%.c)

$(MUTANTS:%=$(BUILD)/mutated/%.o): $(BUILD)/mutated/list
	$(call note,CC,$@)
	$(Q)$(COMPILE) -w -I. -iquote runtime -c -o $@ $(@:.o=.c)

$(MUTANT_TESTS): $(BUILD)/mutated/%: $(BUILD)/tests/unit/%.o $(MUTANT_OBJECTS) $(SUPPORT_OBJECTS) $(BUILD)/modules.a
	$(call note,LINK,$@)
	$(Q)$(CC) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LIBS_TEST)

.SECONDARY:

$(BUILD)/compiler/templates.o: $(wildcard manifests/templates/*)

.PHONY: setup-build setup-check
setup-build:
	@.ci/setup build
setup-check:
	@.ci/setup check

.PHONY: check
check: setup-check ## run all tests (SANITIZE=1: with address and undefined sanitizers)
	@$(MAKE) --no-print-directory check-run

# Test programs run side by side, the longest first and the output of each in one piece; test_end runs
# its scripts side by side itself.
END_TEST := $(BUILD)/tests/end/test_end
LONGEST  := $(filter %/test_bombs %/test_damage %/test_race,$(TESTS))
PROGRAMS := $(LONGEST) $(filter-out $(LONGEST) $(END_TEST),$(TESTS)) $(CORPUS_TEST)
FAILED   := $(BUILD)/tests/failed

.PHONY: $(PROGRAMS:%=%.run)
$(PROGRAMS:%=%.run): %.run: %
	@echo "-- $<"; $< || { echo "$<" >>$(FAILED); exit 1; }

.PHONY: check-run
check-run: all $(TESTS) $(CORPUS_TEST) $(END_TOOLS) check-manuals
	@rm -f $(FAILED); status=0; \
	$(MAKE) --no-print-directory -s -k -Otarget $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc)) \
		$(PROGRAMS:%=%.run) || status=1; \
	echo "-- $(END_TEST)"; $(END_TEST) || { echo $(END_TEST) >>$(FAILED); status=1; }; \
	[ $$status -eq 0 ] || { echo "failed: $$(tr '\n' ' ' <$(FAILED))"; exit 1; }
	@echo "all tests passed ($(VARIANT))"

# make test-text runs tests/unit/test_text.c alone.
test-%: $(BUILD)/tests/unit/test_%
	$<

.PHONY: test-corpus
test-corpus: $(CORPUS_TEST) ## run every input of tests/fuzz/corpus through its fuzz target
	$<

.PHONY: test-oracle
test-oracle: $(ORACLES) ## compare our lexers with psql, SQLite and libpg_query (SCRIPTS=n each)
	@failed=; for test in $(ORACLES); do $$test || failed="$$failed $$test"; done; \
	[ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

.PHONY: test-end
test-end: all $(BUILD)/tests/end/test_end $(END_TOOLS) ## run the tests that drive the built programs
	$(BUILD)/tests/end/test_end

# The tests that draw lots, long: each kill and each fault of what `make check` takes some of.
KILLS   ?= 1000
ROUNDS  ?= 100
SCRIPTS ?= 100000
.PHONY: torture
torture: setup-check ## kills, faults, races, damage, oracles, all of them: hours (KILLS= ROUNDS= SCRIPTS=)
	@$(MAKE) --no-print-directory torture-run

TORTURES := $(addprefix $(BUILD)/tests/,unit/test_damage unit/test_authoring unit/test_tidy end/test_bombs end/test_race)
.PHONY: torture-run
torture-run: all $(TORTURES) $(BUILD)/tests/end/test_end $(END_TOOLS)
	@failed=; SCRIPTS=$(SCRIPTS) $(MAKE) --no-print-directory test-oracle || failed=oracle; \
	for test in $(TORTURES); do TORTURE=1 $$test || failed="$$failed $$test"; done; \
	for script in kill faults race; do \
	TORTURE=1 KILLS=$(KILLS) ROUNDS=$(ROUNDS) $(BUILD)/tests/end/test_end "*$$script.sh" || failed="$$failed $$script"; \
	done; [ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

# Fuzz targets one after the other; what breaks one is left in build/fuzz/.
SECONDS ?= 60
FUZZ    ?= $(FUZZERS:$(BUILD)/fuzz_%=%)
.PHONY: fuzz
fuzz: ## feed each fuzz target with damaged inputs (SECONDS=60 FUZZ='index trust')
	@.ci/setup ci
	@$(MAKE) --no-print-directory fuzz-run CC=clang SANITIZE=1 BUILD=build/fuzz \
		CFLAGS='-O2 -g -fsanitize=fuzzer-no-link'

# Every target decodes and renders text; to trace that takes a third of the time and finds no more.
build/fuzz/runtime/text.o build/fuzz/runtime/report.o: override CFLAGS += -fno-sanitize=fuzzer-no-link

.PHONY: fuzz-run
fuzz-run: $(FUZZ:%=$(BUILD)/fuzz_%)
	@failed=; for name in $(FUZZ); do log=$(BUILD)/$$name.log; mkdir -p $(BUILD)/corpus/$$name; \
	$(BUILD)/fuzz_$$name -max_total_time=$(SECONDS) -timeout=10 -print_final_stats=1 \
		$$([ -f tests/fuzz/$$name.dict ] && echo -dict=tests/fuzz/$$name.dict) \
		-artifact_prefix=$(BUILD)/$$name- $(BUILD)/corpus/$$name tests/fuzz/corpus/$$name >$$log 2>&1 || \
		{ failed="$$failed $$name"; grep -v '^#' $$log | tail -n 40; }; \
	echo "$$name: $$(sed -n 's/^stat::number_of_executed_units: *//p' $$log) executions," \
		"$$(sed -n 's/^stat::average_exec_per_sec: *//p' $$log) each second"; \
	done; [ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

.PHONY: mutants
mutants: setup-check ## damage each check of the verifier in turn; the tests must notice (MUTANTS='index trust')
	@$(MAKE) --no-print-directory mutants-build BUILD=build/mutants CFLAGS='-O1 -g'
	@$(MAKE) --no-print-directory mutants-build BUILD=build/mutants/sanitized CFLAGS='-O1 -g' SANITIZE=1
	@$(MAKE) --no-print-directory mutants-run BUILD=build/mutants

.PHONY: mutants-build mutants-run
mutants-build: $(MUTANT_TESTS)
mutants-run:
	@$(BUILD)/tests/mutants/run $(BUILD)/mutated/list tests/mutants/equivalent $$(nproc) \
		$(MUTANT_TESTS) $(MUTANT_TESTS:$(BUILD)/%=$(BUILD)/sanitized/%)

# What tests leave out of these must be marked in the source with its reason.
COVERED := index trust trust_text trust_file bundle inflate
.PHONY: coverage
coverage: setup-check ## fail unless the tests reach each line and branch of the verifier
	@$(MAKE) --no-print-directory coverage-run CC=gcc BUILD=build/coverage HARDEN= LDHARDEN= \
		COVERAGE=1 CFLAGS='-O0 -g --coverage' LDFLAGS='--coverage -Wl,--wrap=_exit'

.PHONY: coverage-run
coverage-run: $(filter $(BUILD)/tests/unit/%,$(TESTS)) $(CORPUS_TEST)
	@find $(BUILD) -name '*.gcda' -delete
	@for test in $^; do $$test >$(BUILD)/log 2>&1 || { grep -v -e '  OK ' -e ' RUN ' $(BUILD)/log; exit 1; }; done
	@tests/coverage/report $(BUILD) $(COVERED)

.PHONY: check-manuals
check-manuals:
	@mandoc -Tlint -W warning docs/*.1 docs/*.5

.PHONY: golden
golden: all $(BUILD)/tests/end/test_end ## rewrite expected outputs; git diff is the review
	GOLDEN=1 $(BUILD)/tests/end/test_end '*damaged/*'
	GOLDEN=1 $(BUILD)/tests/end/test_end '*tests/lint/*'
	GOLDEN=1 $(BUILD)/tests/end/test_end '*lint_docs.sh'
	GOLDEN=1 $(BUILD)/tests/end/test_end '*messages.sh'
	GOLDEN=1 $(BUILD)/tests/end/test_end '*corpus.sh'
	GOLDEN=1 $(BUILD)/tests/end/test_end '*pictures.sh'

.PHONY: demo
demo: setup-build ## compile the example, sign it, apply it to a fresh SQLite file, show the result
	@$(MAKE) --no-print-directory all
	@examples/demo

.PHONY: floors
floors: all ## check that no include climbs and each library has one door
	@.ci/floors $(BUILD)/sqlland $(BUILD)/sqlferry

.PHONY: format
format: ## rewrite the C files as .clang-format says
	clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: analyze
analyze: ## clang's static analyzer and cppcheck
	scan-build --status-bugs -o build/analyze $(MAKE) -B BUILD=build/analyze-objects all
	cppcheck --quiet --enable=warning,portability --inline-suppr --error-exitcode=1 -I. \
		--suppress=missingInclude --suppress=nullPointerRedundantCheck runtime compiler

.PHONY: bench
bench: all ## compare with stock tools, as ratios in one run
	@tests/bench/run

.PHONY: install
install: all ## install programs and manual pages below DESTDIR and PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 755 $(BUILD)/sqlferry $(BUILD)/sqlland $(DESTDIR)$(PREFIX)/bin
	install -m 644 docs/sqlferry.1 docs/sqlland.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 docs/ferry.yaml.5 $(DESTDIR)$(PREFIX)/share/man/man5

.PHONY: clean
clean: ## remove everything that was built
	rm -rf build sqlferry sqlland

.PHONY: help
help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

-include $(shell find build -name '*.d' 2>/dev/null)
