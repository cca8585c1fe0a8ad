/*
 * Any bytes as JSON. What is read is written, compactly and prettily, and read again: both texts
 * hold the same tree. Any bytes also go through text_tame(), whose result is one line of UTF-8.
 */
#include <stdlib.h>

#include "measure/base/json.h"
#include "measure/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void write_tree(struct buf *out, const struct json *j, bool pretty)
{
	struct json_out w = json_out(out, pretty);
	struct err e = {0};

	json_node_out(&w, j, j->nodes);
	must_be(buf_done(out, "tree", &e));
}

static void check_again(struct bytes text, struct bytes compact)
{
	struct buf again = BUF(1u << 24);
	struct err e = {0};
	struct json j;

	must_be(json_read(&j, text, 0, &e));
	write_tree(&again, &j, false);
	must_be(bytes_equal(buf_bytes(&again), compact));
	buf_free(&again);
	json_free(&j);
}

static void check_tame(struct bytes foreign)
{
	struct buf tame = BUF(1u << 24);

	text_tame(&tame, foreign);
	must_be(tame.failed == REASON_NONE && text_utf8_bad(buf_bytes(&tame)) == tame.n);
	for (size_t i = 0; i < tame.n; i++)
		must_be(tame.p[i] >= 0x20 && tame.p[i] != 0x7f);
	buf_free(&tame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf compact = BUF(1u << 24), pretty = BUF(1u << 26);
	struct err e = {0};
	struct json j;

	check_tame(bytes_of(data, size));
	if (!json_read(&j, bytes_of(data, size), 0, &e)) {
		must_be(err_is(&e) && e.at && e.offset <= size);
		return 0;
	}
	must_be(!err_is(&e));
	write_tree(&compact, &j, false);
	write_tree(&pretty, &j, true);
	check_again(buf_bytes(&compact), buf_bytes(&compact));
	check_again(buf_bytes(&pretty), buf_bytes(&compact));
	buf_free(&compact);
	buf_free(&pretty);
	json_free(&j);
	return 0;
}
