#!/usr/bin/env python3
"""Container images with one defect each, and whole ones to begin with.

oci_defects.py all FOLDER      all of them, each by the name of its defect, which is asserted
oci_defects.py good KIND OUT   KIND: oci-dir, oci-tar, oci-nested (a directory, two platforms),
                               docker-tar (layer.tar in folders, one of them
                               a link), docker-oci-tar (both), plain-tar (flattened), or any of the
                               first four with -gzip behind it (layers compressed)
"""
import gzip
import hashlib
import io
import json
import os
import socket
import sys
import tarfile

OCI = 'application/vnd.oci.image.'
TIME = 1700000000


def sha(data):
    return hashlib.sha256(data).hexdigest()


def entry(name, kind=tarfile.REGTYPE, data=b'', mode=0o644, **more):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mode, info.mtime = kind, len(data), mode, TIME
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


def tar(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.PAX_FORMAT) as t:
        for info, data in entries:
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def folder(name, mode=0o755, **more):
    return entry(name, tarfile.DIRTYPE, mode=mode, **more)


def tree(*dropped):
    all_of = [
        folder('usr'), folder('usr/lib'),
        entry('usr/lib/one', data=b'one', uid=7, gid=8),
        entry('usr/lib/two', data=b'two', mode=0o4755),
        entry('lib64', tarfile.SYMTYPE, linkname='usr/lib', mode=0o777),
        entry('null', tarfile.CHRTYPE, mode=0o666, devmajor=1, devminor=3),
    ]
    return [x for x in all_of if x[0].name not in dropped]


UPPER = [entry('lib64/.wh.one'), entry('lib64/three', data=b'three'),
         entry('usr/lib/again', tarfile.LNKTYPE, linkname='usr/lib/three')]
FLAT = tree('usr/lib/one') + [entry('usr/lib/three', data=b'three'),
                              entry('usr/lib/again', tarfile.LNKTYPE, linkname='usr/lib/three')]
RUN = {'Entrypoint': ['/init'], 'Cmd': None, 'Env': ['PATH=/bin'], 'User': '1:2'}


class Image:
    """An image in pieces, put together by write(); whoever wants a defect changes one first."""

    def __init__(self, packed=False):
        self.layers = [tar(tree()), tar(UPPER)]
        self.packed = packed
        self.blobs = {}
        self.config = {'os': 'linux', 'architecture': 'amd64', 'config': RUN, 'rootfs': {
            'type': 'layers', 'diff_ids': ['sha256:' + sha(x) for x in self.layers]}}
        self.files = {'oci-layout': b'{"imageLayoutVersion":"1.0.0"}'}
        self.links = {}

    def blob(self, data, kind):
        self.blobs[sha(data)] = data
        return {'mediaType': kind, 'digest': 'sha256:' + sha(data), 'size': len(data)}

    def pack(self, data):
        return gzip.compress(data, 6, mtime=0) if self.packed else data

    def manifest(self):
        kind = OCI + 'layer.v1.tar' + ('+gzip' if self.packed else '')
        return {'schemaVersion': 2,
                'config': self.blob(json.dumps(self.config).encode(), OCI + 'config.v1+json'),
                'layers': [self.blob(self.pack(x), kind) for x in self.layers]}

    def seal(self, manifest=None, index=None):
        """index.json, and all blobs as files."""
        manifest = self.manifest() if manifest is None else manifest
        self.main = self.blob(json.dumps(manifest).encode(), OCI + 'manifest.v1+json')
        index = {'schemaVersion': 2, 'manifests': [self.main]} if index is None else index
        self.files['index.json'] = json.dumps(index).encode()
        self.files |= {'blobs/sha256/' + k: v for k, v in self.blobs.items()}
        return self

    def docker(self, new):
        """manifest.json, beside the blobs or as it was before them."""
        manifest = self.manifest()
        config = self.blobs[manifest['config']['digest'][7:]]
        item = {'Config': sha(config) + '.json', 'RepoTags': ['shop:1'], 'Layers': []}
        if new:
            named = self.blob(json.dumps(manifest).encode(), OCI + 'manifest.v1+json')
            named |= {'annotations': {'io.containerd.image.name': 'docker.io/library/shop:1'}}
            self.seal(manifest, {'schemaVersion': 2, 'manifests': [named]})
            item['Config'] = 'blobs/sha256/' + sha(config)
            item['Layers'] = ['blobs/sha256/' + x['digest'][7:] for x in manifest['layers']]
        else:
            self.files = {item['Config']: config, 'repositories': b'{"shop":{"1":"b"}}'}
            for name, layer in zip('ab', self.layers):
                self.files['store/' + name] = self.pack(layer)
                self.links[name * 64 + '/layer.tar'] = '../store/' + name
                item['Layers'].append(name * 64 + '/layer.tar')
        self.item = item
        self.files['manifest.json'] = json.dumps([item]).encode()
        return self

    def write(self, out, as_tar=False):
        if as_tar:
            entries = [entry(k, data=v) for k, v in sorted(self.files.items())]
            entries += [entry(k, tarfile.SYMTYPE, linkname=v) for k, v in self.links.items()]
            open(out, 'wb').write(tar(entries))
            return
        for name, data in self.files.items():
            path = os.path.join(out, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, 'wb').write(data)
        for name, to in self.links.items():
            os.symlink(to, os.path.join(out, name))


def good(kind, out):
    packed = kind.endswith('-gzip')
    kind = kind.removesuffix('-gzip')
    if kind == 'plain-tar':
        open(out, 'wb').write(tar(FLAT))
    elif kind == 'oci-nested':
        i = Image(packed).seal()
        inner = i.blob(json.dumps(index_of(
            i.main | {'platform': {'os': 'linux', 'architecture': 'amd64'}},
            i.main | {'digest': 'sha256:' + '0' * 64,
                      'platform': {'os': 'linux', 'architecture': 's390x'}},
            i.main | {'digest': 'sha256:' + '1' * 64,
                      'platform': {'os': 'unknown', 'architecture': 'unknown'}})).encode(),
            OCI + 'index.v1+json')
        i.seal(index=index_of(inner)).write(out)
    elif kind.startswith('oci'):
        Image(packed).seal().write(out, kind == 'oci-tar')
    else:
        Image(packed).docker(kind == 'docker-oci-tar').write(out, True)


DEFECTS = {}


def defect(function):
    DEFECTS[function.__name__.replace('_', '-')] = function
    return function


def flip(image, digest):
    name = 'blobs/sha256/' + digest[7:]
    data = bytearray(image.files[name])
    data[len(data) // 2] ^= 1
    image.files[name] = bytes(data)
    assert sha(image.files[name]) != name[-64:]


@defect
def layer_bytes(out):
    i = Image()
    m = i.manifest()
    flip(i.seal(m), m['layers'][0]['digest'])
    i.write(out)


@defect
def layer_bytes_gzip(out):
    i = Image(True)
    m = i.manifest()
    flip(i.seal(m), m['layers'][1]['digest'])
    i.write(out)


@defect
def layer_size(out):
    i = Image()
    m = i.manifest()
    m['layers'][0]['size'] += 1
    assert m['layers'][0]['size'] != len(i.blobs[m['layers'][0]['digest'][7:]])
    i.seal(m).write(out)


@defect
def layer_missing(out):
    i = Image()
    m = i.manifest()
    i.seal(m)
    del i.files['blobs/sha256/' + m['layers'][1]['digest'][7:]]
    i.write(out)


@defect
def layer_link(out):
    i = Image()
    m = i.manifest()
    name = 'blobs/sha256/' + m['layers'][0]['digest'][7:]
    open(out + '.elsewhere', 'wb').write(i.seal(m).files.pop(name))
    i.links[name] = os.path.abspath(out + '.elsewhere')
    i.write(out)
    assert os.path.islink(os.path.join(out, name))


@defect
def config_bytes(out):
    i = Image()
    m = i.manifest()
    flip(i.seal(m), m['config']['digest'])
    i.write(out)


@defect
def manifest_size(out):
    i = Image().seal()
    i.main['size'] -= 1
    i.files['index.json'] = json.dumps({'schemaVersion': 2, 'manifests': [i.main]}).encode()
    i.write(out)


def with_diff_ids(change, packed):
    i = Image(packed)
    before = list(i.config['rootfs']['diff_ids'])
    change(i.config['rootfs']['diff_ids'])
    assert i.config['rootfs']['diff_ids'] != before
    return i.seal()


@defect
def diff_id(out):
    with_diff_ids(lambda d: d.reverse(), False).write(out)


@defect
def diff_id_gzip(out):
    with_diff_ids(lambda d: d.reverse(), True).write(out)


@defect
def diff_ids_short(out):
    with_diff_ids(lambda d: d.pop(), False).write(out)


def with_packed(change, out):
    """Packed bytes that are broken, with a digest that is right."""
    i = Image(True)
    pack = i.pack
    i.pack = lambda data: change(pack(data))
    i.seal().write(out)


@defect
def gzip_checksum(out):
    def change(x):
        return x[:-8] + bytes([x[-8] ^ 1]) + x[-7:]
    with_packed(change, out)


@defect
def gzip_junk(out):
    with_packed(lambda x: x + b'junk', out)


@defect
def gzip_cut(out):
    with_packed(lambda x: x[:-1], out)


@defect
def gzip_not(out):
    with_packed(lambda x: gzip.decompress(x), out)


@defect
def bomb(out):
    i = Image(True)
    i.layers[1] = tar([entry('big', data=bytes(2 << 20))])
    i.config['rootfs']['diff_ids'][1] = 'sha256:' + sha(i.layers[1])
    assert len(i.pack(i.layers[1])) < len(i.layers[1]) // 100
    i.seal().write(out)


@defect
def long_name(out):
    i = Image(True)
    i.layers[1] = tar([entry('x' * 256)])
    i.config['rootfs']['diff_ids'][1] = 'sha256:' + sha(i.layers[1])
    i.seal().write(out)


def with_layer_type(kind, out):
    i = Image()
    m = i.manifest()
    m['layers'][0]['mediaType'] = kind
    i.seal(m).write(out)


@defect
def encrypted(out):
    with_layer_type(OCI + 'layer.v1.tar+gzip+encrypted', out)


@defect
def foreign(out):
    with_layer_type('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', out)


@defect
def unknown_layer(out):
    with_layer_type('application/x-tar', out)


def with_index(change, out):
    i = Image().seal()
    index = change(i)
    i.files['index.json'] = json.dumps(index).encode()
    i.write(out)


def index_of(*entries):
    return {'schemaVersion': 2, 'manifests': list(entries)}


@defect
def schema_1(out):
    with_index(lambda i: index_of(
        i.main | {'mediaType': 'application/vnd.docker.distribution.manifest.v1+prettyjws'}), out)


@defect
def unknown_manifest(out):
    with_index(lambda i: index_of(i.main | {'mediaType': OCI + 'manifest.v1+xml'}), out)


@defect
def artifact(out):
    with_index(lambda i: index_of(i.main | {'artifactType': 'application/x'}), out)


@defect
def attestation_alone(out):
    with_index(lambda i: index_of(
        i.main | {'platform': {'os': 'unknown', 'architecture': 'unknown'}}), out)


@defect
def empty_index(out):
    with_index(lambda i: index_of(), out)


@defect
def index_and_manifest(out):
    with_index(lambda i: index_of(i.main) | {'layers': []}, out)


@defect
def capital_key(out):
    with_index(lambda i: index_of(i.main) | {'Manifests': []}, out)


@defect
def double_key(out):
    i = Image().seal()
    i.files['index.json'] = b'{"schemaVersion":2,"manifests":[],"manifests":[]}'
    i.write(out)


@defect
def unknown_digest(out):
    with_index(lambda i: index_of(i.main | {'digest': 'md5:' + '0' * 32}), out)


def second(i, **more):
    """Another image beside the first."""
    i.config['architecture'] = 'arm64'
    return i.blob(json.dumps(i.manifest()).encode(), OCI + 'manifest.v1+json') | more


@defect
def two_platforms(out):
    i = Image().seal()
    first = i.main
    i.seal(index=index_of(first, second(i)))
    assert len({x['digest'] for x in json.loads(i.files['index.json'])['manifests']}) == 2
    i.write(out)


@defect
def two_names(out):
    def named(x, name):
        return x | {'annotations': {'org.opencontainers.image.ref.name': name}}
    i = Image().seal()
    first = named(i.main, 'a')
    i.config['config'] = {}
    other = named(i.blob(json.dumps(i.manifest()).encode(), OCI + 'manifest.v1+json'), 'b')
    i.seal(index=index_of(first, other)).write(out)


@defect
def other_platform(out):
    with_index(lambda i: index_of(
        i.main | {'platform': {'os': 'linux', 'architecture': 'arm64'}}), out)


@defect
def windows(out):
    i = Image()
    i.config['os'] = 'windows'
    i.seal().write(out)


@defect
def endless_indexes(out):
    i = Image().seal()
    kind = OCI + 'index.v1+json'
    level = [i.main]
    for _ in range(3):
        level = [i.blob(json.dumps(index_of(*level) | {'n': n}).encode(), kind) for n in range(600)]
    i.seal(index=index_of(*level)).write(out)


def special_blob(out, make):
    """In the layer's place something that is no file: to open it may not block."""
    i = Image()
    m = i.manifest()
    name = 'blobs/sha256/' + m['layers'][0]['digest'][7:]
    del i.seal(m).files[name]
    i.write(out)
    make(os.path.join(out, name))


@defect
def blob_folder(out):
    special_blob(out, os.mkdir)


@defect
def blob_pipe(out):
    special_blob(out, os.mkfifo)


def bind(path):
    here = os.open('.', os.O_RDONLY)
    os.chdir(os.path.dirname(path))  # the whole path is too long for a socket
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(os.path.basename(path))
    os.fchdir(here)
    os.close(here)


@defect
def blob_socket(out):
    special_blob(out, bind)


@defect
def docker_rooted(out):
    i = Image().docker(True)
    i.files['etc/passwd'] = b''
    del i.files['oci-layout']
    i.write(out)


@defect
def docker_many_layers(out):
    i = Image().docker(False)
    i.item['Layers'] *= 300
    i.files['manifest.json'] = json.dumps([i.item]).encode()
    i.write(out, True)


@defect
def layout_version(out):
    i = Image().seal()
    i.files['oci-layout'] = b'{"imageLayoutVersion":"2.0.0"}'
    i.write(out)


@defect
def layout_missing(out):
    i = Image().seal()
    del i.files['oci-layout']
    i.write(out)


@defect
def rooted(out):
    i = Image().seal()
    i.files['etc/passwd'] = b''
    i.write(out)


@defect
def capability(out):
    i = Image()
    x = entry('usr/lib/four', data=b'four')
    x[0].pax_headers = {'SCHILY.xattr.security.capability': '\x01'}
    i.layers[1] = tar([x])
    assert b'SCHILY.xattr.security.capability' in i.layers[1]
    i.config['rootfs']['diff_ids'][1] = 'sha256:' + sha(i.layers[1])
    i.seal().write(out)


@defect
def too_many_layers(out):
    i = Image()
    m = i.manifest()
    m['layers'] = m['layers'][:1] * 513
    i.seal(m).write(out)


@defect
def big_json(out):
    i = Image().seal()
    i.files['index.json'] += b' ' * (4 << 20)
    i.write(out)


@defect
def docker_config_name(out):
    i = Image().docker(False)
    name = i.item['Config']
    i.files[name] += b'\n'
    assert sha(i.files[name]) + '.json' != name
    i.write(out, True)


@defect
def docker_layer_bytes(out):
    i = Image().docker(False)
    i.files['store/b'] = i.files['store/a']
    i.write(out, True)


@defect
def docker_layer_missing(out):
    i = Image().docker(False)
    del i.files['store/a']
    i.write(out, True)


@defect
def docker_link_out(out):
    i = Image().docker(False)
    i.links['a' * 64 + '/layer.tar'] = '../../etc/passwd'
    i.write(out, True)


@defect
def docker_link_loop(out):
    i = Image().docker(False)
    i.links['a' * 64 + '/layer.tar'] = 'layer.tar'
    i.write(out, True)


@defect
def docker_twice(out):
    i = Image().docker(False)
    entries = [entry(k, data=v) for k, v in i.files.items()]
    entries += [entry(k, tarfile.SYMTYPE, linkname=v) for k, v in i.links.items()]
    open(out, 'wb').write(tar(entries + [entry('manifest.json', data=b'[]')]))
    with tarfile.open(out) as t:
        assert t.getnames().count('manifest.json') == 2


@defect
def docker_many_names(out):
    i = Image().docker(False)
    i.files |= {'x%d' % n: b'' for n in range(16384)}
    i.write(out, True)


@defect
def docker_long_names(out):
    i = Image().docker(False)
    i.files |= {'%d' % n + 'x' * 1000000: b'' for n in range(17)}
    i.write(out, True)


@defect
def docker_two(out):
    i = Image().docker(False)
    other = json.dumps(i.config | {'architecture': 'arm64'}).encode()
    i.files['other.json'] = other
    i.files['manifest.json'] = json.dumps([i.item, i.item | {'Config': 'other.json'}]).encode()
    i.write(out, True)


@defect
def docker_empty(out):
    i = Image().docker(False)
    i.files['manifest.json'] = b'[]'
    i.write(out, True)


@defect
def docker_disagrees(out):
    i = Image().docker(True)
    other = json.dumps(i.config | {'author': 'x'}).encode()
    i.files['blobs/sha256/' + sha(other)] = other
    i.item['Config'] = 'blobs/sha256/' + sha(other)
    i.files['manifest.json'] = json.dumps([i.item]).encode()
    assert i.item['Config'][-64:] not in i.files['index.json'].decode()
    i.write(out, True)


def main(words):
    if len(words) == 2 and words[0] == 'all':
        for name, make in DEFECTS.items():
            make(os.path.join(words[1], name))
    elif len(words) == 3 and words[0] == 'good':
        good(words[1], words[2])
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
