#!/usr/bin/env python3
"""Archives with one defect each, named by it.

    tar_defects.py FOLDER

writes FOLDER/NAME.tar (.gz, .xz, .zst) and prints a line per file: its name, the slug of the refusal
and words of its message, with tabs between. Each defect is looked for before the archive is handed
out: by a walk that believes nothing but the headers themselves, by Python's tarfile, or in the bytes.
"""
import gzip
import io
import lzma
import os
import shutil
import struct
import subprocess
import sys
import tarfile

USTAR, GNU, V7 = b"ustar\x0000", b"ustar  \x00", bytes(8)
END = bytes(1024)


def octal(number, width):
    return b"%0*o\0" % (width - 1, number)


def signed_sum(block):
    return sum(b - 256 if b > 127 else b for b in block)


def header(name=b"a", kind=b"0", size=0, link=b"", mode=0o644, uid=octal(0, 8), mtime=octal(0, 12),
           magic=USTAR, prefix=b"", size_field=None, rest=b"", total=sum):
    block = struct.pack("100s8s8s8s12s12s8s1s100s8s32s32s8s8s155s12s", name, octal(mode, 8), uid,
                        octal(0, 8), octal(size, 12) if size_field is None else size_field, mtime,
                        b" " * 8, kind, link, magic, b"", b"", octal(0, 8), octal(0, 8), prefix, rest)
    return block[:148] + b"%06o\0 " % total(block) + block[156:]


def padded(data):
    return data + bytes(-len(data) % 512)


def entry(data=b"", **fields):
    return header(size=len(data), **fields) + padded(data)


def record(key, value):
    body = b" " + key + b"=" + value + b"\n"
    size = len(body) + 1
    while size != len(body) + len(str(size)):
        size += 1
    return str(size).encode() + body


def pax(*records, kind=b"x"):
    return entry(b"".join(record(k, v) for k, v in records), name=b"pax", kind=kind)


def long_name(name, kind=b"L"):
    return entry(name, name=b"././@LongLink", kind=kind, magic=GNU)


def base_256(number, width):
    sign = 0xff if number < 0 else 0x80
    return bytes([sign]) + number.to_bytes(width - 1, "big", signed=True)


# ---- who looks for the defects

def walk(data):
    """Kind, name and size of every header, as one that knows no extensions sees them."""
    seen, at = [], 0
    while at + 512 <= len(data) and any(data[at:at + 512]):
        block = data[at:at + 512]
        field = block[124:136]
        size = int(field.strip(b" \0") or b"0", 8) if field[0] < 0x80 else 0
        seen.append((block[156:157], block[:100].rstrip(b"\0"), size))
        at += 512 + (size + 511) // 512 * 512
    return seen


def python(data):
    """What Python's tarfile makes of it, or None."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as archive:
            return [(m.name, m.type, m.size, m.linkname, m.mtime, m.uid) for m in archive]
    except (tarfile.TarError, ValueError, OverflowError):
        return None


def names(data):
    return [m[0] for m in python(data) or []]


FILE = entry(b"bytes")
HIDDEN = entry(b"hidden", name=b"hidden")
NOT = "which readers take differently"
DEFECTS = []


def defect(name, reason, words, data, found, end=END):
    DEFECTS.append((name + ".tar", reason, words, data + end, found))


# ---- names and links
defect("absolute", "ambiguous", "'/etc/passwd': the name is absolute", entry(b"x", name=b"/etc/passwd"),
       lambda d: names(d) == ["/etc/passwd"])
defect("leads-up", "ambiguous", "'../a': the name has a '..' in it", entry(b"x", name=b"../a"),
       lambda d: names(d) == ["../a"])
defect("leads-up-within", "ambiguous", "the name has a '..' in it", entry(b"x", name=b"d/../../a"),
       lambda d: names(d) == ["d/../../a"])
defect("leads-up-by-pax", "ambiguous", "'a/..': the name has a '..' in it",
       pax((b"path", b"a/..")) + FILE, lambda d: names(d) == ["a/.."])
defect("no-name", "tar", "the name is empty", entry(b"x", name=b""), lambda d: names(d) == [""])
defect("nul-in-name", "ambiguous", "the name 'a' has bytes behind its end", entry(b"x", name=b"a\0b"),
       lambda d: d[:3] == b"a\0b" and names(d) == ["a"])
defect("nul-in-pax-path", "tar", "needs a name without NUL", pax((b"path", b"b\0c")) + FILE,
       lambda d: b"path=b\0c" in d)
defect("file-with-slash", "ambiguous", "the name of a file ends in a slash", entry(b"", name=b"a/"),
       lambda d: walk(d) == [(b"0", b"a/", 0)] and python(d)[0][1] == tarfile.REGTYPE)
defect("hard-link-up", "ambiguous", "a hard link to '../b'", entry(b"", kind=b"1", link=b"../b"),
       lambda d: python(d)[0][3] == "../b")
defect("hard-link-absolute", "ambiguous", "a hard link to '/etc/shadow'",
       entry(b"", kind=b"1", link=b"/etc/shadow"), lambda d: python(d)[0][3] == "/etc/shadow")
defect("link-to-nowhere", "tar", "a symbolic link leads nowhere", entry(b"", kind=b"2"),
       lambda d: python(d)[0][1:4] == (tarfile.SYMTYPE, 0, ""))
defect("file-with-link", "ambiguous", "has the link name 'b'", entry(b"x", link=b"b"),
       lambda d: python(d)[0][1:4] == (tarfile.REGTYPE, 1, "b"))

# ---- sizes and numbers
defect("hard-link-with-bytes", "ambiguous", "a hard link has no bytes, its size is 1024",
       FILE + header(name=b"h", kind=b"1", link=b"a", size=1024) + HIDDEN,
       lambda d: [w[1] for w in walk(d)] == [b"a", b"h"])
defect("folder-with-bytes", "ambiguous", "a folder has no bytes, its size is 1024",
       header(name=b"d", kind=b"5", size=1024) + HIDDEN, lambda d: [w[1] for w in walk(d)] == [b"d"])
defect("link-with-bytes", "ambiguous", "a symbolic link has no bytes, its size is 1024",
       header(name=b"l", kind=b"2", link=b"a", size=1024) + HIDDEN,
       lambda d: [w[1] for w in walk(d)] == [b"l"])
defect("pax-size-hides", "ambiguous", "the pax header gives the size 1024, the header itself 0",
       pax((b"size", b"1024")) + header(size=0) + HIDDEN,
       lambda d: names(d) == ["a"] and walk(d)[-1][1] == b"hidden")
defect("pax-size-shows", "ambiguous", "the pax header gives the size 0, the header itself 1024",
       pax((b"size", b"0")) + header(size=1024) + HIDDEN,
       lambda d: names(d) == ["a", "hidden"] and walk(d)[-1][1] == b"a")
defect("pax-size-negative", "tar", "needs a decimal number below 2^63, found '-1'",
       pax((b"size", b"-1")) + FILE, lambda d: b"size=-1\n" in d)
defect("size-negative", "tar", "found -1", header(size_field=base_256(-1, 12)),
       lambda d: d[124:136] == b"\xff" * 12)
defect("size-over-64-bits", "tar", "one of base 256 in 64 bits", header(size_field=base_256(1 << 64, 12)),
       lambda d: d[124] == 0x80 and int.from_bytes(d[125:136], "big") == 1 << 64)
defect("size-no-number", "tar", "the size needs an octal number", header(size_field=b"0000000000x\0"),
       lambda d: d[134:135] == b"x")
defect("owner-too-large", "tar", "from 0 to 4294967294, found 4294967296",
       entry(b"x", uid=base_256(1 << 32, 8)), lambda d: python(d)[0][5] == 1 << 32)
defect("owner-nobody", "tar", "found '4294967295'", pax((b"uid", b"4294967295")) + FILE,
       lambda d: python(d)[0][5] == (1 << 32) - 1)
defect("time-too-late", "tar", "is outside the years 1 to 9999",
       entry(b"x", mtime=base_256(1 << 40, 12)), lambda d: python(d)[0][4] == 1 << 40)
defect("time-too-early", "tar", "is outside the years 1 to 9999", pax((b"mtime", b"-99999999999")) + FILE,
       lambda d: python(d)[0][4] == -99999999999)
defect("mode-of-another-type", "ambiguous", "is not one of a file", entry(b"x", mode=0o040755),
       lambda d: d[100:107] == b"0040755" and python(d)[0][1] == tarfile.REGTYPE)

# ---- headers
defect("checksum", "tar", "no header of a tar archive: its checksum is", FILE[:148] + b"000000\0 " + FILE[156:],
       lambda d: python(d) is None)
defect("checksum-signed", "tar", "no header of a tar archive: its checksum is",
       entry(b"x", name=b"\xff", total=signed_sum), lambda d: len(python(d)) == 1)
defect("v7-with-prefix", "ambiguous", "a v7 header has bytes in fields", entry(b"x", magic=V7, prefix=b"p"),
       lambda d: names(d) == ["p/a"] and walk(d)[0][1] == b"a")
defect("gnu-with-prefix", "ambiguous", "a GNU header has bytes in fields",
       entry(b"x", magic=GNU, prefix=b"p"), lambda d: names(d) == ["p/a"] and walk(d)[0][1] == b"a")
defect("magic", "tar", "neither a v7, a ustar nor a GNU header", entry(b"x", magic=b"ustar\x0009"),
       lambda d: names(d) == ["a"])
defect("unknown-type", "tar", "the entry is of the unknown type 0x21", entry(b"x", kind=b"!"),
       lambda d: python(d)[0][1] == b"!")
defect("socket", "tar", "the entry is of the unknown type 0x73", entry(b"", kind=b"s"),
       lambda d: python(d)[0][1] == b"s")
defect("contiguous", "ambiguous", "a contiguous file, " + NOT, entry(b"x", kind=b"7"),
       lambda d: python(d)[0][1] == tarfile.CONTTYPE)
defect("volume", "ambiguous", "the continuation of another volume", entry(b"x", kind=b"M", magic=GNU),
       lambda d: walk(d)[0][0] == b"M")
defect("label", "ambiguous", "the label of a volume", entry(b"", kind=b"V", magic=GNU),
       lambda d: walk(d)[0][0] == b"V")
defect("dump", "ambiguous", "a list of names of an incremental backup", entry(b"Ya\0\0", kind=b"D", magic=GNU),
       lambda d: walk(d)[0][0] == b"D")
defect("solaris-pax", "ambiguous", "as Solaris wrote it", entry(record(b"path", b"b"), kind=b"X") + FILE,
       lambda d: walk(d)[0][0] == b"X" and names(d) == ["b"])

# ---- what stands in front of an entry
defect("two-long-names", "ambiguous", "a second GNU long name stands in front of one entry",
       long_name(b"b\0") + long_name(b"c\0") + FILE, lambda d: [w[0] for w in walk(d)] == [b"L", b"L", b"0"])
defect("long-name-and-pax", "ambiguous", "a pax header and a GNU long name stand in front of one entry",
       pax((b"path", b"b")) + long_name(b"c\0") + FILE,
       lambda d: [w[0] for w in walk(d)] == [b"x", b"L", b"0"])
defect("long-name-with-nul", "ambiguous", "a GNU long name needs a name without NUL",
       long_name(b"b\0c\0") + FILE, lambda d: names(d) == ["b"])
defect("long-name-alone", "tar", "a GNU long name has no entry behind it", long_name(b"b\0"),
       lambda d: walk(d)[-1][0] == b"L")
defect("pax-alone", "tar", "a pax header has no entry behind it", FILE + pax((b"path", b"b")),
       lambda d: walk(d)[-1][0] == b"x")
defect("two-pax", "ambiguous", "a second pax header stands in front of one entry",
       pax((b"path", b"b")) + pax((b"path", b"c")) + FILE,
       lambda d: [w[0] for w in walk(d)] == [b"x", b"x", b"0"])
defect("pax-key-twice", "ambiguous", "the pax key 'path' comes twice",
       pax((b"path", b"b"), (b"path", b"c")) + FILE, lambda d: names(d) == ["c"] and b"path=b\n" in d)
defect("pax-length", "tar", "a pax record of 99 bytes is not within the 9 that are left",
       entry(b"99 path=b\n"[:9], name=b"pax", kind=b"x") + FILE, lambda d: b"99 path=b" in d)
defect("pax-charset", "tar", "the pax key 'hdrcharset' needs BINARY",
       pax((b"hdrcharset", b"ISO-IR 8859 1 1998")) + FILE, lambda d: b"8859" in d)
defect("pax-unknown", "ambiguous", "the pax key 'realtime.x' changes what some readers see",
       pax((b"realtime.x", b"1")) + FILE, lambda d: b"realtime.x=1\n" in d)
defect("pax-global-path", "ambiguous", "is said of the whole archive",
       pax((b"path", b"b"), kind=b"g") + FILE, lambda d: names(d) == ["b"])
defect("xattr-twice", "ambiguous", "the extended attribute 'user.a' has two values",
       pax((b"SCHILY.xattr.user.a", b"1"), (b"LIBARCHIVE.xattr.user.a", b"Mg")) + FILE,
       lambda d: d.count(b".xattr.user.a=") == 2)

# ---- sparse files
defect("sparse-gnu", "ambiguous", "the entry is of type 'S', a sparse file", entry(b"", kind=b"S", magic=GNU),
       lambda d: walk(d)[0][0] == b"S")
defect("sparse-0.0", "ambiguous", "one of a sparse file",
       pax((b"GNU.sparse.size", b"9"), (b"GNU.sparse.numblocks", b"1"), (b"GNU.sparse.offset", b"4"),
           (b"GNU.sparse.numbytes", b"5")) + FILE, lambda d: b"GNU.sparse.numblocks=1\n" in d)
defect("sparse-0.1", "ambiguous", "one of a sparse file",
       pax((b"GNU.sparse.size", b"9"), (b"GNU.sparse.map", b"4,5")) + FILE,
       lambda d: python(d)[0][2] == 9 and walk(d)[-1][2] == 5)
defect("sparse-1.0", "ambiguous", "one of a sparse file",
       pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"9"),
           (b"GNU.sparse.name", b"b")) + entry(padded(b"1\n4\n5\n") + b"bytes"),
       lambda d: names(d) == ["b"] and python(d)[0][2] == 9)

# ---- the end
defect("empty", "truncated", "the archive ends without the two blocks of zeros", b"", lambda d: d == b"", b"")
defect("no-end", "truncated", "the archive ends without the two blocks of zeros", FILE,
       lambda d: names(d) == ["a"] and any(d[-1024:]), b"")
defect("half-an-end", "truncated", "the archive ends without the two blocks of zeros", FILE,
       lambda d: names(d) == ["a"] and any(d[-1024:-512]), bytes(512))
defect("lone-zeros", "ambiguous", "a single block of zeros is the end to some readers",
       FILE + bytes(512) + HIDDEN, lambda d: names(d) == ["a"] and b"hidden" in d)
defect("behind-the-end", "trailing", "bytes that are not zero follow the end", FILE + END + HIDDEN,
       lambda d: names(d) == ["a"] and b"hidden" in d)
defect("cut-in-a-file", "truncated", "bytes", FILE[:-510], lambda d: len(d) < 512 + 5, b"")
defect("cut-in-a-header", "truncated", "a header needs 512 bytes, 100 are left", FILE + FILE[:100],
       lambda d: len(d) % 512 == 100, b"")


# ---- compressed
def compressed(name, reason, words, data, found):
    DEFECTS.append((name, reason, words, data, found))


def changed(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at:][1:]


def gunzips(data):
    try:
        return gzip.decompress(data) is not None
    except (OSError, EOFError):
        return False


def unxzs(data):
    try:
        return lzma.decompress(data) is not None
    except (lzma.LZMAError, EOFError):
        return False


GZIP, XZ = gzip.compress(FILE + END, mtime=0), lzma.compress(FILE + END)
compressed("checksum.tar.gz", "compression", "the gzip data is damaged: incorrect data check",
           changed(GZIP, -8), lambda d: not gunzips(d))
compressed("length.tar.gz", "compression", "the gzip data is damaged: incorrect length check",
           changed(GZIP, -4), lambda d: not gunzips(d))
compressed("cut.tar.gz", "truncated", "the gzip data ends within a member", GZIP[:-9], lambda d: not gunzips(d))
compressed("behind.tar.gz", "trailing", "bytes follow the end of the gzip member", GZIP + b"bytes",
           lambda d: not gunzips(d) and gunzips(d[:-5]))
compressed("checksum.tar.xz", "compression", "the xz data is damaged", changed(XZ, 9), lambda d: not unxzs(d))
compressed("cut.tar.xz", "truncated", "the xz data ends within a stream", XZ[:-1], lambda d: not unxzs(d))
compressed("behind.tar.xz", "trailing", "bytes follow the end of the xz stream", XZ + b"bytes",
           lambda d: d.endswith(b"bytes"))


def zstd(*arguments, data):
    return subprocess.run(("zstd", "-q", "-c") + arguments, input=data, capture_output=True, check=False)


if shutil.which("zstd"):
    ZSTD = zstd(data=FILE + END).stdout
    fails = lambda d: zstd("-d", data=d).returncode != 0
    compressed("checksum.tar.zst", "compression", "the zstd data is damaged", changed(ZSTD, -1), fails)
    compressed("cut.tar.zst", "truncated", "the zstd data ends within a frame", ZSTD[:-1], fails)
    compressed("behind.tar.zst", "trailing", "bytes follow the end of the zstd frame", ZSTD + b"bytes", fails)

for name, reason, words, data, found in DEFECTS:
    if not found(data):
        sys.exit("%s: the defect is not there: %r, %r" % (name, walk(data)[:4], python(data)))
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(data)
    print(name, reason, words, sep="\t")
