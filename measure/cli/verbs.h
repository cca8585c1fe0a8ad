/*
 * The verbs that are no row of the TEE table, one file each; families stand beside their members.
 */
#ifndef MEASURE_CLI_VERBS_H
#define MEASURE_CLI_VERBS_H

#include "measure/cli/verb.h"

extern const struct verb verb_pcr, verb_solve, verb_inspect, verb_extract, verb_diff;
extern const struct verb verb_build, verb_build_eif, verb_build_initrd, verb_build_root;
extern const struct verb verb_build_snp;
extern const struct verb verb_lock, verb_store, verb_store_pack, verb_store_unpack;
extern const struct verb verb_build_recipe, verb_reproduce;
extern const struct verb verb_sign, verb_sign_eif, verb_sign_manifest;
extern const struct verb verb_idblock, verb_idblock_create, verb_idblock_sign;
extern const struct verb verb_idblock_verify, verb_idblock_inspect;
extern const struct verb verb_check, verb_verify, verb_manifest_bundle, verb_manifest_export;
extern const struct verb verb_manifest, verb_manifest_make, verb_manifest_show, verb_manifest_lint;
extern const struct verb verb_trust, verb_trust_show, verb_trust_add;
extern const struct verb verb_db, verb_db_init, verb_db_publish, verb_db_log, verb_db_show;
extern const struct verb verb_db_audit, verb_db_withdraw, verb_db_keys, verb_db_refresh;
extern const struct verb verb_who;
extern const struct verb verb_explain, verb_version, verb_help;

/* What the verb of a row runs: measure, by verb.tee. */
bool verb_run_tee(struct cli *c, struct answer *a, struct err *e);

#endif
