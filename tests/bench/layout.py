#!/usr/bin/env python3
"""layout.py TAR GZ FOLDER: FOLDER becomes an OCI layout whose one layer is TAR, packed into GZ."""
import hashlib
import json
import os
import subprocess
import sys

archive, packed, folder = sys.argv[1:]
blobs = os.path.join(folder, 'blobs/sha256')
kind = 'application/vnd.oci.image.'


def digest(path):
    with open(path, 'rb') as f:
        return hashlib.file_digest(f, 'sha256').hexdigest()


def blob(value, media):
    data = json.dumps(value).encode()
    name = hashlib.sha256(data).hexdigest()
    with open(os.path.join(blobs, name), 'wb') as f:
        f.write(data)
    return {'mediaType': kind + media, 'digest': 'sha256:' + name, 'size': len(data)}


os.makedirs(blobs)
with open(packed, 'wb') as f:
    subprocess.run(['gzip', '-1nc', archive], stdout=f, check=True)
layer = digest(packed)
os.link(packed, os.path.join(blobs, layer))
config = blob({'os': 'linux', 'architecture': 'amd64', 'rootfs': {
    'type': 'layers', 'diff_ids': ['sha256:' + digest(archive)]}}, 'config.v1+json')
manifest = blob({'schemaVersion': 2, 'config': config, 'layers': [
    {'mediaType': kind + 'layer.v1.tar+gzip', 'digest': 'sha256:' + layer,
     'size': os.path.getsize(packed)}]}, 'manifest.v1+json')
for name, value in (('index.json', {'schemaVersion': 2, 'manifests': [manifest]}),
                    ('oci-layout', {'imageLayoutVersion': '1.0.0'})):
    with open(os.path.join(folder, name), 'w') as f:
        json.dump(value, f)
