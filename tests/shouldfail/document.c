/*
 * document [OPTIONS] ROOT OUT...: attestation documents as a Nitro Security Module signs them, but
 * under a root of their own, which goes to ROOT in PEM; all of one call have one chain down to the
 * zone. For tests and the demo. `document --defects` lists what --defect can break.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "measure/base/num.h"
#include "measure/base/when.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_document.h"

#define VALUE_MAX 4096u

static const char usage[] =
	"usage: document [--defect NAME] [--time RFC3339] [--pcr N=HEX]... [--no-pcr N]...\n"
	"	[--module ID] [--region NAME] [--nonce HEX] [--user-data HEX]\n"
	"	[--public-key HEX|@FILE] [--tagged] [--endless] ROOT OUT...\n"
	"       document --defects\n";

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "document: %s\n%s", what, usage);
	exit(2);
}

/* HEX, or @FILE. What was read stays until the program ends. */
static struct bytes value_of(const char *text, struct buf *b)
{
	struct err e = {0};

	*b = BUF(VALUE_MAX);
	need(text[0] == '@' ? file_slurp(text + 1, VALUE_MAX, b, &e)
			    : hex_read(text, "value", b, &e),
	     text);
	return buf_bytes(b);
}

static struct eif_document_data data_of(const char *text, struct buf *b)
{
	return (struct eif_document_data){true, value_of(text, b)};
}

static unsigned index_of(const char *text)
{
	uint64_t i;

	need(num_parse(text, &i) && i < EIF_DOCUMENT_PCRS, "an index of a PCR is 0 to 31");
	return (unsigned)i;
}

static void set_pcr(struct document_order *o, char *text)
{
	char *equals = strchr(text, '=');
	struct buf b;
	struct bytes v;
	unsigned i;

	need(equals != NULL, "--pcr needs N=HEX");
	*equals = '\0';
	i = index_of(text);
	v = value_of(equals + 1, &b);
	need(v.n == EIF_DOCUMENT_PCR, "a PCR has 48 bytes");
	memcpy(o->pcr[i], v.p, v.n);
	o->pcrs |= UINT32_C(1) << i;
	buf_free(&b);
}

static void list_defects(void)
{
	for (const struct document_defect *d = document_defects; d->name; d++)
		printf("%s\n", d->name);
	exit(0);
}

struct asked {
	struct document_order order;
	const char *defect;
	struct buf nonce, user_data, public_key;
};

enum { DEFECT, DEFECTS, TIME, PCR, NO_PCR, MODULE, REGION, NONCE_OPT, USER, KEY, TAGGED, ENDLESS };

static void take_option(struct asked *a, int option, char *value)
{
	struct document_order *o = &a->order;
	struct err e = {0};

	if (option == DEFECTS)
		list_defects();
	else if (option == DEFECT)
		a->defect = value;
	else if (option == TIME)
		need(when_read(value, "--time", &o->time, &e), e.text);
	else if (option == PCR)
		set_pcr(o, value);
	else if (option == NO_PCR)
		o->pcrs &= ~(UINT32_C(1) << index_of(value));
	else if (option == MODULE)
		document_module(o, value);
	else if (option == REGION)
		o->region = value;
	else if (option == NONCE_OPT)
		o->nonce = data_of(value, &a->nonce);
	else if (option == USER)
		o->user_data = data_of(value, &a->user_data);
	else if (option == KEY)
		o->public_key = data_of(value, &a->public_key);
	else if (option == TAGGED)
		o->tagged = true;
	else
		need(option == ENDLESS && (o->endless = true), "an option that is unknown");
}

static void take_options(struct asked *a, int argc, char **argv)
{
	static const struct option options[] = {
		{"defect", 1, NULL, DEFECT},  {"defects", 0, NULL, DEFECTS},
		{"time", 1, NULL, TIME},      {"pcr", 1, NULL, PCR},
		{"no-pcr", 1, NULL, NO_PCR},  {"module", 1, NULL, MODULE},
		{"region", 1, NULL, REGION},  {"nonce", 1, NULL, NONCE_OPT},
		{"user-data", 1, NULL, USER}, {"public-key", 1, NULL, KEY},
		{"tagged", 0, NULL, TAGGED},  {"endless", 0, NULL, ENDLESS},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(a, option, optarg);
}

static void save(const char *path, struct bytes x)
{
	struct err e = {0};

	if (file_write(path, x, &e))
		return;
	fprintf(stderr, "document: %s: %s\n", path, e.text);
	exit(5);
}

int main(int argc, char **argv)
{
	struct asked a = {.order = document_order()};
	struct document_upper upper = {{NULL}, {{NULL, 0}}};

	take_options(&a, argc, argv);
	need(argc - optind >= 2, "ROOT and OUT are needed");
	a.order.upper = &upper;
	for (int i = optind + 1; i < argc; i++) {
		struct document_made m = document_make(&a.order, a.defect);
		char *pem = cert_pem_of(m.root, "CERTIFICATE");

		save(argv[i], m.document);
		save(argv[optind], bytes_str(pem));
		free(pem);
		document_made_free(&m);
	}
	document_upper_free(&upper);
	buf_free(&a.nonce);
	buf_free(&a.user_data);
	buf_free(&a.public_key);
	return 0;
}
