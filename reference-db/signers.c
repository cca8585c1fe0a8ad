#include "reference-db/signers.h"

#include <string.h>

static bool is_zero(const uint8_t v[32])
{
	static const uint8_t zero[32];

	return memcmp(v, zero, 32) == 0;
}

static bool same(const struct signer_is *a, const struct signer_is *b)
{
	return memcmp(a->key, b->key, 32) == 0 ||
	       (!is_zero(a->subject) && memcmp(a->subject, b->subject, 32) == 0);
}

static bool equal(const struct signer_is *a, const struct signer_is *b)
{
	return memcmp(a->key, b->key, 32) == 0 && memcmp(a->subject, b->subject, 32) == 0;
}

/* Two that were taken for different signers, and have something in common now. */
static size_t join(struct signers *s, size_t a, size_t b)
{
	size_t keep = a < b ? a : b, drop = a < b ? b : a;

	if (keep == drop)
		return keep;
	for (size_t i = 0; i < s->pairs; i++)
		if (s->pair[i].signer == drop)
			s->pair[i].signer = keep;
	s->n--;
	return keep;
}

void signers_add(struct signers *s, const struct signer_is *is, size_t what)
{
	size_t signer = SIZE_MAX;
	bool there = false;

	for (size_t i = 0; i < s->pairs; i++) {
		if (!same(&s->pair[i].is, is))
			continue;
		there = there || equal(&s->pair[i].is, is);
		signer =
			signer == SIZE_MAX ? s->pair[i].signer : join(s, signer, s->pair[i].signer);
	}
	if (!there && s->pairs < SIGNERS) {
		s->n += signer == SIZE_MAX;
		signer = signer == SIZE_MAX ? s->pairs : signer;
		s->pair[s->pairs++] = (struct signers_pair){*is, signer, what, what};
	}
	if (signer != SIZE_MAX)
		s->pair[signer].last = what;
}

const struct signers_pair *signers_next(const struct signers *s, size_t *at)
{
	while (*at < s->pairs && s->pair[*at].signer != *at)
		++*at;
	return *at < s->pairs ? &s->pair[(*at)++] : NULL;
}

static bool have(const struct signers *s, const struct signer_is *is)
{
	for (size_t i = 0; i < s->pairs; i++)
		if (same(&s->pair[i].is, is))
			return true;
	return false;
}

bool signers_among(const struct signers *s, const struct signers_pair *one,
		   const struct signers *others)
{
	for (size_t i = 0; i < s->pairs; i++)
		if (s->pair[i].signer == one->signer && have(others, &s->pair[i].is))
			return true;
	return false;
}
