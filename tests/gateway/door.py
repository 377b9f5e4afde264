"""A job as docs/gateway.md describes it, played by Python: what the clients are tried against
where no job can be started, and for answers that no job gives at will.

    door.py FOLDER [--only socket|tcp] [--job NAME]     serves until its standard input is closed
"""

import json
import os
import re
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN, READ_TOKEN = "t" * 43, "r" * 43
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"
DEEP = {"type": "struct", "c": "point", "fields": [
    {"name": "x", "type": {"type": "float", "bits": 64, "c": "double"}},
    {"name": "from", "type": {"type": "int", "bits": 32, "c": "int32_t"}}]}
KINDS = {
    "u64": {"type": "uint", "bits": 64, "c": "uint64_t"},
    "i8": {"type": "int", "bits": 8, "c": "int8_t"},
    "f64": {"type": "float", "bits": 64, "c": "double"},
    "f32": {"type": "float", "bits": 32, "c": "float"},
    "bool": {"type": "bool", "c": "bool"},
    "str": {"type": "string", "c": "troupe_str"},
    "deep": {"type": "span", "element": DEEP},
    "triple": {"type": "struct", "c": "triple", "fields": [{"name": "numbers", "type": {
        "type": "array", "length": 3, "c": "int[3]", "element": {"type": "int", "bits": 32, "c": "int"}}}]},
    "text": {"type": "span", "element": {"type": "int", "bits": 8, "c": "char"}},
    "octets": {"type": "span", "element": {"type": "uint", "bits": 8, "c": "uint8_t"}},
    "handle": {"type": "handle", "class": "counter", "c": "counter"},
    "blob": {"type": "bytes", "length": 4, "c": "blob"},
}


def field(name, kind):
    return {"name": name, "type": KINDS[kind] if isinstance(kind, str) else kind}


def method(cls, name, kind, args=(), result=None):
    return {"name": name, "from": cls, "kind": kind, "urgent": False, "args": list(args),
            "result": result or {"type": "void"}}


CLASSES = {
    "progress": ([field("total_samples", "u64")], [
        method("progress", "report", "tell", [field("task_id", "u64"), field("samples_done", "u64")]),
        method("progress", "ratio", "ask", result=KINDS["f64"])]),
    "counter": ([field("start", "u64"), field("name", "str")], [
        method("counter", "add", "ask", [field("n", "u64"), field("timeout", "f64")], KINDS["u64"]),
        method("counter", "end", "ask", [], KINDS["u64"])]),
    "kinds": ([], [method("kinds", "echo_" + k, "ask", [field("value", k)], KINDS[k]) for k in KINDS] + [
        method("kinds", "slow", "ask", [field("seconds", "f64")], KINDS["u64"]),
        method("kinds", "fails", "ask", [field("code", "str")], KINDS["u64"])]),
}
TASKS = [{"name": "sample_circle", "args": [field("samples", "u64"), field("task_id", "u64"),
                                            field("tracker", {"type": "handle", "class": "progress", "c": "progress"})],
          "result": KINDS["u64"]}]


def described(name):
    fields, methods = CLASSES[name]
    alive = sum(a["class"] == name and a["state"] != "ended" for a in ACTORS.values())
    return {"name": name, "base": None, "fields": fields, "methods": methods, "actors": alive}


class Wrong(Exception):
    def __init__(self, http, code, message, **more):
        super().__init__(message)
        self.http = http
        self.body = {"error": dict(code=code, message=message, **more)}


def actor(key, cls, name, rank=0, **more):
    return dict({"id": key, "class": cls, "name": name, "repr": HOSTILE, "rank": rank, "node": 0,
                 "host": "n0", "state": "alive", "creator": "driver", "age": 1.5, "running": None,
                 "depth": 1, "restarts": 2, "busy": 0.25, "wait": None,
                 "run": {"p50": 1e-6, "p99": 0.02, "max": 0.04, "count": 3},
                 "calls": {"received": 3, "done": 2, "failed": 1}, "mailbox": {"now": 1, "highest": 9},
                 "cpus": 0, "gpus": 0, "memory": 0, "resources": "", "reason": None}, **more)


ACTORS = {}
LOCK = threading.Lock()
STATES = {}             # what an actor has counted
FUTURES = {}
LOGS = [{"number": 1, "at": 0.5, "rank": 1, "level": "warning", "who": "driver", "text": "one " + HOSTILE,
         "repeated": 1},
        {"number": 2, "at": 0.7, "rank": 0, "level": "info", "who": "x", "text": "two\nlines", "repeated": 19}]
FAILURES = {
    "failed": (422, {"status": -7, "story": "kinds(0:3).fails: counter(1:2).add: no luck"}),
    "ended": (410, {"story": "kinds(0:3) was killed"}),
    "late": (504, {}), "full": (429, {}), "ending": (503, {}), "forbidden": (403, {}),
    "too_large": (413, {}), "unheard_of": (418, {}),
    "out_of_range": (400, {"field": "code"}),
}


def reset():
    ACTORS.clear()
    STATES.clear()
    for one in (actor("0:1", "progress", "progress"), actor("1:4", "counter", "c", 1),
                actor("0:3", "kinds", "a/b c")):
        ACTORS[one["id"]] = one
    STATES["1:4"] = 0


def find_actor(key):
    for one in ACTORS.values():
        if key in (one["id"], one["name"]):
            if one["state"] == "ended":
                raise Wrong(410, "ended", "%s has ended" % key, story="counter(1:4) was stopped")
            return one
    raise Wrong(404, "not_found", "there is no actor '%s'" % key)


def check(what, fields, args):
    for name in args:
        if name not in [f["name"] for f in fields]:
            raise Wrong(400, "unknown_field", "%s has no argument '%s'" % (what, name), field=name)
    for f in fields:
        if f["name"] not in args:
            raise Wrong(400, "missing_field", "%s needs '%s'" % (what, f["name"]), field=f["name"])
        if f["type"]["type"] == "uint" and isinstance(args[f["name"]], str) and args[f["name"]].isdigit():
            args[f["name"]] = int(args[f["name"]])
        if f["type"]["type"] == "uint" and not isinstance(args[f["name"]], int):
            raise Wrong(400, "wrong_type", "%s is a number" % f["name"], field=f["name"])


def run(one, name, args):
    if name == "ratio":
        return 0.25
    if name == "add":
        with LOCK:
            STATES[one["id"]] += args["n"]
            return STATES[one["id"]]
    if name == "end":
        return 17
    if name == "slow":
        time.sleep(args["seconds"])
        return 42
    if name == "fails":
        http, more = FAILURES[args["code"]]
        raise Wrong(http, args["code"], "told to fail", **more)
    value = args["value"]
    return int(value) if name == "echo_u64" else value


class Call:
    """One that is under way."""

    def __init__(self, work):
        self.done = threading.Event()
        self.wrong = self.result = None
        threading.Thread(target=self.work, args=(work,), daemon=True).start()

    def work(self, work):
        try:
            self.result = work()
        except Wrong as wrong:
            self.wrong = wrong
        self.done.set()

    def outcome(self):
        if self.wrong:
            raise self.wrong
        return self.result


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        if self.connection.family != socket.AF_UNIX:
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def address_string(self):
        return ""

    def log_message(self, *what):
        pass

    def reply(self, status, body, kind="application/json"):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_one(self):
        if not self.server.is_open:
            self.close_connection = True
            return
        length = int(self.headers.get("Content-Length") or 0)
        data = self.rfile.read(length)
        try:
            self.let_in()
            self.query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
            parts = [unquote(p) for p in urlsplit(self.path).path.split("/")[1:]]
            if parts[0] != "v1":
                raise Wrong(404, "not_found", "no such path")
            body = json.loads(data) if data else None
            name = "_".join([self.command.lower()] + (parts[1:2] or ["about"]))
            if not hasattr(self, name):
                raise Wrong(404, "not_found", "no such path")
            answer = getattr(self, name)(body, *parts[2:])
            if answer:
                self.reply(*answer)
        except Wrong as wrong:
            self.reply(wrong.http, wrong.body)

    do_GET = do_POST = do_DELETE = handle_one

    def let_in(self):
        said = self.headers.get("Authorization", "")
        if said not in ("Bearer " + TOKEN, "Bearer " + READ_TOKEN):
            raise Wrong(401, "unauthorized", "the token is none of this job's")
        if said.endswith(READ_TOKEN) and self.command != "GET":
            raise Wrong(403, "forbidden", "this token may only read")
        if not re.match(r"(localhost|127\.0\.0\.1)(:\d+)?$", self.headers.get("Host", "")):
            raise Wrong(403, "forbidden", "not this host")

    def wait(self, call, seconds, number=None):
        if not call.done.wait(seconds):
            if number is not None:
                return 200, {"state": "pending"}
            number = str(len(FUTURES) + 1)
            FUTURES[number] = call
            return 202, {"future": number}
        result = call.outcome()
        if self.query.get("numbers") == "string" and isinstance(result, int) and abs(result) > 2**53:
            result = str(result)
        return 200, dict({"state": "done"} if number else {}, result=result)

    def get_about(self, _):
        return 200, {"troupe": "0.1.0", "api": self.server.api, "job": self.server.job, "program": HOSTILE,
                     "host": "n0", "pid": os.getpid(), "ranks": 2, "nodes": 1, "transport": "rma",
                     "started_at": 1.0, "uptime": 2.5, "scope": "call"}

    def get_classes(self, _, name=None):
        if name is None:
            return 200, {"classes": [described(n) for n in CLASSES]}
        if name not in CLASSES:
            raise Wrong(404, "not_found", "there is no class '%s'" % name)
        return 200, described(name)

    def get_actors(self, _, key=None):
        if key is not None:
            return 200, dict(find_actor(key), methods=[figures()], callers=[edge()], failures=[
                {"number": 3, "at": 2.0, "method": "add", "status": -7, "story": "no luck " + HOSTILE}])
        rows = [a for a in ACTORS.values() if self.query.get("class") in (None, a["class"])
                and self.query.get("rank") in (None, str(a["rank"]))]
        offset, limit = int(self.query.get("offset", 0)), int(self.query.get("limit", 2))
        return 200, {"actors": rows[offset:offset + limit], "total": len(rows),
                     "by_state": {"alive": len(rows)}}

    def post_actors(self, body, key=None, _=None, name=None):
        if key is None:
            return self.create(body)
        one = find_actor(key)
        methods = {m["name"]: m for m in CLASSES[one["class"]][1]}
        if name not in methods:
            raise Wrong(404, "not_found", "%s has no method '%s'" % (one["class"], name))
        check(name, methods[name]["args"], body.get("args", {}))
        if methods[name]["kind"] == "tell":
            return 202, {"sent": True}
        if "timeout" in body and name == "slow" and body["args"]["seconds"] > body["timeout"]:
            raise Wrong(504, "late", "not answered within %g s" % body["timeout"])
        return self.wait(Call(lambda: run(one, name, body["args"])), body.get("wait", 30))

    def create(self, body):
        if body["class"] not in CLASSES:
            raise Wrong(404, "not_found", "there is no class '%s'" % body["class"])
        check(body["class"], CLASSES[body["class"]][0], body.get("args", {}))
        name = body.get("name")
        for one in ACTORS.values():
            if name and one["name"] == name and not body.get("or_existing"):
                raise Wrong(409, "name_taken", "the name '%s' is taken" % name)
            if name and one["name"] == name:
                return 201, {"actor": one["id"]}
        with LOCK:
            key = "%d:%d" % (body.get("rank", 0), 100 + len(ACTORS))
        ACTORS[key] = actor(key, body["class"], name, body.get("rank", 0))
        STATES[key] = body["args"].get("start", 0)
        return 201, {"actor": key}

    def delete_actors(self, _, key):
        find_actor(key).update(state="ended", reason="killed" if self.query.get("kill") else "stopped")
        return 202, {}

    def get_tasks(self, _):
        if self.query.get("declared"):
            return 200, {"declared": TASKS}
        return 200, {"by_state": {"waiting": 1, "running": 1, "done": 5, "failed": 0, "cancelled": 0},
                     "tasks": [{"name": "sample_circle", "rank": 0, "state": "waiting",
                                "reason": "waits for 1 CPU", "seconds": 0.5}], "kinds": [], "total": 1}

    def post_tasks(self, body):
        args = body["args"]
        return self.wait(Call(lambda: args["samples"] + args["task_id"]), body.get("wait", 30))

    def get_futures(self, _, number):
        if number not in FUTURES:
            raise Wrong(404, "not_found", "there is no future %s" % number)
        return self.wait(FUTURES[number], float(self.query.get("wait", 0)), number)

    def delete_futures(self, _, number):
        if FUTURES.pop(number, None) is None:
            raise Wrong(404, "not_found", "there is no future %s" % number)
        return 200, {}

    def get_ranks(self, _):
        return 200, {"ranks": [{"rank": r, "node": 0, "host": "n0", "pid": 7 + r, "cpus": 2, "slots_used": r,
                                "gpus": 0, "memory_rss": 50 << 20, "cpu_seconds": 1.0, "cpu_percent": 99.5,
                                "actors": 2, "tasks_running": r, "tasks_waiting": 0, "messages_out": 5,
                                "messages_in": 6, "bytes_out": 7, "bytes_in": 8, "doing": "driver",
                                "resources": []} for r in range(2)]}

    def get_summary(self, _):
        return 200, {"methods": [figures()]}

    def get_calls(self, _):
        return 200, {"edges": [edge()]}

    def get_traffic(self, _):
        return 200, {"ranks": 2, "messages": [[0, 1], [2, 0]], "bytes": [[0, 10], [20, 0]]}

    def get_progress(self, _):
        return 200, {"progress": [{"name": "samples", "done": 1, "total": 4, "fraction": 0.25, "rate": 1.0,
                                   "eta": 3.0, "rank": 0, "seconds": 1.0}]}

    def get_logs(self, _):
        since = int(self.query.get("since", 0))
        return 200, {"lines": [line for line in LOGS if line["number"] > since], "last": 2}

    def get_stack(self, _):
        return 200, {"ranks": [{"rank": 0, "running": [{"who": "driver", "what": "main", "seconds": 1.0}],
                                "waiting": [{"who": "counter(1:4)", "what": "add", "for": "progress(0:1).ratio",
                                             "seconds": 0.1}]}]}

    def get_ended(self, _):
        return 200, {"ended": [{"id": "1:9", "class": "counter", "repr": HOSTILE, "rank": 1,
                                "reason": "failed", "story": "no luck", "at": 0.1}]}

    def get_history(self, _):
        return 200, {"at": [1.0], "calls": [2.0], "cpu": [3.0], "memory": [4], "slots": [0], "tasks": [0]}

    def get_events(self, _):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for kind, data in (("log", {"lines": LOGS}), ("ended", {"ended": []})):
            if kind in self.query.get("only", kind).split(","):
                text = ": still here\n\nevent: %s\nid: 7\ndata: %s\n\n" % (kind, json.dumps(data))
                for part in (text[:20], text[20:]):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part.encode()))
                    self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def post_codes(self, _):
        return 200, {"code": "one-time-code", "expires": 60}

    def post_exit(self, body):
        EXITS.append(body["status"])
        return 202, {}


EXITS = []


def figures():
    times = {"p50": 1e-6, "p99": 2e-3, "max": 1.5, "mean": 1e-5, "count": 13}
    return {"class": "counter", "method": "add", "received": 13, "done": 12, "failed": 1, "waiting": 0,
            "waiting_highest": 2, "bytes_in": 104, "bytes_out": 96, "wait": times, "run": times, "sampled": 64}


def edge():
    return {"from": "driver", "from_rank": 0, "class": "counter", "method": "add", "to_rank": 1, "calls": 13}


class Threaded(socketserver.ThreadingMixIn):
    daemon_threads = True
    request_queue_size = 64
    api = 1
    is_open = True

    def handle_error(self, *what):
        """A client that went away is its own affair."""
        if not issubclass(sys.exc_info()[0], OSError):
            super().handle_error(*what)


class Server(Threaded, socketserver.TCPServer):
    allow_reuse_address = True


class UnixServer(Threaded, socketserver.UnixStreamServer):
    pass


def started(pid):
    with open("/proc/%d/stat" % pid, "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[19])


def write_file(folder, keys):
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, keys["job"] + ".json")
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        json.dump(keys, file)
    return path


def open_door(folder, job="host-1", only=None, api=1):
    """Serves, and leaves the job's file: its keys, and the servers to shut down."""
    reset()
    os.makedirs(folder, mode=0o700, exist_ok=True)
    keys = {"job": job, "pid": os.getpid(), "host": socket.gethostname(), "url": None, "socket": None,
            "token": TOKEN, "read_token": READ_TOKEN, "started": started(os.getpid()), "program": "pi"}
    servers = []
    if only != "socket":
        servers.append(Server(("127.0.0.1", 0), Handler))
        keys["url"] = "http://127.0.0.1:%d" % servers[0].server_address[1]
    if only != "tcp":
        keys["socket"] = os.path.join(folder, job + ".sock")
        servers.append(UnixServer(keys["socket"], Handler))
    for server in servers:
        server.job = job
        server.api = api
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return keys, servers, write_file(folder, keys)


def close_door(keys, servers, path):
    for server in servers:
        server.is_open = False
        server.shutdown()
        server.server_close()
    for left in (path, keys["socket"]):
        if left and os.path.exists(left):
            os.unlink(left)


if __name__ == "__main__":
    arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
    opened = open_door(sys.argv[1], arguments.get("--job", "host-1"), arguments.get("--only"))
    print("open", flush=True)
    sys.stdin.read()
    close_door(*opened)
