#!/usr/bin/env python3
"""A job that is none: serves the page and answers as docs/gateway.md says, for trying the page out.

    tests/gateway/mock.py [--actors N] [--ranks N] [--port P]

It prints a URL with a code. The tests of the page (page.py) run it in a thread of their own, and
change its job by hand: Mock.job.
"""
import argparse
import base64
import http.server
import json
import math
import os
import queue
import random
import re
import secrets
import threading
import time
import urllib.parse

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../lib/gateway/page.html")
HOSTILE = "<img src=x onerror=\"document.title='owned'\">\u202egnp.exe\u0007\u2066 <script>alert(1)</script>"


# ---- what is described ---------------------------------------------------------------------------

def kind(type_, bits=None, c=None, **more):
    return {"type": type_, **({"bits": bits} if bits else {}), **({"c": c} if c else {}), **more}


VOID, BOOL, TEXT = kind("void"), kind("bool", c="bool"), kind("string", c="troupe_str")
U8, U32, U64 = (kind("uint", b, f"uint{b}_t") for b in (8, 32, 64))
I8, I64, F64 = kind("int", 8, "int8_t"), kind("int", 64, "int64_t"), kind("float", 64, "double")
POINT = kind("struct", c="point", fields=[{"name": "x", "type": F64}, {"name": "y", "type": F64}])


def args(**types):
    return [{"name": name, "type": type_} for name, type_ in types.items()]


def method(name, result=VOID, kind_="ask", from_="", urgent=False, **types):
    return {"name": name, "from": from_, "kind": kind_, "urgent": urgent, "args": args(**types), "result": result}


COUNTS = kind("struct", c="method_calls", fields=[
    {"name": "name", "type": TEXT},
    {"name": "counts", "type": kind("span", element=kind("struct", c="method_count", fields=[
        {"name": "method", "type": TEXT}, {"name": "calls", "type": I64}]))}])
TRACKED = [method("method", kind_="tell", timeout=F64, store=TEXT),
           method("get_all_method_calls", COUNTS), method("get_name", TEXT)]
EVERYTHING = args(yes=BOOL, small=I8, large=U64, real=F64, text=TEXT, at=POINT, values=kind("span", element=F64),
                  corners=kind("array", element=POINT, length=2), raw=kind("bytes", length=4, c="key"),
                  other=kind("handle", **{"class": "progress"}))
CLASSES = [
    {"name": "progress", "base": None, "fields": args(total_samples=U64), "methods": [
        method("report", kind_="tell", task_id=U32, samples_done=U64), method("ratio", F64), method("set_total", U64, total=U64)]},
    {"name": "actor_cls", "base": None, "fields": args(name=TEXT), "methods": TRACKED},
    {"name": "actor_cls_one", "base": "actor_cls", "fields": args(name=TEXT), "methods": TRACKED},
    {"name": "actor_cls_two", "base": "actor_cls", "fields": args(name=TEXT), "methods": TRACKED},
    {"name": "gallery", "base": None, "fields": [], "methods": [
        method("show", kind("struct", c="everything", fields=EVERYTHING), **{a["name"]: a["type"] for a in EVERYTHING}),
        method("largest", U64), method("undefined", F64), method("fail", F64, why=TEXT), method("sleep", F64, seconds=F64)]},
    {"name": "renderer", "base": None, "fields": args(scene=U32), "methods": [method("shade", F64, row=U32)]},
]
INTEGERS = {"int", "uint"}


class Refused(Exception):
    def __init__(self, http, code, message, **more):
        super().__init__(message)
        self.status, self.error = http, {"code": code, "message": message, **more}


def checked(value, type_, name):
    """The value, or the 400 that names the field."""
    what = type_["type"]
    if what in INTEGERS:
        if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Refused(400, "wrong_type", f"{name} takes a whole number", field=name)
        low, high = (0, 2 ** type_["bits"] - 1) if what == "uint" else (-2 ** (type_["bits"] - 1), 2 ** (type_["bits"] - 1) - 1)
        if not low <= value <= high:
            raise Refused(400, "out_of_range", f"{name} is from {low} to {high}", field=name)
    elif what == "float":
        if value in ("NaN", "Infinity", "-Infinity"):
            return value
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise Refused(400, "wrong_type", f"{name} takes a number", field=name)
    elif what == "bool" and not isinstance(value, bool) or what == "string" and not isinstance(value, (str, dict)):
        raise Refused(400, "wrong_type", f"{name} takes a {what}", field=name)
    elif what == "struct":
        return {f["name"]: checked(value[f["name"]], f["type"], f"{name}.{f['name']}") for f in type_["fields"]}
    elif what in ("span", "array"):
        return [checked(v, type_["element"], f"{name}[{i}]") for i, v in enumerate(value)]
    return value


def as_strings(value):
    """As ?numbers=string has it: integers beyond 2^53 as strings of digits."""
    if isinstance(value, dict):
        return {k: as_strings(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_strings(v) for v in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2 ** 53:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


# ---- the job -------------------------------------------------------------------------------------

class Job:
    """What happens in it is a function of time, and of what the tests do."""

    def __init__(self, ranks=4, actors=24):
        self.n, self.began = ranks, time.time()
        self.dice = random.Random(4)
        self.actors, self.ended, self.logs, self.futures = {}, [], [], {}
        self.total = 10 ** 10
        self.scope = "call"
        self.listeners = []
        self.exited = False
        self.timed = True  # the stack says since when
        self.add("progress", "progress", "0 of 10000000000", rank=0)
        for cls, calls in (("actor_cls_one", 13), ("actor_cls_two", 17)):
            self.add(cls, "", "ActorClsOne" if calls == 13 else "ActorClsTwo", calls=calls)
        self.add("gallery", "gallery", "of all types")
        self.add("gallery", HOSTILE, HOSTILE)
        while len(self.actors) < actors:
            i = len(self.actors)
            self.add("renderer", f"renderer-{i}", f"scene {i % 7}", calls=self.dice.randrange(100000), state="waiting" if i % 97 == 96 else "alive")
        self.end_of("renderer", "4:99", "failed", "renderer(4:99).shade: scene(1:7).load: no such file (scenes/7.obj)")
        self.end_of(HOSTILE, "1:98", "crashed", HOSTILE + "\nsecond line")
        self.log("warning", 1, "renderer(1:6)", "the scene has no lights")
        self.log("error", 2, HOSTILE, HOSTILE)
        self.log("info", 0, "driver", "10000000000 samples in 8 tasks", 3)
        self.log("debug", 0, "driver", "woke up")

    def age(self):
        return time.time() - self.began

    def add(self, cls, name, repr_, rank=None, calls=0, state="alive"):
        i = len(self.actors)
        rank = i % self.n if rank is None else rank
        id_ = f"{rank}:{i}"
        self.actors[id_] = {
            "id": id_, "class": cls, "name": name, "repr": repr_, "rank": rank, "node": rank // 2, "host": f"node{rank // 2:02d}",
            "state": state, "creator": "driver", "depth": 1, "age": self.age() + 60 * i, "restarts": 2 if name == "progress" else 0, "busy": 0.25 * i, "run": {"p50": 1e-6, "p99": 2e-6 * i, "max": 1e-3, "count": calls} if calls else None, "wait": None, "running": "shade" if i % 5 == 0 and cls == "renderer" else None,
            "calls": {"received": calls, "done": calls, "failed": i % 3 if cls == "renderer" else 0}, "mailbox": {"now": i % 4 if cls == "renderer" else 0, "highest": i % 9},
            "cpus": 1 if cls == "renderer" else 0, "gpus": 0, "memory": 0, "resources": "", "reason": "waits for a slot" if state == "waiting" else None}
        return id_

    def end_of(self, cls, id_, reason, story):
        entry = {"id": id_, "class": cls, "repr": cls, "rank": int(id_.split(":")[0]), "reason": reason, "story": story, "at": self.age()}
        self.ended.append(entry)
        return entry

    def log(self, level, rank, who, text, repeated=1):
        self.logs.append({"number": len(self.logs) + 1, "at": round(self.age(), 3), "rank": rank, "level": level, "who": who, "text": text, "repeated": repeated})
        self.tell("log", {"lines": [self.logs[-1]], "last": len(self.logs)})

    def tell(self, event, data):
        for listener in list(self.listeners):
            listener.put((event, data))

    # what is read

    def share(self):
        return min(1.0, self.age() / 90)

    def figures(self):
        rows = {}
        for a in self.actors.values():
            name = {"renderer": "shade", "progress": "report", "gallery": "show"}.get(a["class"], "method")
            row = rows.setdefault((a["class"], name), {"received": 0, "done": 0, "failed": 0, "waiting": 0})
            for key in ("received", "done", "failed"):
                row[key] += a["calls"][key]
            row["waiting"] += a["mailbox"]["now"]
        rows[("progress", "report")]["received"] += int(1000 * self.age())
        rows[("progress", "report")]["done"] += int(1000 * self.age())
        rows[("gallery", "largest")] = {"received": 2 ** 64 - 1, "done": 2 ** 64 - 1, "failed": 0, "waiting": 0}
        return [self.figure(cls, name, **row) for (cls, name), row in rows.items()]

    def figure(self, cls, name, received, done, failed, waiting):
        base = (sum(map(ord, cls + name)) % 40 + 1) * 1e-6
        times = {"p50": base, "p99": base * 40, "max": base * 900, "mean": base * 1.4, "count": done}
        return {"class": cls, "method": name, "received": received, "done": done, "failed": failed, "waiting": waiting, "waiting_highest": waiting + 3,
                "bytes_in": received * 16, "bytes_out": done * 8, "wait": dict(times), "run": {k: v * 3 if k != "count" else v for k, v in times.items()}, "sampled": 64}

    @staticmethod
    def with_buckets(figure):
        """A half within 1.024 µs, a quarter within 2.048 µs, and so on."""
        for times, most in ((figure["run"], 6), (figure["wait"], 2)):
            times["buckets"] = [[2 ** (10 + i) * 1e-9, 2 ** (most - i)] for i in range(most)]
        return figure

    def failures(self, actor):
        return [{"number": 7 - i, "at": 3.5 - i, "method": "report", "status": -1 - i, "story": story} for i, story in enumerate((HOSTILE, "no samples"))] if actor["name"] == "progress" else []

    def edges(self):
        return [{"from": "driver", "from_rank": 0, "class": "actor_cls_one", "method": "method", "to_rank": 1 % self.n, "calls": 13},
                {"from": "driver", "from_rank": 0, "class": "actor_cls_two", "method": "method", "to_rank": 2 % self.n, "calls": 17},
                *({"from": "task sample_circle", "from_rank": r, "class": "progress", "method": "report", "to_rank": 0, "calls": int(250 * self.age()) + r} for r in range(self.n)),
                {"from": "driver", "from_rank": 0, "class": "progress", "method": "ratio", "to_rank": 0, "calls": int(10 * self.age())},
                {"from": "gateway", "from_rank": 0, "class": "gallery", "method": "show", "to_rank": 3 % self.n, "calls": 4},
                {"from": "renderer", "from_rank": 1 % self.n, "class": "renderer", "method": "shade", "to_rank": 3 % self.n, "calls": 40000},
                {"from": HOSTILE, "from_rank": 1 % self.n, "class": "gallery", "method": "largest", "to_rank": 0, "calls": 90}]

    def ranks(self):
        now = self.age()
        return [{"rank": r, "node": r // 2, "host": f"node{r // 2:02d}", "pid": 4000 + r, "cpus": 8, "slots_used": int(4 + 3 * math.sin(now / 5 + r)), "gpus": r % 2,
                 "memory_rss": int(3e8 + 2e7 * r + 1e7 * math.sin(now / 9)), "cpu_seconds": now * 6, "cpu_percent": 500 + 250 * math.sin(now / 7 + r), "actors": len(self.actors) // self.n,
                 "tasks_running": 4, "tasks_waiting": r, "messages_out": int(1e5 * (r + 1) + now * 900), "messages_in": int(9e4 * (r + 1) + now * 900), "bytes_out": int(1e8 * (r + 1)), "bytes_in": int(9e7 * (r + 1)),
                 "doing": "driver" if r == 0 else "asleep" if r % 5 == 4 else f"renderer({r}:{r + 4}).shade", "resources": [{"name": "fpga", "amount": 2, "used": r % 3}]} for r in range(self.n)]

    def traffic(self):
        cell = [[int(1e4 * abs(math.sin(1 + i * 3 + k * 7))) if (i - k) % 5 < 3 else 0 for k in range(self.n)] for i in range(self.n)]
        cell[0][1 % self.n] = 2 ** 60 + 1
        return {"ranks": self.n, "messages": cell, "bytes": [[v * 64 for v in row] for row in cell]}

    def stack(self):
        now = self.age()
        if not self.timed:
            return {"ranks": [{"rank": r, "running": [{"who": "task sample_circle", "what": ""}] * 2, "waiting": []} for r in range(self.n)]}
        return {"ranks": [{"rank": r, "running": [{"who": f"task {w}", "what": "sample_circle", "seconds": (now + r + 2 * w) % (5 + w)} for w in range(3)]
                           + ([{"who": "driver", "what": "driver", "seconds": now}] if r == 0 else [{"who": f"renderer({r}:{r + 4})", "what": "shade", "seconds": (now + r) % 3}]),
                           "waiting": [{"who": f"renderer({r}:9)", "what": "shade", "for": "scene.load", "seconds": now % 11}] if r % 2 else []} for r in range(self.n)]}

    def history(self):
        ends = int(self.age())
        at = list(range(max(0, ends - 599), ends + 1)) if ends > 30 else [ends - 240 + i for i in range(241)]
        wave = [math.sin(t / 20) + .3 * math.sin(t / 3) for t in at]
        return {"at": at, "calls": [4e4 + 1.5e4 * w for w in wave], "cpu": [self.n * (520 + 90 * w) for w in wave], "memory": [self.n * (3e8 + 1e7 * w) for w in wave],
                "slots": [self.n * 4 + round(2 * w) for w in wave], "tasks": [self.n * 4 + round(2 * w) for w in wave]}

    def progress(self):
        s = self.share()
        return {"progress": [{"name": "samples", "done": int(s * self.total), "total": self.total, "fraction": s, "rate": self.total / 90, "eta": 90 * (1 - s), "rank": 0, "seconds": self.age()},
                             {"name": HOSTILE, "done": 3, "total": 8, "fraction": .375, "rate": .1, "eta": "Infinity", "rank": 1, "seconds": self.age()}]}

    def tasks(self):
        rows = [{"name": "sample_circle", "rank": i % self.n, "state": "running", "reason": None, "seconds": i + .5} for i in range(8)]
        rows += [{"name": "render", "rank": i % self.n, "state": "waiting", "reason": "needs 1 GPU of which none is free", "seconds": 3.25 * i} for i in range(5)]
        return {"by_state": {"waiting": 5, "running": 8, "done": 1200, "failed": 3, "cancelled": 1}, "tasks": rows, "total": len(rows), "kinds": [self.figure("task", "sample_circle", 1211, 1200, 3, 5)]}

    def list_actors(self, query):
        for a in self.actors.values():
            if a["class"] == "progress":
                a["calls"]["done"] = a["calls"]["received"] = int(1000 * self.age())
        rows = list(self.actors.values())
        by = {}
        for a in rows:
            by[a["state"]] = by.get(a["state"], 0) + 1
        return {"actors": rows[:int(query.get("limit", 1000))], "total": len(rows), "by_state": by}

    def find(self, which):
        for a in self.actors.values():
            if which in (a["id"], a["name"]):
                return a
        for e in self.ended:
            if e["id"] == which:
                raise Refused(410, "ended", f"{which} has ended", story=e["story"])
        raise Refused(404, "not_found", f"no actor {which}")

    # what is done

    def call(self, which, name, body):
        actor = self.find(which)
        described = next((m for c in CLASSES if c["name"] == actor["class"] for m in c["methods"] if m["name"] == name), None)
        if not described:
            raise Refused(404, "not_found", f"{actor['class']} has no method {name}")
        given = {}
        for a in described["args"]:
            if a["name"] not in body.get("args", {}):
                raise Refused(400, "missing_field", f"{actor['class']}.{name} needs '{a['name']}'", field=a["name"])
            given[a["name"]] = checked(body["args"][a["name"]], a["type"], a["name"])
        actor["calls"]["received"] += 1
        actor["calls"]["done"] += 1
        if described["kind"] == "tell":
            return 202, {"sent": True}
        if name == "sleep" and float(given["seconds"]) > .5:
            n = str(len(self.futures) + 1)
            self.futures[n] = (time.time() + float(given["seconds"]), given["seconds"])
            return 202, {"future": n}
        return 200, {"result": self.result(actor, name, given)}

    def result(self, actor, name, given):
        if name == "fail":
            raise Refused(422, "failed", f"gallery({actor['id']}).fail: {given['why']}", story=f"driver: gallery({actor['id']}).fail: {given['why']}", status=-7)
        if name == "set_total":
            self.total = given["total"]
            actor["repr"] = f"0 of {self.total}"
            self.tell("actors", {"actors": [actor]})
        return {"ratio": self.share(), "set_total": self.total, "largest": 2 ** 64 - 1, "undefined": float("nan"), "show": given, "sleep": given.get("seconds"), "get_name": actor["repr"],
                "get_all_method_calls": {"name": actor["repr"], "counts": [{"method": "method", "calls": actor["calls"]["done"] - 1}]}, "shade": .5}[name]

    def finish(self, which, kill):
        actor = self.find(which)
        del self.actors[actor["id"]]
        entry = self.end_of(actor["class"], actor["id"], "killed" if kill else "stopped", f"{actor['class']}({actor['id']}): was {'killed' if kill else 'stopped'} through the gateway")
        self.tell("ended", {"ended": [entry]})
        return 202, {}

    def answer(self, verb, path, query, body):
        parts = [urllib.parse.unquote(p) for p in path.split("/")[2:]]
        if verb == "GET" and parts[:1] == ["actors"] and len(parts) == 2:
            actor = self.find(parts[1])
            return 200, {**actor, "methods": [self.with_buckets(f) for f in self.figures() if f["class"] == actor["class"]], "failures": self.failures(actor), "callers": [e for e in self.edges() if e["class"] == actor["class"]]}
        if verb == "GET" and parts[:1] == ["futures"]:
            ready, value = self.futures[parts[1]]
            time.sleep(max(0, min(ready - time.time(), float(query.get("wait", 0)))))
            return 200, {"state": "done", "result": value} if time.time() >= ready else {"state": "pending"}
        if verb == "POST" and parts[:1] == ["actors"] and len(parts) == 4:
            return self.call(parts[1], parts[3], body)
        if verb == "DELETE" and parts[0] == "actors":
            return self.finish(parts[1], query.get("kill") == "1")
        if verb == "DELETE" and parts[0] == "futures":
            return 200, {}
        if verb == "POST" and parts == ["exit"]:
            self.exited = True
            return 202, {}
        read = self.reading(query).get(path)
        if not read:
            raise Refused(404, "not_found", f"no {path}")
        return 200, read()

    def reading(self, query):
        since = float(query.get("since", -math.inf))
        return {
            "/v1": lambda: {"troupe": "0.1.0", "api": 1, "job": "4242", "program": "build/apps/pi/pi", "host": "node00", "pid": 4000, "ranks": self.n, "nodes": (self.n + 1) // 2,
                            "transport": "auto", "started_at": self.began, "uptime": self.age(), "scope": self.scope},
            "/v1/classes": lambda: {"classes": [{**c, "actors": sum(a["class"] == c["name"] for a in self.actors.values())} for c in CLASSES], "total": len(CLASSES)},
            "/v1/actors": lambda: self.list_actors(query), "/v1/tasks": self.tasks, "/v1/ranks": lambda: {"ranks": self.ranks(), "total": self.n},
            "/v1/summary": lambda: {"methods": self.figures()}, "/v1/calls": lambda: {"edges": self.edges()}, "/v1/traffic": self.traffic, "/v1/progress": self.progress,
            "/v1/logs": lambda: {"lines": [l for l in self.logs if l["number"] > since], "last": len(self.logs)}, "/v1/stack": self.stack,
            "/v1/ended": lambda: {"ended": self.ended, "total": len(self.ended)}, "/v1/history": self.history}

    def all(self):
        """What a report holds."""
        read = self.reading({"limit": 20000})
        whole = {path: as_strings(get()) for path, get in read.items()}
        whole["/v1"]["scope"] = "read"
        return whole


def report(page, data):
    inside = json.dumps(data).replace("<", "\\u003c")
    return page.replace('id="troupe-data">null</script>', f'id="troupe-data">{inside}</script>', 1)


# ---- the door ------------------------------------------------------------------------------------

class Door(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mock = None

    def log_message(self, *_):
        pass

    def send(self, status, body, type_="application/json", **headers):
        data = body.encode()
        self.send_response(status)
        for name, value in {"Content-Type": type_, "Content-Length": str(len(data)), "Cache-Control": "no-store", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def page(self):
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
        return page, {"Content_Security_Policy": policy + "; frame-ancestors 'none'", "X_Content_Type_Options": "nosniff"}

    def handle_verb(self, verb):
        url = urllib.parse.urlsplit(self.path)
        query = {k: v[-1] for k, v in urllib.parse.parse_qs(url.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
            self.serve(verb, url.path, query, body)
        except Refused as refused:
            self.send(refused.status, json.dumps({"error": refused.error}))

    def serve(self, verb, path, query, body):
        mock = self.mock
        if path == "/":
            page, headers = self.page()
            return self.send(200, page, "text/html; charset=utf-8", **headers)
        if path == "/v1/sessions":
            if body.get("code") not in mock.codes:
                raise Refused(401, "unauthorized", "no such code")
            mock.codes.remove(body["code"])
            mock.sessions.add(key := secrets.token_hex(16))
            return self.send(200, json.dumps({"session": key, "scope": mock.job.scope}))
        key = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if key not in mock.sessions:
            raise Refused(401, "unauthorized", "no or a wrong token")
        if verb != "GET" and mock.job.scope != "call":
            raise Refused(403, "forbidden", "this token only reads")
        if path == "/v1/events":
            return self.events()
        if path == "/report":
            page, _ = self.page()
            return self.send(200, report(page, mock.job.all()), "text/html; charset=utf-8")
        status, answer = mock.job.answer(verb, path, query, body)
        self.send(status, json.dumps(as_strings(answer) if query.get("numbers") == "string" else answer))

    def events(self):
        mock, job = self.mock, self.mock.job
        if not mock.streams:
            raise Refused(503, "full", "no more streams")
        told = queue.Queue()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        job.listeners.append(told)
        try:
            while mock.open and mock.streams:
                try:
                    events = [told.get(timeout=1)]
                except queue.Empty:
                    events = [("ranks", {"ranks": job.ranks()}), ("figures", {"methods": job.figures()}), ("progress", job.progress())]
                for name, data in events:
                    self.wfile.write(f"event: {name}\ndata: {json.dumps(as_strings(data))}\n\n".encode())
                self.wfile.flush()
        except OSError:
            pass
        finally:
            job.listeners.remove(told)
            self.close_connection = True

    def do_GET(self):
        self.handle_verb("GET")

    def do_POST(self):
        self.handle_verb("POST")

    def do_DELETE(self):
        self.handle_verb("DELETE")


class Mock:
    """The server, which can be closed and opened again at its port."""

    def __init__(self, port=0, **job):
        self.job, self.codes, self.sessions, self.streams, self.open = Job(**job), set(), {"secret"}, True, False
        self.port = port
        self.start()

    def start(self):
        door = type("MyDoor", (Door,), {"mock": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), door)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.open = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": .05}, daemon=True).start()

    def stop(self):
        self.open = False
        self.server.shutdown()
        self.server.server_close()

    def url(self):
        self.codes.add(code := base64.urlsafe_b64encode(secrets.token_bytes(18)).decode())
        return f"http://127.0.0.1:{self.port}/#code={code}"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--actors", type=int, default=200)
    options.add_argument("--ranks", type=int, default=8)
    options.add_argument("--port", type=int, default=0)
    given = options.parse_args()
    mock = Mock(given.port, ranks=given.ranks, actors=given.actors)
    print(mock.url(), flush=True)
    while not mock.job.exited:
        time.sleep(.2)


if __name__ == "__main__":
    main()
