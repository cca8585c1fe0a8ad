"""Ramdisks with one defect each, and the proof that each has it.

cpio_defects.py all DIR		writes every one into DIR, under its name
cpio_defects.py good FILE	the one they are made of, which has none
"""
import gzip
import lzma
import os
import sys

NAMES = "ino mode uid gid nlink mtime filesize devmajor devminor rmajor rminor namesize check".split()


def raw(name, body=b"", magic=b"070701", pad=b"\0", **fields):
    f = dict.fromkeys(NAMES, 0)
    f.update(mode=0o100644, nlink=1, filesize=len(body), namesize=len(name))
    f.update(fields)
    out = magic + b"".join(b"%08x" % f[n] for n in NAMES) + name
    out += pad * (-len(out) % 4)
    return out + body + pad * (-len(body) % 4)


def entry(name, body=b"", **more):
    return raw(name + b"\0", body, **more)


def folder(name, **more):
    return entry(name, mode=0o40755, nlink=2, **more)


def link(name, to, **more):
    return entry(name, to, mode=0o120777, **more)


TRAILER = entry(b"TRAILER!!!", mode=0)
GOOD = folder(b"etc") + entry(b"etc/motd", b"hello\n") + link(b"motd", b"etc/motd")


def fields(x, at=0):
    return {n: int(x[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i, n in enumerate(NAMES)}


def walk(x):
    """What a careless reader sees: (offset, fields, name as it stands, body)."""
    at = 0
    while at < len(x):
        if x[at] == 0:
            at += 1
            continue
        f = fields(x, at)
        body = (at + 110 + f["namesize"] + 3) // 4 * 4
        yield at, f, x[at + 110:at + 110 + f["namesize"]], x[body:body + f["filesize"]]
        at = (body + f["filesize"] + 3) // 4 * 4


def has(test):
    return lambda x: any(test(f, name, body) for _, f, name, body in walk(x))


def named(*names):
    return lambda x: [n.rstrip(b"\0") for _, _, n, _ in walk(x)].count(names[0]) == len(names)


def is_type(f, kind):
    return f["mode"] & 0o170000 == kind


HARD = dict(ino=7, nlink=2)

# name: (entries, is the defect there?)
CASES = {
    "magic-old": (entry(b"x", magic=b"070707"), lambda x: x[len(GOOD):].startswith(b"070707")),
    "hex-sign": (entry(b"x").replace(b"070701" + b"0" * 8, b"070701-0000001"), lambda x: b"070701-" in x),
    "hex-blank": (entry(b"x").replace(b"070701" + b"0" * 8, b"070701       1"), lambda x: b"070701 " in x),
    "sum-wrong": (entry(b"x", b"abc", magic=b"070702", check=1), has(lambda f, n, b: b and f["check"] != sum(b) != 0 and f["check"])),
    "name-empty": (raw(b"\0"), has(lambda f, n, b: f["namesize"] == 1)),
    "name-none": (raw(b"", namesize=0), has(lambda f, n, b: f["namesize"] == 0)),
    "name-open": (raw(b"abcd"), has(lambda f, n, b: n[-1:] != b"\0")),
    "name-nul": (raw(b"etc\0/motd\0"), has(lambda f, n, b: b"\0" in n[:-1])),
    "name-long": (raw(b"d" * 100 + b"/" * 3996 + b"\0"), has(lambda f, n, b: f["namesize"] == 4097)),
    "name-component": (entry(b"x" * 256), has(lambda f, n, b: len(n) == 257)),
    "name-upwards": (entry(b"etc/../../x"), has(lambda f, n, b: b".." in n.split(b"/"))),
    "name-slash": (entry(b"x/"), has(lambda f, n, b: n == b"x/\0" and is_type(f, 0o100000))),
    "through-link": (link(b"lib", b"etc") + entry(b"lib/x"), named(b"lib/x")),
    "trailer-body": (entry(b"TRAILER!!!", b"hidden", mode=0) + entry(b"x"), has(lambda f, n, b: n.startswith(b"TRAILER") and b)),
    "trailer-link": (link(b"TRAILER!!!", b""), has(lambda f, n, b: n.startswith(b"TRAILER") and is_type(f, 0o120000))),
    "trailer-nul": (raw(b"TRAILER!!!\0\0"), has(lambda f, n, b: n.endswith(b"\0\0"))),
    "folder-bytes": (entry(b"x", b"y", mode=0o40755, nlink=2), has(lambda f, n, b: is_type(f, 0o40000) and b)),
    "device-bytes": (raw(b"x\0", b"y", mode=0o20644), has(lambda f, n, b: is_type(f, 0o20000) and b)),
    "device-numbers": (entry(b"x", mode=0o20644, rmajor=4096), has(lambda f, n, b: f["rmajor"] > 4095)),
    "type-none": (entry(b"x", mode=0o644), has(lambda f, n, b: is_type(f, 0) and not n.startswith(b"TRAILER"))),
    "type-odd": (entry(b"x", mode=0o130644), has(lambda f, n, b: is_type(f, 0o130000))),
    "mode-high": (entry(b"x", mode=0x181a4), has(lambda f, n, b: f["mode"] > 0xffff)),
    "owner-none": (entry(b"x", uid=0xffffffff), has(lambda f, n, b: f["uid"] == 0xffffffff)),
    "link-empty": (link(b"x", b""), has(lambda f, n, b: is_type(f, 0o120000) and not b)),
    "link-long": (link(b"x", b"t" * 4097), has(lambda f, n, b: is_type(f, 0o120000) and len(b) == 4097)),
    "link-nul": (link(b"x", b"a\0b"), has(lambda f, n, b: is_type(f, 0o120000) and b"\0" in b)),
    "hard-bytes": (entry(b"x", b"1", **HARD) + entry(b"y", b"2", **HARD), has(lambda f, n, b: f["ino"] == 7)),
    "hard-owner": (entry(b"x", **HARD) + entry(b"y", b"2", uid=1, **HARD), has(lambda f, n, b: f["ino"] == 7 and f["uid"])),
    "hard-over": (entry(b"x", **HARD) + entry(b"etc/motd", b"2", **HARD), named(b"etc/motd", b"etc/motd")),
    "hard-twice": (entry(b"x", **HARD) + entry(b"x", b"2", **HARD), named(b"x", b"x")),
    "hard-nowhere": (entry(b"no/x", **HARD) + entry(b"y", b"2", **HARD), has(lambda f, n, b: f["ino"] == 7)),
    "type-changed": (folder(b"motd"), named(b"motd", b"motd")),
    "device-again": (entry(b"x", mode=0o20644) + entry(b"x", mode=0o20644, rminor=1), named(b"x", b"x")),
    "pad-name": (raw(b"xyz\0", pad=b"x"), lambda x: x[len(GOOD) + 114:len(GOOD) + 116] == b"xx"),
    "gap": (bytes(4), lambda x: x[len(GOOD):len(GOOD) + 10] == bytes(4) + b"070701"),
}

# name: (whole ramdisk, is the defect there?)
WHOLE = {
    "trailer-missing": (GOOD, lambda x: b"TRAILER" not in x),
    "cut-header": (GOOD + TRAILER[:60], lambda x: len(x) == len(GOOD) + 60),
    "cut-body": (GOOD + entry(b"x", b"y" * 100)[:150], lambda x: len(x) < len(GOOD) + 212),
    "cut-padding": (GOOD + TRAILER[:-1], lambda x: len(x) % 4 == 3),
    "tail-junk": (GOOD + TRAILER + bytes(9) + b"junk", lambda x: x.endswith(b"\0junk")),
    "tail-aside": (GOOD + TRAILER + bytes(2) + GOOD + TRAILER, lambda x: x[len(GOOD + TRAILER) + 2:].startswith(b"0707") and len(GOOD + TRAILER) % 4 == 0),
    "only-zeros": (bytes(4096), lambda x: not x.strip(b"\0")),
    "gzip-of-junk": (b"\x1f\x8b" + gzip.compress(b"junk", mtime=0)[2:], lambda x: gzip.decompress(x) == b"junk"),
    "gzip-of-zeros": (gzip.compress(bytes(99), mtime=0), lambda x: gzip.decompress(x) == bytes(99)),
    "gzip-cut": (gzip.compress(GOOD + TRAILER, mtime=0)[:-6], lambda x: x.startswith(b"\x1f\x8b")),
    "gzip-comment": (b"\x1f\x8b\x08\x10" + bytes(6) + b"hi\0" + gzip.compress(GOOD + TRAILER, mtime=0)[10:], lambda x: gzip.decompress(x) == GOOD + TRAILER and x[3] == 0x10),
    "xz-crc64": (lzma.compress(GOOD + TRAILER, check=lzma.CHECK_CRC64), lambda x: lzma.decompress(x) == GOOD + TRAILER and x[7] == 4),
    "gzip-in-two": (gzip.compress(GOOD, mtime=0) + gzip.compress(TRAILER, mtime=0), lambda x: gzip.decompress(x) == GOOD + TRAILER),
}


def cases():
    for name, (entries, test) in CASES.items():
        yield name, GOOD + entries + TRAILER, test
    for name, (data, test) in WHOLE.items():
        yield name, data, test


def main():
    if sys.argv[1] == "good":
        open(sys.argv[2], "wb").write(GOOD + TRAILER)
        return
    for name, data, test in cases():
        if data == GOOD + TRAILER or not test(data):
            sys.exit(f"{name}: the defect is not there")
        with open(os.path.join(sys.argv[2], name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
