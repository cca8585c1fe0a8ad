/*
 * ID blocks: what is written is read, in both forms; what is not as AMD specifies it is refused by
 * the text that is expected; no changed bit of what was signed verifies.
 */
#include "ovmf-snp/idblock.h"

#include "tests/unit/support_check.h"
#include "tests/unit/support_igvm.h"
#include "tests/unit/support_key.h"

struct pair {
	struct idblock block;
	struct idblock_auth auth;
	struct buf block_bytes, auth_bytes;
};

static void sign(struct key *k, struct bytes tbs, uint8_t out[IDBLOCK_PAIR])
{
	owned(buf_free) struct buf rs = BUF(IDBLOCK_PAIR);
	struct err e = {0};

	assert_true(key_sign(k, tbs, &rs, &e));
	assert_int_equal(rs.n, IDBLOCK_PAIR);
	memcpy(out, rs.p, IDBLOCK_PAIR);
}

static void make(struct pair *p, bool author)
{
	owned(key_free) struct key *id = NULL, *by = NULL;
	owned(pubkey_free) struct pubkey *id_key = NULL, *by_key = NULL;
	owned(buf_free) struct buf key = BUF(IDBLOCK_KEY_SIZE);

	*p = (struct pair){
		.block = {.version = 1, .guest_svn = 0x01020304, .policy = 0x3001f},
		.auth = {.has_author = author},
		.block_bytes = BUF(IDBLOCK_SIZE),
		.auth_bytes = BUF(IDBLOCK_AUTH_SIZE),
	};
	memset(p->block.ld, 0xa1, sizeof(p->block.ld));
	memset(p->block.family_id, 0xb2, sizeof(p->block.family_id));
	memset(p->block.image_id, 0xc3, sizeof(p->block.image_id));
	idblock_write(&p->block_bytes, &p->block);
	statement_key("P-384", &id, &id_key);
	statement_key("P-384", &by, &by_key);
	memcpy(p->auth.id_key, pubkey_point(id_key).p, IDBLOCK_PAIR);
	sign(id, buf_bytes(&p->block_bytes), p->auth.block_rs);
	if (author) {
		idblock_key_write(&key, p->auth.id_key);
		assert_int_equal(key.n, IDBLOCK_KEY_SIZE);
		memcpy(p->auth.author_key, pubkey_point(by_key).p, IDBLOCK_PAIR);
		sign(by, buf_bytes(&key), p->auth.id_key_rs);
	}
	idblock_auth_write(&p->auth_bytes, &p->auth);
	assert_int_equal(p->block_bytes.n, IDBLOCK_SIZE);
	assert_int_equal(p->auth_bytes.n, IDBLOCK_AUTH_SIZE);
}

static void drop(struct pair *p)
{
	buf_free(&p->block_bytes);
	buf_free(&p->auth_bytes);
}

static void what_is_written_is_read_and_verifies(void **state)
{
	(void)state;
	for (int author = 0; author <= 1; author++) {
		owned(buf_free) struct buf again = BUF(IDBLOCK_AUTH_SIZE);
		struct idblock_auth auth;
		struct idblock block;
		struct err e = {0};
		struct pair p;

		make(&p, author);
		assert_true(idblock_read(&block, buf_bytes(&p.block_bytes), &e));
		assert_true(idblock_auth_read(&auth, buf_bytes(&p.auth_bytes), &e));
		assert_int_equal(block.guest_svn, 0x01020304);
		assert_int_equal(block.policy, 0x3001f);
		assert_int_equal(block.image_id[0], 0xc3);
		assert_int_equal(auth.has_author, author);
		assert_true(idblock_verify(&block, &auth, &e));
		idblock_auth_write(&again, &auth);
		assert_memory_equal(again.p, p.auth_bytes.p, IDBLOCK_AUTH_SIZE);
		drop(&p);
	}
}

static void numbers_are_little_endian_in_the_files(void **state)
{
	struct pair p;

	(void)state;
	make(&p, true);
	for (unsigned i = 0; i < 48; i++) {
		assert_int_equal(p.auth_bytes.p[0x40 + i], p.auth.block_rs[47 - i]);
		assert_int_equal(p.auth_bytes.p[0x40 + 72 + i], p.auth.block_rs[95 - i]);
		assert_int_equal(p.auth_bytes.p[0x244 + i], p.auth.id_key[47 - i]);
		assert_int_equal(p.auth_bytes.p[0x680 + i], p.auth.id_key_rs[47 - i]);
		assert_int_equal(p.auth_bytes.p[0x884 + 72 + i], p.auth.author_key[95 - i]);
	}
	assert_int_equal(p.auth_bytes.p[0], 1);
	assert_int_equal(p.auth_bytes.p[4], 1);
	assert_int_equal(p.auth_bytes.p[0x240], 2);
	drop(&p);
}

struct change {
	bool auth;
	size_t at;
	uint8_t x;
	const char *text;
};

static const struct change changes[] = {
	{false, 80, 2, "VERSION is 2 and must be 1"},
	{false, 90, 1, "POLICY is 0x1001f, and bit 17 must be one"},
	{false, 95, 1, "POLICY is 0x10000000003001f, with reserved bits"},
	{true, 0, 0, "ID_KEY_ALGO is 0 and must be 1"},
	{true, 4, 2, "AUTHOR_KEY_ALGO is 2 and must be 1"},
	{true, 0x3f, 1, "reserved bytes behind AUTHOR_KEY_ALGO are not zero"},
	{true, 0x40 + 48, 1, "ID_BLOCK_SIG.R has more than 48 bytes"},
	{true, 0x40 + 143, 1, "ID_BLOCK_SIG.S has more than 48 bytes"},
	{true, 0x40 + 144, 1, "reserved bytes behind ID_BLOCK_SIG.S are not zero"},
	{true, 0x240, 1, "ID_KEY.CURVE is 1 and must be 2"},
	{true, 0x244 + 71, 1, "QX has more than 48 bytes"},
	{true, 0x244 + 72 + 71, 1, "QY has more than 48 bytes"},
	{true, 0x244 + 144, 1, "reserved bytes behind QY are not zero"},
	{true, 0x67f, 1, "reserved bytes behind the ID key are not zero"},
	{true, 0x680 + 71, 1, "ID_KEY_SIG.R has more than 48 bytes"},
	{true, 0x680 + 143, 1, "ID_KEY_SIG.S has more than 48 bytes"},
	{true, 0x680 + 511, 1, "reserved bytes behind ID_KEY_SIG.S are not zero"},
	{true, 0x880, 3, "AUTHOR_KEY.CURVE is 3 and must be 2"},
	{true, 0xfff, 1, "reserved bytes behind the author's key are not zero"},
};

static void each_defect_is_refused_by_its_name(void **state)
{
	struct pair p;

	(void)state;
	make(&p, true);
	for (size_t i = 0; i < COUNT(changes); i++) {
		const struct change *c = &changes[i];
		struct buf *file = c->auth ? &p.auth_bytes : &p.block_bytes;
		struct idblock_auth auth;
		struct idblock block;
		uint8_t was = file->p[c->at];
		struct err e = {0};

		file->p[c->at] = c->x;
		assert_false(c->auth ? idblock_auth_read(&auth, buf_bytes(file), &e)
				     : idblock_read(&block, buf_bytes(file), &e));
		check_err(&e, REASON_ID_BLOCK_FORM, c->text);
		file->p[c->at] = was;
	}
	drop(&p);
}

static void an_author_has_a_key_and_a_signature_or_neither(void **state)
{
	struct idblock_auth auth;
	struct err e = {0}, e2 = {0}, e3 = {0};
	struct pair p;

	(void)state;
	make(&p, true);
	memset(p.auth_bytes.p + 0x680, 0, 512);
	assert_false(idblock_auth_read(&auth, buf_bytes(&p.auth_bytes), &e));
	check_err(&e, REASON_ID_BLOCK_FORM, "there is an author's key and no signature by it");
	drop(&p);
	make(&p, true);
	memset(p.auth_bytes.p + 0x880, 0, 1028);
	assert_false(idblock_auth_read(&auth, buf_bytes(&p.auth_bytes), &e2));
	check_err(&e2, REASON_ID_BLOCK_FORM, "there is a signature by an author and no key");
	drop(&p);
	make(&p, false);
	p.auth_bytes.p[0xfff] = 1;
	assert_false(idblock_auth_read(&auth, buf_bytes(&p.auth_bytes), &e3));
	check_err(&e3, REASON_ID_BLOCK_FORM, "reserved bytes behind the ID key are not zero");
	drop(&p);
}

static void no_other_length_is_read(void **state)
{
	struct pair p;

	(void)state;
	make(&p, true);
	for (size_t n = 0; n < IDBLOCK_AUTH_SIZE; n++) {
		struct idblock_auth auth;
		struct idblock block;
		struct err e = {0}, e2 = {0};

		assert_false(idblock_auth_read(&auth, bytes_of(p.auth_bytes.p, n), &e));
		assert_true(idblock_read(&block, bytes_of(p.block_bytes.p, n % 97), &e2) ==
			    (n % 97 == 96));
		if (n == 95)
			check_err(&e2, REASON_ID_BLOCK_FORM,
				  "an ID block has 96 bytes, 95 are given");
		if (n == 95)
			check_err(&e, REASON_ID_BLOCK_FORM,
				  "an ID authentication has 4096 bytes, 95 are given");
	}
	drop(&p);
}

static void no_changed_bit_verifies(void **state)
{
	size_t step = check_soak() ? 1 : 7;
	struct pair p;

	(void)state;
	make(&p, true);
	for (size_t bit = 0; bit < 8u * (IDBLOCK_SIZE + IDBLOCK_AUTH_SIZE); bit += step) {
		size_t byte = bit / 8;
		uint8_t *at = byte < IDBLOCK_SIZE ? p.block_bytes.p + byte
						  : p.auth_bytes.p + byte - IDBLOCK_SIZE;
		struct idblock_auth auth;
		struct idblock block;
		struct err e = {0};

		*at ^= (uint8_t)(1 << bit % 8);
		assert_false(idblock_read(&block, buf_bytes(&p.block_bytes), &e) &&
			     idblock_auth_read(&auth, buf_bytes(&p.auth_bytes), &e) &&
			     idblock_verify(&block, &auth, &e));
		*at ^= (uint8_t)(1 << bit % 8);
	}
	drop(&p);
}

static void a_block_is_for_one_guest(void **state)
{
	struct digest ld = {.alg = DIGEST_SHA384, .len = IDBLOCK_LD};
	struct err e = {0}, e2 = {0};
	uint64_t policy = 0x3001f;
	struct pair p;

	(void)state;
	make(&p, false);
	memset(ld.v, 0xa1, IDBLOCK_LD);
	assert_true(idblock_is_for(&p.block, NULL, NULL, &e));
	assert_true(idblock_is_for(&p.block, &ld, &policy, &e));
	policy = 0x30000;
	assert_false(idblock_is_for(&p.block, &ld, &policy, &e));
	check_err(&e, REASON_ID_BLOCK,
		  "the ID block is for the policy 0x3001f, and the guest's is 0x30000");
	ld.v[0] = 0x17;
	assert_false(idblock_is_for(&p.block, &ld, NULL, &e2));
	check_err(
		&e2, REASON_ID_BLOCK,
		"the ID block is for another launch digest, which begins with a1a1a1a1 instead of "
		"17a1a1a1");
	drop(&p);
}

/* The base file with a block of these bytes behind all else. */
static bool in_igvm(const struct pair *p, size_t at, uint8_t x, struct idblock_auth *auth,
		    struct err *e)
{
	owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX), body = BUF(IDBLOCK_IGVM_SIZE),
				   out = BUF(FORGE_IGVM_MAX);
	owned(igvm_free) struct igvm g = {0}, again = {0};
	struct idblock block;

	forge_igvm_base(&file, 1);
	assert_true(igvm_read(&g, buf_bytes(&file), e));
	assert_null(idblock_igvm_find(&g));
	idblock_igvm_write(&body, 1, &p->block, &p->auth);
	assert_int_equal(body.n, IDBLOCK_IGVM_SIZE);
	if (at > 0)
		body.p[at] = x;
	assert_true(igvm_append(&g, IGVM_SNP_ID_BLOCK, buf_bytes(&body), e));
	assert_true(igvm_write(&g, &out, e) && igvm_read(&again, buf_bytes(&out), e));
	assert_int_equal(out.n, file.n + 704);
	assert_memory_equal(igvm_data(&again, &again.header[3]).p, file.p + BASE_DATA, 4096);
	if (!idblock_igvm_read(&again, idblock_igvm_find(&again), &block, auth, e))
		return false;
	assert_int_equal(block.policy, 0x30000);
	assert_memory_equal(block.ld, p->block.ld, IDBLOCK_LD);
	return true;
}

static void an_igvm_file_has_one_in_its_own_form(void **state)
{
	static const struct change wrong[] = {
		{false, 4, 2, "author_key_enabled is 2 and must be 0 or 1"},
		{false, 5, 1, "reserved bytes behind author_key_enabled are not zero"},
		{false, 88, 2, "version is 2 and must be 1"},
		{false, 96, 0, "id_key_algorithm is 0 and must be 1"},
		{false, 100, 0, "author_key_algorithm is 0 and must be 1"},
		{false, 104 + 48, 1, "id_key_signature.r_comp has more than 48 bytes"},
		{false, 104 + 72 + 48, 1, "id_key_signature.s_comp has more than 48 bytes"},
		{false, 248, 1, "id_public_key.curve is 1 and must be 2"},
		{false, 252, 1, "reserved bytes behind id_public_key.curve are not zero"},
		{false, 256 + 48, 1, "qx has more than 48 bytes"},
		{false, 328 + 48, 1, "qy has more than 48 bytes"},
		{false, 400 + 48, 1, "author_key_signature.r_comp has more than 48 bytes"},
		{false, 544, 1, "author_public_key.curve is 1 and must be 2"},
		{false, 4, 0, "reserved bytes behind id_public_key are not zero"},
	};
	struct idblock_auth auth;
	struct err none = {0};
	struct pair p;

	(void)state;
	make(&p, true);
	assert_true(in_igvm(&p, 0, 0, &auth, &none));
	assert_memory_equal(auth.author_key, p.auth.author_key, IDBLOCK_PAIR);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct err e = {0};

		assert_false(in_igvm(&p, wrong[i].at, wrong[i].x, &auth, &e));
		check_err(&e, REASON_ID_BLOCK_FORM, wrong[i].text);
	}
	drop(&p);
	make(&p, false);
	assert_true(in_igvm(&p, 0, 0, &auth, &none));
	assert_false(auth.has_author);
	drop(&p);
}

static void an_igvm_file_has_no_second_one(void **state)
{
	owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX), body = BUF(IDBLOCK_IGVM_SIZE);
	owned(igvm_free) struct igvm g = {0};
	struct err e = {0};
	struct pair p;

	(void)state;
	make(&p, false);
	forge_igvm_base(&file, 1);
	assert_true(igvm_read(&g, buf_bytes(&file), &e));
	idblock_igvm_write(&body, 1, &p.block, &p.auth);
	assert_true(igvm_append(&g, IGVM_SNP_ID_BLOCK, buf_bytes(&body), &e));
	assert_true(igvm_check(&g, &e));
	assert_true(igvm_append(&g, IGVM_SNP_ID_BLOCK, buf_bytes(&body), &e));
	assert_false(igvm_check(&g, &e));
	check_err(&e, REASON_IGVM, "SNP ID block: there is one already, at offset 0");
	drop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_and_verifies),
		cmocka_unit_test(numbers_are_little_endian_in_the_files),
		cmocka_unit_test(each_defect_is_refused_by_its_name),
		cmocka_unit_test(an_author_has_a_key_and_a_signature_or_neither),
		cmocka_unit_test(no_other_length_is_read),
		cmocka_unit_test(no_changed_bit_verifies),
		cmocka_unit_test(a_block_is_for_one_guest),
		cmocka_unit_test(an_igvm_file_has_one_in_its_own_form),
		cmocka_unit_test(an_igvm_file_has_no_second_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
