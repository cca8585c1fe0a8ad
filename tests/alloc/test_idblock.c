#include "ovmf-snp/idblock.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_igvm.h"
#include "tests/unit/support_key.h"

struct world {
	struct key *secret;
	struct pubkey *key;
	struct idblock block;
	struct idblock_auth auth;
	struct buf file;
};

static void put(struct world *w, struct bytes tbs, uint8_t out[IDBLOCK_PAIR])
{
	owned(buf_free) struct buf rs = BUF(IDBLOCK_PAIR);
	struct err e = {0};

	assert_true(key_sign(w->secret, tbs, &rs, &e));
	memcpy(out, rs.p, IDBLOCK_PAIR);
}

static int set_up(void **state)
{
	static struct world w;
	owned(buf_free) struct buf block = BUF(IDBLOCK_SIZE), key = BUF(IDBLOCK_KEY_SIZE);

	w = (struct world){.block = {.version = IDBLOCK_VERSION, .policy = IDBLOCK_POLICY},
			   .auth = {.has_author = true},
			   .file = BUF(FORGE_IGVM_MAX)};
	forge_igvm_base(&w.file, 1);
	statement_key("P-384", &w.secret, &w.key);
	memcpy(w.auth.id_key, pubkey_point(w.key).p, IDBLOCK_PAIR);
	memcpy(w.auth.author_key, pubkey_point(w.key).p, IDBLOCK_PAIR);
	idblock_write(&block, &w.block);
	idblock_key_write(&key, w.auth.id_key);
	put(&w, buf_bytes(&block), w.auth.block_rs);
	put(&w, buf_bytes(&key), w.auth.id_key_rs);
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	key_free(&w->secret);
	pubkey_free(&w->key);
	buf_free(&w->file);
	return 0;
}

static bool verify(void *arg, struct err *e)
{
	const struct world *w = arg;
	struct digest d;

	return idblock_verify(&w->block, &w->auth, e) && idblock_key_digest(w->auth.id_key, &d, e);
}

static bool append(void *arg, struct err *e)
{
	const struct world *w = arg;
	owned(buf_free) struct buf body = BUF(IDBLOCK_IGVM_SIZE), out = BUF(FORGE_IGVM_MAX);
	owned(igvm_free) struct igvm g = {0};

	idblock_igvm_write(&body, 1, &w->block, &w->auth);
	return buf_done(&body, "the ID block", e) && igvm_read(&g, buf_bytes(&w->file), e) &&
	       igvm_append(&g, IGVM_SNP_ID_BLOCK, buf_bytes(&body), e) && igvm_write(&g, &out, e);
}

static void any_allocation_may_fail(void **state)
{
	assert_true(fail_each(verify, *state) >= 4);
	assert_true(fail_each(append, *state) >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
