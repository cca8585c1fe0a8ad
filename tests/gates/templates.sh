#!/bin/sh
# The templates for pipelines: what they use is pinned, what they call is there, and their shell is clean
. "${0%/*}/../lib.sh"
need python3

set -- "$ROOT/ci/github/action.yml" "$ROOT/ci/github/release.yml" "$ROOT/ci/gitlab/release.yml" \
	"$ROOT/ci/github/self.yml"

grep -hoE 'uses: .*' "$@" | grep -v 'uses: \./' >uses
expect test "$(wc -l <uses)" -ge 4
while read -r line; do
	printf '%s\n' "$line" |
		grep -qE '^uses: (OWNER/measure/ci/github@MEASURE_COMMIT|[a-z-]+/[a-z-]+@[0-9a-f]{40} # v[0-9.]+)$' ||
		not_ok 'an action is pinned by its commit' "$line"
done <uses
ok 'every action is pinned by its commit, ours by one that the reader puts there'

grep -hoE '(ci/[a-z/]+(\.sh|\.yml)?|build/measure[a-z-]*)' "$@" | sort -u >called
while read -r name; do
	case $name in
	build/*) expect grep -q "^\$(BUILD)/${name#build/}:" "$ROOT/Makefile" ;;
	*) expect test -e "$ROOT/$name" ;;
	esac
done <called
expect grep -qx ci/release.sh called
sed -n 's/^#	--\([a-z-]*\) .*/--\1/p' "$ROOT/ci/release.sh" >known
grep -hoE -e '--(db|trust|key|channel|summary)\b' "$@" | sort -u | while read -r option; do
	grep -qx -e "$option" known || echo "$option"
done >unknown
expect test ! -s unknown
ok 'every script, program and option that they name is there'

# the blocks of shell in them, by their indentation: NAME-N.sh
for file; do
	awk -v name="$(basename "$(dirname "$file")")-$(basename "$file" .yml)" '
	function indent(line) { match(line, /^ */); return RLENGTH }
	inside && /[^ ]/ && indent($0) <= depth { inside = 0 }
	inside { print substr($0, depth + 3) >out }
	/^ *(run:|-) \|$/ { inside = 1; depth = indent($0); out = name "-" ++n ".sh"; print "#!/bin/sh\nset -e" >out }' "$file"
done
expect test "$(find . -name '*.sh' | wc -l)" -eq 6
for file in *.sh; do
	expect sh -n "$file"
	if command -v shellcheck >/dev/null; then
		expect shellcheck "$file"
	fi
done
ok 'their shell is clean'

if python3 -c 'import yaml' 2>/dev/null; then
	expect python3 - "$@" <<'END'
import sys, yaml
action, release, gitlab, own = (yaml.safe_load(open(f, encoding="utf-8")) for f in sys.argv[1:])
for workflow, action_name in (release, "OWNER/"), (own, "./ci/github"):
    job = workflow["jobs"]["release"]
    assert workflow["permissions"] == {}
    assert job["permissions"] == {"contents": "read", "id-token": "write", "attestations": "write"}
    given = [s for s in job["steps"] if s.get("uses", "").startswith(action_name)][0]["with"]
    assert set(given) == set(action["inputs"]), set(given) ^ set(action["inputs"])
assert all(s["shell"] == "sh" for s in action["runs"]["steps"])
assert gitlab["measure-release"]["image"] == "$DEBIAN"
END
	ok 'they are YAML, ask for no more than they need, and hand every input on'
else
	skip 'they are YAML' 'no python3-yaml'
fi
plan done
