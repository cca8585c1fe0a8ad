/*
 * Defects of EIFs for tests: each kind changes an image in one way and knows by a plain look at
 * the bytes whether the change is there. Used by the program `mutate`. Ends the program at
 * arguments that make no sense.
 */
#ifndef TESTS_UNIT_SUPPORT_EIF_DEFECT_H
#define TESTS_UNIT_SUPPORT_EIF_DEFECT_H

#include "tests/unit/support_eif.h"
#include "tests/unit/support_eif_look.h"

/* One change: the image before, as sections where it could be taken apart, and after. */
struct defect {
	char **args; /* NULL-terminated */
	struct forged in, out;
	struct forge f;
};

/*
 * DEFECT_BYTES make out from in, DEFECT_SECTIONS change f; DEFECT_FRESH set f and DEFECT_OTHER out
 * without an in.
 */
enum defect_what { DEFECT_BYTES, DEFECT_SECTIONS, DEFECT_FRESH, DEFECT_OTHER };

struct defect_kind {
	const char *name, *args;
	enum defect_what what;
	void (*make)(struct defect *d);
	bool (*there)(const struct forge_look *was, const struct forge_look *is);
};

/* Ends with a NULL name. */
extern const struct defect_kind defect_kinds[];

/* A file whole; ends the program with the message unless the condition holds. */
struct forged defect_load(const char *path);
void defect_need(bool condition, const char *what);

#endif
