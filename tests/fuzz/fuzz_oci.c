/*
 * Any bytes as each document of a container image: a refusal says why, what is read keeps what the
 * header promises.
 */
#include <stdlib.h>

#include "measure/core/docker.h"
#include "measure/core/oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void check_list(const struct oci_list *l, enum oci_kind first, enum oci_kind last)
{
	must_be(l->n <= OCI_LIST_MAX + 1);
	for (size_t i = 0; i < l->n; i++) {
		must_be(l->item[i].kind >= first && l->item[i].kind <= last);
		must_be(l->item[i].digest.len == 32 || l->item[i].digest.len == 64);
	}
}

static void check_documents(struct bytes text)
{
	struct oci_config config = {0};
	struct oci_list list = {0};
	struct err e[4] = {{0}};

	must_be(oci_layout_read(text, &e[0]) != err_is(&e[0]));
	must_be(oci_index_read(text, NULL, &list, &e[1]) != err_is(&e[1]));
	check_list(&list, OCI_INDEX, OCI_MANIFEST);
	oci_list_free(&list);
	must_be(oci_manifest_read(text, &list, &e[2]) != err_is(&e[2]));
	check_list(&list, OCI_CONFIG, OCI_LAYER);
	oci_list_free(&list);
	must_be(oci_config_read(text, &config, &e[3]) != err_is(&e[3]));
	must_be(err_is(&e[3]) || (config.run.os && config.run.architecture));
	oci_config_free(&config);
}

static void check_docker(struct bytes text)
{
	struct docker_list list = {0};
	struct buf path = BUF(4096);
	struct digest d;
	struct err e = {0}, link = {0};

	must_be(docker_manifest_read(text, &list, &e) != err_is(&e));
	for (size_t i = 0; i < list.n; i++) {
		must_be(list.item[i].config && list.item[i].layers);
		if (docker_name_digest(list.item[i].config, &d))
			must_be(d.len == 32);
	}
	docker_list_free(&list);
	if (docker_link("a/b", text, &path, &link))
		must_be(path.n == 0 || path.p[0] != '/');
	buf_free(&path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_documents(bytes_of(data, size));
	check_docker(bytes_of(data, size));
	return 0;
}
