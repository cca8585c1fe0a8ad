/*
 * The promise that a reading verb opens no socket and starts no program, kept by the kernel:
 * no_new_privs and a seccomp filter for the whole process, put on before the first foreign byte
 * is read. Neither can it type into its terminal in the place of its user. A forbidden call kills
 * the process, as does a call of a foreign architecture. Threads may be made before or after.
 */
#ifndef MEASURE_BASE_CONFINE_H
#define MEASURE_BASE_CONFINE_H

#include "measure/base/err.h"

/* False with reason `sandbox` when the kernel refuses; then nothing foreign may be read. */
must bool confine(struct err *e);

#endif
