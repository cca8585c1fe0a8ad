#include "ovmf-snp/igvm_file.h"

#define CHUNK (1u << 20)

static const char magic[] = "IGVM";

bool igvm_file_is(const char *path)
{
	owned(file_close) struct file f = FILE_NONE;
	uint8_t head[sizeof(magic) - 1];
	struct err none = {0};
	size_t got;

	return file_open(&f, path, &none) && !f.stream &&
	       file_pread(&f, 0, (struct span){head, sizeof(head)}, &got, &none) &&
	       bytes_equal(bytes_of(head, got), bytes_str(magic));
}

/* Whole, since headers lead to data in any order. */
static bool slurp(struct file *f, struct buf *bytes, struct err *e)
{
	size_t got = CHUNK;

	while (got == CHUNK) {
		uint8_t *to = buf_room(bytes, CHUNK);

		if (!buf_done(bytes, "the file", e) ||
		    !file_read(f, (struct span){to, CHUNK}, &got, e))
			return false;
		bytes->n -= CHUNK - got;
		if (f->watch.tick)
			f->watch.tick(f->watch.arg, bytes->n);
	}
	return true;
}

bool igvm_file_read(struct igvm_file *x, struct file *f, struct err *e)
{
	x->bytes = BUF(IGVM_MAX + CHUNK);
	return (slurp(f, &x->bytes, e) && igvm_read(&x->igvm, buf_bytes(&x->bytes), e)) ||
	       err_subject(e, f->name);
}

void igvm_file_free(struct igvm_file *x)
{
	igvm_free(&x->igvm);
	buf_free(&x->bytes);
}

/* ---- ways */

/* That a profile starts no guest from the file is no fault; *first keeps the first who said so. */
static bool add_way(struct igvm_ways *w, const struct igvm_guest *guest, struct err *first,
		    struct err *e)
{
	struct igvm_way *way = &w->way[w->n];
	struct err fault = {0};

	way->guest = *guest;
	if (igvm_measure(guest, &way->digest, &fault)) {
		w->n++;
		return true;
	}
	if (reason_class(fault.reason) == EXIT_CLASS_ENVIRONMENT) {
		*e = fault;
		return false;
	}
	if (!err_is(first))
		*first = fault;
	return true;
}

bool igvm_ways(struct igvm_ways *w, const struct igvm *g, struct err *e)
{
	struct igvm_guest guest = {.file = g, .platform = IGVM_SNP};
	struct err first = {0};

	w->n = 0;
	for (guest.profile = igvm_profiles; guest.profile->name; guest.profile++)
		for (unsigned zero = 0; zero < (guest.profile->native_zero ? 2u : 1u); zero++) {
			guest.native_zero = zero > 0;
			if (!add_way(w, &guest, &first, e))
				return false;
		}
	if (w->n == 0)
		*e = first;
	return w->n > 0;
}

void igvm_guest_put(struct buf *out, const struct igvm_guest *guest)
{
	buf_fmt(out, "IGVM, %s%s", guest->profile->name, guest->native_zero ? ", native zero" : "");
}
