"""Ramdisks for tests, and what they hold by another reader than the program's.

initrd.py make FILE		a small archive with one of everything
initrd.py sums FILE		what `measure initrd` prints of it, plain
initrd.py pack FORMAT IN OUT	gzip or xz, as the kernel takes it
"""
import hashlib
import gzip
import lzma
import stat
import sys


def entry(name, mode, body=b"", *, ino=0, nlink=1, uid=0, gid=0, mtime=0, rdev=(0, 0), magic=b"070701"):
    fields = [ino, mode, uid, gid, nlink, mtime, len(body), 8, 1, *rdev, len(name) + 1, 0]
    out = magic + b"".join(b"%08X" % f for f in fields) + name + b"\0"
    out += bytes(-len(out) % 4)
    return out + body + bytes(-len(body) % 4)


def trailer():
    return entry(b"TRAILER!!!", 0)


def make():
    everything = [
        entry(b".", 0o40755, nlink=4),
        entry(b"bin", 0o40755, nlink=2),
        entry(b"bin/busybox", 0o104755, ino=9, nlink=2, uid=1000, gid=100, mtime=1700000000),
        entry(b"bin/sh", 0o104755, b"#!code", ino=9, nlink=2, uid=1000, gid=100, mtime=1700000000),
        entry(b"bin/esc", 0o120777, b"/etc/passwd"),
        entry(b"dev", 0o41777, nlink=2),
        entry(b"dev/console", 0o20600, rdev=(5, 1)),
        entry(b"dev/sda", 0o60660, gid=6, rdev=(8, 0)),
        entry(b"dev/pipe", 0o10644),
        entry(b"odd \xff\x1b[0m", 0o100600, b"x" * 5000),
        entry(b"empty", 0o100444),
    ]
    return b"".join(everything) + trailer() + bytes(300)


def entries(data):
    at = 0
    while at < len(data):
        if data[at] == 0:
            at += 1
            continue
        f = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        name = data[at + 110:at + 110 + f[11] - 1]
        body = (at + 110 + f[11] + 3) // 4 * 4
        at = (body + f[6] + 3) // 4 * 4
        if name != b"TRAILER!!!":
            yield name, f, data[body:body + f[6]]


def content(data):
    names, groups = {b"": ("d", 0o755, 0, 0, b"")}, {}
    for name, f, body in entries(data):
        name = b"" if name == b"." else name
        kind = {stat.S_IFDIR: "d", stat.S_IFREG: "f", stat.S_IFLNK: "l", stat.S_IFCHR: "c",
                stat.S_IFBLK: "b", stat.S_IFIFO: "p"}[stat.S_IFMT(f[1])]
        value = b""
        if kind == "f":
            value = b"%d %s" % (len(body), hashlib.sha256(body).hexdigest().encode())
            if f[4] > 1:
                groups.setdefault(f[0], {"names": []})["names"].append(name)
                if body:
                    groups[f[0]]["value"] = value
        elif kind == "l":
            value = body
        elif kind in "cb":
            value = b"%d:%d" % (f[9], f[10])
        names[name] = (kind, 0o777 if kind == "l" else f[1] & 0o7777, f[2], f[3], value)
    for g in groups.values():
        last = max(g["names"], key=lambda n: n.split(b"/"))
        for name in g["names"]:
            kind, *rest, _ = names[name]
            names[name] = (kind if name == last else "h", *rest, g["value"] if name == last else last)
    h = hashlib.sha256(b"measure-content/1\0")
    for name in sorted(names, key=lambda n: n.split(b"/")):
        kind, mode, uid, gid, value = names[name]
        h.update(b"%s %04o %d %d %s\0%s\0" % (kind.encode(), mode, uid, gid, value, name))
    return h.hexdigest()


def main():
    if sys.argv[1] == "make":
        open(sys.argv[2], "wb").write(make())
    elif sys.argv[1] == "sums":
        data = open(sys.argv[2], "rb").read()
        print("sha256  " + hashlib.sha256(data).hexdigest())
        print("sha384  " + hashlib.sha384(data).hexdigest())
        print("content  " + content(data))
    else:
        data = open(sys.argv[3], "rb").read()
        if sys.argv[2] == "gzip":
            out = gzip.compress(data, mtime=0)
        else:
            out = lzma.compress(data, check=lzma.CHECK_CRC32)
        open(sys.argv[4], "wb").write(out)


if __name__ == "__main__":
    main()
