"""Broken stacks of layers, each proven to have its defect.

layer_mutate.py CASES: writes NAME/1.tar, NAME/2.tar, ... for every line of the table; reads them
again with Python's own reader and fails where the defect is not there, as often as the table says.
Writes the image that they are the layers of into NAME/image, as an OCI layout, and what is expected
of NAME into NAME/expected.
"""
import hashlib
import io
import json
import os
import re
import sys
import tarfile

TYPES = {"d": tarfile.DIRTYPE, "f": tarfile.REGTYPE, "l": tarfile.SYMTYPE, "h": tarfile.LNKTYPE,
         "c": tarfile.CHRTYPE}


def add(archive, text, attributes):
    letter, mode, uid, name, rest = re.fullmatch(
        r"(\w)([0-7]*)(?:@(\d+))? (\S+) ?(.*)", text.strip()).groups()
    if letter == "x":
        attributes["SCHILY.xattr." + name] = "text"
        return
    entry = tarfile.TarInfo(name)
    entry.type = TYPES[letter]
    entry.mode = int(mode or {"d": "755", "l": "777"}.get(letter, "644"), 8)
    entry.uid = entry.gid = int(uid or 0)
    entry.pax_headers = dict(attributes)
    attributes.clear()
    if letter in "lh":
        entry.linkname = rest
    if letter == "c":
        entry.devmajor, entry.devminor = map(int, rest.split(","))
    data = rest.encode() if letter == "f" else b""
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))


def put_blob(folder, data, kind):
    digest = hashlib.sha256(data).hexdigest()
    with open("%s/blobs/sha256/%s" % (folder, digest), "wb") as out:
        out.write(data)
    return {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest,
            "size": len(data)}


def make_image(folder, layers):
    os.makedirs(folder + "/blobs/sha256")
    blobs = [put_blob(folder, data, "layer.v1.tar") for data in layers]
    config = put_blob(folder, json.dumps({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [b["digest"] for b in blobs]}}).encode(),
        "config.v1+json")
    manifest = put_blob(folder, json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config, "layers": blobs}).encode(), "manifest.v1+json")
    for name, value in (("oci-layout", {"imageLayoutVersion": "1.0.0"}),
                        ("index.json", {"schemaVersion": 2, "manifests": [manifest]})):
        with open("%s/%s" % (folder, name), "w", encoding="utf-8") as out:
            json.dump(value, out)


def make(name, layers, defect, expected):
    os.mkdir(name)
    found = 0
    archives = []
    count, test = defect.split(" ", 1)
    for number, layer in enumerate(layers.split("//"), 1):
        path, attributes = "%s/%d.tar" % (name, number), {}
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
            for entry in layer.split(";"):
                add(archive, entry, attributes)
        with tarfile.open(path) as archive:
            found += sum(1 for e in archive if eval(test, {"e": e}))  # the table is ours
        with open(path, "rb") as archive:
            archives.append(archive.read())
    if found != int(count):
        sys.exit("%s: the defect is there %d times, not %s" % (name, found, count))
    make_image(name + "/image", archives)
    with open(name + "/expected", "w", encoding="utf-8") as out:
        out.write(expected + "\n")


def main(cases):
    with open(cases, encoding="utf-8") as table:
        for line in table:
            if not line.startswith("#"):
                make(*(field.strip() for field in line.split(" | ")))


main(sys.argv[1])
