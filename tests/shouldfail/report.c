/*
 * report FOLDER PRODUCT [NAME=VALUE...]: a sound attestation report of Milan, Genoa or Turin and
 * what goes with it, made under a root of its own, in a folder that exists: report, extended (with
 * its certificate table), vek.der, chain.pem (signer and root), ark.der, crl.der.
 *	version=N vlek=1 vmpl=N policy=N snp=N
 *	measurement=HEX report-data=HEX host-data=HEX chip=HEX
 *	not-before=YYYYMMDDHHMMSSZ not-after=YYYYMMDDHHMMSSZ
 * report FOLDER DEFECT: one with that defect. report -l: names, checks, slugs and texts of all.
 */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/hex.h"
#include "ovmf-snp/tcb.h"
#include "tests/unit/support_report.h"

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "report: %s\n", what);
	exit(2);
}

static FILE *create(const char *folder, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	need(f != NULL, path);
	return f;
}

static void save(const char *folder, const char *name, struct bytes b)
{
	FILE *f = create(folder, name);

	need(fwrite(b.p, 1, b.n, f) == b.n && fclose(f) == 0, name);
}

static void save_chain(const char *folder, const struct forged_report *f)
{
	FILE *out = create(folder, "chain.pem");

	need(PEM_write(out, "CERTIFICATE", "", f->signer.p, (long)f->signer.n) > 0 &&
		     PEM_write(out, "CERTIFICATE", "", f->ark.p, (long)f->ark.n) > 0 &&
		     fclose(out) == 0,
	     "chain.pem");
}

static void save_all(const char *folder, const struct forged_report *f)
{
	save(folder, "report", f->report);
	save(folder, "extended", f->extended);
	save(folder, "vek.der", f->vek);
	save(folder, "ark.der", f->ark);
	save(folder, "crl.der", f->crl);
	save_chain(folder, f);
}

static void set_bytes(uint8_t *to, size_t n, const char *hex)
{
	struct buf b = BUF(4096);
	struct err e = {0};

	need(hex_read(hex, "a value", &b, &e) && b.n <= n, hex);
	memset(to, 0, n);
	memcpy(to, b.p, b.n);
	buf_free(&b);
}

static void set_snp(struct forge_spec *s, int16_t snp)
{
	const struct snp_product *p = snp_product_by_name(bytes_str(s->product_name));

	s->tcb.snp = snp;
	s->r.current_tcb = s->r.reported_tcb = snp_tcb_encode(p, &s->tcb);
	s->r.committed_tcb = s->r.launch_tcb = s->r.current_tcb;
}

static void set(struct forge_spec *s, const char *name, const char *value)
{
	struct snp_report *r = &s->r;
	unsigned long long n = strtoull(value, NULL, 0);

	if (strcmp(name, "vmpl") == 0)
		r->vmpl = (uint32_t)n;
	else if (strcmp(name, "policy") == 0)
		r->policy = n;
	else if (strcmp(name, "snp") == 0)
		set_snp(s, (int16_t)n);
	else if (strcmp(name, "measurement") == 0)
		set_bytes(r->measurement, sizeof(r->measurement), value);
	else if (strcmp(name, "report-data") == 0)
		set_bytes(r->report_data, sizeof(r->report_data), value);
	else if (strcmp(name, "host-data") == 0)
		set_bytes(r->host_data, sizeof(r->host_data), value);
	else if (strcmp(name, "not-before") == 0)
		s->not_before = value;
	else if (strcmp(name, "not-after") == 0)
		s->not_after = value;
	else if (strcmp(name, "chip") == 0) {
		set_bytes(s->hwid, s->hwid_len, value);
		memcpy(r->chip_id, s->hwid, s->hwid_len);
	} else {
		need(false, name);
	}
}

/* Two words come first: what the report is made from. */
static struct forge_spec spec_of(int argc, char **argv)
{
	unsigned version = strcmp(argv[2], "Turin") == 0 ? 5 : 3;
	bool vlek = false;
	struct forge_spec s;

	for (int i = 3; i < argc; i++) {
		if (strncmp(argv[i], "version=", 8) == 0)
			version = (unsigned)atoi(argv[i] + 8);
		vlek = vlek || strcmp(argv[i], "vlek=1") == 0;
	}
	s = forge_spec(argv[2], version, vlek);
	for (int i = 3; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		need(value != NULL, argv[i]);
		*value++ = '\0';
		if (strcmp(argv[i], "version") != 0 && strcmp(argv[i], "vlek") != 0)
			set(&s, argv[i], value);
	}
	return s;
}

static const struct report_defect *defect_of(const char *name)
{
	for (const struct report_defect *d = report_defects; d->name; d++)
		if (strcmp(d->name, name) == 0)
			return d;
	return NULL;
}

static int list(void)
{
	for (const struct report_defect *d = report_defects; d->name; d++)
		printf("%s\t%s\t%s\t%s\n", d->name, d->id, d->slug, d->text);
	return 0;
}

int main(int argc, char **argv)
{
	const struct report_defect *d;
	static struct forged_report f;

	if (argc == 2 && strcmp(argv[1], "-l") == 0)
		return list();
	need(argc >= 3, "usage: report FOLDER PRODUCT [NAME=VALUE...] | FOLDER DEFECT | -l");
	d = defect_of(argv[2]);
	if (d) {
		f = forge_defect(d);
	} else {
		struct forge_spec s = spec_of(argc, argv);

		f = forge_report(&s);
	}
	save_all(argv[1], &f);
	return 0;
}
