#!/bin/sh
# ci/headers.sh refuses a header that leans on another, has no guard or no contract
. "${0%/*}/../lib.sh"

mkdir -p measure/base
headers() { run_command "$ROOT/ci/headers.sh"; }

cat >measure/base/a.h <<'EOT'
/* Sizes. */
#ifndef A_H
#define A_H
#include <stddef.h>
size_t a(void);
#endif
EOT
headers
expect_status 0
expect_stdout ''
ok 'a header that stands alone passes'

sed -i '/stddef/d' measure/base/a.h
headers
expect_status 1
expect_stdout_has 'measure/base/a.h: does not compile alone'
ok 'a header without what it uses is refused'

printf '/* No guard. */\nstruct a {\n\tint b;\n};\n' >measure/base/a.h
headers
expect_status 1
expect_stdout_has 'measure/base/a.h: does not compile alone'
ok 'a header without guard is refused'

printf '#pragma once\nint a(void);\n' >measure/base/a.h
headers
expect_status 1
expect_stdout_has 'measure/base/a.h:1: does not begin with its contract'
ok 'a header without contract is refused'

plan done
