#!/bin/sh
# Sizes: a function has at most 80 lines (above 45 it is named, not refused) and 5 parameters, a
# file at most 600 lines; constant tables do not count. Relies on the layout that clang-format gives:
# the braces of a function body and of a table stand or end in the first column.
. "${0%/*}/lib.sh"

faults=$(mktemp)
trap 'rm -f "$faults"' EXIT

# shellcheck disable=SC2016 # awk's own variables
c_sources | tr '\n' '\0' | xargs -0 -r awk '
function fault(line, text) { print file ":" line ": " text }
function end_of_file() {
	if (file != "" && lines > 600)
		fault(lines, "the file has " lines " lines besides its tables, 600 is the limit")
}

# parameters of the function whose head ends with its list
function parameters(head,   depth, i, c, n) {
	sub(/[ \t]+$/, "", head)
	n = 1
	for (i = length(head); i > 0; i--) {
		c = substr(head, i, 1)
		if (c == ")")
			depth++
		else if (c == "(" && --depth == 0)
			break
		else if (c == "," && depth == 1)
			n++
	}
	return n
}

FNR == 1 { end_of_file(); file = FILENAME; lines = 0; table = body = 0; head = "" }
{ lines++ }

# a table: from "static const ... = {" to "};"
!body && !table && /^(static )?const .*= *\{$/ { table = FNR }
table { lines--; if (/^\};?$/ || /\};$/ && !/^[ \t]/) table = 0; head = ""; next }

!body && /^\{$/ {
	body = FNR
	n = parameters(head)
	if (n > 5)
		fault(FNR, "the function has " n " parameters, 5 is the limit")
	next
}
body && /^\}/ {
	n = FNR - body - 1
	if (n > 80)
		fault(body, "the function has " n " lines, 80 is the limit")
	else if (n > 45)
		print file ":" body ": the function has " n " lines, 45 is long" >"/dev/stderr"
	body = 0
	head = ""
	next
}
!body { head = /^[ \t]*$/ || /[;}]$/ || /^#/ ? "" : head " " $0 }
END { end_of_file() }' >"$faults"
verdict size "$faults"
