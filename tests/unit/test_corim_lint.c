#include <stdio.h>

#include "reference-db/corim.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_diag.h"
#include "tests/unit/support_hex.h"

#define BASE UINT64_C(0)

/* The pieces of a manifest; each case below changes one of them. */
#define PCR(n) "{0: \"PCR" n "\", 1: {2: [[7, h'1" n "'*48]]}}"
#define OTHER(name) "{0: \"" name "\", 1: {2: [[7, h'77'*48]]}}"
#define REGISTERS PCR("0") ", " PCR("1") ", " PCR("2")
#define NITRO "{0: {1: \"aws.amazon.com/nitro-enclaves\", 2: \"p\"}}"
#define LINK ", 6: [[" NITRO ", [\"p/1/image\"]]]"
#define COMID(triples) "506(<<{1: {0: \"p/1/nitro\"}, 4: {" triples "}}>>)"
#define FILE(name) "{7: [1, h'22'*32], 20: 5, 24: " name ", \"origin\": \"asserted\"}"
#define FILES FILE("\"kernel\"") ", " FILE("\"cmdline\"") ", " FILE("\"ramdisk0\"")
#define SECTIONS(files) "{24: \"sections\", 26: {17: [" files "]}}"
#define COSWID(payload)                                                              \
	"505(<<{0: \"p/1/image\", 1: \"p\", 2: {31: \"v\", 33: [1, 2]}, 6: " payload \
	", 12: 0, 13: \"1\", \"arch\": \"x86_64\"}>>)"
#define PAYLOAD "{16: " SECTIONS(FILES) ", 17: " FILE("\"p.eif\"") "}"
#define CORIM(tags) "501({0: \"p/1\", 1: [" tags "]})"

#define OURS(registers) CORIM(COMID("0: [[" NITRO ", [" registers "]]]" LINK) ", " COSWID(PAYLOAD))
#define OURS_FILES(payload) \
	CORIM(COMID("0: [[" NITRO ", [" REGISTERS "]]]" LINK) ", " COSWID(payload))

/* Of somebody else, without a profile. */
#define THEIRS_ENV "{0: {1: \"x\", 2: \"y\"}}"
#define THEIRS_TRIPLES(triples) CORIM("506(<<{1: {0: \"t\"}, 4: {" triples "}}>>)")
#define THEIRS(mval) THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{0: \"k\", 1: " mval "}]]]")
#define GOOD "{2: [[1, h'33'*32]]}"
#define THEIRS_MORE(more)                                                                \
	"501({0: \"p/1\", 1: [506(<<{1: {0: \"t\"}, 4: {0: [[" THEIRS_ENV ", [{1: " GOOD \
	"}]]]}}>>)], " more "})"

#define SNP_CLASS "{0: {0: 111(h'2b060104019c780301')}}"
#define SNP(year, class, measurements)                                    \
	"501({0: \"s\", 1: [506(<<{1: {0: \"t\"}, 4: {0: [[" class        \
		", [" measurements "]]]}}>>)], 3: 32(\"tag:amd.com," year \
		":snp-corim-profile\")})"
#define SNP_ONE(measurement) SNP("2024", SNP_CLASS, measurement)
#define SNP_MEASUREMENT "{0: 641, 1: {2: [[7, h'41'*48]]}}"

#define IGVM_ID "\"77e8061e-4634-5e53-a848-d1d09e996843\""
#define IGVM_ENV "{0: {1: \"AMD\", 2: \"SEV-SNP\"}}"
#define IGVM_MEASURED "{0: \"MEASUREMENT\", 1: {2: [[7, h'41'*48]]}}"
#define IGVM_SERIES(env, svn) "8: [[[" env ", []], [[[" IGVM_MEASURED "], [{1: {1: " svn "}}]]]]]"
#define IGVM(id, env, measured, series)                                                       \
	"501({0: \"s\", 1: [506(<<{1: {0: " id "}, 4: {0: [[" env ", [" measured "]]]" series \
	"}}>>)], 3: 32(\"tag:microsoft.com,2026:launch-measurement/v1\")})"

enum severity { NOTHING, WARNING, ERROR };

struct lint_case {
	const char *cbor;
	enum severity severity;
	const char *slug, *place, *text;
};

static const struct lint_case cases[] = {
	{OURS(REGISTERS), NOTHING, "", "", ""},
	{OURS(REGISTERS ", " PCR("8")), NOTHING, "", "", ""},

	/* ---- registers of a Nitro enclave */
	{OURS(PCR("0") ", {0: \"pcr1\", 1: {2: [[7, h'11'*48]]}}, " PCR("2")), ERROR, "register",
	 "reference 0, pcr1", "no register has this name; they are PCR0 to PCR15"},
	{OURS(OTHER("PCR00") ", " PCR("1") ", " PCR("2")), ERROR, "register", "reference 0, PCR00",
	 "no register has this name; they are PCR0 to PCR15"},
	{OURS(REGISTERS ", " OTHER("PCR16")), ERROR, "register", "reference 0, PCR16",
	 "no register has this name; they are PCR0 to PCR15"},
	{OURS(PCR("0") ", " PCR("2")), ERROR, "register-missing", "reference 0", "PCR1 is missing"},
	{OURS(PCR("0") ", " PCR("1") ", {0: \"PCR2\", 1: {2: [[1, h'11'*32]]}}"), ERROR, "register",
	 "reference 0, PCR2", "a register of a Nitro enclave is a SHA-384"},
	{OURS(PCR("0") ", " PCR("1") ", {0: \"PCR2\", 1: {1: 552(1)}}"), ERROR, "register",
	 "reference 0, PCR2", "a register of a Nitro enclave is a SHA-384"},
	{OURS(REGISTERS ", " PCR("3")), WARNING, "register", "reference 0, PCR3",
	 "tells of a deployment, not of a release"},
	{OURS(REGISTERS ", " PCR("8") ", " PCR("8")), ERROR, "repeated", "reference 0, PCR8",
	 "the same measurement twice"},
	{OURS("{0: \"PCR0\", 1: {2: [[7, h'00'*48]]}}, " PCR("1") ", " PCR("2")), ERROR,
	 "zero-measurement", "tag 0, reference 0, PCR0", "the digest is all zero"},
	{OURS("{0: \"PCR0\", 1: {2: [[7, h'ff'*48]]}}, " PCR("1") ", " PCR("2")), ERROR,
	 "digest-ones", "tag 0, reference 0, PCR0", "the digest is all ones"},
	{CORIM(COMID("0: [[" NITRO ", [" REGISTERS "]], [" NITRO
		     ", [" PCR("8") ", " REGISTERS "]]]" LINK) ", " COSWID(PAYLOAD)),
	 ERROR, "contradiction", "reference 1", "another state of the environment of reference 0"},
	{CORIM(COMID("0: [[" NITRO ", [" REGISTERS "]], [" NITRO ", [" REGISTERS
		     "]]]" LINK) ", " COSWID(PAYLOAD)),
	 WARNING, "repeated", "reference 1", "says the same as reference 0"},
	{CORIM(COMID("0: [[" NITRO ", [{1: {14: {0: [[7, h'10'*48]], 1: [[7, h'11'*48]], "
		     "2: [[7, h'12'*48]]}}}]]]")),
	 WARNING, "not-ours", "", "not byte for byte what this program writes"},
	{CORIM(COMID("0: [[" NITRO ", [{1: {14: {0: [[7, h'10'*48]], 2: [[7, h'12'*48]]}}}]]]")),
	 ERROR, "register-missing", "reference 0", "PCR1 is missing"},

	/* ---- ours is strict where others are not */
	{"501({0: \"p/1\", 1: [" COMID("0: [[" NITRO ", [" REGISTERS "]]]") "], 99: 0})", ERROR,
	 "unknown-key", "", "corim-map has a key 99, which is not interpreted"},
	{"501({1: [" COMID("0: [[" NITRO ", [" REGISTERS "]]]") "], 0: \"p/1\"})", ERROR,
	 "canonical", "",
	 "not deterministic CBOR: a map key sorts before the one at offset 4, at offset 258"},
	{CORIM(COMID("0: [[" NITRO ", [" REGISTERS "]]]" LINK)), ERROR, "tag-id", "",
	 "no CoSWID here has the id \"p/1/image\""},

	/* ---- digests */
	{THEIRS("{2: [[7, h'11'*47]]}"), ERROR, "digest-length", "tag 0, reference 0, k",
	 "a digest of 47 bytes, where algorithm 7 has 48"},
	{THEIRS("{2: [[0, h'11'*32]]}"), ERROR, "digest-algorithm", "tag 0, reference 0, k",
	 "the digest algorithm 0 is reserved"},
	{THEIRS("{2: [[99, h'11'*32]]}"), ERROR, "digest-algorithm", "tag 0, reference 0, k",
	 "the digest algorithm 99 is not known"},
	{THEIRS("{2: [[-43, h'11'*48]]}"), ERROR, "digest-algorithm", "tag 0, reference 0, k",
	 "the digest algorithm -43 is not known"},
	{THEIRS("{2: [[6, h'11'*4]]}"), ERROR, "digest-algorithm", "tag 0, reference 0, k",
	 "the digest algorithm 6 is truncated to 4 bytes"},
	{THEIRS("{2: [[\"md5\", h'11'*16]]}"), ERROR, "digest-algorithm", "tag 0, reference 0, k",
	 "the digest algorithm 0 is reserved"},
	{THEIRS("{2: [[\"sha-384\", h'11'*48]]}"), NOTHING, "", "", ""},
	{THEIRS("{2: [[1, h'11'*32], [1, h'12'*32]]}"), ERROR, "digest-repeated",
	 "tag 0, reference 0, k", "two digests of algorithm 1"},
	{THEIRS("{2: [[1, h'11'*32], [7, h'12'*48]]}"), NOTHING, "", "", ""},
	{THEIRS("{2: []}"), ERROR, "empty", "tag 0, reference 0, k", "digests is an empty list"},
	{THEIRS("{2: [[]]}"), ERROR, "empty", "tag 0, reference 0, k",
	 "a digest without algorithm and value"},
	{THEIRS("{2: [[1]]}"), ERROR, "empty", "tag 0, reference 0, k", "a digest without a value"},
	{THEIRS("{2: [[1, h'00'*32]]}"), ERROR, "zero-measurement", "tag 0, reference 0, k",
	 "the digest is all zero"},
	{THEIRS("{2: [[1, h'33'*32, 0]]}"), ERROR, "form", "tag 0, reference 0, k",
	 "digest has more than two items"},
	{THEIRS("{2: [[1, \"x\"]]}"), ERROR, "form", "tag 0, reference 0, k",
	 "digest value is a text string and must be a byte string"},
	{THEIRS("{2: 0}"), ERROR, "form", "tag 0, reference 0, k",
	 "digests is an unsigned integer and must be an array"},

	/* ---- other values */
	{THEIRS("{}"), ERROR, "empty", "tag 0, reference 0, k", "measurement-values-map is empty"},
	{THEIRS("{0: {0: \"1.2\", 1: 16384}}"), NOTHING, "", "", ""},
	{THEIRS("{0: {1: 16384}}"), ERROR, "missing-key", "tag 0, reference 0, k",
	 "version-map has no key 0"},
	{THEIRS("{0: {0: \"1\", 2: 0}}"), ERROR, "unknown-key", "tag 0, reference 0, k",
	 "version-map has a key 2, which cannot be there"},
	{THEIRS("{1: 5}"), NOTHING, "", "", ""},
	{THEIRS("{1: 552(5)}"), NOTHING, "", "", ""},
	{THEIRS("{1: 553(5)}"), NOTHING, "", "", ""},
	{THEIRS("{1: 554(5)}"), ERROR, "form", "tag 0, reference 0, k",
	 "svn has the tag 554, which is not 552 or 553"},
	{THEIRS("{1: -1}"), ERROR, "form", "tag 0, reference 0, k",
	 "svn is a negative integer and must be an unsigned integer"},
	{THEIRS("{3: {0: true, 3: false}}"), NOTHING, "", "", ""},
	{THEIRS("{3: {3: true}}"), ERROR, "debug", "tag 0, reference 0, k",
	 "the flag is-debug is true"},
	{THEIRS("{3: {11: true}}"), WARNING, "unknown-key", "tag 0, reference 0, k",
	 "flags-map has a key 11, which is not interpreted"},
	{THEIRS("{3: {3: 1}}"), ERROR, "form", "tag 0, reference 0, k",
	 "flag is an unsigned integer and must be true or false"},
	{THEIRS("{4: 560(h'0102')}"), NOTHING, "", "", ""},
	{THEIRS("{4: 563([h'0102', h'ff00'])}"), NOTHING, "", "", ""},
	{THEIRS("{4: 563([h'0102', h'ff'])}"), ERROR, "mask", "tag 0, reference 0, k",
	 "a mask of 1 bytes for a value of 2"},
	{THEIRS("{4: 563([h'0102'])}"), ERROR, "form", "tag 0, reference 0, k",
	 "masked raw value has not two items"},
	{THEIRS("{4: 563([h'01', h'01', h'01'])}"), ERROR, "form", "tag 0, reference 0, k",
	 "masked raw value has not two items"},
	{THEIRS("{4: 561(h'0102')}"), ERROR, "form", "tag 0, reference 0, k",
	 "raw-value has the tag 561, not 560 or 563"},
	{THEIRS("{4: 560(h'0102'), 5: h'ffff'}"), WARNING, "mask", "tag 0, reference 0, k",
	 "the mask stands in key 5, which is deprecated"},
	{THEIRS("{4: 560(h'0102'), 5: 560(h'ff')}"), ERROR, "mask", "tag 0, reference 0, k",
	 "a mask of 1 bytes for a value of 2"},
	{THEIRS("{8: \"serial\"}"), ERROR, "not-interpreted", "tag 0, reference 0, k",
	 "an identifier or key among the values: a condition that is not compared"},
	{THEIRS("{15: 5}"), NOTHING, "", "", ""},
	{THEIRS("{15: -5}"), NOTHING, "", "", ""},
	{THEIRS("{15: 564([1, null])}"), NOTHING, "", "", ""},
	{THEIRS("{15: 564([2, 1])}"), ERROR, "measurement", "tag 0, reference 0, k",
	 "int-range begins behind its end"},
	{THEIRS("{15: 565([1, 2])}"), ERROR, "form", "tag 0, reference 0, k",
	 "int-range has another tag than 564"},
	{THEIRS("{15: 564([1])}"), ERROR, "form", "tag 0, reference 0, k",
	 "int-range has not two items"},
	{THEIRS("{15: 564([1, 2, 3])}"), ERROR, "form", "tag 0, reference 0, k",
	 "int-range has not two items"},
	{THEIRS("{14: {0: [[1, h'33'*32]], \"a\": [[1, h'34'*32]]}}"), NOTHING, "", "", ""},
	{THEIRS("{14: {0: []}}"), ERROR, "empty", "tag 0, reference 0, k",
	 "digests is an empty list"},
	{THEIRS("{99: 0}"), WARNING, "unknown-key", "tag 0, reference 0, k",
	 "measurement-values-map has a key 99, which is not interpreted"},
	{THEIRS("{11: \"a\", x'f90000': 0}"), ERROR, "form", "tag 0",
	 "a map key is a float and must be an integer or a string"},

	/* ---- measurements, environments, triples */
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{0: \"k\"}]]]"), ERROR, "missing-key",
	 "tag 0, reference 0, k", "measurement-map has no key 1"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{1: " GOOD ", 2: [554(\"x\")]}]]]"), ERROR,
	 "not-interpreted", "tag 0, reference 0",
	 "authorized-by: a condition that is not compared"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{1: " GOOD "}]]], 1: [[" THEIRS_ENV
			", [{1: {2: [[1, h'33'*32]], 8: \"serial\"}, 2: [554(\"x\")]}]]]"),
	 WARNING, "not-interpreted", "tag 0, endorsed 0",
	 "an identifier or key among the values: allowed, and not interpreted"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{1: " GOOD ", 3: 0}]]]"), ERROR, "unknown-key",
	 "tag 0, reference 0", "measurement-map has a key 3, which cannot be there"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{0: 111(h'2a0304'), 1: " GOOD "}]]]"), NOTHING, "",
	 "", ""},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{0: 37(h'01'*16), 1: " GOOD "}]]]"), NOTHING, "", "",
	 ""},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{0: 7, 1: " GOOD "}]]]"), NOTHING, "", "", ""},
	{THEIRS_TRIPLES("0: [[{}, [{1: " GOOD "}]]]"), ERROR, "empty", "tag 0, reference 0",
	 "environment-map is empty"},
	{THEIRS_TRIPLES("0: [[{0: {}}, [{1: " GOOD "}]]]"), ERROR, "empty", "tag 0, reference 0",
	 "class-map is empty"},
	{THEIRS_TRIPLES("0: [[{0: {2: \"y\"}}, [{1: " GOOD "}]]]"), ERROR, "environment",
	 "tag 0, reference 0", "a class has a model and no vendor"},
	{THEIRS_TRIPLES("0: [[{0: {1: \"x\", 5: 0}}, [{1: " GOOD "}]]]"), ERROR, "unknown-key",
	 "tag 0, reference 0", "class-map has a key 5, which cannot be there"},
	{THEIRS_TRIPLES("0: [[{0: {1: \"x\", 3: 1, 4: 2}, 1: 550(h'01'*8), 2: 37(h'02'*16)}, "
			"[{1: " GOOD "}]]]"),
	 NOTHING, "", "", ""},
	{THEIRS_TRIPLES("0: [[{3: 0}, [{1: " GOOD "}]]]"), ERROR, "unknown-key",
	 "tag 0, reference 0", "environment-map has a key 3, which cannot be there"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", []]]"), ERROR, "empty", "tag 0, reference 0",
	 "no measurement"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV "]]"), ERROR, "form", "tag 0, reference 0",
	 "a triple ends before its measurements"},
	{THEIRS_TRIPLES("0: [[]]"), ERROR, "form", "tag 0, reference 0",
	 "a triple ends before its environment"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{1: " GOOD "}], 0]]"), ERROR, "form",
	 "tag 0, reference 0", "a triple goes on behind its measurements"},
	{THEIRS_TRIPLES("0: []"), ERROR, "empty", "tag 0, reference 0", "an empty list of triples"},
	{THEIRS_TRIPLES(""), ERROR, "empty", "tag 0", "triples-map is empty"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{1: " GOOD "}]]], 2: [0]"), WARNING,
	 "not-interpreted", "tag 0", "a kind of triple: allowed, and not interpreted"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{1: " GOOD "}]]], 99: [0]"), WARNING, "unknown-key",
	 "tag 0", "triples-map has a key 99, which is not interpreted"},
	{THEIRS_TRIPLES("1: [[" THEIRS_ENV ", [{1: " GOOD "}]]]"), WARNING, "empty", "",
	 "no reference values at all"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{1: " GOOD "}]]], 6: [[" THEIRS_ENV ", [\"no\"]]]"),
	 WARNING, "tag-id", "", "no CoSWID here has the id \"no\""},
	{THEIRS_TRIPLES("8: [[[" THEIRS_ENV ", []], []]]"), ERROR, "empty", "tag 0, series 0",
	 "a series without records"},
	{THEIRS_TRIPLES("8: [[[" THEIRS_ENV ", [], [554(\"x\")]], [[[{1: " GOOD
			"}], [{1: {1: 1}}]]]]]"),
	 WARNING, "not-interpreted", "tag 0, series 0",
	 "authorized-by: allowed, and not interpreted"},
	{THEIRS_TRIPLES("8: [[[" THEIRS_ENV ", []], [[[{1: " GOOD "}]]]]]"), ERROR, "form",
	 "tag 0, series 0", "a triple ends before its addition"},

	/* ---- the CoMID */
	{CORIM("506(<<{4: {0: [[" THEIRS_ENV ", [{1: " GOOD "}]]]}}>>)"), ERROR, "missing-key",
	 "tag 0", "concise-mid-tag has no key 1"},
	{CORIM("506(<<{1: {0: \"t\"}}>>)"), ERROR, "missing-key", "tag 0",
	 "concise-mid-tag has no key 4"},
	{CORIM("506(<<{1: {1: 0}, 4: {0: [[" THEIRS_ENV ", [{1: " GOOD "}]]]}}>>)"), ERROR,
	 "missing-key", "tag 0", "tag-identity-map has no key 0"},
	{CORIM("506(<<{1: {0: h'01'*15}, 4: {0: [[" THEIRS_ENV ", [{1: " GOOD "}]]]}}>>)"), ERROR,
	 "tag-id", "tag 0", "tag-id has 15 bytes, a UUID has 16"},
	{CORIM("506(<<{0: \"en\", 1: {0: h'01'*16, 1: 3}, 4: {0: [[" THEIRS_ENV ", [{1: " GOOD
	       "}]]]}}>>)"),
	 NOTHING, "", "", ""},
	{CORIM("506(<<{1: {0: \"t\"}, 2: [0], 4: {0: [[" THEIRS_ENV ", [{1: " GOOD "}]]]}}>>)"),
	 WARNING, "not-interpreted", "tag 0", "entities of a CoMID: allowed, and not interpreted"},
	{CORIM("506(<<{1: {0: \"t\"}, 3: [0], 4: {0: [[" THEIRS_ENV ", [{1: " GOOD "}]]]}}>>)"),
	 WARNING, "not-interpreted", "tag 0", "linked-tags: allowed, and not interpreted"},
	{CORIM("506(<<{1: {0: \"a x'00'\"}, 4: {0: [[" THEIRS_ENV ", [{1: " GOOD "}]]]}}>>)"),
	 NOTHING, "", "", ""},
	{CORIM("506(<<{1: {0: x'6100'}, 4: {0: [[" THEIRS_ENV ", [{1: " GOOD "}]]]}}>>)"), ERROR,
	 "text", "tag 0", "tag-id holds a NUL"},

	/* ---- the corim-map */
	{"501({0: \"p\", 1: []})", ERROR, "empty", "tag 0", "tags is an empty list"},
	{"501({0: \"p\"})", ERROR, "missing-key", "", "corim-map has no key 1"},
	{"501({1: [" COMID("0: [[" THEIRS_ENV ", [{1: " GOOD "}]]]") "]})", ERROR, "missing-key",
	 "", "corim-map has no key 0"},
	{CORIM("507(h'00')"), ERROR, "tag", "tag 0",
	 "a tag 507, which is no CoMID, CoSWID or CoTL"},
	{CORIM("501({0: \"p\", 1: []})"), ERROR, "tag", "tag 0",
	 "a tag 501, which is no CoMID, CoSWID or CoTL"},
	{CORIM("508(h'a0')"), WARNING, "not-interpreted", "tag 0",
	 "a CoTL, which says which tags are active: allowed, and not interpreted"},
	{CORIM("506(h'a0a0')"), ERROR, "form", "tag 0",
	 "1 byte stands behind the end of the CBOR item"},
	{CORIM("506({})"), ERROR, "form", "tag 0", "CoMID is a map and must be a byte string"},
	{CORIM("1"), ERROR, "form", "tag 0", "tag is an unsigned integer and must be a tag"},
	{"500({})", ERROR, "form", "", "tag 500 stands where tag 501 must"},
	{"501([])", ERROR, "form", "", "corim-map is an array and must be a map"},
	{THEIRS_MORE("2: [{0: 32(\"x\")}]"), ERROR, "not-interpreted", "",
	 "dependent-rims: it depends on other manifests, which are not read"},
	{THEIRS_MORE("3: 32(\"tag:example.org,2026:x\")"), ERROR, "profile", "",
	 "the profile \"tag:example.org,2026:x\" is not known"},
	{THEIRS_MORE("3: 111(h'2a03')"), ERROR, "profile", "",
	 "the profile is an OID that is not known"},
	{THEIRS_MORE("3: [32(\"tag:amd.com,2024:snp-corim-profile\")]"), ERROR, "profile", "",
	 "the profile is neither a URI (tag 32) nor an OID (tag 111)"},
	{THEIRS_MORE("4: {0: 1(1), 1: 1(2)}"), NOTHING, "", "", ""},
	{THEIRS_MORE("4: {0: 1(3), 1: 1(2)}"), ERROR, "validity", "",
	 "the validity ends before it begins"},
	{THEIRS_MORE("4: {1: 1(-1)}"), ERROR, "validity", "",
	 "the time -1 is before 1970 or after the year 9999"},
	{THEIRS_MORE("4: {1: 1(253402300800)}"), ERROR, "validity", "",
	 "the time 253402300800 is before 1970 or after the year 9999"},
	{THEIRS_MORE("4: {1: 1(x'fb41d452d9ec200000')}"), ERROR, "form", "",
	 "time is a float and must be an integer"},
	{THEIRS_MORE("4: {1: 0(\"2026\")}"), ERROR, "form", "",
	 "time has the tag 0, which must be 1"},
	{THEIRS_MORE("4: {0: 1(1)}"), ERROR, "missing-key", "", "validity-map has no key 1"},
	{THEIRS_MORE("4: {1: 1(1), 2: 0}"), ERROR, "unknown-key", "",
	 "validity-map has a key 2, which cannot be there"},
	{THEIRS_MORE("5: [{0: \"a\", 1: 32(\"u\"), 2: [1, 2]}]"), NOTHING, "", "", ""},
	{THEIRS_MORE("5: [{0: \"a\", 2: [2]}, {0: \"b\", 2: [2]}]"), ERROR, "entity", "",
	 "2 entities have the role manifest-signer"},
	{THEIRS_MORE("5: [{0: \"a\", 2: [7]}]"), WARNING, "entity", "",
	 "a role 7, which the draft does not name"},
	{THEIRS_MORE("5: [{2: [1]}]"), ERROR, "missing-key", "", "entity-map has no key 0"},
	{THEIRS_MORE("5: [{0: \"a\"}]"), ERROR, "missing-key", "", "entity-map has no key 2"},
	{THEIRS_MORE("5: []"), ERROR, "empty", "", "entities is an empty list"},
	{THEIRS_MORE("99: 0"), WARNING, "unknown-key", "",
	 "corim-map has a key 99, which is not interpreted"},
	{THEIRS_MORE("\"x\": 0"), WARNING, "unknown-key", "",
	 "corim-map has a key that is no integer, which is not interpreted"},
	{CORIM(COMID("0: [[" THEIRS_ENV ", [{1: " GOOD "}]]]") ", " COMID("0: [[" THEIRS_ENV
									  ", [{1: " GOOD "}]]]")),
	 ERROR, "tag-id", "", "tags 0 and 1 have one id"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{1: " GOOD "}]], [" THEIRS_ENV ", [{1: " GOOD
			"}]]]"),
	 WARNING, "repeated", "reference 1", "says the same as reference 0"},
	{THEIRS_TRIPLES("0: [[" THEIRS_ENV ", [{1: " GOOD "}]], [" THEIRS_ENV ", [{1: {1: 5}}]]]"),
	 NOTHING, "", "", ""},
	{"501({_ 0: \"p\", 1: [_ 506_2(<<{_ 1: {0: \"t\"}, 4: {0: [[" THEIRS_ENV ", [{1: " GOOD
	 "}]]]}}>>)]})",
	 WARNING, "canonical", "tag 0",
	 "not deterministic CBOR: a map of indefinite length, at offset 16"},
	{THEIRS("{11: x'7f6161ff'}"), ERROR, "form", "tag 0, reference 0, k",
	 "name is a text string of indefinite length and must be of definite length"},
	{THEIRS("{2: [[1_0, h'33'*32]]}"), WARNING, "canonical", "tag 0",
	 "not deterministic CBOR: the head of an unsigned integer has 2 bytes where 1 would do, at "
	 "offset 46"},
	{"501({0: \"p\", 0: \"q\", 1: []})", ERROR, "form", "",
	 "a map key repeats the one at offset 4"},
	{"501({0: \"p\", 0_0: \"q\", 1: []})", ERROR, "form", "",
	 "a map key repeats the one at offset 4"},

	/* ---- the CoSWID */
	{OURS_FILES("{16: " SECTIONS(FILES) ", 17: " FILE("\"../p.eif\"") "}"), ERROR, "path",
	 "tag 1, ../p.eif", "the name of a file has parts of a path, or deceives"},
	{OURS_FILES("{16: " SECTIONS(FILES) ", 17: " FILE("\"/p.eif\"") "}"), ERROR, "path",
	 "tag 1, /p.eif", "the name of a file has parts of a path, or deceives"},
	{OURS_FILES("{16: " SECTIONS(FILES) ", 17: " FILE("\"..\"") "}"), ERROR, "path",
	 "tag 1, ..", "the name of a file has parts of a path, or deceives"},
	{OURS_FILES("{16: " SECTIONS(FILES) ", 17: " FILE("\"a\\\\b\"") "}"), ERROR, "path",
	 "tag 1, a\\b", "the name of a file has parts of a path, or deceives"},
	{OURS_FILES("{16: " SECTIONS(FILES) ", 17: " FILE("\"a\xe2\x80\xae\"") "}"), ERROR, "path",
	 "tag 1, a\xe2\x80\xae", "the name of a file has parts of a path, or deceives"},
	{OURS_FILES("{16: " SECTIONS(FILES) ", 17: " FILE("\"\"") "}"), ERROR, "path", "tag 1",
	 "the name of a file has parts of a path, or deceives"},
	{OURS_FILES("{16: {24: \"a/b\", 26: {17: [" FILES "]}}, 17: " FILE("\"p\"") "}"), ERROR,
	 "path", "tag 1", "the name of a folder has parts of a path, or deceives"},
	{OURS_FILES("{17: {7: [1, h'22'*32], 20: 5, 23: \"/etc\", 24: \"p\"}}"), ERROR, "path",
	 "tag 1", "a path beside the name, which is not used"},
	{OURS_FILES("{17: {20: 5, 24: \"p\"}}"), WARNING, "digest-missing", "tag 1, p",
	 "a file without a digest"},
	{OURS_FILES("{17: {7: [1, h'00'*32], 20: 5, 24: \"p\"}}"), ERROR, "zero-measurement",
	 "tag 1", "the digest of a file is all zero"},
	{OURS_FILES("{17: {7: [1, h'ff'*32], 20: 5, 24: \"p\"}}"), ERROR, "digest-ones", "tag 1",
	 "the digest of a file is all ones"},
	{CORIM("505(<<{0: \"i\", 1: \"n\", 2: {31: \"v\", 33: 1}, 6: {17: {7: [1, h'22'*32], "
	       "23: \"/etc\", 24: \"p\"}}, 12: 0}>>)"),
	 WARNING, "path", "tag 0", "a path beside the name, which is not used"},
	{OURS_FILES("{17: {7: [10, h'11'*32], 20: 5, 24: \"p\"}}"), WARNING, "not-interpreted",
	 "tag 1", "a digest of algorithm 10, which is not computed"},
	{OURS_FILES("{17: {7: [1, h'22'*31], 20: 5, 24: \"p\"}}"), ERROR, "digest-length", "tag 1",
	 "a digest of 31 bytes, where algorithm 1 has 32"},
	{OURS_FILES("{17: {7: [1, h'22'*32], 20: 5}}"), ERROR, "missing-key", "tag 1",
	 "file has no key 24"},
	{OURS_FILES("{17: {7: [1, h'22'*32], 24: \"p\", \"origin\": \"made up\"}}"), ERROR, "form",
	 "tag 1, p", "the origin \"made up\" is not known"},
	{OURS_FILES("{17: {7: [1, h'22'*32], 24: \"p\", \"origin\": 5}}"), ERROR, "form",
	 "tag 1, p", "the attribute origin is no text"},
	{OURS_FILES("{17: {7: [1, h'22'*32], 24: \"p\", \"colour\": \"red\"}}"), ERROR,
	 "unknown-key", "tag 1, p", "file has an attribute \"colour\", which is not interpreted"},
	{OURS_FILES("{17: [" FILE("\"p\"") "]}"), WARNING, "form", "tag 1",
	 "files: a list of 1, where RFC 9393 has two or more"},
	{OURS_FILES("{16: {26: {16: {24: \"x\"}}, 24: \"y\"}, 17: " FILE("\"p\"") "}"), ERROR,
	 "canonical", "tag 1",
	 "not deterministic CBOR: a map key sorts before the one at offset 351, at offset 360"},
	{OURS_FILES("{16: {24: \"y\", 26: {16: {24: \"x\"}}}, 17: " FILE("\"p\"") "}"), WARNING,
	 "not-interpreted", "tag 1", "path-elements: allowed, and not interpreted"},
	{OURS_FILES("{16: {26: {}}}"), ERROR, "missing-key", "tag 1", "directory has no key 24"},
	{CORIM("505(<<{0: \"i\", 1: \"n\", 2: {33: 1}, 12: 0}>>)"), ERROR, "missing-key", "tag 0",
	 "entity has no key 31"},
	{CORIM("505(<<{0: \"i\", 1: \"n\", 2: {31: \"v\"}, 12: 0}>>)"), ERROR, "missing-key",
	 "tag 0", "entity has no key 33"},
	{CORIM("505(<<{1: \"n\", 2: {31: \"v\", 33: 1}, 12: 0}>>)"), ERROR, "missing-key", "tag 0",
	 "concise-swid-tag has no key 0"},
	{CORIM("505(<<{0: \"i\", 2: {31: \"v\", 33: 1}, 12: 0}>>)"), ERROR, "missing-key", "tag 0",
	 "concise-swid-tag has no key 1"},
	{CORIM("505(<<{0: \"i\", 1: \"n\", 12: 0}>>)"), ERROR, "missing-key", "tag 0",
	 "concise-swid-tag has no key 2"},
	{CORIM("505(<<{0: \"i\", 1: \"n\", 2: {31: \"v\", 33: 1}}>>)"), ERROR, "missing-key",
	 "tag 0", "concise-swid-tag has no key 12"},
	{CORIM("505(<<{0: \"i\", 1: \"n\", 2: {31: \"v\", 33: 1}, 4: {38: 32(\"x\"), 40: 1}, 12: 0}>>)"),
	 WARNING, "not-interpreted", "tag 0", "CoSWID: allowed, and not interpreted"},
	{CORIM("505(<<{0: \"i\", 1: \"n\", 2: {31: \"v\", 33: 1}, 12: 0, 99: 1}>>)"), WARNING,
	 "unknown-key", "tag 0", "CoSWID has a key 99, which is not interpreted"},
	{CORIM("505(<<{0: \"i\", 1: \"n\", 2: {31: \"v\", 33: 1}, 12: 0, \"z\": 1}>>)"), WARNING,
	 "unknown-key", "tag 0", "CoSWID has an attribute \"z\", which is not interpreted"},
	{CORIM("505(<<{0: \"i\", 1: \"n\", 2: {31: \"v\", 33: 1}, 12: 0, \"arch\": 1}>>)"), ERROR,
	 "form", "tag 0", "the attribute arch is no text"},

	/* ---- AMD SEV-SNP */
	{SNP_ONE(SNP_MEASUREMENT), NOTHING, "", "", ""},
	{SNP("2025", SNP_CLASS, SNP_MEASUREMENT), NOTHING, "", "", ""},
	{SNP("2025", "{0: {0: 111(h'06092b060104019c780302')}}", SNP_MEASUREMENT), NOTHING, "", "",
	 ""},
	{SNP("2026", SNP_CLASS, SNP_MEASUREMENT), ERROR, "profile", "",
	 "the profile \"tag:amd.com,2026:snp-corim-profile\" is not known"},
	{SNP("2024", "{0: {0: 111(h'2a03')}}", SNP_MEASUREMENT), ERROR, "environment",
	 "reference 0", "the class-id is neither 1.3.6.1.4.1.3704.3.1 nor 1.3.6.1.4.1.3704.3.2"},
	{SNP("2024", "{0: {0: 111(h'2b060104019c780301'), 1: \"AMD\"}}", SNP_MEASUREMENT), WARNING,
	 "environment", "reference 0", "the profile has neither vendor nor model"},
	{SNP("2024", "{0: {0: 111(h'2b060104019c780301')}, 1: 560(h'41'*48)}", SNP_MEASUREMENT),
	 NOTHING, "", "", ""},
	{SNP_ONE("{0: 2, 1: {4: 560(h'0000030000000000')}}"), NOTHING, "", "", ""},
	{SNP_ONE("{0: 2, 1: {4: 560(h'0000010000000000')}}"), ERROR, "policy",
	 "reference 0, POLICY", "bit 17 of the policy is clear, which no guest has"},
	{SNP_ONE("{0: 2, 1: {4: 560(h'00000b0000000000')}}"), ERROR, "debug", "reference 0, POLICY",
	 "bit 19 of the policy allows debugging"},
	{SNP_ONE("{0: 2, 1: {4: 563([h'0000000000000000', h'0000010000000000'])}}"), NOTHING, "",
	 "", ""},
	{SNP_ONE("{0: 2, 1: {4: 563([h'00000a0000000000', h'00000f0000000000'])}}"), ERROR, "debug",
	 "reference 0, POLICY", "bit 19 of the policy allows debugging"},
	{SNP_ONE("{0: 2, 1: {4: 560(h'000003')}}"), ERROR, "measurement", "reference 0, POLICY",
	 "3 bytes, where the profile has 8"},
	{SNP_ONE("{0: 2, 1: {1: 552(1)}}"), ERROR, "measurement", "reference 0, POLICY",
	 "not the kind of value that the profile gives it"},
	{SNP_ONE("{0: 641, 1: {2: [[1, h'41'*32]]}}"), ERROR, "measurement",
	 "reference 0, MEASUREMENT", "32 bytes, where the profile has 48"},
	{SNP_ONE("{0: 641, 1: {2: [[7, h'00'*48]]}}"), ERROR, "zero-measurement",
	 "tag 0, reference 0, MEASUREMENT", "the digest is all zero"},
	{SNP_ONE("{0: 642, 1: {2: [[7, h'00'*48]]}}"), NOTHING, "", "", ""},
	{SNP_ONE("{0: 5, 1: {15: 0}}"), NOTHING, "", "", ""},
	{SNP_ONE("{0: 5, 1: {4: 560(h'00')}}"), NOTHING, "", "", ""},
	{SNP_ONE("{0: 647, 1: {1: 553(72057594037927936)}}"), NOTHING, "", "", ""},
	{SNP_ONE("{0: 700, 1: {1: 1}}"), WARNING, "measurement", "reference 0, 700",
	 "the profile does not name this measurement"},
	{SNP_ONE(SNP_MEASUREMENT ", " SNP_MEASUREMENT), ERROR, "repeated",
	 "reference 0, MEASUREMENT", "the same measurement twice"},

	/* ---- launch measurements of the IGVM project */
	{IGVM(IGVM_ID, IGVM_ENV, IGVM_MEASURED, ", " IGVM_SERIES(IGVM_ENV, "552(1)")), NOTHING, "",
	 "", ""},
	{IGVM("\"77E8061E-4634-5E53-A848-D1D09E996843\"", IGVM_ENV, IGVM_MEASURED,
	      ", " IGVM_SERIES(IGVM_ENV, "552(1)")),
	 NOTHING, "", "", ""},
	{IGVM("\"t\"", IGVM_ENV, IGVM_MEASURED, ", " IGVM_SERIES(IGVM_ENV, "552(1)")), ERROR,
	 "tag-id", "reference 0",
	 "the CoMID's id is not 77e8061e-4634-5e53-a848-d1d09e996843, as the profile demands"},
	{IGVM(IGVM_ID, "{0: {1: \"AMD\", 2: \"SEV\"}}", IGVM_MEASURED,
	      ", " IGVM_SERIES(IGVM_ENV, "552(1)")),
	 ERROR, "environment", "reference 0", "vendor and model are none of the profile's"},
	{IGVM(IGVM_ID, "{0: {1: \"AMD\", 2: \"SEV-SNP\"}, 1: 560(h'01')}", IGVM_MEASURED,
	      ", " IGVM_SERIES(IGVM_ENV, "552(1)")),
	 ERROR, "environment", "reference 0", "the profile has neither class-id nor instance"},
	{IGVM(IGVM_ID, IGVM_ENV, "{0: \"MRTD\", 1: {2: [[7, h'41'*48]]}}",
	      ", " IGVM_SERIES(IGVM_ENV, "552(1)")),
	 ERROR, "measurement", "reference 0",
	 "not one MEASUREMENT of sha384, as the profile demands"},
	{IGVM(IGVM_ID, IGVM_ENV, IGVM_MEASURED, ", " IGVM_SERIES(IGVM_ENV, "553(1)")), ERROR,
	 "measurement", "addition 0", "not one exact SVN, as the profile demands"},
	{IGVM(IGVM_ID, IGVM_ENV, IGVM_MEASURED, ""), ERROR, "profile", "",
	 "1 CoMIDs, 1 references and 0 series, where the profile has one of each"},
};

static const struct finding *find(const struct lint *l, const struct lint_case *c)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->finding[i].text, c->text) == 0 &&
		    strcmp(l->finding[i].place, c->place) == 0 &&
		    strcmp(lint_slug(l->finding[i].rule), c->slug) == 0 &&
		    l->finding[i].error == (c->severity == ERROR))
			return &l->finding[i];
	return NULL;
}

static void show_findings(const struct lint *l)
{
	for (size_t i = 0; i < l->n; i++)
		print_message("  %s [%s] \"%s\": %s\n", l->finding[i].error ? "error" : "warning",
			      lint_slug(l->finding[i].rule), l->finding[i].place,
			      l->finding[i].text);
}

/* True as it should be. */
static bool holds(const struct lint_case *c)
{
	owned(hexed_free) struct bytes in = diag_bytes(c->cbor);
	struct manifest m;
	static struct lint l;
	struct err e = {0};
	bool accepted, ok;

	l = (struct lint){0};
	accepted = corim_read(&m, in, BASE, &l, &e);
	manifest_free(&m);
	ok = accepted == (c->severity != ERROR) && accepted == !err_is(&e) &&
	     (c->severity == NOTHING ? l.errors == 0 && l.warnings == 0 : find(&l, c) != NULL);
	if (ok)
		return true;
	print_message("%s\n", c->cbor);
	show_findings(&l);
	return false;
}

static void each_rule_finds_what_it_is_for_and_says_where(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		wrong += !holds(&cases[i]);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_finds_what_it_is_for_and_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
