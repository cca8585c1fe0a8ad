#!/bin/sh
# Every shell script, by its name or by its first line, is clean for shellcheck.
. "${0%/*}/lib.sh"

sources '\.sh$|^ci/|^\.ci/|^tests/' | while read -r file; do
	case $file in
	*.sh) echo "$file" ;;
	*) if head -n 1 "$file" | tr -d '\0' | grep -qE '^#!.*[/ ](ba|da)?sh\b'; then echo "$file"; fi ;;
	esac
done | tr '\n' '\0' | xargs -0 -r shellcheck
