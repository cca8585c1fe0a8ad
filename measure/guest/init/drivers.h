/*
 * The modules of the ramdisk.
 */
#ifndef MEASURE_GUEST_INIT_DRIVERS_H
#define MEASURE_GUEST_INIT_DRIVERS_H

/* Those that /modules/order names, which are removed; one that cannot be loaded is the end. */
void drivers_load(void);

#endif
