#!/usr/bin/env python3
"""server.py FOLDER: serves FOLDER/files over HTTP on a port of 127.0.0.1, which it writes to
FOLDER/port. A request for /a?b=c is answered with the file named a?b=c ("/" is "%"). The first line
of FOLDER/faults, if there is one, is taken for each request: ok, a status (503), "status seconds" for
Retry-After, cut (half the bytes), stop (no answer), to ADDRESS (a redirection). Requests go to
FOLDER/log."""
import http.server
import os
import sys

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

    def do_GET(self):
        with open(top + "/log", "a") as f:
            f.write(self.path + "\n")
        what = fault()
        name = top + "/files/" + self.path.replace("/", "%")
        body = open(name, "rb").read() if os.path.isfile(name) else None
        if what[0].isdigit():
            self.answer(int(what[0]), b"", [("Retry-After", what[1])] if len(what) > 1 else [])
        elif what[0] == "to":
            self.answer(302, b"", [("Location", what[1])])
        elif what[0] == "stop":
            pass
        elif body is None:
            self.answer(404)
        elif what[0] == "cut":
            self.answer(200, body[:len(body) // 2], length=len(body))
        else:
            self.answer(200, body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(top + "/port.new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(top + "/port.new", top + "/port")
server.serve_forever()
