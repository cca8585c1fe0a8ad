#!/bin/sh
# the gates of format, shell scripts and analysers each refuse a defect made for it
. "${0%/*}/../lib.sh"

mkdir -p measure/base ci
cp "$ROOT/.clang-format" "$ROOT/.clang-tidy" .
printf '/* Errors. */\n#ifndef E\n#define E\n#include <stdbool.h>\n#endif\n' >measure/base/err.h
cp measure/base/err.h measure/base/cur.h

# passes GATE, refuses GATE TEXT: the tree as it is
passes()
{
	run_command "$ROOT/ci/$1.sh"
	expect_status 0
	ok "$1 passes a clean tree"
}

refuses()
{
	run_command "$ROOT/ci/$1.sh"
	expect [ "$STATUS" -ne 0 ]
	expect_stdout_has "$2"
	ok "$1 refuses $3"
}

# echo_script WORD: a shell script without suffix
echo_script() { printf '#!/bin/sh\necho %s\n' "$1" >ci/a; }

printf 'int f(int a)\n{\n\treturn a + 1;\n}\n' >measure/base/a.c
# shellcheck disable=SC2016 # for the script
echo_script '"$1"'
for gate in format shell tidy cppcheck; do
	passes $gate
done

printf 'int f(int a) {\n  return a+1; }\n' >measure/base/a.c
refuses format 'measure/base/a.c:1:' 'another layout'

printf '/*\n *\t"%091d\n *\t"%092d\n */\nint f(int a);\n' 0 0 >measure/base/a.c
refuses format 'measure/base/a.c:3: 101 columns, 100 is the limit' 'a comment that is too wide'

# shellcheck disable=SC2016 # for the script
echo_script '$1'
refuses shell 'SC2086' 'an unquoted word in a script without suffix'

printf '#include <string.h>\nint f(const char *a, const char *b)\n{\n\tif (strcmp(a, b) == -1)\n\t\treturn 1;\n\treturn 0;\n}\n' >measure/base/a.c
refuses tidy 'bugprone-suspicious-string-compare' 'a comparison that is wrong'

printf 'int f(int a)\n{\n\tint *b = a ? &a : 0;\n\tif (a)\n\t\treturn 1;\n\treturn *b;\n}\n' >measure/base/a.c
refuses tidy 'clang-analyzer-core.NullDereference' 'a null pointer that is followed'

printf 'int f(void)\n{\n\tint a[2] = {0};\n\treturn a[2];\n}\n' >measure/base/a.c
run_command "$ROOT/ci/cppcheck.sh"
expect [ "$STATUS" -ne 0 ]
expect_stderr_has 'out of bounds'
ok 'cppcheck refuses an index past the end'

plan done
