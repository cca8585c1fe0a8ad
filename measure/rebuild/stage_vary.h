/*
 * A build whose stages run under variations (vary.h). What is possible is found out where it is
 * done: a root is looked into for libfaketime, a clock and a file system are tried. Each stage is
 * varied in what it can be.
 */
#ifndef MEASURE_REBUILD_STAGE_VARY_H
#define MEASURE_REBUILD_STAGE_VARY_H

#include "measure/rebuild/sandbox.h"
#include "measure/rebuild/works.h"

/* Before the first stage: these are asked for, and the scratch folder is tried. */
must bool stage_vary_begin(struct works *w, uint32_t asked, struct err *e);

/*
 * A stage's sandbox, ready to be run, under what is possible of them; box->root is laid out. What
 * it then points to is the arena's.
 */
must bool stage_vary(struct works *w, struct arena *a, struct sandbox *box, struct err *e);

#endif
