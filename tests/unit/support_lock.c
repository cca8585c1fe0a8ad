#include "tests/unit/support_lock.h"

static struct digest digest(uint8_t fill)
{
	struct digest d = {.alg = DIGEST_SHA256, .len = 32};

	memset(d.v, fill, d.len);
	return d;
}

static struct object object(uint8_t fill, uint64_t size)
{
	return (struct object){digest(fill), size};
}

static struct lock_texts texts(struct lock_sample *s, size_t from, size_t n)
{
	return (struct lock_texts){s->text + from, n};
}

static void fill_inputs(struct lock_sample *s)
{
	s->input[0] = (struct lock_input){.input = "tools",
					  .name = "gcc-12",
					  .kind = LOCK_PACKAGE,
					  .version = "12.2.0-14+deb12u1",
					  .architecture = "amd64",
					  .object = object(1, 123),
					  .origins = texts(s, 0, 2)};
	s->input[1] = s->input[0];
	s->input[1].name = "bash";
	s->input[1].object = object(2, 45);
	s->input[1].origins.n = 0;
	s->input[2] = (struct lock_input){.input = "config",
					  .name = "",
					  .kind = LOCK_FILE_INPUT,
					  .object = object(3, 0),
					  .origins = texts(s, 2, 1)};
	s->input[3] = (struct lock_input){.input = "base",
					  .name = "manifest",
					  .kind = LOCK_BLOB,
					  .object = object(4, UINT64_C(5) << 30)};
	s->input[4] = s->input[3];
	s->input[4].name = "layer0";
	s->input[5] = (struct lock_input){.input = "source",
					  .name = "",
					  .kind = LOCK_GIT,
					  .commit = "0123456789abcdef0123456789abcdef01234567",
					  .object = object(5, 512),
					  .tree = digest(6),
					  .origins = texts(s, 3, 1),
					  .submodules = texts(s, 4, 1)};
}

void lock_sample(struct lock_sample *s)
{
	static const char *const text[] = {
		"debian:pool/main/g/gcc-12/gcc-12_12.2.0-14+deb12u1_amd64.deb",
		"debian-snapshot:20261101T000000Z/pool/main/g/gcc-12/x.deb",
		"project:kernel/my config",
		"project:.",
		"lib/x 89abcdef0123456789abcdef0123456789abcdef",
		"LANG=C.UTF-8",
		"CFLAGS=-O2 -DX=\"a\\b\"",
	};

	*s = (struct lock_sample){.lock = LOCK_NEW};
	memcpy(s->text, text, sizeof(text));
	fill_inputs(s);
	s->list[0] = (struct lock_list){
		"debian",	   "bookworm", NULL,	 "4D64FEC119C2029067D6E791F8D2585B8783D481",
		object(7, 151000), 1700000000, INT64_MAX};
	s->list[1] = s->list[0];
	s->list[1].archive = "debian-snapshot";
	s->list[1].snapshot = "20261101T000000Z";
	s->list[1].valid_until = 1700604800;
	s->stage[0] = (struct lock_stage){"kernel", "/build/kernel", 022, 4, texts(s, 5, 2)};
	s->stage[1] = (struct lock_stage){"app", "/build/app", 0, 1, {NULL, 0}};
	s->library[0] = (struct lock_library){"zlib", "1.2.13"};
	s->lock.tool = "0.1.0";
	s->lock.product = "example.org/blindbox";
	s->lock.version = "1.2.3";
	s->lock.recipe = digest(8);
	s->lock.epoch = 1700000001;
	s->lock.inputs = s->input;
	s->lock.n_inputs = 6;
	s->lock.lists = s->list;
	s->lock.n_lists = 2;
	s->lock.stages = s->stage;
	s->lock.n_stages = 2;
	s->lock.libraries = s->library;
	s->lock.n_libraries = 1;
	s->question[0] = (struct lock_question){"tools", digest(9)};
	s->lock.questions = s->question;
	s->lock.n_questions = 1;
}
