#!/usr/bin/env python3
"""gitserver.py REPOSITORY FOLDER: git's smart protocol over HTTP on a port of 127.0.0.1, which it
writes to FOLDER/port, for readers that have nothing yet. The first part of the path says what it does
amiss: /lacks gives a tip without what it leads to, /other gives objects that nobody asked for, /silent
answers nothing, /stall stops in the midst, /twice says two things of one branch, /strange names a
branch as git does not."""
import http.server
import os
import subprocess
import sys
import time

repository, folder = sys.argv[1:]


def git(*args, text=b""):
    return subprocess.run(["git", "-C", repository, *args], input=text, stdout=subprocess.PIPE, check=True).stdout


def line(text):
    return b"%04x" % (len(text) + 4) + text


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, kind, body, length=None):
        self.send_response(200)
        self.send_header("Content-Type", f"application/x-git-upload-pack-{kind}")
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self):
        if self.path.startswith("/silent"):
            time.sleep(30)
        tip, before = git("rev-parse", "HEAD", "HEAD~").split()
        name = b"a..b" if self.path.startswith("/strange") else b"main"
        lines = line(tip + b" HEAD\0symref=HEAD:refs/heads/main\n") + line(tip + b" refs/heads/" + name + b"\n")
        if self.path.startswith("/twice"):
            lines += line(before + b" refs/heads/main\n")
        self.answer("advertisement", line(b"# service=git-upload-pack\n") + b"0000" + lines + b"0000")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/stall"):
            self.answer("result", b"0008NAK\nPACK", 100000)
            time.sleep(30)
        if self.path.startswith("/lacks"):
            pack = git("pack-objects", "-q", "--stdout", text=git("rev-parse", "HEAD"))
        elif self.path.startswith("/other"):
            pack = git("pack-objects", "-q", "--stdout", text=git("rev-parse", "HEAD:file"))
        else:
            pack = git("pack-objects", "-q", "--stdout", "--revs", text=b"HEAD\n")
        self.answer("result", b"0008NAK\n" + pack)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(folder + "/port.new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(folder + "/port.new", folder + "/port")
server.serve_forever()
