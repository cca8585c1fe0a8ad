# make              the program, build/measure           make check      every test
# make DEV=1        warnings are errors                  make install    honours DESTDIR and prefix
# make SAN=1        ASAN and UBSAN, in build-asan        make help       all targets
MEASURE_VERSION := 0.1.0

# A module is the folder of one TEE image format: its tee.c exports `const struct tee NAME_tee`
# (dashes become underscores) and so becomes a row of the TEE table. Modules without it are libraries.
# A tee_X.c beside it exports NAME_tee_X: another kind of file that starts the same guests. What is
# measured for any TEE is such a tee_X.c in measure/core.
MODULES := eif ovmf-snp reference-db

CC = gcc
AR = ar
PKG_CONFIG = pkg-config
CFLAGS = -O2 -g
BUILD = build$(if $(SAN),-asan)$(if $(FUZZ),-fuzz)
Q = $(if $(V),,@)
silent = $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(V)$(silent),@:,@printf '%-4s %s\n' $1 $(@:$(BUILD)/%=%))

prefix = /usr/local
bindir = $(prefix)/bin
datadir = $(prefix)/share
mandir = $(datadir)/man
bashdir = $(datadir)/bash-completion/completions
zshdir = $(datadir)/zsh/site-functions
fishdir = $(datadir)/fish/vendor_completions.d
docdir = $(datadir)/doc/measure

# a sanitizer's run-time cannot be linked statically
STATIC_PROGRAMS := $(if $(SAN)$(FUZZ),,$(BUILD)/measure-verify)
PROGRAMS := $(BUILD)/measure $(BUILD)/measure-fetch $(STATIC_PROGRAMS)
all: $(PROGRAMS)

# ---- sources: sorted, so that the order of a directory reaches no output
sources = $(sort $(wildcard $(addsuffix /*.c,$1)))
MAIN := measure/cli/main.c
# what makes a program of the library: main() and the program's table of verbs
TABLES := $(sort $(wildcard measure/cli/program_*.c))
# with the network, and so with libcurl, which nothing else is linked with
FETCH := $(call sources,measure/fetch)
SRC := $(filter-out $(MAIN) $(TABLES),$(call sources,measure/base measure/core measure/guest measure/rebuild measure/cli $(MODULES))) \
	measure/guest/init/words.c measure/guest/init/root_words.c
rows = $(subst /,_,$(subst -,_,$(basename $(wildcard $(addsuffix /$1.c,$2)))))
TEE_ROWS := $(call rows,tee,$(MODULES)) $(call rows,tee_*,$(MODULES) measure/core)
EVIDENCE_ROWS := $(call rows,evidence,$(MODULES))
# the pages that a program prints; those of measure-fetch are its own
PROSE := $(sort $(filter-out measure/man/measure-fetch%,$(wildcard measure/man/*.in)))
FETCH_PROSE := $(sort $(wildcard measure/man/measure-fetch*.in))
FORMATS := $(sort $(wildcard reference-db/formats/*))
GEN := tee_table evidence_table man_prose inits templates
TEMPLATES := $(sort $(wildcard measure/rebuild/templates/*.yml))
UNIT := $(filter tests/unit/test_%,$(call sources,tests/unit))
ALLOC := $(filter tests/alloc/test_%,$(call sources,tests/alloc))
FUZZERS := $(filter tests/fuzz/fuzz_%,$(call sources,tests/fuzz))
SUPPORT := $(filter-out tests/unit/test_% tests/alloc/test_%,$(call sources,tests/unit tests/alloc))
FORGE := $(filter $(patsubst %,tests/unit/support_%,eif% document% cert% report% ovmf% volume% notation% \
	diag% hex% layer% log% note% tlog%),$(SUPPORT))
MAKERS := $(call sources,tests/shouldfail)

object = $(patsubst %.c,$(BUILD)/obj/%.o,$1)
program = $(patsubst %.c,$(BUILD)/%,$1)
LIB := $(BUILD)/libmeasure.a
LIBOBJ := $(call object,$(SRC)) $(GEN:%=$(BUILD)/obj/gen/%.o)

# ---- what the compiler and the machine offer
compiles := $(if $(filter-out clean commit help format uninstall,$(or $(MAKECMDGOALS),all)),yes)
ifdef compiles
# package-of NAME: the Debian package that holds NAME.pc
package-of = $(or $(if $(filter libcrypto,$1),libssl-dev),$(if $(filter libdeflate,$1),libdeflate-dev),$(if $(filter yaml-0.1,$1),libyaml-dev),$(if $(filter zlib,$1),zlib1g-dev),$(if $(filter libcurl,$1),libcurl4-openssl-dev),$1-dev)
has = $(shell $(PKG_CONFIG) --exists $1 2>/dev/null && echo yes)
need = $(if $(call has,$1),,$(error $1 is missing: install the Debian package $(call package-of,$1), or run ci/setup build))
pc = $(shell $(PKG_CONFIG) $1 $2 2>/dev/null)$(if $(filter-out 0,$(.SHELLSTATUS)),$(foreach p,$2,$(call need,$p)))

ifeq ($(shell command -v $(firstword $(CC))),)
$(error $(CC) is missing: install the Debian package $(firstword $(CC)), or run ci/setup build)
endif
ifeq ($(shell command -v $(firstword $(PKG_CONFIG))),)
$(error $(PKG_CONFIG) is missing: install the Debian package pkg-config, or run ci/setup build)
endif
LIBRARIES := libcrypto libdeflate libcbor
# libraries that are loaded on first use: of them the headers alone
LOADED := yaml-0.1 zlib libzstd liblzma libgit2
LIB_CFLAGS := $(call pc,--cflags,$(LIBRARIES) $(LOADED))
LIB_LIBS := $(call pc,--libs,$(LIBRARIES)) -pthread
# what measure-verify is made of: of libcbor Debian has no archive, and it unpacks nothing
STATIC_LIBS = $(call pc,--static --libs,$(filter-out libcbor,$(LIBRARIES)) yaml-0.1) -pthread
# cmocka is asked for only when a test is linked
CMOCKA = $(eval CMOCKA := $(call pc,--libs,cmocka))$(CMOCKA)

# accepted FLAGS: all of them when the compiler takes them together, else those it takes alone
try = $(shell echo 'int main(void){return 0;}' | $(CC) -Werror $1 -x c -o /dev/null - 2>/dev/null && echo yes)
accepted = $(if $(call try,$1),$1,$(foreach f,$1,$(if $(call try,$f),$f)))
HARDEN := $(call accepted,-fstack-protector-strong -fstack-clash-protection -fcf-protection=full)
LD_WISHES := -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
HARDEN_LD := $(call accepted,$(LD_WISHES))
endif

comma := ,
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wcast-qual -Wcast-align -Wpointer-arith -Wundef -Wvla \
	-Wformat=2 -Wimplicit-fallthrough -Wswitch-enum -Wnull-dereference -Wdate-time \
	$(if $(DEV),-Werror)
SANITIZE := $(if $(SAN)$(FUZZ),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer) $(if $(FUZZ),-fsanitize=fuzzer-no-link)
# the sanitizers see what a fortified call would hide
FORTIFY := -U_FORTIFY_SOURCE $(if $(SAN)$(FUZZ),,-D_FORTIFY_SOURCE=3)
BASIC := -std=c11 -fPIE -fvisibility=hidden -fno-common -fno-strict-aliasing -pthread
CPP = -D_GNU_SOURCE -I. $(LIB_CFLAGS) $(CPPFLAGS)
COMPILE = $(CC) $(CPP) $(BASIC) $(WARN) $(HARDEN) $(CFLAGS) $(SANITIZE) $(FORTIFY)
LINK = $(CC) $(BASIC) $(CFLAGS) $(SANITIZE) -pie $(HARDEN_LD) $(LDFLAGS)
# the shell's own idea of the path is the one the compiler records
PREFIX_MAP = -ffile-prefix-map="$$PWD"=.

# ---- objects and the library that program, tests and fuzzers share
# rewrite TEXT: the file's time moves only when its content does
quote = '$(subst ','\'',$1)'
rewrite = @mkdir -p $(@D); printf '%s\n' $(call quote,$1) >$@.new; \
	if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: FORCE all commit help clean install uninstall man completions format

# tests may do what the program may not
BANNED = $(if $(filter tests/%,$<),,-include measure/base/banned.h)

$(BUILD)/obj/%.o: %.c $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) $(BANNED) $(DEFINES) $(PREFIX_MAP) -MMD -MP -c -o $@ $<

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) $(PREFIX_MAP) -MMD -MP -c -o $@ $<

$(BUILD)/gen/flags: FORCE
	$(call rewrite,$(COMPILE) $(LINK))

$(LIB): $(LIBOBJ)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) qcDs $@ $(LIBOBJ)

$(BUILD)/measure: $(call object,$(MAIN) measure/cli/program_measure.c) $(LIB)
	$(call say,LD)
	$(Q)$(LINK) -o $@ $^ $(LIB_LIBS)

# the same code but for two doors (libyaml is linked, CBOR's heads are written here) and for what
# libcrypto would load or look up
VERIFY := $(call object,$(addprefix measure/cli/,main.c program_verify.c program_verify_absent.c)) \
	$(patsubst %,$(BUILD)/obj/static/measure/%.o,base/yaml core/cbor)
ABSENT := $(foreach f,dlopen getaddrinfo gethostbyname,-Wl$(comma)--wrap=$f)
$(BUILD)/obj/static/%.o: %.c $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) $(BANNED) -DMEASURE_STATIC $(PREFIX_MAP) -MMD -MP -c -o $@ $<

$(BUILD)/measure-verify: $(VERIFY) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(BASIC) $(CFLAGS) -static-pie $(HARDEN_LD) $(ABSENT) $(LDFLAGS) -o $@ $^ $(STATIC_LIBS)

$(BUILD)/measure-fetch: $(call object,$(MAIN) measure/cli/program_fetch.c $(FETCH)) \
		$(BUILD)/obj/gen/fetch_prose.o $(LIB)
	$(call say,LD)
	$(Q)$(LINK) -o $@ $^ $(LIB_LIBS) $(call pc,--libs,libcurl)

# ---- generated: the tables of image and evidence formats, the prose of the man pages, the version
$(BUILD)/gen/rows: FORCE
	$(call rewrite,$(TEE_ROWS) $(EVIDENCE_ROWS))

# table HEADER TYPE NAME ROWS: an array of the addresses of the rows, NULL behind them
table = { printf '\#include "measure/core/$1.h"\n\#include <stddef.h>\n\n'; \
	$(foreach t,$4,printf 'extern const struct $2 $t;\n';) \
	printf '\nconst struct $2 *const $3[] = {\n'; \
	$(foreach t,$4,printf '\t&$t,\n';) printf '\tNULL,\n};\n'; }

$(BUILD)/gen/tee_table.c: $(BUILD)/gen/rows
	@$(call table,tee,tee,tee_table,$(TEE_ROWS)) >$@

$(BUILD)/gen/evidence_table.c: $(BUILD)/gen/rows
	@$(call table,evidence,evidence_format,evidence_table,$(EVIDENCE_ROWS)) >$@

$(BUILD)/gen/prose: FORCE
	$(call rewrite,$(PROSE) $(FETCH_PROSE) $(TEMPLATES))

# recipes to begin with, which are also the examples of a page
$(BUILD)/gen/templates.c: $(TEMPLATES) $(BUILD)/gen/prose
	@{ printf '#include "measure/rebuild/recipe.h"\n\n'; $(foreach t,$(TEMPLATES), \
		printf 'static const uint8_t $(basename $(notdir $t))[] = {\n'; \
		od -An -v -tu1 $t | sed 's/[0-9][0-9]*/&,/g'; printf '};\n\n';) \
		printf 'const struct recipe_template recipe_templates[] = {\n'; \
		$(foreach t,$(basename $(notdir $(TEMPLATES))), \
		printf '\t{"$t", {$t, sizeof($t)}},\n';) printf '\t{0},\n};\n'; } >$@

$(BUILD)/gen/man_prose.c: measure/man/embed.sh $(PROSE) $(TEMPLATES) $(BUILD)/gen/prose
	$(Q)measure/man/embed.sh man_prose $(PROSE) >$@

$(BUILD)/gen/fetch_prose.c: measure/man/embed.sh $(FETCH_PROSE) $(BUILD)/gen/prose
	$(Q)measure/man/embed.sh fetch_prose $(FETCH_PROSE) >$@

# the commit of the sources: from git, from the file .commit of a release, or unknown
git-commit = $(shell c=$$(git rev-parse --verify -q HEAD) && \
	d=$$(git --no-optional-locks status --porcelain) && echo "$$c$${d:+-dirty}")
ifndef MEASURE_COMMIT
MEASURE_COMMIT := $(or $(if $(wildcard .git),$(git-commit)),$(if $(wildcard .commit),$(file <.commit)),unknown)
endif

commit:
	@echo '$(MEASURE_COMMIT)'

$(BUILD)/gen/version: FORCE
	$(call rewrite,$(MEASURE_VERSION) $(MEASURE_COMMIT))

$(call object,measure/cli/version.c measure/cli/man.c): \
	private DEFINES = -DMEASURE_VERSION='"$(MEASURE_VERSION)"'
$(call object,measure/cli/version.c): private DEFINES += -DMEASURE_COMMIT='"$(MEASURE_COMMIT)"'
$(call object,measure/cli/version.c): $(BUILD)/gen/version
$(call object,measure/cli/man.c): Makefile

# ---- the inits of guests: programs without a C library, whose bytes are those of this compiler
# alone, whatever flags the rest is built with; of each architecture where there is a compiler
INIT_FORMATS := eif ovmf-snp
INIT_ARCHS_eif := x86_64 aarch64
INIT_ARCHS_ovmf-snp := x86_64
INIT_FLAGS = -std=c11 -D_GNU_SOURCE -I. -Os -ffreestanding -fno-builtin -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident -ffunction-sections -fdata-sections $(WARN) \
	$(PREFIX_MAP)
INIT_LINK := -nostdlib -static -s -Wl,--build-id=none,--gc-sections,-z,noexecstack \
	-Wl,-z,max-page-size=4096,-z,noseparate-code
# a loop that fills memory is not to become a call of itself
INIT_LOOPS := -fno-tree-loop-distribute-patterns
ifdef compiles
NATIVE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
init-cc = $(if $(filter $1,$(NATIVE)),$(CC),$1-linux-gnu-gcc)
hash := \#
try-init = $(shell echo '$(hash)include <sys/syscall.h>' | $(call init-cc,$1) -Werror $2 -x c -fsyntax-only - 2>/dev/null && echo yes)
INIT_ARCHS := $(foreach a,x86_64 aarch64,$(if $(call try-init,$a),$a))
init-archs = $(filter $(INIT_ARCHS_$1),$(INIT_ARCHS))
INITS := $(foreach f,$(INIT_FORMATS),$(foreach a,$(call init-archs,$f),$(BUILD)/init-$f-$a))
init-src = $(call sources,measure/guest/init $1/init)

# init-rule FORMAT ARCH
define init-rule
$(BUILD)/init-$1-$2: $(call init-src,$1) $(wildcard measure/guest/init/*.h $1/init/*.h) $(BUILD)/gen/init-flags
	$$(call say,INIT)
	$$(Q)$(call init-cc,$2) $$(INIT_FLAGS) $(if $(call try-init,$2,$(INIT_LOOPS)),$(INIT_LOOPS)) \
		$$(INIT_LINK) -o $$@ $(call init-src,$1)
endef
$(foreach f,$(INIT_FORMATS),$(foreach a,$(call init-archs,$f),$(eval $(call init-rule,$f,$a))))
endif

$(BUILD)/gen/init-flags: FORCE
	$(call rewrite,$(foreach a,$(INIT_ARCHS),$(call init-cc,$a)) $(INIT_FLAGS) $(INIT_LINK))

$(BUILD)/gen/inits.c: $(INITS)
	@{ printf '#include "measure/guest/init.h"\n\n'; $(foreach i,$(notdir $(INITS)), \
		printf 'static const uint8_t $(subst -,_,$i)[] = {\n'; \
		od -An -v -tu1 $(BUILD)/$i | sed 's/[0-9][0-9]*/&,/g'; printf '};\n\n';) \
		printf 'const struct guest_init guest_inits[] = {\n'; \
		$(foreach f,$(INIT_FORMATS),$(foreach a,$(call init-archs,$f), \
		printf '\t{"$f", "$a", {init_$(subst -,_,$f)_$a, sizeof(init_$(subst -,_,$f)_$a)}},\n';)) \
		printf '\t{0},\n};\n'; } >$@

# ---- man pages and completions, printed by the program from its option tables
PAGED := $(filter-out $(STATIC_PROGRAMS),$(PROGRAMS))
man: $(PAGED)
	$(call say,MAN)
	$(Q)rm -rf $(BUILD)/man && mkdir -p $(BUILD)/man && for p in $(PAGED); do \
	topics=$$($$p help --topics) && for t in $$topics; do \
	$$p help --man $$t >$(BUILD)/man/$$t || exit 1; done || exit 1; done

completions: $(PROGRAMS)
	$(call say,COMP)
	$(Q)rm -rf $(BUILD)/completions && mkdir -p $(BUILD)/completions && for p in $(PROGRAMS); do \
	n=$${p##*/}; to=$(BUILD)/completions && \
	$$p help --completion bash >$$to/$$n.bash && $$p help --completion zsh >$$to/_$$n && \
	$$p help --completion fish >$$to/$$n.fish || exit 1; done

dest = $(call quote,$(DESTDIR)$1)
install: $(PROGRAMS) man completions
	for p in $(PROGRAMS); do n=$${p##*/}; \
		install -D -m 755 $$p $(call dest,$(bindir))/$$n && \
		install -D -m 644 $(BUILD)/completions/$$n.bash $(call dest,$(bashdir))/$$n && \
		install -D -m 644 $(BUILD)/completions/_$$n $(call dest,$(zshdir))/_$$n && \
		install -D -m 644 $(BUILD)/completions/$$n.fish $(call dest,$(fishdir))/$$n.fish || \
		exit 1; done
	for f in $(BUILD)/man/*; do \
		install -D -m 644 "$$f" $(call dest,$(mandir))/man"$${f##*.}/$${f##*/}" || exit 1; done
	install -d -m 755 $(call dest,$(docdir)/formats)
	install -m 644 $(FORMATS) $(call dest,$(docdir)/formats)

# needs no build: each page has its prose
PAGES := $(patsubst measure/man/%.in,%,$(PROSE) $(FETCH_PROSE))
uninstall:
	for p in $(PROGRAMS); do n=$${p##*/}; rm -f $(call dest,$(bindir))/$$n \
		$(call dest,$(bashdir))/$$n $(call dest,$(zshdir))/_$$n \
		$(call dest,$(fishdir))/$$n.fish; done
	rm -f $(foreach p,$(PAGES),$(call dest,$(mandir)/man$(subst .,,$(suffix $p))/$p))
	rm -rf $(call dest,$(docdir)/formats)

# ---- tests
# what several tests use; each program takes from the archive what it needs
KIT := $(BUILD)/libtests.a
$(KIT): $(call object,$(SUPPORT))
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) qcDs $@ $^

$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(KIT) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(LINK) -o $@ $^ $(CMOCKA) $(LIB_LIBS)

WRAP := $(foreach f,malloc calloc realloc free,-Wl$(comma)--wrap=$f)
$(BUILD)/tests/alloc/%: $(BUILD)/obj/tests/alloc/%.o $(KIT) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(LINK) $(WRAP) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(CMOCKA) $(LIB_LIBS) $(MORE_LIBS)

# of measure-fetch, which is no part of the library
$(BUILD)/tests/alloc/test_bases: $(call object,measure/fetch/bases.c measure/fetch/http.c)
$(BUILD)/tests/alloc/test_bases: private MORE_LIBS = $(call pc,--libs,libcurl)

# the generators of broken images and of evidence, which the demo uses where no cmocka is
$(BUILD)/tests/%: $(BUILD)/obj/tests/shouldfail/%.o $(call object,$(FORGE)) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(LINK) -o $@ $^ $(LIB_LIBS)

# tells what one run of a program takes
$(BUILD)/tests/spent: $(BUILD)/obj/tests/bench/spent.o
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(LINK) -o $@ $^

# makes databases to measure with
$(BUILD)/tests/filled: $(BUILD)/obj/tests/bench/filled.o $(KIT) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(LINK) -o $@ $^ $(CMOCKA) $(LIB_LIBS)

# one harness, two programs: under libFuzzer, or replaying a corpus with any compiler
REPLAY := $(if $(FUZZ),,$(BUILD)/obj/tests/fuzz/replay.o)
$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(REPLAY) $(KIT) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(LINK) $(if $(FUZZ),-fsanitize=fuzzer) -o $@ $^ $(CMOCKA) $(LIB_LIBS)

# outside the library: nothing but the sanitizers, proving that they are alive
$(BUILD)/tests/san/canary: $(BUILD)/obj/tests/san/canary.o
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(LINK) -o $@ $^

export BUILD V
RUN = @BUILD='$(BUILD)' V='$(V)' tests/run.sh
PROGRAM := $(if $(wildcard $(MAIN)),$(BUILD)/measure)
MUTATE := $(MAKERS:tests/shouldfail/%.c=$(BUILD)/tests/%)
CHECKS := unit alloc cli shouldfail vectors fuzz
.PHONY: check $(CHECKS:%=check-%) check-asan check-boot check-canary check-parity fuzz bench soak tests

check-unit: $(call program,$(UNIT))
	$(RUN) unit $(call program,$(UNIT))
check-alloc: $(call program,$(ALLOC))
	$(RUN) alloc $(call program,$(ALLOC))
check-cli: $(PROGRAMS) $(MUTATE)
	$(RUN) cli $(sort $(wildcard tests/cli/*.sh))
check-shouldfail: $(PROGRAM) $(MUTATE) $(BUILD)/tests/spent
	$(RUN) shouldfail $(sort $(wildcard tests/shouldfail/*.sh))
check-vectors: $(PROGRAM)
	$(RUN) vectors $(sort $(wildcard tests/vectors/*.sh))
check-fuzz: $(call program,$(FUZZERS))
	$(RUN) corpus ci/replay.sh
# boots images in an emulator; without it, or without a kernel to boot, it skips
check-boot: $(PROGRAM) $(BUILD)/tests/forge_ovmf
	$(RUN) boot $(sort $(wildcard tests/boot/*.sh))
# the other programs are no part of this tree; without them it skips
check-parity: $(PROGRAM) $(MUTATE)
	@MEASURE='$(PROGRAM)' tests/parity/run.sh
check-canary: $(BUILD)/tests/san/canary
	$(RUN) canary tests/san/canary.sh

# every program that a test needs, without running one
tests: $(call program,$(UNIT) $(ALLOC) $(FUZZERS)) $(MUTATE) $(BUILD)/tests/spent $(BUILD)/tests/filled $(PROGRAM)

# all stages run, whichever fails
stages = failed=; for s in $1; do $(MAKE) --no-print-directory $2 check-$$s || failed=yes; done; test -z "$$failed"
check:
	+@$(call stages,$(CHECKS))
check-asan:
	+@$(call stages,canary unit cli shouldfail vectors fuzz,SAN=1 BUILD=build-asan)

FUZZ_SECONDS = 180
fuzz:
	@$(MAKE) --no-print-directory CC=clang FUZZ=1 BUILD=build-fuzz fuzz-build
	@FUZZ_SECONDS=$(FUZZ_SECONDS) ci/fuzz.sh build-fuzz
fuzz-build: $(call program,$(FUZZERS))
bench: $(PROGRAM) $(BUILD)/tests/document $(BUILD)/tests/filled
	@tests/bench/run.sh
soak: export SOAK = 1
soak: FUZZ_SECONDS = 3600
soak:
	+@$(call stages,unit alloc cli shouldfail)
	TIDY_NODES=225000 ci/tidy.sh
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=$(FUZZ_SECONDS)

.PHONY: recipes
# builds each recipe of the tree twice, which takes minutes to an hour; RECIPES: their folders
recipes:
	ci/recipes $(RECIPES)

.PHONY: self
# releases this program by its own recipe, in a scratch folder, which takes minutes; SELF: options
self:
	ci/self/try.sh $(SELF)

format:
	clang-format -i $(or $(FILES),$(shell git ls-files '*.c' '*.h'))

clean:
	rm -rf build build-*

help:
	@sed -n '1,/^MEASURE_VERSION/s/^# \{0,1\}//p' Makefile
	@echo 'targets: all man completions install uninstall tests check check-{unit,alloc,cli,shouldfail,'
	@echo 'vectors,fuzz,asan,boot,parity} fuzz bench soak recipes self format clean; variables: V=1 DEV=1'
	@echo 'SAN=1 BUILD FUZZ_SECONDS RECIPES SELF'

-include $(patsubst %.o,%.d,$(LIBOBJ) $(VERIFY) $(call object,$(MAIN) $(TABLES) $(FETCH) $(UNIT) $(SUPPORT) $(ALLOC) $(FUZZERS) $(MAKERS)))
