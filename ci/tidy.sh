#!/bin/sh
# clang-tidy over the program, with the checks of .clang-tidy: a finding is a fault.
#	TIDY_NODES=50000	how far the analyser follows a function (its own default is 225000, which
#				takes four times as long: make soak)
. "${0%/*}/lib.sh"

model=$(cd "${0%/*}" && pwd)/tidy.h
# shellcheck disable=SC2016 # the inner shell's own variables
program_sources | tr '\n' '\0' | xargs -0 -r -n 1 -P "$(nproc)" sh -c '
	case $3 in
	measure/base/err.c) set -- "$1" /dev/null "$3" ;;
	measure/base/cur.c) set -- "$1 -DTIDY_NO_CUR" "$2" "$3" ;;
	esac
	# shellcheck disable=SC2086 # flags are words
	clang-tidy --quiet --warnings-as-errors="*" "$3" -- $1 -include "$2" \
		-Xclang -analyzer-config -Xclang "max-nodes=${TIDY_NODES:-50000}" \
		-DMEASURE_VERSION="\"0\"" -DMEASURE_COMMIT="\"0\"" 2>/dev/null
' tidy "$(reading_flags | tr '\n' ' ')" "$model"
