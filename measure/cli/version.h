/*
 * This program's own version, as `measure version` tells it and a lock keeps it: "0.1.0".
 */
#ifndef MEASURE_CLI_VERSION_H
#define MEASURE_CLI_VERSION_H

const char *version_text(void);

#endif
