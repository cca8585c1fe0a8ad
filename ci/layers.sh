#!/bin/sh
# The layers, by the #include lines: no arrow upward, none sideways between formats, one door for
# each library, no cycle among headers; and below the command line nothing prints or exits.
. "${0%/*}/lib.sh"

faults=$(mktemp)
edges=$(mktemp)
trap 'rm -f "$faults" "$edges"' EXIT
sources '^(measure|eif|ovmf-snp|reference-db)/.*\.[ch]$' >"$edges.files"
trap 'rm -f "$faults" "$edges" "$edges.files"' EXIT

# shellcheck disable=SC2016 # awk's own variables
tr '\n' '\0' <"$edges.files" | xargs -0 -r awk -v edges="$edges" '
BEGIN {
	door["openssl/"] = "measure/core/(hash|cose|x509|x509_chain|x509_crl|x509_field|key|pubkey|sshsig|jws)\\.c"
	door["libdeflate.h"] = "measure/core/(hash|deflate)\\.c"
	door["cbor.h"] = door["cbor/"] = "measure/core/cbor\\.c"
	door["zlib.h"] = "measure/core/archive_gzip\\.c"
	door["zstd.h"] = door["zstd_errors.h"] = "measure/core/archive_zstd\\.c"
	door["lzma.h"] = "measure/core/archive_xz\\.c"
	door["git2/"] = "measure/(core/gitdb(_door\\.h|\\.c)|fetch/mirror(_[a-z]*)?\\.[ch])"
	door["yaml.h"] = "measure/base/yaml\\.c"
	door["curl/"] = "measure/fetch/[^/]*\\.c"
	n = split("assert complex ctype dirent dlfcn elf endian err errno fcntl fenv float fnmatch ftw " \
		"getopt glob grp inttypes iso646 libgen limits locale malloc math poll pthread pwd " \
		"regex sched semaphore setjmp signal spawn stdalign stdarg stdatomic stdbool stddef " \
		"stdint stdio stdlib stdnoreturn string strings termios time unistd wchar wctype", word, " ")
	for (i = 1; i <= n; i++)
		system_header[word[i] ".h"] = 1
}

function fault(text) { print FILENAME ":" FNR ": " text }

function folder_of(path) {
	if (path ~ /^measure\//)
		return match(path, /^measure\/[^\/]*/) ? substr(path, 1, RLENGTH) : path
	return match(path, /^[^\/]*/) ? substr(path, 1, RLENGTH) : path
}

function level_of(folder) {
	if (folder == "measure/base") return 0
	if (folder == "measure/core" || folder == "measure/guest") return 1
	if (folder == "eif" || folder == "ovmf-snp") return 2
	if (folder == "measure/rebuild" || folder == "reference-db") return 3
	if (folder == "measure/cli" || folder == "measure/fetch") return 4
	return -1
}

# what is neither comment nor string
function code_of(line,   out, at) {
	out = ""
	while (line != "") {
		if (in_comment) {
			at = index(line, "*/")
			if (!at)
				return out
			line = substr(line, at + 2)
			in_comment = 0
		} else if (match(line, /\/\*|\/\/|"([^"\\]|\\.)*"|'\''([^'\''\\]|\\.)*'\''/)) {
			out = out substr(line, 1, RSTART - 1) " "
			if (substr(line, RSTART, 2) == "//")
				return out
			in_comment = substr(line, RSTART, 2) == "/*"
			line = substr(line, RSTART + RLENGTH)
		} else {
			return out line
		}
	}
	return out
}

function own_include(path,   to) {
	to = folder_of(path)
	if (level_of(to) < 0)
		fault("\"" path "\" is not a path from the root of the tree")
	else if (level_of(to) > level)
		fault("\"" path "\" is in a higher layer than " folder)
	else if (level_of(to) == level && to != folder && level == 2)
		fault("\"" path "\": image formats do not include each other")
	else if (folder == "reference-db" && to == "measure/rebuild" ||
		 folder == "measure/core" && to == "measure/guest")
		fault("\"" path "\": " folder " does not know of " to)
	if (FILENAME ~ /\.h$/)
		print FILENAME, path >edges
}

function library_include(name,   prefix) {
	prefix = name
	if (index(name, "/"))
		sub(/\/.*/, "/", prefix)
	if (prefix in door) {
		if (FILENAME !~ ("^" door[prefix] "$"))
			fault("<" name "> has another door: " door[prefix])
	} else if (prefix != "sys/" && prefix != "linux/" && !(name in system_header)) {
		fault("<" name "> is a library without a door")
	}
}

FNR == 1 {
	folder = folder_of(FILENAME)
	level = level_of(folder)
	in_comment = 0
	if (level < 0)
		fault("the folder " folder " is in no layer")
}

/^[ \t]*#[ \t]*include[ \t]*"/ { split($0, part, "\""); own_include(part[2]); next }
/^[ \t]*#[ \t]*include[ \t]*</ { split($0, part, "[<>]"); library_include(part[2]); next }

{
	code = " " code_of($0)
	if (level < 4 && match(code, /[^A-Za-z0-9_.>](v?f?printf|v?dprintf|puts|fputs|putchar|fputc|putc|perror|psignal|errx?|warnx?)[ \t]*\(/))
		fault("below the command line nothing prints: " substr(code, RSTART + 1, RLENGTH - 2))
	if (level < 4 && match(code, /[^A-Za-z0-9_](stdout|stderr)[^A-Za-z0-9_]/))
		fault("below the command line nothing prints: " substr(code, RSTART + 1, 6))
	if (level < 4 && match(code, /[^A-Za-z0-9_.>](exit|abort|quick_exit|assert)[ \t]*\(/))
		fault("below the command line nothing ends the program: " substr(code, RSTART + 1, RLENGTH - 2))
}' >"$faults"

tsort "$edges" 2>&1 >/dev/null | sed -n 's/^tsort: \(.*\.h\)$/\1: in a cycle of headers/p' >>"$faults"
verdict layers "$faults"
