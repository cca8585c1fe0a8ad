#include "measure/rebuild/debian_index.h"

#include <stdlib.h>

/* Two of one name, list and version are one package, or their order in a file would choose. */
static int order_items(const struct debian_package *a, const struct debian_package *b)
{
	int order = strcmp(a->name, b->name);

	if (order == 0)
		order = (a->list > b->list) - (a->list < b->list);
	return order != 0 ? order : -debian_version_compare(a->version, b->version);
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct debian_packages *p = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = order_items(&p->item[x], &p->item[y]);

	return order != 0 ? order : (x > y) - (x < y);
}

static int by_provided(const void *a, const void *b, void *arg)
{
	const struct debian_packages *p = arg;
	const struct debian_provide *x = a, *y = b;
	int order = bytes_order(debian_provide_name(x), debian_provide_name(y));

	return order != 0 ? order : by_name(&x->item, &y->item, (void *)(uintptr_t)p);
}

static bool check_twins(const struct debian_packages *p, struct err *e)
{
	for (size_t i = 1; i < p->n; i++) {
		const struct debian_package *a = &p->item[p->order[i - 1]];
		const struct debian_package *b = &p->item[p->order[i]];

		if (order_items(a, b) == 0 && !digest_equal(&a->object.sha256, &b->object.sha256))
			return err_set(e, REASON_PACKAGE_LIST,
				       "package '%s': version %s stands there twice, as two files",
				       a->name, a->version);
	}
	return true;
}

bool debian_index_sort(struct debian_packages *p, struct err *e)
{
	if (p->sorted)
		return true;
	free(p->order);
	p->order = own_new(p->n * sizeof(*p->order) + 1, e);
	if (!p->order)
		return false;
	for (uint32_t i = 0; i < p->n; i++)
		p->order[i] = i;
	qsort_r(p->order, p->n, sizeof(*p->order), by_name, p);
	if (p->n_provides > 0)
		qsort_r(p->provide, p->n_provides, sizeof(*p->provide), by_provided, p);
	p->sorted = check_twins(p, e);
	return p->sorted;
}

static struct bytes item_name(const struct debian_packages *p, size_t i)
{
	return bytes_str(p->item[p->order[i]].name);
}

static struct bytes provided_name(const struct debian_packages *p, size_t i)
{
	return debian_provide_name(&p->provide[i]);
}

/* The first of n that does not come before the name. */
static struct debian_range find(const struct debian_packages *p, size_t n, struct bytes name,
				struct bytes (*of)(const struct debian_packages *, size_t))
{
	size_t low = 0, high = n, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (bytes_order(of(p, middle), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < n && bytes_equal(of(p, end), name); end++)
		continue;
	return (struct debian_range){low, end};
}

struct debian_range debian_index_named(const struct debian_packages *p, struct bytes name)
{
	return find(p, p->n, name, item_name);
}

struct debian_range debian_index_provided(const struct debian_packages *p, struct bytes name)
{
	return find(p, p->n_provides, name, provided_name);
}

bool debian_provide_holds(const struct debian_provide *v, const struct debian_relation *r)
{
	return r->op == DEBIAN_ANY ||
	       (v->version_size > 0 &&
		debian_relation_holds(r, bytes_of(v->version, v->version_size)));
}
