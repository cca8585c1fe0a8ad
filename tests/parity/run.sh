#!/bin/sh
# The same images by other programs, byte for byte: builds a matrix with this program and eif_build,
# and describes one with this program and nitro-cli; what we sign, verified by cosign; manifests,
# judged by the tool cddl; launch digests by sev-snp-measure. Ends with `parity: N passed, M failed, K skipped`.
#
# MEASURE  the program (build/measure)
# PEERS    a folder looked at before PATH, with
#          eif_build             crate eif_build 0.3.1, with serde_json before 1.0.148, as in the
#                                lock files of nitro-cli
#          nitro-cli             or describe-eif-RELEASE FILE, which prints what that release's
#                                `nitro-cli describe-eif --eif-path FILE` prints
#          cosign                3.x
#          cddl                  crate cddl 0.10
# PYTHONPATH  holds the package sevsnpmeasure 0.0.13
# CORIM_CDDL  the CDDL of draft-ietf-rats-corim and of RFC 9393 in one file, rewritten so far that
#          the tool reads it: no non-empty<>, no empty sockets ($$), no generic entity-map, no names
#          of groups and no keys that are a choice of types in a CoSWID, but our attributes by name
set -eu
cd "$(dirname "$0")/../.."
[ -z "${PEERS:-}" ] || PATH=$(realpath "$PEERS"):$PATH
[ -z "${CORIM_CDDL:-}" ] || CORIM_CDDL=$(realpath "$CORIM_CDDL")
[ -z "${CORIM_CDDL:-}" ] || export CORIM_CDDL
[ -z "${MEASURE:-}" ] || MEASURE=$(realpath "$MEASURE")
[ -z "${MEASURE:-}" ] || export MEASURE
export PATH

found=
for peer in eif_build nitro-cli describe-eif-1.5 describe-eif-1.4 cosign cddl; do
	! command -v "$peer" >/dev/null || found=yes
done
! python3 -c 'import sevsnpmeasure' 2>/dev/null || found=yes
if [ -z "$found" ]; then
	echo 'parity: none of eif_build, nitro-cli, cosign, cddl and sevsnpmeasure in PEERS or PATH'
	echo 'parity: 0 passed, 0 failed, 1 skipped'
	exit 0
fi
exec tests/run.sh parity tests/parity/build.sh tests/parity/metadata.sh tests/parity/sign.sh \
	tests/parity/describe.sh tests/parity/cosign.sh tests/parity/cddl.sh tests/parity/snp.sh
