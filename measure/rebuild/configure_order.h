/*
 * In which order Debian packages are installed, where nothing is yet: at level 0 the essential
 * ones, dpkg, and what these depend on, which a system needs before anything can be installed;
 * behind them others, so that no package depends on one of a later level, nor pre-depends on one of
 * its own (Debian Policy 7.2).
 */
#ifndef MEASURE_REBUILD_CONFIGURE_ORDER_H
#define MEASURE_REBUILD_CONFIGURE_ORDER_H

#include "measure/rebuild/deb.h"

/*
 * level: n of them; no package is there twice. What is not among the packages is passed over: dpkg
 * itself tells what is missing. Errors: recipe (no dpkg), packages (a circle of pre-dependencies),
 * package-list (a field that cannot be read).
 */
must bool configure_order(const struct deb *deb, size_t n, unsigned *level, struct err *e);

#endif
