#!/usr/bin/env python3
"""A second opinion on EIFs, sharing nothing with the program: is this image one that every reader
in the field reads alike, and what are its registers?

    second_opinion.py FILE...

prints one line per file: its name, a tab, then `0` and the registers (PCR0=...), or `3` and the
first defect found, or `1` when everything is in order but the signature does not hold. Public keys
are taken and signatures verified by the openssl command.
"""
import base64
import hashlib
import json
import re
import struct
import subprocess
import sys
import tempfile
import zlib

KERNEL, CMDLINE, RAMDISK, SIGNATURE, METADATA = 1, 2, 3, 4, 5
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----\r?\n?")
BEHIND = re.compile(rb"(?:[ \t\r\n]*-----BEGIN CERTIFICATE-----\r?\n(?:[A-Za-z0-9+/=]{1,76}\r?\n)+"
                    rb"-----END CERTIFICATE-----(?:\r?\n|$))*[ \t\r\n]*")
CURVES = {"prime256v1": ("sha256", 32), "secp384r1": ("sha384", 48), "secp521r1": ("sha512", 66)}
ALGORITHMS = {-7: CURVES["prime256v1"], -35: CURVES["secp384r1"], -36: CURVES["secp521r1"]}


class Refused(Exception):
    pass


class NotHolding(Exception):
    pass


def refuse(condition, why):
    if condition:
        raise Refused(why)


def sections_of(image):
    """Sections by the sequential walk, which must end where the file does."""
    found, at = [], 548
    while at < len(image):
        refuse(len(image) - at < 12, "fewer than 12 bytes at %d" % at)
        kind, flags, size = struct.unpack_from(">HHQ", image, at)
        refuse(size > len(image) - at - 12, "section at %d overruns the file" % at)
        found.append((at, kind, flags, size, image[at + 12:at + 12 + size]))
        at += 12 + size
    return found


def check_header(image):
    refuse(image[:4] != b".eif", "magic")
    refuse(len(image) < 548, "shorter than a header")
    version, flags, _, _, reserved, num = struct.unpack_from(">HHQQHH", image, 4)
    refuse(not 2 <= version <= 4, "version %d" % version)
    refuse(flags & ~1, "flags 0x%x" % flags)
    refuse(reserved or struct.unpack_from(">I", image, 540)[0], "reserved fields")
    refuse(not 3 <= num <= 32, "%d sections" % num)
    return version, num


def check_tables(image, num, found):
    offsets = struct.unpack_from(">32Q", image, 28)
    sizes = struct.unpack_from(">32Q", image, 284)
    refuse(any(offsets[num:]) or any(sizes[num:]), "tail of the tables")
    refuse(len(found) != num, "%d sections declared, %d walked" % (num, len(found)))
    for i, (at, _, flags, size, _) in enumerate(found):
        refuse((at, size) != (offsets[i], sizes[i]), "table entry %d" % i)
        refuse(flags, "flags of section %d" % i)


def check_set(version, kinds, found):
    refuse(any(not 1 <= k <= 5 for k in kinds), "section type")
    refuse(kinds.count(KERNEL) != 1 or kinds.count(CMDLINE) != 1 or RAMDISK not in kinds,
           "kernel, cmdline or ramdisk")
    measured = [k for k in kinds if k <= RAMDISK]
    refuse(measured != sorted(measured), "order")
    refuse(kinds.count(METADATA) != (1 if version == 4 else 0), "metadata sections")
    refuse(kinds.count(SIGNATURE) > (1 if version >= 3 else 0), "signature sections")
    refuse(any(not size and kind != CMDLINE for _, kind, _, size, _ in found), "empty section")


def no_duplicates(pairs):
    refuse(len({k for k, _ in pairs}) != len(pairs), "metadata says a key twice")
    return dict(pairs)


def no_constant(name):
    raise Refused("metadata has the number %s" % name)


def finite(spelt):
    refuse(float(spelt) in (float("inf"), float("-inf")), "metadata has a number out of range")
    return float(spelt)


def check_metadata(data):
    refuse(len(data) > 256 * 1024, "metadata of %d bytes" % len(data))
    try:
        top = json.loads(data.decode("utf-8"), object_pairs_hook=no_duplicates,
                         parse_constant=no_constant, parse_float=finite)
        json.dumps(top, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Refused("metadata: %s" % error)
    refuse(not isinstance(top, dict), "metadata is no object")
    build = top.get("BuildMetadata")
    refuse(not isinstance(build, dict), "BuildMetadata")
    texts = [top.get("ImageName"), top.get("ImageVersion")] + [build.get(k) for k in (
        "BuildTime", "BuildTool", "BuildToolVersion", "OperatingSystem", "KernelVersion")]
    refuse(not all(isinstance(t, str) for t in texts), "metadata strings")
    refuse("DockerInfo" not in top or "CustomMetadata" not in top, "metadata fields")


def head(major, value):
    for bits, add, form in ((24, None, None), (1 << 8, 24, ">B"), (1 << 16, 25, ">H"),
                            (1 << 32, 26, ">I")):
        if value < bits:
            if add is None:
                return bytes([major << 5 | value])
            return bytes([major << 5 | add]) + struct.pack(form, value)
    return bytes([major << 5 | 27]) + struct.pack(">Q", value)


def ints(data):
    return head(4, len(data)) + b"".join(head(0, b) for b in data)


def text(s):
    return head(3, len(s)) + s.encode()


def bstr(data):
    return head(2, len(data)) + data


def take_ints(data, at, end):
    """Integers up to the place where the text `end` begins, or to the end of the data."""
    out = bytearray()
    refuse(data[at:at + 1] not in (b"\x98", b"\x99") and not 0x80 <= data[at] < 0x98, "array")
    count, at = (data[at] - 0x80, at + 1) if data[at] < 0x98 else (
        (data[at + 1], at + 2) if data[at] == 0x98 else (struct.unpack_from(">H", data, at + 1)[0],
                                                         at + 3))
    for _ in range(count):
        refuse(data[at] > 24, "integer")
        out.append(data[at] if data[at] < 24 else data[at + 1])
        at += 1 if data[at] < 24 else 2
    refuse(data[at:at + len(end)] != end, "what follows the array")
    return bytes(out), at + len(end)


def openssl(*args, data=b""):
    return subprocess.run(("openssl",) + args, input=data, capture_output=True, check=False)


def algorithm(cose):
    """The protected header, and what its algorithm means."""
    for alg, meaning in ALGORITHMS.items():
        protected = b"\xa1\x01" + head(1, -1 - alg)
        if cose.startswith(b"\x84" + bstr(protected)):
            return protected, meaning
    raise Refused("signature: algorithm")


def curve_of(der):
    """Digest and size by the named curve of the certificate's key; its public key in PEM."""
    pub = openssl("x509", "-inform", "DER", "-pubkey", "-noout", data=der)
    refuse(pub.returncode or b"BEGIN PUBLIC KEY" not in pub.stdout, "certificate")
    shown = openssl("pkey", "-pubin", "-text", "-noout", data=pub.stdout).stdout.decode()
    name = re.search(r"ASN1 OID: (\w+)", shown)
    refuse(not name or name.group(1) not in CURVES, "key of the certificate")
    return CURVES[name.group(1)], pub.stdout


def der_signature(rs):
    def integer(raw):
        raw = raw.lstrip(b"\0") or b"\0"
        raw = (b"\0" if raw[0] & 0x80 else b"") + raw
        return b"\x02" + bytes([len(raw)]) + raw
    half = len(rs) // 2
    body = integer(rs[:half]) + integer(rs[half:])
    return b"\x30" + (b"\x81" if len(body) > 127 else b"") + bytes([len(body)]) + body


def holds(tbs, rs, md, pub):
    with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as sig:
        key.write(pub)
        sig.write(der_signature(rs))
        key.flush()
        sig.flush()
        return openssl("dgst", "-" + md, "-verify", key.name, "-signature", sig.name,
                       data=tbs).returncode == 0


def der_length(der):
    """Of the outermost item, head and all."""
    more = der[1] & 0x7f if der[1] & 0x80 else 0
    return 2 + more + (int.from_bytes(der[2:2 + more], "big") if more else der[1])


def check_signature(data, pcr0):
    """The DER of the certificate. Everything is rebuilt from its parts and compared."""
    refuse(len(data) > 1 << 18, "signature of %d bytes" % len(data))
    start = b"\x81\xa2" + text("signing_certificate")
    refuse(not data.startswith(start), "signature: not one entry with a certificate")
    try:
        pem, at = take_ints(data, len(start), text("signature"))
        cose, at = take_ints(data, at, b"")
    except (IndexError, struct.error):
        raise Refused("signature: cut")
    refuse(data != start + ints(pem) + text("signature") + ints(cose), "signature: not canonical")
    block = PEM.match(pem)
    refuse(not block, "certificate is not at the start")
    refuse(not BEHIND.fullmatch(pem[block.end():]), "no certificate behind the certificate")
    der = base64.b64decode(block.group(1))
    refuse(len(der) != der_length(der), "certificate with bytes behind it")
    curve, pub = curve_of(der)
    protected, (md, half) = algorithm(cose)
    rs = cose[-2 * half:]
    value = cose.find(text("register_value")) + 15
    signed, _ = take_ints(cose, value, b"")
    refuse(len(signed) != 48, "register value of %d bytes" % len(signed))
    payload = b"\xa2" + text("register_index") + b"\0" + text("register_value") + ints(signed)
    refuse(cose != b"\x84" + bstr(protected) + b"\xa0" + bstr(payload) + bstr(rs),
           "signature: COSE not canonical")
    tbs = b"\x84" + text("Signature1") + bstr(protected) + b"\x40" + bstr(payload)
    if (md, half) != curve or not holds(tbs, rs, md, pub):
        raise NotHolding("signature")
    if signed != pcr0:
        raise NotHolding("signature over another PCR0")
    return der


def register(content):
    return hashlib.sha384(bytes(48) + hashlib.sha384(content).digest()).digest()


def opinion(image):
    version, num = check_header(image)
    found = sections_of(image)
    check_tables(image, num, found)
    kinds = [s[1] for s in found]
    check_set(version, kinds, found)
    crc = zlib.crc32(image[548:], zlib.crc32(image[:544]))
    refuse(crc != struct.unpack_from(">I", image, 544)[0], "crc")
    data = {k: [s[4] for s in found if s[1] == k] for k in range(1, 6)}
    base, ramdisks = data[KERNEL][0] + data[CMDLINE][0], data[RAMDISK]
    pcrs = {"PCR0": register(base + b"".join(ramdisks)), "PCR1": register(base + ramdisks[0]),
            "PCR2": register(b"".join(ramdisks[1:]))}
    if data[METADATA]:
        check_metadata(data[METADATA][0])
    if data[SIGNATURE]:
        pcrs["PCR8"] = register(check_signature(data[SIGNATURE][0], pcrs["PCR0"]))
    return " ".join("%s=%s" % (k, v.hex()) for k, v in pcrs.items())


def main():
    for name in sys.argv[1:]:
        with open(name, "rb") as f:
            image = f.read()
        try:
            print("%s\t0\t%s" % (name, opinion(image)))
        except Refused as why:
            print("%s\t3\t%s" % (name, why))
        except NotHolding as why:
            print("%s\t1\t%s" % (name, why))


if __name__ == "__main__":
    main()
