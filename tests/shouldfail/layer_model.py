"""Layers as they are specified, told a second time and naively: a file system is a dictionary of
paths. Random stacks of layers are written as archives, and what the program makes of them must be
what the dictionary comes to.

layer_model.py PROGRAM FOLDER COUNT SEED: PROGRAM is tests/shouldfail/layer.c; FOLDER is for archives.
Prints how many stacks there were, how many of them were to be refused, and the first that differs.
"""
import copy
import io
import random
import subprocess
import sys
import tarfile


class Refused(Exception):
    pass


class Inode:
    def __init__(self, kind, mode=0o755, uid=0, rest="", implied=False):
        self.kind, self.mode, self.uid, self.rest, self.implied = kind, mode, uid, rest, implied


class Model:
    """path -> Inode, path -> layer; the root is ()."""

    def __init__(self):
        self.files = {(): Inode("d", implied=True)}
        self.layer = {(): 0}
        self.now = 0
        self.led = False
        self.vague = set()

    def below(self, path):
        return [p for p in self.files if len(p) > len(path) and p[:len(path)] == path]

    def drop(self, path):
        for p in self.below(path) + [path]:
            del self.files[p], self.layer[p]
            self.vague.discard(p)

    def put(self, path, inode):
        self.files[path], self.layer[path] = inode, self.now

    def folder(self, parts, make):
        todo, here, links, made = list(parts), (), 0, False
        while todo:
            part = todo.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                if made:
                    raise Refused("out of a missing folder")
                here = here[:-1]
                continue
            there = here + (part,)
            inode = self.files.get(there)
            if inode is None:
                if not make:
                    raise Refused("missing")
                self.put(there, Inode("d", implied=True))
                self.vague |= {there[:n] for n in range(len(there))}
                made, here = True, there
            elif inode.kind == "l":
                links += 1
                if links > 40:
                    raise Refused("loop")
                todo = inode.rest.split("/") + todo
                if inode.rest.startswith("/"):
                    here = ()
            elif inode.kind == "d":
                here = there
            else:
                raise Refused("through a file")
        return here

    def own(self, path):
        return self.layer[path] == self.now

    def hide_below(self, path):
        if path in self.vague:
            raise Refused("hidden and used")
        for p in self.below(path):
            if self.own(p) and len(p) > len(path) + 1 and not self.own(p[:-1]):
                raise Refused("hidden and used")
        for p in self.below(path):
            if not self.own(p):
                del self.files[p], self.layer[p]

    def whiteout(self, folder, name, led):
        if name == ".wh..wh..opq":
            if led or self.led:
                raise Refused("opaque through a link")
            return self.hide_below(folder)
        path = folder + (name[4:],)
        if path not in self.files:
            return None
        self.hide_below(path)
        if self.own(path):
            return None
        if self.below(path):
            raise Refused("hidden and used")
        return self.drop(path)

    def make_room(self, path, kind):
        if path not in self.files or self.files[path].kind == kind:
            return
        if self.own(path):
            raise Refused("two kinds")
        self.hide_below(path)
        if self.below(path):
            raise Refused("two kinds")

    def target(self, text):
        parts = text.split("/")
        path = self.folder(parts[:-1], False) + (parts[-1],)
        if path not in self.files or self.files[path].kind == "d":
            raise Refused("target")
        return path

    def link(self, path, entry):
        target = self.target(entry["rest"])
        inode = self.files[target]
        if inode.uid != entry["uid"] or (inode.kind != "l" and inode.mode != entry["mode"]):
            raise Refused("metadata")
        if target == path:
            raise Refused("itself")
        if path in self.files and self.files[path] is not inode:
            self.make_room(path, inode.kind)
            self.drop(path)
            self.target(entry["rest"])
        self.put(path, inode)

    def apply(self, entry):
        parts = entry["name"].split("/")
        if parts == ["."]:
            return self.put((), Inode("d", entry["mode"], entry["uid"]))
        folder = self.folder(parts[:-1], True)
        led = folder != tuple(parts[:-1])
        if parts[-1].startswith(".wh."):
            return self.whiteout(folder, parts[-1], led)
        self.led = self.led or led
        path = folder + (parts[-1],)
        if entry["kind"] == "h":
            return self.link(path, entry)
        self.make_room(path, entry["kind"])
        mode = 0o777 if entry["kind"] == "l" else entry["mode"]
        return self.put(path, Inode(entry["kind"], mode, entry["uid"], entry["rest"]))

    def text(self):
        usual = {"d": 0o755, "l": 0o777, "p": 0o600}
        lines = []
        for path in sorted(self.files):
            i = self.files[path]
            if not path:
                continue
            names = sum(1 for other in self.files.values() if other is i)
            lines.append("".join([
                "i" if i.implied else i.kind,
                "" if i.mode == usual.get(i.kind, 0o644) else "%o" % i.mode,
                "@%d" % i.uid if i.uid else "", " ", "/".join(path),
                " " + i.rest if i.rest else "", " #%d" % names if names > 1 else "", "\n"]))
        return "".join(lines)


def entry_of(r):
    names = "abcd"
    parts = [r.choice(names) for _ in range(r.choice((1, 1, 2, 2, 3)))]
    entry = {"kind": r.choice("dddddffffllhhpc"), "uid": r.choice((0, 0, 0, 0, 7)), "rest": ""}
    entry["mode"] = r.choice((0o755, 0o700)) if entry["kind"] == "d" else r.choice((0o644, 0o644, 0o600))
    if entry["kind"] == "f":
        entry["rest"] = "x" * r.randrange(3) + str(r.randrange(10))
    if entry["kind"] == "l":
        entry["rest"] = "/".join(r.choice(("a", "b", "c", "..", ".", "")) for _ in range(r.randrange(1, 4)))
        entry["rest"] = entry["rest"] or "/"
    if entry["kind"] == "h":
        entry["rest"] = "/".join(r.choice(names) for _ in range(r.choice((1, 2, 2))))
    if entry["kind"] == "c":
        entry["rest"] = "1,%d" % r.randrange(9)
    if r.random() < 0.15:
        entry = {"kind": "f", "uid": 0, "rest": "", "mode": 0o644}
        parts[-1] = r.choice((".wh.a", ".wh.b", ".wh.c", ".wh..wh..opq"))
    elif r.random() < 0.02:
        entry, parts = {"kind": "d", "uid": 0, "rest": "", "mode": 0o711}, ["."]
    entry["name"] = "/".join(parts)
    return entry


def write(path, entries):
    types = {"d": tarfile.DIRTYPE, "f": tarfile.REGTYPE, "l": tarfile.SYMTYPE, "h": tarfile.LNKTYPE,
             "p": tarfile.FIFOTYPE, "c": tarfile.CHRTYPE}
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry["name"])
            info.type, info.mode = types[entry["kind"]], entry["mode"]
            info.uid = info.gid = entry["uid"]
            data = entry["rest"].encode() if entry["kind"] == "f" else b""
            info.size = len(data)
            if entry["kind"] in "lh":
                info.linkname = entry["rest"]
            if entry["kind"] == "c":
                info.devmajor, info.devminor = map(int, entry["rest"].split(","))
            archive.addfile(info, io.BytesIO(data))


def stack_of(r):
    """Layers, and what they come to; None: the last entry of the last one is to be refused."""
    model, layers = Model(), []
    for number in range(1, r.randrange(2, 5)):
        model.now, model.led, model.vague = number, False, set()
        entries = []
        for _ in range(r.randrange(1, 12)):
            entry, before = entry_of(r), copy.deepcopy(model)
            try:
                model.apply(entry)
                entries.append(entry)
            except Refused:
                if r.random() < 0.05:
                    return layers + [entries + [entry]], None
                model = before
        layers.append(entries)
    return layers, model.text()


def main(program, folder, count, seed):
    r, refused = random.Random(int(seed)), 0
    for number in range(int(count)):
        layers, expected = stack_of(r)
        paths = ["%s/%d.tar" % (folder, i) for i in range(len(layers))]
        for path, entries in zip(paths, layers):
            write(path, entries)
        run = subprocess.run([program] + paths, stdout=subprocess.PIPE, check=False)
        got = run.stdout.decode() if run.returncode == 0 else None
        refused += expected is None
        if got != expected or run.returncode not in (0, 3):
            print("stack %d, exit status %d" % (number, run.returncode))
            for entries in layers:
                print("layer", *entries, sep="\n  ")
            print("expected:", expected, "got:", run.stdout.decode(), sep="\n")
            return 1
    print("%d stacks, %d of them refused" % (int(count), refused))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
