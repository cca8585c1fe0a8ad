#!/bin/sh
# ci/man.sh and ci/rows.sh refuse a verb without page, an option in no page or completion, bad roff
. "${0%/*}/../lib.sh"

mkdir -p eif tests/vectors tests/fuzz
printf 'MODULES := eif\n' >Makefile
: >eif/tee.c
: >tests/vectors/eif.sh
: >tests/fuzz/fuzz_eif.c

# program: a stand-in that prints files
mkdir help
cat >program <<'EOT'
#!/bin/sh
case $*/ in
help/) cat help/top ;;
*--topics/) ls help | grep '\.1$' ;;
*--man*/ | *--completion*/) cat "help/$3" ;;
*) shift; cat "help/$*" ;;
esac
EOT
chmod +x program
MEASURE=$PWD/program
export MEASURE

# texts: of a program in which nothing is wrong
texts()
{
	printf 'Measure  eif         an image\nBuild    build       an image\n\nmeasure help VERB\n' >help/top
	printf 'usage: measure eif FILE\n\n  -q, --quiet   less\n      --lenient     more\n' >help/eif
	printf 'usage: measure build KIND\n\n  measure build eif     an image\n\n  -q, --quiet   less\n' >help/build
	printf 'usage: measure build eif\n\n  -q, --quiet   less\n' >'help/build eif'
	printf 'usage: measure help\n' >help/help
	printf '.TH MEASURE 1 "" measure\n.SH NAME\nmeasure \\- eif, build, help\n.SH OPTIONS\n\\-\\-quiet\n' >help/measure.1
	printf '.TH MEASURE\\-EIF 1 "" measure\n.SH NAME\nmeasure-eif \\- image\n.SH SYNOPSIS\nmeasure eif\n.SH OPTIONS\n\\-\\-quiet,\n\\-\\-lenient\n' >help/measure-eif.1
	printf ': eif build help --quiet --lenient\n' >help/bash
	cp help/bash help/zsh
	printf ': eif build help -l quiet -l lenient\n' >help/fish
}

refused()
{
	run_command "$ROOT/ci/$1.sh"
	expect_status 1
	expect_stdout_has "$2"
	ok "$3"
	texts
}

texts
run_command "$ROOT/ci/man.sh"
expect_status 0
expect_stdout 'man: 4 verbs in 2 pages'
ok 'pages and completions that say everything pass'
run_command "$ROOT/ci/rows.sh"
expect_status 0
expect_stdout ''
ok 'a format with everything passes'

printf '\n      --new   option\n' >>help/eif
refused man 'measure eif: --new is not in man/measure-eif.1' 'an option that its page does not name'
sed -i 's/--lenient//' help/bash
refused man 'measure eif: --lenient is not in bash' 'an option that bash does not complete'
sed -i 's/-l lenient//' help/fish
refused man 'measure eif: --lenient is not in fish' 'an option that fish does not complete'
sed -i 's/eif, build/eif/' help/measure.1
refused man 'measure build: is not in man/measure.1' 'a verb that no page names'
rm help/measure.1
refused man 'measure build: has no page' 'a verb without page'
printf '.SH\n.nosuchmacro\n' >>help/measure.1
refused man 'measure.1:' 'roff that mandoc complains of'
printf 'if\n' >>help/bash
refused man 'bash:' 'a completion that is no script'

rm tests/fuzz/fuzz_eif.c
refused rows 'eif/tee.c: has no tests/fuzz/fuzz_eif*.c' 'a format without fuzz harness'
rm tests/vectors/eif.sh
refused rows 'eif/tee.c: has no tests/vectors/eif*.sh' 'a format without vectors'
rm help/measure-eif.1
refused rows 'eif/tee.c: has no page measure-eif.1' 'a format without page'

plan done
