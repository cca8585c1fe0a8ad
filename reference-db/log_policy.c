#include "reference-db/log_policy.h"

#include "measure/base/text.h"

#define SHOWN 60 /* bytes of a foreign word in texts */
#define HEX_KEY 64u

/* ---- words */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The next one of the line, or nothing at its end. */
static struct bytes next_word(struct bytes *line)
{
	struct bytes word;
	size_t n = 0;

	while (line->n > 0 && is_blank(line->p[0]))
		*line = bytes_of(line->p + 1, line->n - 1);
	while (n < line->n && !is_blank(line->p[n]))
		n++;
	word = bytes_of(line->p, n);
	*line = bytes_of(n > 0 ? line->p + n : line->p, line->n - n);
	return word;
}

static int shown(struct bytes word)
{
	return word.n < SHOWN ? (int)word.n : SHOWN;
}

/* Names are opaque to the policy, but not to who reads what is said of them. */
static bool check_characters(struct bytes line, struct err *e)
{
	while (line.n > 0) {
		uint32_t c = 0;
		size_t n = text_utf8(line, &c);

		if (n == 0 || (c < 0x20 && c != '\t') || c == 0x7f || text_hidden(c))
			return err_set(e, REASON_TRUST,
				       "byte 0x%02x begins no character that can be shown",
				       line.p[0]);
		line = bytes_of(line.p + n, line.n - n);
	}
	return true;
}

static bool check_end(struct bytes line, struct err *e)
{
	struct bytes word = next_word(&line);

	return word.n == 0 || err_set(e, REASON_TRUST, "'%.*s' is one word too many", shown(word),
				      (const char *)word.p);
}

/* ---- keys */

static bool is_hex_key(struct bytes word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!memchr("0123456789abcdefABCDEF", word.p[i], 22))
			return false;
	return word.n == HEX_KEY;
}

static bool same_key(const struct log_entity *a, const struct log_entity *b)
{
	return a->key.key && b->key.key &&
	       digest_equal(pubkey_id(a->key.key), pubkey_id(b->key.key));
}

/* Whoever has a key speaks once, under one name and as one thing. */
static bool check_new(const struct log_policy *p, const struct log_entity *x, struct err *e)
{
	for (size_t i = 0; i < p->n_logs; i++)
		if (&p->log[i] != x && same_key(&p->log[i], x))
			return err_set(e, REASON_TRUST, "the key is that of the log '%.*s' already",
				       shown(p->log[i].key.name),
				       (const char *)p->log[i].key.name.p);
	for (size_t i = 0; i < p->n; i++)
		if (&p->node[i].witness != x && same_key(&p->node[i].witness, x))
			return err_set(e, REASON_TRUST,
				       "the key is that of the witness '%.*s' already",
				       shown(p->node[i].name), (const char *)p->node[i].name.p);
	return true;
}

/* KEY [URL], and the end of the line. */
static bool read_entity(struct log_entity *x, struct bytes line, enum note_type type, struct err *e)
{
	struct bytes vkey = next_word(&line);

	if (vkey.n == 0)
		return err_set(e, REASON_TRUST, "a key is missing");
	if (!note_key_read(&x->key, vkey, e)) {
		if (e->reason == REASON_KEY)
			e->reason = REASON_TRUST;
		return is_hex_key(vkey) ? err_hint(e, "`sigsum-key to-vkey` writes a Sigsum key "
						      "with its name")
					: false;
	}
	if (x->key.type != type)
		return err_set(e, REASON_TRUST, "the key is of type 0x%02x and must be of 0x%02x",
			       x->key.type, type);
	x->url = next_word(&line);
	return check_end(line, e);
}

/* ---- lines */

static bool read_log(struct log_policy *p, struct bytes line, struct err *e)
{
	struct log_entity *x = &p->log[p->n_logs];

	if (p->n_logs == LOG_POLICY_LOGS)
		return err_set(e, REASON_LIMIT, "more than %u logs", LOG_POLICY_LOGS);
	p->n_logs++;
	return read_entity(x, line, NOTE_ED25519, e) && check_new(p, x, e);
}

static size_t find(const struct log_policy *p, struct bytes name)
{
	for (size_t i = 0; i < p->n; i++)
		if (bytes_equal(p->node[i].name, name))
			return i;
	return LOG_POLICY_NONE;
}

static bool is_none(struct bytes name)
{
	return bytes_equal(name, bytes_str("none"));
}

static bool check_name(const struct log_policy *p, struct bytes name, struct err *e)
{
	if (name.n == 0)
		return err_set(e, REASON_TRUST, "a name is missing");
	if (is_none(name))
		return err_set(e, REASON_TRUST, "the name 'none' has a meaning of its own");
	if (find(p, name) != LOG_POLICY_NONE)
		return err_set(e, REASON_TRUST, "the name '%.*s' stands twice", shown(name),
			       (const char *)name.p);
	return p->n < LOG_POLICY_NODES ||
	       err_set(e, REASON_LIMIT, "more than %u witnesses and groups", LOG_POLICY_NODES);
}

static bool read_witness(struct log_policy *p, struct bytes line, struct err *e)
{
	struct log_node *node = &p->node[p->n];
	struct bytes name = next_word(&line);

	if (!check_name(p, name, e))
		return false;
	*node = (struct log_node){.name = name, .group = LOG_POLICY_NONE};
	p->n++;
	return read_entity(&node->witness, line, NOTE_COSIGNATURE, e) &&
	       check_new(p, &node->witness, e);
}

/* Known, and free: who stood in two groups would be counted twice. */
static bool read_member(struct log_policy *p, struct bytes name, size_t group, struct err *e)
{
	size_t i = find(p, name);

	if (i == LOG_POLICY_NONE)
		return err_set(e, REASON_TRUST, "no line above names '%.*s'", shown(name),
			       (const char *)name.p);
	if (p->node[i].group != LOG_POLICY_NONE)
		return err_set(e, REASON_TRUST, "'%.*s' is in a group already", shown(name),
			       (const char *)name.p);
	p->node[i].group = group;
	p->node[group].members++;
	return true;
}

static bool read_threshold(struct log_node *g, struct bytes word, struct err *e)
{
	uint64_t k = 0;

	if (bytes_equal(word, bytes_str("all")))
		k = g->members;
	else if (bytes_equal(word, bytes_str("any")))
		k = 1;
	else if (!note_number(word, &k))
		return err_set(e, REASON_TRUST, "'%.*s' is neither a number nor 'all' nor 'any'",
			       shown(word), (const char *)word.p);
	if (k < 1 || k > g->members)
		return err_set(e, REASON_TRUST, "%llu of %zu members cannot be",
			       (unsigned long long)k, g->members);
	g->threshold = (size_t)k;
	return true;
}

/* It has its place before its members are looked for, so none of them is itself. */
static bool read_group(struct log_policy *p, struct bytes line, struct err *e)
{
	struct log_node *node = &p->node[p->n];
	struct bytes name = next_word(&line), threshold = next_word(&line), member;

	if (!check_name(p, name, e))
		return false;
	*node = (struct log_node){.name = name, .group = LOG_POLICY_NONE};
	while ((member = next_word(&line)).n > 0)
		if (!read_member(p, member, p->n, e))
			return false;
	if (node->members == 0)
		return err_set(e, REASON_TRUST, "the group '%.*s' has no member", shown(name),
			       (const char *)name.p);
	p->n++;
	return read_threshold(node, threshold, e);
}

static bool read_quorum(struct log_policy *p, struct bytes line, struct err *e)
{
	struct bytes name = next_word(&line);

	if (p->has_quorum)
		return err_set(e, REASON_TRUST, "a second 'quorum'");
	p->has_quorum = true;
	p->quorum = find(p, name);
	if (p->quorum == LOG_POLICY_NONE && !is_none(name))
		return err_set(e, REASON_TRUST, "no line above names '%.*s'", shown(name),
			       (const char *)name.p);
	return check_end(line, e);
}

static bool read_line(struct log_policy *p, struct bytes line, struct err *e)
{
	static const struct {
		const char *word;
		bool (*read)(struct log_policy *, struct bytes, struct err *);
	} rows[] = {
		{"log", read_log},
		{"witness", read_witness},
		{"group", read_group},
		{"quorum", read_quorum},
	};
	struct bytes word;

	if (!check_characters(line, e))
		return false;
	word = next_word(&line);
	if (word.n == 0 || word.p[0] == '#')
		return true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (bytes_equal(word, bytes_str(rows[i].word)))
			return rows[i].read(p, line, e);
	return err_set(e, REASON_TRUST, "'%.*s' is none of 'log', 'witness', 'group' and 'quorum'",
		       shown(word), (const char *)word.p);
}

/* ---- all of it */

void log_policy_free(struct log_policy *p)
{
	for (size_t i = 0; i < p->n_logs; i++)
		note_key_free(&p->log[i].key);
	for (size_t i = 0; i < p->n; i++)
		note_key_free(&p->node[i].witness.key);
	buf_free(&p->text);
	p->n_logs = p->n = 0;
}

static bool read_lines(struct log_policy *p, struct err *e)
{
	struct bytes rest = buf_bytes(&p->text);

	for (size_t line = 1; rest.n > 0; line++)
		if (!read_line(p, bytes_line(&rest), e))
			return err_in(e, "line %zu", line);
	if (p->n_logs == 0)
		return err_set(e, REASON_TRUST, "no line names a log");
	return p->has_quorum || err_set(e, REASON_TRUST, "no line names the quorum");
}

bool log_policy_read(struct log_policy *p, struct bytes text, struct err *e)
{
	*p = (struct log_policy){.text = BUF(LOG_POLICY_MAX)};
	if (text.n > LOG_POLICY_MAX)
		return err_set(e, REASON_LIMIT, "%zu bytes are over the limit of %u for a policy",
			       text.n, LOG_POLICY_MAX);
	buf_put(&p->text, text);
	if (buf_done(&p->text, "the policy", e) && read_lines(p, e))
		return true;
	log_policy_free(p);
	return false;
}

static void put_entity(struct buf *out, const struct log_entity *x)
{
	note_key_put(out, &x->key);
	if (x->url.n > 0) {
		buf_str(out, " ");
		buf_put(out, x->url);
	}
	buf_str(out, "\n");
}

static void put_group(struct buf *out, const struct log_policy *p, size_t group)
{
	buf_put(out, p->node[group].name);
	buf_fmt(out, " %zu", p->node[group].threshold);
	for (size_t i = 0; i < group; i++) {
		if (p->node[i].group != group)
			continue;
		buf_str(out, " ");
		buf_put(out, p->node[i].name);
	}
	buf_str(out, "\n");
}

void log_policy_write(const struct log_policy *p, const char *indent, struct buf *out)
{
	for (size_t i = 0; i < p->n_logs; i++) {
		buf_fmt(out, "%slog ", indent);
		put_entity(out, &p->log[i]);
	}
	for (size_t i = 0; i < p->n; i++) {
		bool group = !p->node[i].witness.key.key;

		buf_fmt(out, "%s%s ", indent, group ? "group" : "witness");
		if (group) {
			put_group(out, p, i);
			continue;
		}
		buf_put(out, p->node[i].name);
		buf_str(out, " ");
		put_entity(out, &p->node[i].witness);
	}
	buf_fmt(out, "%squorum ", indent);
	buf_put(out, p->quorum == LOG_POLICY_NONE ? bytes_str("none") : p->node[p->quorum].name);
	buf_str(out, "\n");
}

bool log_policy_enough(const struct log_policy *p, const bool signed_by[LOG_POLICY_NODES])
{
	size_t met[LOG_POLICY_NODES + 1] = {0};
	bool is = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct log_node *node = &p->node[i];

		is = node->witness.key.key ? signed_by[i] : met[i] >= node->threshold;
		if (i == p->quorum)
			return is;
		met[node->group] += is;
	}
	return p->quorum == LOG_POLICY_NONE;
}
