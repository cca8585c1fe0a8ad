#!/bin/sh
# `measure help`, --help, and words that are no verbs
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

run help
expect_status 0
expect_stdout - <<'END'
usage: measure VERB [OPTION...], or measure FILE: an image of any type

Measure  eif         AWS Nitro Enclaves image (EIF): PCR0, PCR1, PCR2, PCR8
         snp         AMD SEV, SEV-ES, SEV-SNP: launch digests of a guest's files
         igvm        IGVM file: launch digest of SNP, SEV-ES, SEV; MRTD of TDX
         initrd      Linux ramdisk (cpio): digests of its bytes and its content
         pcr         Nitro registers of a role, an instance, a certificate
         solve       the SEV guest whose launch digest this is
         inspect     the parts of an image: offset, size, digests
         extract     the parts of an image as files
         diff        why two images, ramdisks, directories or launches differ
Build    build       an image from its parts, the same bytes each time
         lock        a recipe's inputs, each by its digest, as measure.lock
         store       the inputs of a release as one file, and back
         sign        an image with a certificate's key
         idblock     ID blocks of SEV-SNP guests: made, signed, judged
Publish  manifest    the signed statement what a released image measures to
         trust       whose signatures count, and for what
         db          the database of signed releases
Verify   who         which release is this digest?
         reproduce   is a release what its source, recipe and inputs give?
         check       is this file the one that its publishers released?
         verify      is what runs the image that its publishers released?
measure help VERB, measure explain REASON, measure version
END
expect_stderr ''
expect test "$(wc -l <"$STDOUT")" -le 24
cp "$STDOUT" top
ok 'help lists the verbs in their groups'

for word in --help -h; do
	run "$word"
	expect_status 0
	expect_stdout @top
	expect_stderr ''
done
ok '--help and -h are the same'

run help --json
expect_status 0
expect_json 'j["schema"] == "measure/1" and j["kind"] == "help" and j["ok"] is True'
expect_json 'j["text"] == open("top").read()'
ok 'help --json has the text as a member'

run help build
expect_status 0
expect_stdout - <<'END'
usage: measure build [FILE] -o DIR
       measure build KIND [OPTION...]

an image from its parts, the same bytes each time

  measure build recipe      an image from its recipe and lock: the verb where no
                            second word stands
  measure build eif         an AWS Nitro Enclaves image from a kernel and
                            ramdisks or a root file system
  measure build initrd      a ramdisk from a directory, a tar archive or a
                            container image
  measure build root        a read-only root image whose root hash binds every
                            file
  measure build snp         a bundle of what an SEV-SNP guest is started from,
                            with its launch digests

      --json                one JSON object instead of text
  -q, --quiet               print nothing but errors
  -v, --verbose             explain the steps
      --color auto|always|never
                            colour of messages
      --progress[=json]     show progress from the start, or as lines of JSON
  -h, --help                this text
END
expect_stderr ''
ok 'help of a family lists its verbs'

verbs='eif igvm initrd pcr solve inspect extract diff build sign manifest explain version help build_recipe build_eif build_initrd build_root build_snp sign_eif
	idblock idblock_create idblock_sign idblock_verify idblock_inspect
	manifest_make manifest_show manifest_lint manifest_bundle manifest_export trust trust_show trust_add
	lock store store_pack store_unpack reproduce who
	db db_init db_publish db_log db_show db_audit db_withdraw db_keys db_refresh'
for verb in $verbs; do
	# shellcheck disable=SC2046 # two words
	set -- $(echo "$verb" | tr _ ' ')
	run help "$@"
	expect_status 0
	expect_stderr ''
	expect_stdout_has "usage: measure $*"
	cp "$STDOUT" text
	expect test "$(grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' text | sort | uniq -d)" = ''
	expect test "$(grep -oE '^ +-[a-zA-Z],' text | sort | uniq -d)" = ''
	expect grep -q '^  -h, --help ' text
	run "$@" --help
	expect_status 0
	expect_stdout @text
	expect test "$(awk 'length > 80 && !/^ *(usage:)? +measure/' text)" = ''
	run "$@" -h
	expect_stdout @text
done
ok 'help VERB, VERB --help and VERB -h are the same, in 80 columns, no option twice'

run
expect_status 2
expect_stdout ''
expect_stderr 'measure: error[usage]: a verb or a file is missing
measure: hint: see `measure help`'
ok 'no word at all is a usage error'

run bulid
expect_status 2
expect_stdout ''
expect_stderr "measure: error[usage]: unknown verb 'bulid'
measure: hint: did you mean 'measure build'?"
ok 'the nearest verb is named'

run xyzzyxyzzy
expect_status 2
expect_stderr "measure: error[usage]: unknown verb 'xyzzyxyzzy'
measure: hint: see \`measure help\`"
ok 'where none is near, help is'

run build elf --kernel x
expect_status 2
expect_stdout ''
expect_stderr "measure: error[usage]: unknown verb 'build elf'
measure: hint: did you mean 'measure build eif'?"
ok 'a second word that is wrong is told before its options'

while read -r family words; do
	run "$family"
	expect_status 2
	expect_stdout ''
	expect_stderr "measure: error[usage]: '$family' needs a second word: $words
measure: hint: see \`measure help $family\`"
done <<'END'
sign eif, manifest
idblock create, sign, verify, inspect
manifest make, show, lint, bundle, export
trust show, add
store pack, unpack
END
ok 'a family alone asks for the second word'

run build
expect_status 2
expect_stdout ''
expect_stderr 'measure: error[usage]: option '"'--output'"' is missing
measure: hint: see `measure help build recipe`'
run build other.yml -o out
expect_stderr 'measure: error[no-such-file]: other.yml: cannot be opened: No such file or directory
measure: hint: `measure build --template eif` prints one to begin with'
ok 'a recipe is what is built where no second word stands'

run help bulid
expect_status 2
expect_stderr "measure: error[usage]: unknown verb 'bulid'
measure: hint: did you mean 'measure build'?"
run help sign elf
expect_status 2
expect_stderr "measure: error[usage]: unknown verb 'sign elf'
measure: hint: did you mean 'measure sign eif'?"
run help eif pcr
expect_status 2
expect_stderr "measure: error[usage]: 'pcr' is a word too many
measure: hint: see \`measure help help\`"
run help build eif pcr
expect_status 2
expect_stderr "measure: error[usage]: 'pcr' is a word too many
measure: hint: see \`measure help help\`"
ok 'help of something that is no verb is a usage error'

run --json
expect_status 2
expect_stderr "measure: error[usage]: '--json' stands where a verb or a file belongs
measure: hint: options follow the verb: measure VERB [OPTION...]"
expect_json 'j["kind"] == "usage" and j["ok"] is False and j["reason"] == "usage"'
run -q eif
expect_status 2
expect_stdout ''
expect_stderr "measure: error[usage]: '-q' stands where a verb or a file belongs
measure: hint: options follow the verb: measure VERB [OPTION...]"
ok 'options in front of the verb are refused'

run -
expect_status 2
expect_stdout ''
expect_stderr 'measure: error[usage]: the type of a stream cannot be guessed
measure: hint: name it, as in `measure eif -`'
ok 'a stream needs a verb'

run pcr --jsom
expect_status 2
expect_stdout ''
expect_stderr "measure: error[usage]: unknown option '--jsom'
measure: hint: did you mean '--json'?"
run pcr --json --bogusbogus
expect_status 2
expect_json 'j["kind"] == "pcr" and j["message"] == "unknown option '"'--bogusbogus'"'"'
expect_json 'j["hint"] == "see `measure help pcr`"'
ok 'a misspelt option is a usage error, told in JSON too'

run pcr --json -- --json
expect_status 2
expect_json 'j["message"] == "'"'--json' is a word too many"'"'
ok 'a double dash ends the options'

plan done
