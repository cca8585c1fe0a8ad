#!/bin/sh
# ci/size.sh refuses long functions, long files and many parameters
. "${0%/*}/../lib.sh"

mkdir -p measure/base

# function_of LINES: a source file with one function
function_of()
{
	printf 'int f(int a, int (*b)(int, int, int), int c, int d, int e)\n{\n'
	seq -f '	a += %.0f;' "$1"
	printf '}\n'
}

# table_of ROWS
table_of()
{
	printf 'static const int rows[] = {\n'
	seq -f '	%.0f,' "$1"
	printf '};\n'
}

size() { run_command "$ROOT/ci/size.sh"; }

function_of 45 >measure/base/a.c
table_of 2000 >>measure/base/a.c
size
expect_status 0
expect_stdout ''
expect_stderr ''
ok '45 lines, 5 parameters and a long table pass'

function_of 46 >measure/base/a.c
size
expect_status 0
expect_stderr 'measure/base/a.c:2: the function has 46 lines, 45 is long'
ok '46 lines are named'

function_of 81 >measure/base/a.c
size
expect_status 1
expect_stdout_has 'measure/base/a.c:2: the function has 81 lines, 80 is the limit'
ok '81 lines are refused'

printf 'int f(int a,\n      int b, int c, int d,\n      int e, int g)\n{\n}\n' >measure/base/a.c
size
expect_status 1
expect_stdout_has 'the function has 6 parameters, 5 is the limit'
ok '6 parameters are refused'

table_of 20 >measure/base/a.c
seq -f 'extern int v%.0f;' 601 >>measure/base/a.c
size
expect_status 1
expect_stdout_has 'the file has 601 lines besides its tables, 600 is the limit'
ok 'a file of 601 lines is refused'

plan done
