#include "reference-db/trust_logs.h"

static const struct yaml_field key_item = {.type = YAML_TEXT};

const struct yaml_field trust_logs_fields[] = {
	{.key = "policy", .type = YAML_TEXT, .required = true},
	{.key = "submitters", .type = YAML_LIST, .item = &key_item},
	{0},
};

void trust_logs_free(struct trust_logs *l)
{
	log_policy_free(&l->policy);
	for (size_t i = 0; i < l->n; i++) {
		note_key_free(&l->submitter[i].key);
		buf_free(&l->submitter[i].text);
	}
	l->n = 0;
	l->named = false;
}

static bool read_submitter(struct trust_logs *l, const struct yaml_node *node, struct err *e)
{
	struct note_key *k;
	struct buf *text;

	if (l->n == TRUST_SUBMITTERS)
		return err_set(e, REASON_LIMIT, "more than %u submitters", TRUST_SUBMITTERS);
	k = &l->submitter[l->n].key;
	text = &l->submitter[l->n].text;
	*text = BUF(node->text.n);
	buf_put(text, node->text);
	l->n++;
	if (!buf_done(text, "a submitter", e) || !note_key_read(k, buf_bytes(text), e))
		return false;
	if (k->type != NOTE_ED25519)
		return err_set(e, REASON_KEY, "the key is of type 0x%02x and must be of 0x%02x",
			       k->type, NOTE_ED25519);
	for (size_t i = 0; i + 1 < l->n; i++)
		if (digest_equal(pubkey_id(l->submitter[i].key.key), pubkey_id(k->key)))
			return err_set(e, REASON_KEY, "the key stands twice");
	return true;
}

static bool in_line(const struct yaml_node *node, const char *what, struct err *e)
{
	if (e->reason == REASON_KEY)
		e->reason = REASON_TRUST;
	return err_in(e, "line %u: %s", node->line, what);
}

bool trust_logs_read(const struct yaml *y, const struct yaml_node *map, struct trust_logs *l,
		     struct err *e)
{
	const struct yaml_node *policy = yaml_member(y, map, "policy");
	const struct yaml_node *list = yaml_member(y, map, "submitters");
	const struct yaml_node *node = list ? yaml_first(y, list) : NULL;

	if (!log_policy_read(&l->policy, policy->text, e))
		return in_line(policy, "the policy", e);
	l->named = true;
	for (; node; node = yaml_after(y, list, node))
		if (!read_submitter(l, node, e))
			return in_line(node, "a submitter", e);
	return true;
}

void trust_logs_write(const struct trust_logs *l, struct buf *out)
{
	if (!l->named)
		return;
	buf_str(out, "logs:\n  policy: |\n");
	log_policy_write(&l->policy, "    ", out);
	if (l->n > 0)
		buf_str(out, "  submitters:\n");
	for (size_t i = 0; i < l->n; i++) {
		buf_str(out, "    - ");
		yaml_put_text(out, buf_bytes(&l->submitter[i].text));
		buf_str(out, "\n");
	}
}

void trust_logs_json(const struct trust_logs *l, struct json_out *w)
{
	owned(buf_free) struct buf policy = BUF(2 * LOG_POLICY_MAX);

	if (!l->named) {
		json_null(w);
		return;
	}
	log_policy_write(&l->policy, "", &policy);
	if (policy.failed != REASON_NONE)
		buf_fail(w->out, policy.failed);
	json_open(w, '{');
	json_key(w, "policy");
	json_string(w, buf_bytes(&policy));
	json_key(w, "submitters");
	json_open(w, '[');
	for (size_t i = 0; i < l->n; i++)
		json_string(w, buf_bytes(&l->submitter[i].text));
	json_close(w, ']');
	json_close(w, '}');
}
