#!/bin/sh
# ci/layers.sh refuses each kind of wrong arrow, and lets the right ones pass
. "${0%/*}/../lib.sh"

mkdir -p measure/base measure/core measure/cli measure/rebuild eif ovmf-snp reference-db

# tree: one in which nothing is wrong
tree()
{
	find . -type f -exec rm -f '{}' +
	printf '/* x */\n#include <stdint.h>\n' >measure/base/err.h
	printf '/* x */\n#include "measure/base/err.h"\n' >measure/core/hash.h
	printf '#include "measure/core/hash.h"\n#include <openssl/evp.h>\nint f(void) { return snprintf(0, 0, "printf(%%s) exit(1)"); }\n' >measure/core/hash.c
	printf '/* "reference-db/store.h" printf(" */\n#include "measure/core/hash.h"\n' >eif/header.h
	printf '/* x */\n#include "measure/core/hash.h"\n' >ovmf-snp/vmsa.h
	printf '/* x */\n' >reference-db/store.h
	printf '#include "reference-db/store.h"\n' >measure/rebuild/recipe.c
	printf '#include "eif/header.h"\n#include "ovmf-snp/vmsa.h"\n#include <stdio.h>\nint main(void) { puts(""); exit(0); }\n' >measure/cli/main.c
}

# refused NAME TEXT: the tree as it now is
refused()
{
	run_command "$ROOT/ci/layers.sh"
	expect_status 1
	expect_stdout_has "$2"
	ok "$1"
	tree
}

tree
run_command "$ROOT/ci/layers.sh"
expect_status 0
expect_stdout ''
ok 'arrows downward pass'

echo '#include "measure/core/hash.h"' >>measure/base/err.h
refused 'base includes core' '"measure/core/hash.h" is in a higher layer than measure/base'
echo '#include "eif/header.h"' >measure/core/pass.c
refused 'core includes a format' '"eif/header.h" is in a higher layer than measure/core'
echo '#include "measure/cli/cli.h"' >eif/tee.c
refused 'a format includes the command line' '"measure/cli/cli.h" is in a higher layer than eif'
echo '#include "ovmf-snp/vmsa.h"' >eif/tee.c
refused 'a format includes another' 'image formats do not include each other'
echo '#include "measure/rebuild/recipe.h"' >reference-db/store.c
refused 'reference-db includes rebuild' 'reference-db does not know of measure/rebuild'
echo '#include "measure/guest/boot.h"' >measure/core/pass.c
refused 'core includes guest' 'measure/core does not know of measure/guest'
echo '#include "header.h"' >eif/tee.c
refused 'a path that is not from the root' '"header.h" is not a path from the root'
echo '#include <openssl/evp.h>' >eif/tee.c
refused 'OpenSSL outside its door' '<openssl/evp.h> has another door'
echo '#include <openssl/evp.h>' >>measure/core/hash.h
refused 'a library in a header' 'measure/core/hash.h:3: <openssl/evp.h> has another door'
echo '#include <jansson.h>' >measure/base/json.c
refused 'a library that nobody knows' '<jansson.h> is a library without a door'
printf '/* a\n */ int g(void) { printf("x"); }\n' >eif/tee.c
refused 'printing below the command line' 'eif/tee.c:2: below the command line nothing prints: printf'
echo 'int g(void) { fwrite("x", 1, 1, stderr); }' >measure/core/pass.c
refused 'stderr below the command line' 'nothing prints: stderr'
echo 'int g(void) { abort(); }' >measure/base/num.c
refused 'abort below the command line' 'nothing ends the program: abort'
echo '#include "measure/core/key.h"' >>measure/core/hash.h
printf '/* x */\n#include "measure/core/hash.h"\n' >measure/core/key.h
refused 'a cycle of headers' 'measure/core/hash.h: in a cycle of headers'

plan done
