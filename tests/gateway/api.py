"""Goes through what is behind the door of a job's gateway, each route and each error.

    api.py JOB [LAUNCHER...]       the checks
    api.py --figures JOB [...]     latency, throughput, memory: printed, not judged
    api.py --run JOB -- COMMAND... runs that beside a job, with its URL, TOKEN and OPENAPI file

JOB is tests/gateway/job; with a launcher it is started by that, else by itself (transport self).
Each check is a function whose name is a sentence. Standard library only.
"""
import base64
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

PATIENCE = 60  # seconds for anything that is waited for


class Job:
    """A job, started for a check and ended after it."""

    def __init__(self, program, launcher, *args):
        self.folder = tempfile.mkdtemp(prefix="troupe-api-")
        environment = dict(os.environ, TROUPE_GATEWAY="1", XDG_RUNTIME_DIR=self.folder)
        os.chmod(self.folder, 0o700)
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        self.process = subprocess.Popen(launcher + [program] + list(args), env=environment,
                                        stdout=self.log, stderr=self.log, start_new_session=True)
        self.file = self.read_file()
        self.connection = None

    def read_file(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            for name in self.names():
                try:
                    with open(name) as file:
                        return json.load(file)
                except (OSError, ValueError):
                    pass
            time.sleep(0.02)
        raise SystemExit("the job did not open its door: " + self.said())

    def names(self):
        folder = os.path.join(self.folder, "troupe")
        if not os.path.isdir(folder):
            return []
        return [os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".json")]

    def said(self):
        self.log.flush()
        with open(self.log.name, "rb") as file:
            return file.read().decode(errors="replace")

    def connect(self):
        address = urllib.parse.urlsplit(self.file["url"])
        return http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)

    def raw(self, verb, path, body=None, token=None, connection=None):
        """Status, type and bytes of an answer; one connection is kept."""
        kept = connection or self.connection
        if kept is None:
            kept = self.connection = self.connect()
        headers = {"Authorization": "Bearer " + (token or self.file["token"])}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        kept.request(verb, path, body=body, headers=headers)
        answer = kept.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read()

    def ask(self, verb, path, body=None, **more):
        status, kind, data = self.raw(verb, path, body, **more)
        assert kind.startswith("application/json"), (path, kind)
        return status, json.loads(data)

    def get(self, path, **more):
        status, body = self.ask("GET", path, **more)
        assert status == 200, (path, status, body)
        return body

    def call(self, actor, method, wanted=200, more=None, **args):
        path = "/v1/actors/%s/methods/%s" % (urllib.parse.quote(actor, safe=""), method)
        status, body = self.ask("POST", path, dict(more or {}, args=args))
        assert status == wanted, (path, status, body)
        return body.get("result", body)

    def refused(self, wanted, code, verb, path, body=None, field=None, says=None, **more):
        status, answer = self.ask(verb, path, body, **more)
        error = answer.get("error", {})
        assert (status, error.get("code")) == (wanted, code), (path, status, answer)
        assert field is None or error.get("field") == field, (path, answer)
        assert says is None or says in json.dumps(error), (path, answer)
        return error

    def end(self, status=0):
        if self.process.poll() is None:
            self.ask("POST", "/v1/exit", {"status": status})
        if self.connection:
            self.connection.close()
        self.process.wait(timeout=PATIENCE)
        left = self.names()
        said = self.said()
        self.log.close()
        subprocess.run(["rm", "-rf", self.folder], check=False)
        assert self.process.returncode == status, (self.process.returncode, said)
        assert not left, left
        return said

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def until(what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


# ---- reading ------------------------------------------------------------------------------------


@check
def the_job_says_what_it_is(job):
    body = job.get("/v1")
    assert body["api"] == 1 and body["troupe"] and body["host"] and body["uptime"] > 0
    assert body["ranks"] == job.ranks and body["scope"] == "call"
    assert abs(body["started_at"] - time.time()) < 3600
    assert job.get("/v1", token=job.file["read_token"])["scope"] == "read"


@check
def classes_are_described_with_their_types(job):
    names = [c["name"] for c in job.get("/v1/classes")["classes"]]
    assert names == ["counter", "doubler", "mirror"], names
    counter = job.get("/v1/classes/counter")
    assert counter["fields"] == [
        {"name": "start", "type": {"type": "int", "bits": 64, "c": "int64_t"}}]
    doubler = job.get("/v1/classes/doubler")
    assert doubler["base"] == "counter" and doubler["actors"] == 1
    methods = {m["name"]: m for m in doubler["methods"]}
    assert methods["add"]["from"] == "doubler" and methods["add"]["kind"] == "tell"
    assert methods["value"]["from"] == "counter" and methods["value"]["kind"] == "ask"
    show = [m for m in job.get("/v1/classes/mirror")["methods"] if m["name"] == "show"][0]
    kinds = [f["type"]["type"] for f in show["args"][0]["type"]["fields"]]
    assert kinds == ["int", "uint", "float", "bool", "string", "span", "array", "span", "bytes"]
    job.refused(404, "not_found", "GET", "/v1/classes/nobody")
    page = job.get("/v1/classes?limit=1&offset=1")
    assert [c["name"] for c in page["classes"]] == ["doubler"] and page["total"] == 3


@check
def the_librarys_own_classes_are_hidden(job):
    for name in ("trp_clerk", "trp_desk", "trp_monitor"):
        job.refused(404, "not_found", "GET", "/v1/classes/" + name)
        job.refused(404, "not_found", "POST", "/v1/actors", {"class": name})
    assert not [a for a in job.get("/v1/actors")["actors"] if a["class"].startswith("trp_")]
    for rank in range(job.ranks):
        for number in range(4 * job.ranks):
            status, _ = job.ask("GET", "/v1/actors/%d:%d" % (rank, number))
            status_of_call, body = job.ask(
                "POST", "/v1/actors/%d:%d/methods/exit" % (rank, number), {})
            assert status in (200, 404) and status_of_call == 404, body


@check
def actors_are_listed_filtered_and_sorted(job):
    body = job.get("/v1/actors")
    assert body["total"] == len(body["actors"]) >= 5
    assert body["by_state"]["alive"] == body["total"]
    by_name = {a["name"]: a for a in body["actors"]}
    last = by_name["last"]
    assert last["class"] == "counter" and last["rank"] == job.ranks - 1
    assert last["state"] == "alive" and last["running"] is None
    assert by_name["mirror"]["repr"] == ""
    with_subclasses = job.get("/v1/actors?class=counter")
    assert "double" in [a["name"] for a in with_subclasses["actors"]]
    assert [a["name"] for a in job.get("/v1/actors?class=doubler")["actors"]] == ["double"]
    assert [a["name"] for a in job.get("/v1/actors?name=first")["actors"]] == ["first"]
    assert [a["name"] for a in job.get("/v1/actors?search=MIRR")["actors"]] == ["mirror"]
    assert job.get("/v1/actors?state=ending")["actors"] == []
    assert all(a["rank"] == 0 for a in job.get("/v1/actors?rank=0")["actors"])
    names = [a["name"] for a in job.get("/v1/actors?sort=name&order=desc")["actors"] if a["name"]]
    assert names == sorted(names, reverse=True)
    page = job.get("/v1/actors?sort=name&limit=2&offset=1")
    assert len(page["actors"]) == 2 and page["total"] == body["total"]
    job.refused(400, "wrong_type", "GET", "/v1/actors?limit=x", field="limit")
    job.refused(400, "out_of_range", "GET", "/v1/actors?limit=-1", field="limit")
    job.refused(400, "out_of_range", "GET", "/v1/actors?rank=%d" % job.ranks, field="rank")
    job.refused(400, "out_of_range", "GET", "/v1/actors?sort=colour", field="sort")
    job.refused(404, "not_found", "GET", "/v1/actors?class=nobody", field="class")


@check
def an_actor_is_found_by_its_id_and_its_name(job):
    by_name = job.get("/v1/actors/last")
    assert re.fullmatch(r"\d+:\d+", by_name["id"])
    by_id = job.get("/v1/actors/" + by_name["id"].replace(":", "%3A"))
    assert by_id["name"] == "last" and by_id["id"] == by_name["id"]
    assert by_id["class"] == "counter"
    for nobody in ("nobody", "0:99999", "99:0", "0:", ":", "%20", "0:0.7", "%ff", "1" * 400):
        job.refused(404, "not_found", "GET", "/v1/actors/" + nobody)
    job.refused(400, "malformed", "GET", "/v1/actors/%zz")
    job.refused(400, "malformed", "GET", "/v1/actors/%00")


@check
def what_is_hostile_in_a_repr_is_text(job):
    job.call("first", "add", 202, n=0)
    value = job.call("first", "value")
    assert job.get("/v1/actors/first")["repr"] == 'at %d "<b>\\?' % value


@check
def ranks_say_what_they_have(job):
    ranks = job.get("/v1/ranks")["ranks"]
    assert [r["rank"] for r in ranks] == list(range(job.ranks))
    for rank in ranks:
        assert rank["pid"] > 0 and rank["host"] and rank["cpus"] >= 1
        assert rank["memory_rss"] > 1 << 20 and rank["cpu_seconds"] > 0
        assert [r["name"] for r in rank["resources"]][:3] == ["cpus", "gpus", "memory"]
    assert sum(r["actors"] for r in ranks) == job.get("/v1/actors")["total"]


@check
def what_runs_and_waits_is_told(job):
    status, body = job.ask("POST", "/v1/actors/last/methods/slow",
                           {"args": {"seconds": 1}, "wait": 0})
    assert status == 202

    def is_seen():
        waiting = job.get("/v1/stack")["ranks"][job.ranks - 1]["waiting"]
        return [w for w in waiting if w["what"] == "slow" and w["for"] == "its time"
                and 0 < w["seconds"] < 30]

    until(is_seen)
    row = job.get("/v1/actors/last")
    assert row["running"] == "slow" or job.get("/v1/futures/" + body["future"])["state"] == "done"
    driver = [w for w in job.get("/v1/stack")["ranks"][0]["waiting"] if w["who"] == "driver"]
    assert len(driver) == 1 and driver[0]["seconds"] > 0, driver
    assert job.get("/v1/futures/%s?wait=30" % body["future"])["state"] == "done"


@check
def tasks_are_declared_listed_and_submitted(job):
    declared = job.get("/v1/tasks?declared=1")["declared"]
    assert [t["name"] for t in declared] == ["nap", "square"]
    assert declared[1]["result"]["c"] == "int64_t"
    status, body = job.ask("POST", "/v1/tasks", {"task": "square", "args": {"n": 12}})
    assert (status, body) == (200, {"result": 144})
    status, body = job.ask("POST", "/v1/tasks",
                           {"task": "nap", "args": {"seconds": 1}, "wait": 0})
    assert status == 202
    until(lambda: job.get("/v1/futures/" + body["future"])["state"] == "done"
          or job.get("/v1/tasks")["by_state"]["running"] >= 1)
    assert job.get("/v1/futures/%s?wait=30" % body["future"]) == {"state": "done", "result": None}
    job.refused(422, "failed", "POST", "/v1/tasks", {"task": "square", "args": {"n": -1}},
                says="-1 is less than 0")
    job.refused(404, "not_found", "POST", "/v1/tasks", {"task": "none"}, field="task")
    job.refused(400, "missing_field", "POST", "/v1/tasks", {}, field="task")
    job.refused(400, "out_of_range", "POST", "/v1/tasks",
                {"task": "square", "args": {"n": 1}, "cpus": 5000}, says="5000 CPUs")
    job.refused(400, "out_of_range", "POST", "/v1/tasks",
                {"task": "square", "args": {"n": 1}, "retries": 256}, field="retries")
    job.refused(504, "late", "POST", "/v1/tasks",
                {"task": "nap", "args": {"seconds": 0.5}, "timeout": 0.05})
    kinds = {k["method"]: k for k in job.get("/v1/tasks")["kinds"]}
    assert kinds["square"]["done"] >= 1 and kinds["square"]["failed"] >= 1
    assert job.get("/v1/tasks")["by_state"]["done"] >= 2


@check
def a_task_that_runs_says_since_when(job):
    status, body = job.ask("POST", "/v1/tasks",
                           {"task": "nap", "args": {"seconds": -1.5}, "wait": 0})
    assert status == 202
    seen = []

    def is_seen():
        for rank in job.get("/v1/stack")["ranks"]:
            seen.extend(r["seconds"] for r in rank["running"] if r["who"] == "task nap")
        return len(seen) > 1 and seen[-1] > seen[0] + 0.2

    until(is_seen)
    assert seen == sorted(seen) and 0 <= seen[0] and seen[-1] < 60, seen
    assert job.get("/v1/futures/%s?wait=30" % body["future"])["state"] == "done"


@check
def history_grows_by_a_point_a_second(job):
    until(lambda: len(job.get("/v1/history")["at"]) >= 2)
    body = job.get("/v1/history")
    lengths = {len(points) for points in body.values()}
    assert len(lengths) == 1 and body["memory"][-1] > 1 << 20
    assert body["at"] == sorted(body["at"])


def figures_of(job, class_, method):
    found = [m for m in job.get("/v1/summary")["methods"]
             if (m["class"], m["method"]) == (class_, method)]
    return found[0] if found else {"received": 0, "done": 0, "failed": 0}


@check
def calls_are_counted_exactly(job):
    value, fail = (figures_of(job, "counter", name) for name in ("value", "fail"))
    for _ in range(20):
        job.call("last", "value")
    job.ask("POST", "/v1/actors/last/methods/fail", {"args": {"code": -1, "text": "x"}})
    now = figures_of(job, "counter", "value")
    assert now["received"] == value["received"] + 20 and now["done"] == value["done"] + 20, now
    assert figures_of(job, "counter", "fail")["failed"] == fail["failed"] + 1
    assert now["waiting"] == 0 and now["bytes_out"] > 0 and now["sampled"] >= 1
    assert set(now["run"]) == {"p50", "p99", "max", "mean", "count"}
    both = job.get("/v1/summary?buckets=1&by=method")["methods"]
    for times in (m[which] for m in both for which in ("run", "wait")):
        assert sum(calls for _, calls in times["buckets"]) == times["count"], times
        assert times["buckets"] == sorted(times["buckets"]), times
    edges = [e for e in job.get("/v1/calls")["edges"]
             if (e["class"], e["method"], e["from"]) == ("counter", "value", "gateway")]
    assert {e["from_rank"] for e in edges} == {0}
    assert sum(e["calls"] for e in edges if e["to_rank"] == job.ranks - 1) >= 20
    actor = job.get("/v1/actors/last")
    assert actor["calls"]["received"] >= 21 and actor["calls"]["failed"] >= 1
    assert actor["mailbox"]["now"] == 0
    assert "value" in [m["method"] for m in actor["methods"]]
    assert "gateway" in [e["from"] for e in actor["callers"]]
    for body in (job.get("/v1/summary")["methods"], job.get("/v1/calls")["edges"]):
        assert not [f for f in body if f["class"].startswith("trp_")], body


@check
def figures_are_summed_by_class_and_by_rank(job):
    methods = job.get("/v1/summary")["methods"]
    classes = {c["class"]: c for c in job.get("/v1/summary?by=class")["classes"]}
    ranks = job.get("/v1/summary?by=rank&buckets=1")["ranks"]
    assert [r["rank"] for r in ranks] == list(range(job.ranks))
    for key in ("received", "done", "failed", "bytes_in", "bytes_out"):
        whole = sum(m[key] for m in methods)
        assert sum(c[key] for c in classes.values()) == whole, key
        assert sum(r[key] for r in ranks) == whole, key
    of = [m for m in methods if m["class"] == "counter"]
    assert classes["counter"]["run"]["count"] == sum(m["run"]["count"] for m in of)
    assert classes["counter"]["run"]["max"] == max(m["run"]["max"] for m in of)
    assert "buckets" not in classes["counter"]["run"] and ranks[0]["run"]["buckets"]
    job.refused(400, "out_of_range", "GET", "/v1/summary?by=colour", field="by")


@check
def an_actor_tells_its_age_and_how_long_it_was_at_it(job):
    before = time.monotonic()
    _, made = job.ask("POST", "/v1/actors", {"class": "counter", "args": {"start": 0}})
    path = "/v1/actors/" + made["actor"]
    fresh = job.get(path)
    assert 0 <= fresh["age"] <= time.monotonic() - before + 0.1
    assert fresh["restarts"] == 0 and fresh["busy"] < 0.5, fresh
    job.call(made["actor"], "slow", seconds=0.2)
    after = job.get(path)
    assert after["age"] >= 0.15 and after["age"] > fresh["age"], (fresh, after)
    assert after["run"]["max"] >= 0.2 and after["busy"] <= after["run"]["max"] - 0.1, after
    assert set(after["run"]) == {"p50", "p99", "max", "count"}
    slow = [m for m in after["methods"] if m["method"] == "slow"][0]
    assert sum(calls for _, calls in slow["run"]["buckets"]) == slow["run"]["count"]
    assert slow["run"]["buckets"][-1][0] >= 0.2, slow
    for key in ("age", "busy", "p99", "restarts"):
        rows = job.get("/v1/actors?order=desc&sort=" + key)["actors"]
        of = [(r["run"] or {}).get("p99", 0) if key == "p99" else r[key] or 0 for r in rows]
        assert of == sorted(of, reverse=True), (key, of)
    job.ask("DELETE", path + "?kill=1")


@check
def who_takes_a_name_again_is_a_restart(job):
    for restarts in range(3):
        status, _ = job.ask("POST", "/v1/actors", {"class": "counter", "args": {"start": 0},
                                                   "name": "phoenix"})
        assert status == 201, status
        assert job.get("/v1/actors/phoenix")["restarts"] == restarts
        job.ask("DELETE", "/v1/actors/phoenix?kill=1")
        until(lambda: job.ask("GET", "/v1/actors/phoenix")[0] == 404)


@check
def the_latest_failures_of_an_actor_are_told(job):
    _, made = job.ask("POST", "/v1/actors", {"class": "counter", "args": {"start": 0}})
    path = "/v1/actors/" + made["actor"]
    assert job.get(path)["failures"] == []
    for text in ("first", "<i>second</i>"):
        job.call(made["actor"], "fail", 422, code=-77, text=text)
    job.call("first", "fail", 422, code=-78, text="another's")
    failures = job.get(path)["failures"]
    assert [(f["method"], f["status"]) for f in failures] == [("fail", -77)] * 2, failures
    assert "<i>second</i>" in failures[0]["story"] and "first" in failures[1]["story"], failures
    assert failures[0]["number"] > failures[1]["number"]
    assert failures[0]["at"] >= failures[1]["at"] >= 0
    job.ask("DELETE", path + "?kill=1")


@check
def what_is_listed_is_what_jansson_reads(job):
    hostile = ['"', "\\", "\u2603", "\x07", "a/b", "", "\U0001f600"]
    made = [job.ask("POST", "/v1/actors", {"class": "counter", "args": {"start": n},
                                           "name": "odd " + text})[1]["actor"]
            for n, text in enumerate(hostile)]
    listed = {a["id"]: a for a in job.get("/v1/actors?search=odd%20")["actors"]}
    assert [listed[i]["name"] for i in made] == ["odd " + text for text in hostile], listed
    for i in made:
        one = job.get("/v1/actors/" + i)
        for key in set(listed[i]) - {"age", "busy", "run", "wait"}:
            assert one[key] == listed[i][key], key
        job.ask("DELETE", "/v1/actors/%s?kill=1" % i)


@check
def traffic_between_ranks_is_counted(job):
    before = job.get("/v1/traffic")
    for _ in range(10):
        job.call("last", "value")
    after = job.get("/v1/traffic")
    assert after["ranks"] == job.ranks
    assert [len(row) for row in after["messages"]] == [job.ranks] * job.ranks
    if job.ranks > 1:
        there, back = (0, job.ranks - 1), (job.ranks - 1, 0)
        for a, b in (there, back):
            assert after["messages"][a][b] >= before["messages"][a][b] + 10
            assert after["bytes"][a][b] > before["bytes"][a][b]


@check
def lines_of_the_log_and_progress_are_told(job):
    job.refused(422, "failed", "POST", "/v1/actors", {"class": "counter", "args": {"start": -1}})
    until(lambda: job.get("/v1/logs")["lines"])
    body = job.get("/v1/logs")
    assert body["lines"][-1]["number"] <= body["last"]
    assert {"at", "rank", "level", "who", "text", "repeated"} <= set(body["lines"][0])
    assert job.get("/v1/logs?since=%d" % body["last"])["lines"] == []
    assert job.get("/v1/logs?level=warning")["lines"] and not job.get("/v1/logs?level=error")["lines"]
    job.refused(400, "out_of_range", "GET", "/v1/logs?level=loud", field="level")
    assert job.get("/v1/progress") == {"progress": []}


@check
def a_report_holds_the_data_of_now(job):
    status, kind, data = job.raw("GET", "/report", token=job.file["read_token"])
    assert status == 200 and kind.startswith("text/html"), kind
    assert b"counter" in data and b"/v1/summary" in data and b"</html>" in data.lower()
    request = urllib.request.Request(job.file["url"] + "/report", headers={"Authorization": "Bearer " + job.file["read_token"]})
    with urllib.request.urlopen(request, timeout=60) as answer:  # guarded as the page is
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["X-Frame-Options"] == "DENY", answer.headers
        assert "script-src 'sha256-" in answer.headers["Content-Security-Policy"], answer.headers


@check
def paths_and_verbs_that_are_none_are_refused(job):
    job.refused(404, "not_found", "GET", "/v1/none")
    job.refused(404, "not_found", "GET", "/v1/actors/first/methods")
    job.refused(405, "not_allowed", "DELETE", "/v1/classes")
    job.refused(405, "not_allowed", "GET", "/v1/actors/first/methods/value")
    job.refused(404, "not_found", "GET", "/v2/actors")


# ---- doing --------------------------------------------------------------------------------------


@check
def an_ask_answers_and_a_tell_is_sent(job):
    before = job.call("last", "value")
    assert job.call("last", "add", 202, n=7) == {"sent": True}
    assert job.call("last", "value") == before + 7
    identity = job.get("/v1/actors/last")["id"]
    assert job.call(identity, "value") == before + 7
    assert job.call(identity, "itself") == identity


@check
def an_override_runs_and_a_bases_method_is_there(job):
    before = job.call("double", "value")
    job.call("double", "add", 202, n=3)
    assert job.call("double", "value") == before + 6


VALUE = {"i8": -128, "u64": 2 ** 53 + 1, "d": 0.1, "b": True, "text": "h\u00e9",
         "points": [{"x": 1.5, "y": -2}], "three": [1, -2, 3], "data": "abc",
         "bytes": {"base64": "AAECAw=="}}


@check
def every_kind_of_value_goes_there_and_back(job):
    assert job.call("mirror", "show", value=VALUE) == VALUE
    odd = dict(VALUE, d="NaN", u64="18446744073709551615", data={"base64": "/wA="}, points=[])
    assert job.call("mirror", "show", value=odd) == odd
    assert job.call("mirror", "show", value=dict(VALUE, data=[97, 98, 99])) == VALUE
    assert job.call("mirror", "join", words=["a", "", "\u2603"]) == "a\u2603"
    assert job.call("mirror", "nothing") is None
    assert job.call("mirror", "bad_text") == {"base64": "//4="}
    assert job.call("mirror", "largest") == str(2 ** 64 - 1)
    path = "/v1/actors/mirror/methods/show?numbers=string"
    assert job.ask("POST", path, {"args": {"value": VALUE}})[1]["result"]["u64"] == str(2 ** 53 + 1)
    words = ["x" * 1000] * 1000
    assert job.call("mirror", "join", words=words) == "x" * 1000000


@check
def a_wrong_argument_is_named(job):
    path = "/v1/actors/mirror/methods/show"

    def wrong(code, field, **changed):
        job.refused(400, code, "POST", path, {"args": {"value": dict(VALUE, **changed)}}, field)

    wrong("out_of_range", "args.value.i8", i8=128)
    wrong("out_of_range", "args.value.u64", u64=-1)
    wrong("wrong_type", "args.value.b", b=1)
    wrong("wrong_type", "args.value.points[1].x", points=[{"x": 1, "y": 2}, {"x": "q", "y": 2}])
    wrong("missing_field", "args.value.points[0].y", points=[{"x": 1}])
    wrong("unknown_field", "args.value.more", more=1)
    wrong("out_of_range", "args.value.three", three=[1, 2])
    wrong("out_of_range", "args.value.bytes", bytes={"base64": "AAEC"})
    add = "/v1/actors/first/methods/add"
    job.refused(400, "missing_field", "POST", add, {}, field="args.n")
    job.refused(400, "unknown_field", "POST", add, {"args": {"n": 1, "m": 2}}, field="args.m")
    job.refused(400, "unknown_field", "POST", add, {"args": {"n": 1}, "arg": 2}, field="arg")
    job.refused(400, "wrong_type", "POST", add, {"args": [1]}, field="args")
    job.refused(400, "wrong_type", "POST", add, {"args": {"n": 1}, "wait": "1"}, field="wait")
    job.refused(400, "out_of_range", "POST", add, {"args": {"n": 1}, "wait": -1}, field="wait")
    job.refused(404, "not_found", "POST", "/v1/actors/first/methods/none", {}, says="counter")
    job.refused(404, "not_found", "POST", "/v1/actors/nobody/methods/add", {"args": {"n": 1}})


@check
def handles_are_ids_or_names_of_their_class(job):
    value = job.call("first", "value")
    own = job.call("last", "value")
    assert job.call("last", "peer", other="first") == own + value
    identity = job.get("/v1/actors/double")["id"]
    assert job.call("last", "peer", other=identity) == own + job.call("double", "value")
    path = "/v1/actors/last/methods/peer"
    job.refused(400, "wrong_type", "POST", path, {"args": {"other": "mirror"}},
                field="args.other", says="mirror is a mirror")
    job.refused(400, "not_found", "POST", path, {"args": {"other": "nobody"}}, field="args.other")
    job.refused(404, "not_found", "POST", path, {"args": {"other": None}})


@check
def a_failure_comes_with_its_status_and_story(job):
    error = job.refused(422, "failed", "POST", "/v1/actors/last/methods/fail",
                        {"args": {"code": -1234, "text": "no <b>luck"}})
    assert error["status"] == -1234 and "no <b>luck" in error["story"]
    assert error["story"].startswith("counter(%d:" % (job.ranks - 1))


@check
def a_call_that_is_late_fails_so(job):
    job.refused(504, "late", "POST", "/v1/actors/last/methods/slow",
                {"args": {"seconds": 0.5}, "timeout": 0.05})


@check
def a_long_call_has_a_number_to_ask_with(job):
    path = "/v1/actors/last/methods/slow"
    status, body = job.ask("POST", path, {"args": {"seconds": 1}, "wait": 0.01})
    future = "/v1/futures/" + body["future"]
    assert status == 202 and job.get(future) == {"state": "pending"}
    done = job.get(future + "?wait=30")
    assert done == {"state": "done", "result": job.call("last", "value")}
    assert job.get(future) == done
    assert job.ask("DELETE", future)[0] == 200
    job.refused(404, "not_found", "GET", future)
    job.refused(404, "not_found", "DELETE", future)
    for nobody in ("0", "-1", "x", "99999999"):
        job.refused(404, "not_found", "GET", "/v1/futures/" + nobody)
    status, body = job.ask("POST", path, {"args": {"seconds": 0.2}, "wait": 0})
    assert job.ask("DELETE", "/v1/futures/" + body["future"])[0] == 200
    status, body = job.ask("POST", path, {"args": {"seconds": 0.1}, "wait": 0, "timeout": 0.05})
    job.refused(504, "late", "GET", "/v1/futures/%s?wait=30" % body["future"])


@check
def two_may_wait_for_one_future(job):
    _, body = job.ask("POST", "/v1/actors/last/methods/slow",
                      {"args": {"seconds": 0.5}, "wait": 0})
    future = "/v1/futures/%s?wait=30" % body["future"]
    answers = []

    def wait():
        connection = job.connect()
        answers.append(job.ask("GET", future, connection=connection))
        connection.close()

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [a[0] for a in answers] == [200] * 3
    assert [a[1]["state"] for a in answers] == ["done"] * 3, answers


@check
def an_actor_is_made_stopped_and_killed(job):
    rank = job.ranks - 1
    status, body = job.ask("POST", "/v1/actors",
                           {"class": "counter", "args": {"start": 5}, "name": "new one",
                            "rank": rank})
    assert status == 201 and body["actor"].startswith("%d:" % rank), body
    assert job.call("new one", "value") == 5
    taken = {"class": "counter", "args": {"start": 1}, "name": "new one"}
    job.refused(409, "name_taken", "POST", "/v1/actors", taken)
    assert job.ask("POST", "/v1/actors", dict(taken, or_existing=True)) == (201, body)
    job.refused(409, "name_taken", "POST", "/v1/actors",
                {"class": "mirror", "name": "new one", "or_existing": True})
    assert job.ask("DELETE", "/v1/actors/new%20one")[0] == 202
    until(lambda: job.ask("GET", "/v1/actors/" + body["actor"])[0] == 410)
    error = job.refused(410, "ended", "POST", "/v1/actors/%s/methods/value" % body["actor"], {})
    assert "was stopped by the gateway" in error["story"]
    job.refused(404, "not_found", "GET", "/v1/actors/new%20one")
    status, body = job.ask("POST", "/v1/actors", {"class": "mirror"})
    assert status == 201
    assert job.ask("DELETE", "/v1/actors/%s?kill=1" % body["actor"])[0] == 202
    until(lambda: job.ask("GET", "/v1/actors/" + body["actor"])[0] == 410)
    ended = job.get("/v1/ended")["ended"]
    reasons = [e["reason"] for e in ended]
    assert "killed" in reasons and "stopped" in reasons
    assert job.get("/v1/ended?since=1e9")["ended"] == []


@check
def an_actor_that_leaves_by_itself_is_told_of(job):
    _, body = job.ask("POST", "/v1/actors", {"class": "counter", "args": {"start": 1}})
    job.call(body["actor"], "leave", 202)
    until(lambda: job.ask("GET", "/v1/actors/" + body["actor"])[0] == 410)
    mine = [e for e in job.get("/v1/ended")["ended"] if e["id"] == body["actor"]]
    assert [e["reason"] for e in mine] == ["exited"], mine


@check
def an_actor_that_cannot_be_made_says_why(job):
    job.refused(422, "failed", "POST", "/v1/actors", {"class": "counter", "args": {"start": -1}},
                says="a counter does not start at -1")
    job.refused(400, "out_of_range", "POST", "/v1/actors",
                {"class": "counter", "args": {"start": 1}, "gpus": 4000}, says="4000 GPUs")
    job.refused(400, "out_of_range", "POST", "/v1/actors",
                {"class": "counter", "args": {"start": 1}, "resources": "unobtainium:1"},
                says="unobtainium")
    job.refused(400, "missing_field", "POST", "/v1/actors", {}, field="class")
    job.refused(404, "not_found", "POST", "/v1/actors", {"class": "none"}, field="class")
    job.refused(400, "missing_field", "POST", "/v1/actors", {"class": "counter"},
                field="args.start")
    job.refused(400, "wrong_type", "POST", "/v1/actors",
                {"class": "mirror", "or_existing": 1}, field="or_existing")
    job.refused(400, "out_of_range", "POST", "/v1/actors",
                {"class": "mirror", "rank": job.ranks}, field="rank")


@check
def a_full_actor_refuses(job):
    path = "/v1/actors/full/methods/slow"
    pending = [job.ask("POST", path, {"args": {"seconds": 1}, "wait": 0})[1]["future"]
               for _ in range(2)]
    job.refused(503, "full", "POST", path, {"args": {"seconds": 0}, "wait": 30})
    for future in pending:
        assert job.get("/v1/futures/%s?wait=30" % future)["state"] == "done"


@check
def a_reading_token_does_nothing(job):
    token = job.file["read_token"]
    assert job.ask("GET", "/v1/actors", token=token)[0] == 200
    before = job.call("first", "value")
    for verb, path in (("POST", "/v1/actors/first/methods/value"), ("POST", "/v1/actors"),
                       ("POST", "/v1/tasks"), ("DELETE", "/v1/actors/first"),
                       ("POST", "/v1/exit"), ("DELETE", "/v1/futures/1")):
        job.refused(403, "forbidden", verb, path, {} if verb == "POST" else None, token=token)
    assert job.call("first", "value") == before


@check
def hundreds_wait_at_once_and_others_are_served(job):
    futures = [job.ask("POST", "/v1/actors/%s/methods/slow" % actor,
                       {"args": {"seconds": 0.01}, "wait": 0})[1]["future"]
               for actor in ("first", "last") for _ in range(50)]
    answers = []

    def wait(future):
        connection = job.connect()
        answers.append(job.ask("GET", "/v1/futures/%s?wait=60" % future, connection=connection))
        connection.close()

    threads = [threading.Thread(target=wait, args=(f,)) for f in futures]
    for thread in threads:
        thread.start()
    assert job.call("mirror", "nothing") is None
    for thread in threads:
        thread.join()
    assert {a[1].get("state") for a in answers} == {"done"}, answers[:3]


# ---- descriptions -------------------------------------------------------------------------------


def resolve(document, reference):
    for part in reference[2:].split("/"):
        document = document[part]
    return document


def check_schema(document, schema, where):
    """What OpenAPI 3.0 demands of a schema, as far as ours go."""
    assert isinstance(schema, dict), where
    if "$ref" in schema:
        check_schema(document, resolve(document, schema["$ref"]), where)
        return
    known = {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum",
             "format", "minimum", "maximum", "minItems", "maxItems", "nullable", "pattern",
             "description"}
    assert set(schema) <= known, (where, set(schema) - known)
    assert schema.get("type", "object") in ("object", "array", "string", "integer", "number",
                                            "boolean"), where
    assert schema.get("type") != "array" or "items" in schema, where
    for name, inner in schema.get("properties", {}).items():
        check_schema(document, inner, where + "." + name)
    assert set(schema.get("required", [])) <= set(schema.get("properties", {})), where
    for inner in schema.get("anyOf", []) + ([schema["items"]] if "items" in schema else []):
        check_schema(document, inner, where)


@check
def the_openapi_document_is_whole(job):
    document = job.get("/v1/openapi.json")
    assert document["openapi"] == "3.0.3" and document["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    ids = []
    for path, item in document["paths"].items():
        holes = set(re.findall(r"{(\w+)}", path))
        for verb, operation in item.items():
            where = verb + " " + path
            assert verb in ("get", "post", "delete"), where
            ids.append(operation["operationId"])
            given = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert given == holes, where
            for parameter in operation["parameters"]:
                assert parameter["required"] or parameter["in"] == "query", where
                check_schema(document, parameter["schema"], where)
            assert "default" in operation["responses"], where
            for response in operation["responses"].values():
                assert response["description"], where
                for content in response.get("content", {}).values():
                    check_schema(document, content["schema"], where)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                check_schema(document, content["schema"], where)
    assert len(ids) == len(set(ids)), ids
    add = document["paths"]["/v1/actors/{actor}/methods/add"]["post"]
    assert sorted(add["tags"]) == ["counter", "doubler"]
    args = add["requestBody"]["content"]["application/json"]["schema"]["properties"]["args"]
    assert args["required"] == ["n"] and args["additionalProperties"] is False


LINE = re.compile(r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)')


@check
def the_figures_are_as_prometheus_reads_them(job):
    status, kind, data = job.raw("GET", "/metrics")
    assert status == 200 and kind.startswith("text/plain; version=0.0.4"), kind
    families, seen = {}, set()
    for line in data.decode("ascii").splitlines():
        if line.startswith("# HELP "):
            continue
        if line.startswith("# TYPE "):
            name, sort = line.split()[2:]
            assert name not in families and sort in ("gauge", "counter", "summary")
            families[name] = sort
            continue
        match = LINE.fullmatch(line)
        assert match, line
        name = re.sub("_(sum|count)$", "", match[1]) if match[1] not in families else match[1]
        assert name in families, line
        assert families[name] != "counter" or name.endswith("_total"), line
        assert (match[1], match[2]) not in seen, line
        seen.add((match[1], match[2]))
        float(match[3])
    assert ("troupe_ranks", None) in seen
    assert ("troupe_calls_total", '{class="counter",method="value",rank="%d"}'
            % (job.ranks - 1)) in seen
    assert families["troupe_call_run_seconds"] == "summary"
    assert ("troupe_actors", '{class="doubler",rank="%d"}' % (job.ranks - 1)) in seen


@check
def events_tell_what_has_changed(job):
    connection = job.connect()
    connection.request("GET", "/v1/events",
                       headers={"Authorization": "Bearer " + job.file["token"]})
    stream = connection.getresponse()
    assert stream.status == 200
    seen, names = {}, []

    def read():
        event = None
        try:
            for line in stream:
                text = line.decode().rstrip("\n")
                if text.startswith("event: "):
                    event = text[7:]
                elif text.startswith("data: "):
                    seen.setdefault(event, []).append(json.loads(text[6:]))
                    names.append(event)
        except (OSError, ValueError, AttributeError):
            pass  # it was closed: the check is over

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    until(lambda: "actors" in names and "ranks" in names)
    assert "first" in [a["name"] for a in seen["actors"][0]["actors"]]
    _, body = job.ask("POST", "/v1/actors", {"class": "counter", "args": {"start": 1}})
    until(lambda: any(a["id"] == body["actor"]
                      for event in seen["actors"] for a in event["actors"]))
    job.ask("DELETE", "/v1/actors/" + body["actor"])
    until(lambda: any(e["id"] == body["actor"]
                      for event in seen.get("ended", []) for e in event["ended"]))
    connection.close()


# ---- a job of its own each ----------------------------------------------------------------------


def the_driver_computes_and_calls_are_served(start):
    long = bool(os.environ.get("TROUPE_TEST_LONG"))
    job = start("compute", "20" if long else "6")
    seconds = 15 if long else 3
    begin, count, worst = time.monotonic(), 0, 0
    while time.monotonic() < begin + seconds:
        before = time.monotonic()
        job.call("mirror", "show", value=VALUE)
        worst = max(worst, time.monotonic() - before)
        count += 1
    job.get("/v1/actors")
    running = job.get("/v1/stack")["ranks"][0]["running"]
    assert [r["who"] for r in running] == ["driver"], running
    assert seconds - 0.5 <= running[0]["seconds"] < seconds + 60, running
    assert job.get("/v1/ranks")["ranks"][0]["doing"] == "driver"
    # It ends at the driver's next wait: when that has computed.
    job.end(4)
    print("    %d asks in %d s beside a computing driver, the longest %.1f ms"
          % (count, seconds, 1e3 * worst))
    assert count > 10


def the_end_of_the_job_does_not_wait_for_who_asks(start):
    job = start("wait")
    _, body = job.ask("POST", "/v1/actors/first/methods/slow",
                      {"args": {"seconds": 3600}, "wait": 0})
    answers = []

    connection = job.connect()
    connection.request("GET", "/v1/futures/%s?wait=3000" % body["future"],
                       headers={"Authorization": "Bearer " + job.file["token"]})
    thread = threading.Thread(target=lambda: answers.append(connection.getresponse().status),
                              daemon=True)
    thread.start()
    before = time.monotonic()
    job.end(6)
    thread.join(PATIENCE)
    assert answers == [503], answers
    assert time.monotonic() - before < 20


def thousands_of_actors_are_listed(start):
    job = start("many", "10000")
    until(lambda: job.get("/v1/actors?limit=0")["total"] == 10005)
    times = []
    for _ in range(5):
        before = time.monotonic()
        status, _, data = job.raw("GET", "/v1/actors?limit=20000&sort=mailbox")
        times.append(time.monotonic() - before)
        assert status == 200
    assert len(json.loads(data)["actors"]) == 10005
    job.end()
    print("    10005 actors, %.1f MB, listed in %.0f ms" % (len(data) / 1e6, 1e3 * min(times)))


def of_much_that_changes_events_tell_all_in_turns(start):
    job = start("restless", "2000")
    connection = job.connect()
    connection.request("GET", "/v1/events?only=actors,log",
                       headers={"Authorization": "Bearer " + job.file["token"]})
    stream = connection.getresponse()
    actors, lines, longest, events = set(), set(), 0, 0
    end = time.monotonic() + PATIENCE
    while len(actors) < 2005 or events < 30:
        assert time.monotonic() < end, (len(actors), len(lines), events)
        line = stream.readline()
        assert line, "the stream has ended after %d events" % events
        if line.startswith(b"data: "):
            body = json.loads(line[6:])
            actors.update(a["id"] for a in body.get("actors", []))
            lines.update(l["number"] for l in body.get("lines", []))
            longest, events = max(longest, len(line)), events + 1
    assert 900 < len(lines) <= 2100, len(lines)
    assert longest < 80 * 1024, longest
    connection.close()
    job.end()


# ---- figures ------------------------------------------------------------------------------------


def raw_asker(job):
    """A kept connection without a client library between: what the gateway itself takes."""
    import socket
    address = urllib.parse.urlsplit(job.file["url"])
    sock = socket.create_connection((address.hostname, address.port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = b"{}"
    request = ("POST /v1/actors/first/methods/value HTTP/1.1\r\nHost: %s\r\n"
               "Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
               % (address.netloc, job.file["token"], len(body))).encode() + body

    def ask():
        sock.sendall(request)
        answer = sock.recv(4096)
        while b"}" not in answer:
            answer += sock.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200"), answer

    return ask


def resident(pid):
    with open("/proc/%d/statm" % pid) as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def figures(start):
    job = start("wait")
    ask = raw_asker(job)
    for _ in range(1000):
        ask()
    times = []
    begin = time.monotonic()
    for _ in range(20000):
        before = time.perf_counter()
        ask()
        times.append(time.perf_counter() - before)
    seconds = time.monotonic() - begin
    times.sort()
    pid = job.get("/v1")["pid"]
    before = resident(pid)
    for _ in range(100000):
        ask()
    print("gateway_ask: %.0f a second, p50 %.0f us, p99 %.0f us; 100000 more: memory %+.0f KiB"
          % (len(times) / seconds, 1e6 * times[len(times) // 2],
             1e6 * times[len(times) * 99 // 100], (resident(pid) - before) / 1024))
    job.end()


ACTORS = {"counter": ["first", "last"], "doubler": ["double"], "mirror": ["mirror"]}


def narrowed(document):
    """The description, of the actors that there are: a fuzzer does not guess their names."""
    for path, item in document["paths"].items():
        for operation in item.values():
            classes = operation.get("tags", ["counter", "mirror"])
            names = [name for class_ in classes for name in ACTORS[class_]]
            for parameter in operation["parameters"]:
                if parameter["name"] == "actor" and "/methods/" in path:
                    parameter["schema"] = {"type": "string", "enum": names}
    return document


def beside(start, command):
    job = start("wait")
    with open(os.path.join(job.folder, "openapi.json"), "w") as file:
        json.dump(narrowed(job.get("/v1/openapi.json")), file)
    job.connection.close()  # it would not be kept for so long
    job.connection = None
    environment = dict(os.environ, URL=job.file["url"], TOKEN=job.file["token"],
                       OPENAPI=file.name)
    status = subprocess.run(command, env=environment, check=False).returncode
    job.end()
    return status


# ---- running ------------------------------------------------------------------------------------


def main():
    wants = sys.argv[1] if sys.argv[1].startswith("--") else None
    program, *launcher = sys.argv[2:] if wants else sys.argv[1:]
    jobs = []

    def start(*args):
        job = Job(program, launcher, *args)
        jobs.append(job)
        job.ranks = job.get("/v1")["ranks"]
        return job

    failed = 0
    try:
        if wants == "--run":
            command, launcher[:] = launcher[1:], []
            return beside(start, command)
        if wants:
            figures(start)
            return 0
        job = start("wait")
        for function in CHECKS:
            failed += not passes(function, job)
        job.end(5)
        for function in (the_driver_computes_and_calls_are_served,
                         the_end_of_the_job_does_not_wait_for_who_asks,
                         thousands_of_actors_are_listed,
                         of_much_that_changes_events_tell_all_in_turns):
            failed += not passes(function, start)
    finally:
        for job in jobs:
            job.kill()
    print("%d failed" % failed)
    return 1 if failed else 0


def passes(function, arg):
    name = function.__name__.replace("_", " ")
    try:
        function(arg)
    except Exception as error:  # any: the others are to be tried, too
        print("not ok", name, "\n   ", type(error).__name__, str(error)[:1500])
        if isinstance(error, (OSError, http.client.HTTPException)) and isinstance(arg, Job):
            arg.connection = None
            print(arg.said()[-3000:])
        return False
    print("ok", name, flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
