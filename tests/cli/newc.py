#!/usr/bin/env python3
"""newc.py OUT ENTRY...: an archive of these entries and a trailer, padded to 512 bytes.

An ENTRY is a NAME, then what differs from a file of root's with mode 0644: mode=OCTAL uid= gid=
mtime= nlink= ino= dev=MAJOR:MINOR rdev=MAJOR:MINOR data=TEXT|@FILE. --upper: digits in capitals.
"""
import sys

TAKEN = ["ino", "mode", "uid", "gid", "nlink", "mtime"]


def aligned(out, to):
    out.extend(b"\0" * (-len(out) % to))


def put(out, name, x, upper):
    data = x["data"]
    data = open(data[1:], "rb").read() if data[:1] == "@" else data.encode().decode("unicode_escape").encode("latin1")
    pairs = [int(n) for key in ("dev", "rdev") for n in x[key].split(":")]
    fields = [int(x[k], 8 if k == "mode" else 10) for k in TAKEN] + [len(data)] + pairs + [len(name) + 1, 0]
    out.extend(b"070701" + b"".join((b"%08X" if upper else b"%08x") % f for f in fields))
    out.extend(name.encode() + b"\0")
    aligned(out, 4)
    out.extend(data)
    aligned(out, 4)


def main():
    out, entries = bytearray(), []
    for word in sys.argv[2:]:
        if word == "--upper":
            continue
        if "=" in word:
            key, value = word.split("=", 1)
            entries[-1][1][key] = value
        else:
            entries.append((word, {"ino": str(len(entries) + 1)}))
    entries.append(("TRAILER!!!", {"ino": "0", "mode": "0"}))
    for name, given in entries:
        x = {"mode": "0100644", "uid": "0", "gid": "0", "nlink": "1", "mtime": "0", "dev": "0:0", "rdev": "0:0", "data": ""}
        x.update(given)
        put(out, name, x, "--upper" in sys.argv)
    aligned(out, 512)
    open(sys.argv[1], "wb").write(out)


main()
