#include "measure/core/chain_cache.h"

#include "tests/unit/support_check.h"

static struct digest link_of(uint8_t issuer, const char *subject)
{
	struct digest d = {0};
	struct err e = {0};

	assert_true(chain_cache_link(bytes_of(&issuer, 1), bytes_str(subject), &d, &e));
	return d;
}

static void a_link_is_known_once_it_was_kept(void **state)
{
	owned(chain_cache_free) struct chain_cache *c = NULL;
	struct digest link = link_of(1, "subject"), other = link_of(2, "subject");
	struct err e = {0};

	(void)state;
	assert_true(chain_cache_new(&c, &e));
	assert_false(chain_cache_has(c, &link));
	chain_cache_keep(c, &link);
	assert_true(chain_cache_has(c, &link));
	assert_false(chain_cache_has(c, &other));
}

static void the_oldest_link_is_forgotten(void **state)
{
	owned(chain_cache_free) struct chain_cache *c = NULL;
	struct digest first = link_of(0, "first"), second = link_of(0, "second"), link;
	struct err e = {0};

	(void)state;
	assert_true(chain_cache_new(&c, &e));
	chain_cache_keep(c, &first);
	chain_cache_keep(c, &second);
	for (unsigned i = 0; i < CHAIN_CACHE_LINKS - 1; i++) {
		link = link_of((uint8_t)i, "more");
		chain_cache_keep(c, &link);
	}
	assert_false(chain_cache_has(c, &first));
	assert_true(chain_cache_has(c, &second));
	assert_true(chain_cache_has(c, &link));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_known_once_it_was_kept),
		cmocka_unit_test(the_oldest_link_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
