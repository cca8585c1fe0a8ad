#include "measure/base/text.h"
#include "reference-db/require.h"
#include "reference-db/require_names.h"

/* Each key is put by one function, into YAML or JSON: what both have in common is what is said. */
struct sink {
	struct buf *yaml; /* or NULL */
	struct json_out *json; /* or NULL */
	bool any; /* of yaml: is there a line yet? */
};

static void put_key(struct sink *s, const char *key)
{
	if (s->json) {
		json_key(s->json, key);
		return;
	}
	if (!s->any)
		buf_str(s->yaml, "require:\n");
	s->any = true;
	buf_fmt(s->yaml, "  %s:", key);
}

static void put_word(struct sink *s, const char *key, const char *word)
{
	put_key(s, key);
	if (s->json)
		json_str(s->json, word);
	else
		buf_fmt(s->yaml, " %s\n", word);
}

static void put_number(struct sink *s, const char *key, uint64_t n)
{
	put_key(s, key);
	if (s->json)
		json_u64(s->json, n);
	else
		buf_fmt(s->yaml, " %llu\n", (unsigned long long)n);
}

static void list_open(struct sink *s, const char *key)
{
	put_key(s, key);
	if (s->json)
		json_open(s->json, '[');
	else
		buf_str(s->yaml, " [");
}

static void list_close(struct sink *s)
{
	if (s->json)
		json_close(s->json, ']');
	else
		buf_str(s->yaml, "]\n");
}

static void put_item(struct sink *s, size_t i, const char *text, bool quoted)
{
	if (s->json) {
		json_str(s->json, text);
		return;
	}
	buf_str(s->yaml, i ? ", " : "");
	if (quoted)
		buf_fmt(s->yaml, "\"%s\"", text);
	else
		yaml_put_text(s->yaml, bytes_str(text));
}

static void put_lists(struct sink *s, const struct policy *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct policy_list *l = require_of(p, require_lists[i].at);

		if (l->n == 0)
			continue;
		list_open(s, require_lists[i].key);
		for (size_t j = 0; j < l->n; j++)
			put_item(s, j, l->text[j], require_lists[i].digits > 0);
		list_close(s);
	}
}

static void put_demand(struct sink *s, const struct policy *p, size_t i)
{
	const struct policy strict = policy_strict();
	enum demand is = *(const enum demand *)require_of(p, require_demand_keys[i].at);
	enum demand usual = *(const enum demand *)require_of(&strict, require_demand_keys[i].at);

	if (s->json || is != usual)
		put_word(s, require_demand_keys[i].key, require_demands[is]);
}

static void put_mask(struct sink *s, const struct policy *p, size_t i)
{
	uint64_t bits = *(const uint64_t *)require_of(p, require_masks[i].at);
	size_t n = 0;

	if (bits == 0 || bits == UINT64_MAX)
		return;
	list_open(s, require_masks[i].key);
	for (size_t j = 0; j < REQUIRE_BITS; j++)
		if (bits >> require_masks[i].bits[j].bit & 1)
			put_item(s, n++, require_masks[i].bits[j].name, false);
	list_close(s);
}

static void put_vector(struct sink *s, const char *key, uint64_t bits)
{
	size_t n = 0;

	if (bits == 0)
		return;
	list_open(s, key);
	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(bits >> bit & 1))
			continue;
		if (s->json)
			json_u64(s->json, bit);
		else
			buf_fmt(s->yaml, "%s%u", n++ ? ", " : "", bit);
	}
	list_close(s);
}

static void put_flags(struct sink *s, const struct policy *p)
{
	for (size_t i = 0; i < REQUIRE_FLAGS; i++) {
		if (!*(const bool *)require_of(p, require_flags[i].at))
			continue;
		if (!s->json) {
			put_word(s, require_flags[i].key, "true");
			continue;
		}
		put_key(s, require_flags[i].key);
		json_bool(s->json, true);
	}
}

static void put_floor_yaml(struct buf *out, const char *lead, const char *product, struct tcb t)
{
	if (product) {
		buf_fmt(out, "%sproduct: %s\n", lead, product);
		lead = lead[4] ? "      " : "    ";
	}
	for (size_t i = 0; i < REQUIRE_TCB_PARTS; i++) {
		int part = *require_tcb_part(&t, i);

		if (part < 0)
			continue;
		buf_fmt(out, "%s%s: %d\n", lead, require_tcb_parts[i], part);
		lead = lead[4] ? "      " : "    ";
	}
}

static void put_floor_json(struct json_out *w, const char *product, struct tcb t)
{
	json_open(w, '{');
	if (product) {
		json_key(w, "product");
		json_str(w, product);
	}
	for (size_t i = 0; i < REQUIRE_TCB_PARTS; i++) {
		int part = *require_tcb_part(&t, i);

		if (part < 0)
			continue;
		json_key(w, require_tcb_parts[i]);
		json_u64(w, (uint64_t)part);
	}
	json_close(w, '}');
}

static void put_floors(struct sink *s, const struct policy *p)
{
	if (p->n_floors == 0)
		return;
	put_key(s, "tcb");
	if (s->json)
		json_open(s->json, '[');
	else
		buf_str(s->yaml, "\n");
	for (size_t i = 0; i < p->n_floors; i++) {
		if (s->json)
			put_floor_json(s->json, p->floor[i].product, p->floor[i].tcb);
		else
			put_floor_yaml(s->yaml, "    - ", p->floor[i].product, p->floor[i].tcb);
	}
	if (s->json)
		json_close(s->json, ']');
}

static void put_launch(struct sink *s, const struct policy *p)
{
	const struct tcb none = TCB_NONE;

	if (memcmp(&p->launch, &none, sizeof(none)) == 0)
		return;
	put_key(s, "launch-tcb");
	if (s->json) {
		put_floor_json(s->json, NULL, p->launch);
		return;
	}
	buf_str(s->yaml, "\n");
	put_floor_yaml(s->yaml, "    ", NULL, p->launch);
}

/* A version: major, minor and perhaps build. */
static void put_version(struct sink *s, const char *key, const int *parts, size_t n)
{
	static const char *const keys[] = {"major", "minor", "build"};

	put_key(s, key);
	if (s->json)
		json_open(s->json, '{');
	else
		buf_str(s->yaml, "\n");
	for (size_t i = 0; i < n; i++) {
		if (parts[i] < 0)
			continue;
		if (s->json) {
			json_key(s->json, keys[i]);
			json_u64(s->json, (uint64_t)parts[i]);
		} else {
			buf_fmt(s->yaml, "    %s: %d\n", keys[i], parts[i]);
		}
	}
	if (s->json)
		json_close(s->json, '}');
}

static void put_versions(struct sink *s, const struct policy *p)
{
	const int firmware[] = {p->firmware_major, p->firmware_minor, p->firmware_build};
	const int abi[] = {p->abi_major, p->abi_minor};

	if (p->firmware_major >= 0)
		put_version(s, "firmware", firmware, 3);
	put_demand(s, p, 2);
	if (p->abi_major > 0 || p->abi_minor > 0)
		put_version(s, "abi", abi, 2);
}

static void put_all(struct sink *s, const struct policy *p)
{
	put_lists(s, p, 0, 4);
	put_demand(s, p, 0);
	put_demand(s, p, 1);
	put_demand(s, p, 4);
	if (p->has_max_age)
		put_number(s, "max-age", p->max_age);
	if (p->has_vmpl)
		put_number(s, "vmpl", p->vmpl);
	put_floors(s, p);
	put_launch(s, p);
	put_demand(s, p, 3);
	put_versions(s, p);
	if (p->has_guest_svn)
		put_number(s, "guest-svn", p->guest_svn);
	put_mask(s, p, 2);
	put_mask(s, p, 3);
	put_mask(s, p, 0);
	put_mask(s, p, 1);
	put_vector(s, "mitigations", p->mitigations);
	put_vector(s, "launch-mitigations", p->launch_mitigations);
	put_flags(s, p);
	put_lists(s, p, 4, REQUIRE_LISTS);
}

void require_write(const struct policy *p, struct buf *out)
{
	struct sink s = {.yaml = out};

	put_all(&s, p);
}

void require_json(const struct policy *p, struct json_out *w)
{
	struct sink s = {.json = w};

	json_open(w, '{');
	put_all(&s, p);
	json_close(w, '}');
}
