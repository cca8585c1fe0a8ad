#!/bin/sh
# tests/run.sh counts what passes, and fails for a test that fails, dies, stops early or hangs
. "${0%/*}/../lib.sh"

# runs TEXT...: a test program that prints TEXT and ends as its last line says
runs()
{
	printf '#!/bin/sh\n%s\n' "$1" >test.sh
	chmod +x test.sh
	TEST_TIMEOUT=1 run_command "$ROOT/tests/run.sh" stage test.sh
}

# ends STATUS LAST-LINE NAME
ends()
{
	expect_status "$1"
	printf '%s\n' "$2" >last
	tail -n 1 "$STDOUT" >got
	expect_same last got
	ok "$3"
}

runs 'echo 1..3; echo ok 1 - a; echo ok 2; echo "ok 3 - b # SKIP why"'
ends 0 'stage: 2 passed, 0 failed, 1 skipped' 'passed and skipped are counted'
runs 'echo 1..2; echo ok 1; echo not ok 2; exit 1'
ends 1 'stage: 1 passed, 1 failed, 0 skipped' 'a failed test fails'
runs 'echo "1..0 # SKIP nothing here"'
ends 0 'stage: 0 passed, 0 failed, 1 skipped' 'a program may skip itself'
runs 'echo 1..2; echo ok 1; kill -SEGV $$'
ends 1 'stage: 1 passed, 1 failed, 0 skipped' 'a crash fails'
runs 'echo 1..2; echo ok 1'
ends 1 'stage: 1 passed, 1 failed, 0 skipped' 'a test that stops early fails'
runs 'echo ok 1'
ends 1 'stage: 1 passed, 1 failed, 0 skipped' 'a test without plan fails'
runs 'echo 1..1; echo ok 1; exit 3'
ends 1 'stage: 1 passed, 1 failed, 0 skipped' 'a bad exit status fails'
runs 'echo 1..1; sleep 20; echo ok 1'
ends 1 'stage: 0 passed, 1 failed, 0 skipped' 'a test that hangs fails'
run_command "$ROOT/tests/run.sh" stage
ends 1 'stage: 0 passed, 1 failed, 0 skipped' 'a stage without tests fails'
run_command "$ROOT/tests/run.sh" stage nowhere.sh
ends 1 'stage: 0 passed, 1 failed, 0 skipped' 'a test that is not there fails'

plan done
