#include "reference-db/require.h"

#include "reference-db/require_names.h"

#define PART_MAX 255u /* of a trusted computing base, of a firmware version */
#define VMPL_MAX 3u
#define AGE_MAX (366u * 86400u)

/* ---- the schema */

static const struct yaml_field kind_item = {.type = YAML_TEXT, .choices = require_kinds};
static const struct yaml_field product_item = {.type = YAML_TEXT, .choices = require_products};
static const struct yaml_field status_item = {.type = YAML_TEXT, .choices = require_statuses};
static const struct yaml_field text_item = {.type = YAML_TEXT};
static const struct yaml_field hex_item = {.type = YAML_HEX};
static const struct yaml_field number_item = {.type = YAML_UINT};
static const struct yaml_field platform_item = {.type = YAML_TEXT,
						.choices = require_platform_names};
static const struct yaml_field guest_item = {.type = YAML_TEXT, .choices = require_guest_names};
static const struct yaml_field floor_fields[] = {
	{.key = "product", .type = YAML_TEXT, .choices = require_products},
	{.key = "bl", .type = YAML_UINT},
	{.key = "tee", .type = YAML_UINT},
	{.key = "snp", .type = YAML_UINT},
	{.key = "ucode", .type = YAML_UINT},
	{.key = "fmc", .type = YAML_UINT},
	{0},
};
static const struct yaml_field floor_item = {.type = YAML_MAP, .fields = floor_fields};
static const struct yaml_field launch_fields[] = {
	{.key = "bl", .type = YAML_UINT},  {.key = "tee", .type = YAML_UINT},
	{.key = "snp", .type = YAML_UINT}, {.key = "ucode", .type = YAML_UINT},
	{.key = "fmc", .type = YAML_UINT}, {0},
};
static const struct yaml_field abi_fields[] = {
	{.key = "major", .type = YAML_UINT, .required = true},
	{.key = "minor", .type = YAML_UINT, .required = true},
	{0},
};
static const struct yaml_field firmware_fields[] = {
	{.key = "major", .type = YAML_UINT, .required = true},
	{.key = "minor", .type = YAML_UINT, .required = true},
	{.key = "build", .type = YAML_UINT},
	{0},
};

const struct yaml_field require_fields[] = {
	{.key = "kinds", .type = YAML_LIST, .item = &kind_item},
	{.key = "products", .type = YAML_LIST, .item = &product_item},
	{.key = "regions", .type = YAML_LIST, .item = &text_item},
	{.key = "statuses", .type = YAML_LIST, .item = &status_item},
	{.key = "fresh", .type = YAML_TEXT, .choices = require_demands},
	{.key = "channel", .type = YAML_TEXT, .choices = require_demands},
	{.key = "logs", .type = YAML_TEXT, .choices = require_demands},
	{.key = "max-age", .type = YAML_UINT},
	{.key = "vmpl", .type = YAML_UINT},
	{.key = "tcb", .type = YAML_LIST, .item = &floor_item},
	{.key = "launch-tcb", .type = YAML_MAP, .fields = launch_fields},
	{.key = "known-floors", .type = YAML_TEXT, .choices = require_demands},
	{.key = "firmware", .type = YAML_MAP, .fields = firmware_fields},
	{.key = "committed-firmware", .type = YAML_TEXT, .choices = require_demands},
	{.key = "abi", .type = YAML_MAP, .fields = abi_fields},
	{.key = "guest-svn", .type = YAML_UINT},
	{.key = "guest-forbidden", .type = YAML_LIST, .item = &guest_item},
	{.key = "guest-required", .type = YAML_LIST, .item = &guest_item},
	{.key = "platform-allowed", .type = YAML_LIST, .item = &platform_item},
	{.key = "platform-required", .type = YAML_LIST, .item = &platform_item},
	{.key = "mitigations", .type = YAML_LIST, .item = &number_item},
	{.key = "launch-mitigations", .type = YAML_LIST, .item = &number_item},
	{.key = "id-block", .type = YAML_BOOL},
	{.key = "author-key", .type = YAML_BOOL},
	{.key = "id-keys", .type = YAML_LIST, .item = &hex_item},
	{.key = "author-keys", .type = YAML_LIST, .item = &hex_item},
	{.key = "image-ids", .type = YAML_LIST, .item = &hex_item},
	{.key = "family-ids", .type = YAML_LIST, .item = &hex_item},
	{.key = "report-ids", .type = YAML_LIST, .item = &hex_item},
	{.key = "report-ids-ma", .type = YAML_LIST, .item = &hex_item},
	{.key = "chip-ids", .type = YAML_LIST, .item = &hex_item},
	{0},
};

/* ---- from the tree */

struct reader {
	const struct yaml *y;
	const struct yaml_node *map;
	struct policy *p;
	struct buf *texts;
	struct err *e;
};

static const struct yaml_node *member(const struct reader *r, const char *key)
{
	return yaml_member(r->y, r->map, key);
}

/* Nothing in it could mean that nothing is accepted, or anything. */
static bool check_any(const struct reader *r, const struct yaml_node *list)
{
	return list->count > 0 || err_set(r->e, REASON_TRUST, "line %u: '%s' names nothing",
					  list->line, list->field->key);
}

/* A number from 0 to most. */
static bool check_number(const struct reader *r, const struct yaml_node *node, uint64_t most)
{
	if (yaml_u64(node) <= most)
		return true;
	return err_set(r->e, REASON_TRUST, "line %u: %s is over the limit of %llu", node->line,
		       yaml_str(node), (unsigned long long)most);
}

static bool check_text(const struct reader *r, const struct require_list *row,
		       const struct yaml_node *node)
{
	static const char region[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (row->digits && node->text.n != row->digits)
		return err_set(r->e, REASON_TRUST,
			       "line %u: an item of '%s' has %zu digits, this one has %zu",
			       node->line, row->key, row->digits, node->text.n);
	if (strcmp(row->key, "regions") == 0 &&
	    (strspn(yaml_str(node), region) != node->text.n || node->text.n > 40))
		return err_set(r->e, REASON_TRUST, "line %u: '%.60s' is no name of a region",
			       node->line, yaml_str(node));
	return true;
}

/* Hexadecimal in one spelling, so that what is written is what was compared. */
static const char *keep_text(const struct reader *r, struct bytes text, bool hex)
{
	uint8_t *to = buf_room(r->texts, text.n + 1);

	for (size_t i = 0; to && i < text.n; i++)
		to[i] = hex && text.p[i] >= 'A' && text.p[i] <= 'F' ? text.p[i] | 0x20 : text.p[i];
	if (to)
		to[text.n] = '\0';
	return (const char *)to;
}

static bool read_item(const struct reader *r, const struct require_list *row,
		      const struct yaml_node *node)
{
	struct policy_list *to = require_at(r->p, row->at);
	const char *text;

	if (to->n == POLICY_LIST)
		return err_set(r->e, REASON_LIMIT, "line %u: '%s' has more than %u items",
			       node->line, row->key, POLICY_LIST);
	if (!check_text(r, row, node))
		return false;
	text = keep_text(r, node->text, row->digits > 0);
	if (!text)
		return buf_done(r->texts, "the texts of the policy", r->e);
	for (size_t i = 0; i < to->n; i++)
		if (strcmp(to->text[i], text) == 0)
			return err_set(r->e, REASON_TRUST, "line %u: '%.100s' stands twice in '%s'",
				       node->line, text, row->key);
	to->text[to->n++] = text;
	return true;
}

static bool read_lists(const struct reader *r)
{
	for (size_t i = 0; i < REQUIRE_LISTS; i++) {
		const struct yaml_node *list = member(r, require_lists[i].key);
		const struct yaml_node *node = list ? yaml_first(r->y, list) : NULL;

		if (list && !check_any(r, list))
			return false;
		for (; node; node = yaml_after(r->y, list, node))
			if (!read_item(r, &require_lists[i], node))
				return false;
	}
	return true;
}

static enum demand demand_of(const struct yaml_node *node)
{
	unsigned i = 0;

	while (!bytes_equal(node->text, bytes_str(require_demands[i])))
		i++;
	return (enum demand)i;
}

static void read_demands(const struct reader *r)
{
	for (size_t i = 0; i < REQUIRE_DEMANDS; i++) {
		const struct yaml_node *node = member(r, require_demand_keys[i].key);

		if (node)
			*(enum demand *)require_at(r->p, require_demand_keys[i].at) =
				demand_of(node);
	}
}

static bool read_bits(const struct reader *r, const struct require_mask *row,
		      const struct yaml_node *list)
{
	uint64_t *to = require_at(r->p, row->at);

	if (!check_any(r, list))
		return false;
	for (const struct yaml_node *node = yaml_first(r->y, list); node;
	     node = yaml_after(r->y, list, node)) {
		const struct require_bit *bit = row->bits;

		while (!bytes_equal(node->text, bytes_str(bit->name)))
			bit++;
		if (*to >> bit->bit & 1)
			return err_set(r->e, REASON_TRUST, "line %u: '%s' stands twice in '%s'",
				       node->line, bit->name, row->key);
		*to |= UINT64_C(1) << bit->bit;
	}
	return true;
}

static bool read_masks(const struct reader *r)
{
	for (size_t i = 0; i < REQUIRE_MASKS; i++) {
		const struct yaml_node *list = member(r, require_masks[i].key);

		if (list && !read_bits(r, &require_masks[i], list))
			return false;
	}
	if (!member(r, "platform-allowed"))
		r->p->platform_allowed = UINT64_MAX;
	r->p->has_platform = r->p->platform_required || r->p->platform_allowed != UINT64_MAX;
	if (r->p->platform_required & ~r->p->platform_allowed)
		return err_set(r->e, REASON_TRUST,
			       "line %u: 'platform-required' names what 'platform-allowed' does "
			       "not",
			       member(r, "platform-required")->line);
	if (r->p->guest_forbidden & r->p->guest_required)
		return err_set(r->e, REASON_TRUST,
			       "line %u: 'guest-required' names what 'guest-forbidden' does",
			       member(r, "guest-required")->line);
	return true;
}

static bool read_vector(const struct reader *r, const char *key, uint64_t *bits)
{
	const struct yaml_node *list = member(r, key);

	if (!list)
		return true;
	if (!check_any(r, list))
		return false;
	r->p->has_mitigations = true;
	for (const struct yaml_node *node = yaml_first(r->y, list); node;
	     node = yaml_after(r->y, list, node)) {
		if (!check_number(r, node, 63))
			return false;
		*bits |= UINT64_C(1) << yaml_u64(node);
	}
	return true;
}

static bool read_mitigations(const struct reader *r)
{
	return read_vector(r, "mitigations", &r->p->mitigations) &&
	       read_vector(r, "launch-mitigations", &r->p->launch_mitigations);
}

/* At least one part. */
static bool read_tcb(const struct reader *r, const struct yaml_node *map, struct tcb *t)
{
	bool any = false;

	for (size_t i = 0; i < REQUIRE_TCB_PARTS; i++) {
		const struct yaml_node *part = yaml_member(r->y, map, require_tcb_parts[i]);

		if (!part)
			continue;
		if (!check_number(r, part, PART_MAX))
			return false;
		*require_tcb_part(t, i) = (int16_t)yaml_u64(part);
		any = true;
	}
	return any || err_set(r->e, REASON_TRUST, "line %u: a floor without any part", map->line);
}

static bool same_product(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool read_floor(const struct reader *r, const struct yaml_node *map)
{
	const struct yaml_node *product = yaml_member(r->y, map, "product");
	struct tcb t = TCB_NONE;
	const char *name = NULL;

	if (r->p->n_floors == POLICY_LIST)
		return err_set(r->e, REASON_LIMIT, "line %u: 'tcb' has more than %u items",
			       map->line, POLICY_LIST);
	for (size_t i = 0; product && require_products[i]; i++)
		if (bytes_equal(product->text, bytes_str(require_products[i])))
			name = require_products[i];
	if (!read_tcb(r, map, &t))
		return false;
	for (size_t i = 0; i < r->p->n_floors; i++)
		if (same_product(r->p->floor[i].product, name))
			return err_set(r->e, REASON_TRUST, "line %u: a second floor for %s",
				       map->line, name ? name : "every product");
	r->p->floor[r->p->n_floors].product = name;
	r->p->floor[r->p->n_floors++].tcb = t;
	return true;
}

static bool read_floors(const struct reader *r)
{
	const struct yaml_node *list = member(r, "tcb"), *launch = member(r, "launch-tcb");

	if (launch && !read_tcb(r, launch, &r->p->launch))
		return false;
	if (!list)
		return true;
	if (!check_any(r, list))
		return false;
	for (const struct yaml_node *node = yaml_first(r->y, list); node;
	     node = yaml_after(r->y, list, node))
		if (!read_floor(r, node))
			return false;
	return true;
}

static bool read_firmware(const struct reader *r)
{
	static const char *const keys[] = {"major", "minor", "build"};
	int *const to[] = {&r->p->firmware_major, &r->p->firmware_minor, &r->p->firmware_build};
	const struct yaml_node *map = member(r, "firmware");

	for (size_t i = 0; map && i < 3; i++) {
		const struct yaml_node *part = yaml_member(r->y, map, keys[i]);

		if (!part)
			continue;
		if (!check_number(r, part, PART_MAX))
			return false;
		*to[i] = (int)yaml_u64(part);
	}
	return true;
}

static bool read_abi(const struct reader *r)
{
	const struct yaml_node *map = member(r, "abi");
	const struct yaml_node *major = map ? yaml_member(r->y, map, "major") : NULL;
	const struct yaml_node *minor = map ? yaml_member(r->y, map, "minor") : NULL;

	if (!map)
		return true;
	if (!check_number(r, major, PART_MAX) || !check_number(r, minor, PART_MAX))
		return false;
	r->p->abi_major = (int)yaml_u64(major);
	r->p->abi_minor = (int)yaml_u64(minor);
	return true;
}

static void read_flags(const struct reader *r)
{
	for (size_t i = 0; i < REQUIRE_FLAGS; i++) {
		const struct yaml_node *node = member(r, require_flags[i].key);

		if (node)
			*(bool *)require_at(r->p, require_flags[i].at) = yaml_bool(node);
	}
}

static bool read_numbers(const struct reader *r)
{
	const struct yaml_node *age = member(r, "max-age"), *vmpl = member(r, "vmpl");
	const struct yaml_node *svn = member(r, "guest-svn");

	if ((age && !check_number(r, age, AGE_MAX)) || (vmpl && !check_number(r, vmpl, VMPL_MAX)) ||
	    (svn && !check_number(r, svn, UINT32_MAX)))
		return false;
	r->p->has_max_age = age != NULL;
	r->p->max_age = age ? yaml_u64(age) : 0;
	r->p->has_vmpl = vmpl != NULL;
	r->p->vmpl = vmpl ? (uint32_t)yaml_u64(vmpl) : 0;
	r->p->has_guest_svn = svn != NULL;
	r->p->guest_svn = svn ? (uint32_t)yaml_u64(svn) : 0;
	return true;
}

/* Of all scalars in the map, each with its NUL. */
static size_t room_of(const struct yaml *y, const struct yaml_node *map)
{
	size_t n = 0;

	for (const struct yaml_node *node = map; node < y->nodes + map->next; node++)
		n += node->text.n + 1;
	return n;
}

bool require_read(const struct yaml *y, const struct yaml_node *map, struct policy *p,
		  struct buf *texts, struct err *e)
{
	struct policy strict = policy_strict();
	struct reader r = {.y = y, .map = map, .p = &strict, .texts = texts, .e = e};
	size_t room = room_of(y, map);

	*texts = BUF(room);
	if (buf_room(texts, room))
		texts->n = 0;
	if (!buf_done(texts, "the texts of the policy", e) || !read_lists(&r) || !read_masks(&r) ||
	    !read_mitigations(&r) || !read_floors(&r) || !read_firmware(&r) || !read_abi(&r) ||
	    !read_numbers(&r))
		return false;
	read_demands(&r);
	read_flags(&r);
	*p = strict;
	return true;
}
