#!/bin/sh
# Every defect of an attestation report that tests/shouldfail/report.c makes: `measure verify` says no
# with the slug and the words of the table among its checks, and never a yes. The sound reports
# beside them are a yes.
. "${0%/*}/../lib.sh"
REPORT=$BUILD/tests/report
code=$(printf '4d%.0s' $(seq 48))

# verify FILE: as of a time within the certificates' lives
verify()
{
	run verify --json "$1" --kind snp --ark ark.der --chain chain.pem --vek vek.der \
		--crl crl.der --measurement "$code" --at 2026-01-15T12:00:00Z
}

for product in Milan Genoa Turin; do
	for kind in vlek=0 vlek=1; do
		"$REPORT" . "$product" "$kind"
		for form in report extended; do
			verify "$form"
			expect_status 0
			expect_json 'j["ok"] is True'
			ok "$product $kind: $form is a yes"
		done
	done
done

tab=$(printf '\t')
"$REPORT" -l >defects
while IFS=$tab read -r name id slug text; do
	rm -f report extended ./*.der ./*.pem
	"$REPORT" . "$name"
	verify report
	expect test "$STATUS" -ne 0
	WANT=$id/$slug/$text
	export WANT
	expect_json 'j["ok"] is False and any(
		(w := __import__("os").environ["WANT"].split("/", 2)) and c["id"] == w[0] and
		c.get("reason") == w[1] and w[2] in c.get("detail", "")
		for c in j["checks"])'
	ok "$name: $slug"
done <defects
plan done
