"""IGVM files of version 1, made from their headers by another maker than the one that is tested.
Offsets of data are those in the file; PYTHONPATH=$ROOT/tests/cli finds this."""
import struct
import zlib

SNP, TDX = 2, 3


def header(kind, body):
    return struct.pack("<II", kind, len(body)) + body + bytes(-len(body) % 8)


def platform(mask, kind):
    return header(0x1, struct.pack("<IBBHQ", mask, 0, kind, 1, 0))


def policy(value, mask=1):
    return header(0x101, struct.pack("<QII", value, mask, 0))


def page(gpa, mask, offset=0, flags=0):
    return header(0x302, struct.pack("<QIIIHH", gpa, mask, offset, flags, 0, 0))


def context(mask, offset, gpa=0xFFFFFFFFF000):
    return header(0x304, struct.pack("<QIIHH", gpa, mask, offset, 0, 0))


def write(name, headers, data=b"", crc=None):
    h = b"".join(headers)
    total = 24 + len(h) + len(data)

    def fixed(c):
        return b"IGVM" + struct.pack("<5I", 1, 24, len(h), total, c)

    if crc is None:
        crc = zlib.crc32(fixed(0) + h)
    with open(name, "wb") as f:
        f.write(fixed(crc) + h + data)
