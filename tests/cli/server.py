#!/usr/bin/env python3
"""server.py FOLDER: serves FOLDER/files over HTTP on a port of 127.0.0.1, which it writes to
FOLDER/port. A request for /a?b=c is answered with the file named a?b=c ("/" is "%"), or else with
what lies at that path, percent-decoded, in the folder FOLDER/tree, with the rest of it where a range is asked for. The first line of FOLDER/faults, if there is one, is taken for each
request: ok, a status (503), "status seconds" for Retry-After, cut (half the bytes), stop (no answer),
hang (half the bytes, and then nothing), whole (all of it, whatever was asked for), wrong (other bytes),
to ADDRESS (a redirection), "flood STATUS" (a redirection, or what fails, whose page never ends). Requests go to FOLDER/log, with what follows a range's bytes=."""
import contextlib
import http.server
import os
import sys
import time
import urllib.parse

top = sys.argv[1]


def fault():
    path = top + "/faults"
    lines = open(path).read().splitlines() if os.path.exists(path) else []
    if not lines:
        return ["ok"]
    with open(path, "w") as f:
        f.write("".join(line + "\n" for line in lines[1:]))
    return lines[0].split()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def give(self, what, body):
        asked = self.headers.get("Range", "bytes=0-")[len("bytes="):]
        start = 0 if what == "whole" else int(asked.rstrip("-"))
        if start and start >= len(body):
            self.answer(416)
            return
        rest = body[start:]
        headers = [("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")] if start else []
        sent = rest[:len(rest) // 2] if what in ("cut", "hang") else rest
        if what == "wrong":
            sent = bytes(b ^ 1 for b in rest)
        self.answer(206 if start else 200, sent, headers, len(rest))
        if what == "hang":
            self.wfile.flush()
            time.sleep(30)

    def do_GET(self):
        with open(top + "/log", "a") as f:
            f.write(self.path + self.headers.get("Range", "").replace("bytes=", " ") + "\n")
        what = fault()
        name = top + "/files/" + self.path.replace("/", "%")
        if not os.path.isfile(name):
            name = top + "/tree" + urllib.parse.unquote(self.path)
        body = open(name, "rb").read() if os.path.isfile(name) else None
        if what[0].isdigit():
            self.answer(int(what[0]), b"", [("Retry-After", what[1])] if len(what) > 1 else [])
        elif what[0] == "to":
            self.answer(302, b"", [("Location", what[1])])
        elif what[0] == "flood":
            self.protocol_version = "HTTP/1.1"
            self.answer(int(what[1]), b"", [("Location", self.path)], 1 << 40)
            with contextlib.suppress(ConnectionError):
                while True:
                    self.wfile.write(bytes(65536))
        elif what[0] == "stop":
            pass
        elif body is None:
            self.answer(404, b"a page about that")
        else:
            self.give(what[0], body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(top + "/port.new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(top + "/port.new", top + "/port")
server.serve_forever()
