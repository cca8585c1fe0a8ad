#!/bin/sh
# Guests of SEV-SNP and a database: bundles of files and IGVM files through `check --db`, their evidence through
# `verify --db`, and the same by bundles that are taken from it and by the static program
# shellcheck disable=SC2086,SC2317 # lists of options are words; expect calls functions
. "${0%/*}/../lib.sh"
need git
need openssl
need python3

XDG_STATE_HOME=$PWD/state XDG_CACHE_HOME=$PWD/cache
export XDG_STATE_HOME XDG_CACHE_HOME
said=$BUILD/tests/said
# a build with sanitizers has no static program
[ -x "$BUILD/measure-verify" ] && verify=$BUILD/measure-verify || verify=$MEASURE
trust='--trust trust.yml'
db="--db db.git $trust"

"$BUILD/tests/forge_ovmf" fw.fd
printf kernel >kernel
printf initrd >initrd
# guest OUT COUNT: a bundle of files
guest()
{
	expect "$MEASURE" build snp -q --ovmf fw.fd --kernel kernel --initrd initrd --append quiet \
		--vcpus "$2" --vcpu-type EPYC-Milan -o "$1"
}
guest vm 1,4
guest other 2
PYTHONPATH=$ROOT/tests/cli PYTHONDONTWRITEBYTECODE=1 python3 - <<'EOT'
from igvm import *
def guest(name, address):
    head = [platform(1, SNP), policy(0x30000), page(address, 1, 136), context(1, 4232)]
    write(name, head, b"\x11" * 4096 + b"\x22" * 4096)
guest("guest.igvm", 0x1000)
guest("moved.igvm", 0x3000)
EOT
for name in root alice bob dave; do
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $name.key 2>/dev/null
	openssl pkey -in $name.key -pubout -out $name.pub
done
for role in root:root alice:publisher bob:rebuilder dave:withdrawer; do
	expect "$MEASURE" trust add -q ${role%:*}.pub --name ${role%:*} --role ${role#*:} $trust
done
# manifest NAME IMAGE VERSION [OPTION...]: signed
manifest()
{
	name=$1 image=$2 version=$3
	shift 3
	expect "$MEASURE" manifest make "$image" --product "example.org/$name" --version "$version" "$@" -q -o $name.corim
	expect "$MEASURE" sign manifest $name.corim --signer alice --key alice.key -q -o $name.signed
	"$said" equal $name.corim bob.key issued=1700000000 >$name.rebuilt
}
manifest vm vm 1.0
manifest igvm guest.igvm 2.0 --profile qemu
"$MEASURE" db init -q --db db.git
run db keys $db --from trust.yml --key root.key
expect_status 0
# plain: a copy of it as of now, in the folder of that name
plain()
{
	rm -rf plain
	mkdir plain
	git -C db.git archive main | tar -xC plain
}
# everywhere STATUS VERB ARGUMENT...: by the repository, and by its plain copy in both programs, with one answer
everywhere()
{
	status=$1
	shift
	run "$@" $db
	expect_status "$status"
	cp "$STDOUT" answer
	sed 's/^measure: //' "$STDERR" >reason
	plain
	for program in "$MEASURE" "$verify"; do
		run_command "$program" "$@" --db plain $trust
		expect_status "$status"
		expect_same answer "$STDOUT"
		sed 's/^measure\(-verify\)\{0,1\}: //' "$STDERR" >again
		expect_same reason again
	done
}
# answers TEXT: in the last answer, in however many lines
answers() { tr -s ' \n' ' ' <answer | grep -qF -- "$1"; }
# reasons REASON: the one that was given
reasons() { grep -q "^error\[$1\]: " reason; }

# evidence NAME DIGEST: of a guest that runs
evidence()
{
	mkdir "$1.tee"
	expect "$BUILD/tests/report" "$1.tee" Milan measurement="$2" policy=0x30000
}
# verified STATUS NAME: the same of evidence
verified()
{
	everywhere "$1" verify "$2.tee/extended" --ark "$2.tee/ark.der" --chain "$2.tee/chain.pem" \
		--crl "$2.tee/crl.der" --insecure-no-nonce
}
digest() { sed -n 's/.*"measurement": "\(.*\)"/\1/p' "$1/launch.json" | sed -n "$2p"; }
evidence vm "$(digest vm 2)"
evidence other "$(digest other 1)"
evidence igvm "$("$MEASURE" igvm guest.igvm --profile qemu 2>/dev/null | sed 's/^MEASUREMENT  //')"

for image in vm guest.igvm; do
	everywhere 1 check $image
	expect reasons not-listed
done
verified 1 vm
expect reasons not-listed
ok 'what nobody published is not listed'

run db publish vm.signed igvm.signed $db
expect_status 0
for name in vm igvm; do
	verified 4 $name
	expect reasons rebuilders
done
run db publish vm.rebuilt igvm.rebuilt $db
expect_status 0
everywhere 0 check vm
expect answers 'all 4 parts are those of the manifest'
expect answers 'EPYC-Milan x4, qemu: is row 1 of the manifest'
expect answers 'rebuilt by bob '
everywhere 0 check vm/launch.json
everywhere 0 check guest.igvm
expect answers 'IGVM, qemu: is row 0 of the manifest, IGVM, qemu'
expect answers 'the file is the one that the manifest names'
for name in vm igvm; do
	verified 0 $name
	expect answers 'rebuilt by bob '
done
expect answers 'IGVM, qemu'
ok 'bundles, IGVM files and what runs of them are found in a database'

everywhere 1 check other
expect reasons not-listed
everywhere 1 check moved.igvm
expect reasons not-listed
verified 1 other
expect reasons not-listed
cp -r vm spoilt
printf ' ' >>spoilt/qemu.sh
everywhere 1 check spoilt
expect reasons bundle-files
run who "$(digest vm 2)" $db
expect_status 0
expect_stdout_has 'example.org/vm 1.0  published'
run who "$(sha256sum guest.igvm | cut -d ' ' -f 1)" $db
expect_stdout_has 'example.org/igvm 2.0  published'
ok 'others are not, and a digest of either tells its release'

for name in vm igvm; do
	case $name in vm) version=1.0 image=vm ;; *) version=2.0 image=guest.igvm ;; esac
	run db withdraw example.org/$name/$version $db --reason 'a key leaked' --key dave.key
	expect_status 0
	everywhere 1 check $image
	expect reasons withdrawn
	verified 1 $name
	expect reasons withdrawn
	run db show example.org/$name/$version $db -o $name.bundle
	expect_status 0
	run manifest bundle $name.signed --statement $name.rebuilt -o $name.early
	expect_status 0
	for program in "$MEASURE" "$verify"; do
		run_command "$program" check $image --manifest $name.early $trust
		expect_status 0
		run_command "$program" check $image --manifest $name.bundle $trust
		expect_status 1
		expect_stderr_has "error[withdrawn]: $image: "
	done
done
ok 'a withdrawal refuses them, and by a bundle that holds it'

"$MEASURE" manifest make --files moved.igvm --product example.org/files --version 1 -q -o files.corim
"$MEASURE" sign manifest files.corim -q --signer alice --key alice.key -o files.signed
run db publish files.signed $db
expect_status 0
everywhere 4 check moved.igvm
expect reasons rebuilders
expect answers 'moved.igvm is that of the release'
ok 'an IGVM file is found as a file of a release, too'

plan done
