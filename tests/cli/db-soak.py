#!/usr/bin/env python3
"""Kills publishers at random instants, or runs many at once: db-soak.py kill|crowd MEASURE FILE...

Each FILE is a statement of its own that db.git does not have. After every kill
the database is audited, and has what it had before, or one statement more: that one for certain when
the publisher had said so. At the end every file is published again. Prints what there is to count."""
import collections
import hashlib
import json
import random
import signal
import subprocess
import sys
import time

MODE, MEASURE, FILES = sys.argv[1], sys.argv[2], sys.argv[3:]
NAMES = {hashlib.sha256(open(f, "rb").read()).hexdigest(): f for f in FILES}
DB = ["--db", "db.git", "--trust", "trust.yml"]


def start(*args):
    return subprocess.Popen([MEASURE, "db", *args, *DB], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def ask(*args):
    process = start(*args)
    out, err = process.communicate()
    if process.returncode != 0:
        sys.exit(f"{args}: exit status {process.returncode}: {err}{out}")
    return out


def listed():
    """Of each statement, how often it is in the log and counts."""
    log = json.loads(ask("log", "--json"))
    return collections.Counter(NAMES.get(s["sha256"], s["path"]) for s in log["statements"] if s["counts"])


def audited():
    found = json.loads(ask("audit", "--json"))
    if found["findings"]:
        sys.exit(f"the audit finds {found['findings']}")


def kill(file, after):
    process = start("publish", file)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    said, why = process.communicate()
    if process.returncode not in (0, -signal.SIGKILL):
        sys.exit(f"{file}: exit status {process.returncode}: {why}")
    return process.returncode != 0, said.startswith("published")


def quickest():
    """Of three runs; the first one of all takes longer than any other."""
    times = []
    for file in FILES[:3]:
        begun = time.monotonic()
        ask("publish", file)
        times.append(time.monotonic() - begun)
    return min(times)


def kills():
    """As many as there are files, three of which are published in peace; one that was killed comes again."""
    chance, takes = random.Random(1), quickest()
    count, files, had = collections.Counter(), iter(FILES[3:]), listed()
    file = next(files)
    while count["killed"] < len(FILES) - 3:
        hit, told = kill(file, chance.uniform(0, takes))
        audited()
        has = listed()
        more = has - had
        if had - has or more not in (collections.Counter(), collections.Counter([file])):
            sys.exit(f"{file}: killed, and there was {had}, and is {has}")
        if told and not more:
            sys.exit(f"{file}: was said to be published, and is not there")
        count["killed"] += hit
        count["killed and there"] += hit and bool(more)
        had = has
        if more and (file := next(files, None)) is None:
            sys.exit(f"no statement is left after {count}")
    return count


def crowd():
    for process in [start("publish", file) for file in FILES]:
        said, why = process.communicate()
        if process.returncode != 0 or not said.startswith("published"):
            sys.exit(f"exit status {process.returncode}: {why}{said}")
    return collections.Counter()


def main():
    count = kills() if MODE == "kill" else crowd()
    again = collections.Counter(line.split("  ")[0] for line in ask("publish", *FILES).splitlines())
    audited()
    has = listed()
    lost = [file for file in FILES if has[file] == 0]
    doubled = [file for file in has if has[file] > 1]
    print(f"{len(FILES)} publishers, {count['killed']} killed, {count['killed and there']} of them behind the last "
          f"instant, {again['already there']} there, {again['published']} published again", file=sys.stderr)
    print(f"{len(lost)} lost, {len(doubled)} doubled")


main()
