/*
 * Three keys for trust files, the public keys of RFC 8032 §7.1 in their order, and the entries
 * that name them; and as many others as are wanted.
 */
#ifndef TESTS_UNIT_SUPPORT_TRUST_H
#define TESTS_UNIT_SUPPORT_TRUST_H

#define ALICE_ID "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9"
#define ALICE_SPKI "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define BOB_ID "deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170"
#define BOB_SPKI "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="
#define CAROL_ID "8d39ba50abe50f77b6bb8ae7b6927aff7ffbeba35ad2837c0e51e82bcbcc60d5"
#define CAROL_SPKI "MCowBQYDK2VwAyEA/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU="

/* One entry, five lines; PEM of the same key. */
#define KEY(name, id, spki, roles) \
	"  - name: " name "\n"     \
	"    id: \"" id "\"\n"     \
	"    spki: \"" spki "\"\n" \
	"    roles: [" roles "]\n"
#define PEM(spki) "-----BEGIN PUBLIC KEY-----\n" spki "\n-----END PUBLIC KEY-----\n"

#define ALICE(roles) KEY("alice", ALICE_ID, ALICE_SPKI, roles)
#define BOB(roles) KEY("bob", BOB_ID, BOB_SPKI, roles)
#define CAROL(roles) KEY("carol", CAROL_ID, CAROL_SPKI, roles)

#define TRUST_HEAD "# Whose signatures count, and for what: see measure-trust(5).\nversion: 1\n"

/* A file with n keys, k0 and so on, for the role root; malloc'd. */
char *trust_many_keys(unsigned n);

/* Key ki in PEM. */
#define TRUST_PEM_ROOM 256
void trust_numbered_pem(unsigned i, char pem[TRUST_PEM_ROOM]);

#endif
