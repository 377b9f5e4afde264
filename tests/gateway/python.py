"""The Python module: every operation and every error, against a job that door.py plays, and, where
TROUPE_SERVED names it, against one that runs (served.c)."""

import asyncio
import contextlib
import inspect
import io
import math
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
MODULE = os.path.join(HERE, "..", "..", "apps", "python")
sys.path[:0] = [HERE, MODULE]
sys.dont_write_bytecode = True

import door      # noqa: E402
import troupe    # noqa: E402
from running import Running, needs_job      # noqa: E402


class Forward:
    """What `ssh -L` does: another port, whose connections go to a job's."""

    def __init__(self, port):
        self.to = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.to))
            for a, b in ((near, far), (far, near)):
                a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    @staticmethod
    def pump(a, b):
        try:
            while True:
                data = a.recv(65536)
                if not data:
                    break
                b.sendall(data)
        except OSError:
            pass
        a.close()
        b.close()


class WithDoor(unittest.TestCase):
    only = None

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        os.environ.update(XDG_RUNTIME_DIR=self.scratch.name, HOME=self.scratch.name)
        self.folder = os.path.join(self.scratch.name, "troupe")
        self.opened = [door.open_door(self.folder, only=self.only)]

    def tearDown(self):
        for opened in self.opened:
            door.close_door(*opened)
        self.scratch.cleanup()

    @property
    def keys(self):
        return self.opened[0][0]

    def fails(self, kind, call, *args, says="", **kwargs):
        with self.assertRaises(kind) as caught:
            call(*args, **kwargs)
        self.assertIn(says, str(caught.exception))
        return caught.exception


class Finding(WithDoor):
    def test_the_only_job_is_found_and_called_over_its_socket(self):
        with troupe.connect() as t:
            self.assertEqual(t._door.socket, self.keys["socket"])
            self.assertEqual(t.about.job, "host-1")
            self.assertEqual(t.actor("progress").ratio(), 0.25)

    def test_several_jobs_are_listed_and_one_is_chosen(self):
        self.opened.append(door.open_door(self.folder, "4711"))
        self.fails(troupe.SeveralJobs, troupe.connect, says="4711")
        with troupe.connect(4711) as t:
            self.assertEqual(t.about.job, "4711")
        self.fails(troupe.NotFound, troupe.connect, "4712", says="4711")

    def test_no_job_says_how_to_start_one(self):
        door.close_door(*self.opened.pop())
        self.fails(troupe.NotFound, troupe.connect, says="TROUPE_GATEWAY=1")
        os.rmdir(self.folder)
        self.fails(troupe.NotFound, troupe.connect, says="TROUPE_GATEWAY=1")

    def rewrite(self, name="other", **changes):
        return door.write_file(self.folder, dict(self.keys, job=name, **changes))

    def test_stale_and_foreign_files_are_passed_over(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        self.rewrite("stale", pid=gone.pid)
        self.rewrite("reused", started=self.keys["started"] - 1)
        os.chmod(self.rewrite("open"), 0o644)
        with open(self.rewrite("broken"), "w") as file:
            file.write('{"job": "x"')
        os.symlink(self.opened[0][2], os.path.join(self.folder, "link.json"))
        os.mkfifo(os.path.join(self.folder, "pipe.json"), 0o600)
        self.assertEqual([job.job for job in troupe.jobs()], ["host-1"])

    def test_a_folder_that_others_can_enter_is_not_looked_into(self):
        os.chmod(self.folder, 0o750)
        with self.assertWarnsRegex(RuntimeWarning, "0700"):
            self.fails(troupe.NotFound, troupe.connect)

    def test_a_job_on_another_machine_says_how_to_get_there(self):
        self.rewrite("9", host="elsewhere")
        self.fails(troupe.NotFound, troupe.connect, "9", says="troupe tunnel --job 9")

    def test_the_folder_at_home_is_looked_into_too(self):
        self.opened.append(door.open_door(os.path.join(self.scratch.name, ".troupe"), "batch"))
        self.assertEqual({job.job for job in troupe.jobs()}, {"host-1", "batch"})
        del os.environ["XDG_RUNTIME_DIR"]
        self.assertEqual([job.job for job in troupe.jobs()], ["batch"])

    def test_no_token_is_printed(self):
        with troupe.connect() as t:
            shown = [repr(x) for x in (t, t._door, troupe.jobs()[0], t.actor("c"), t.actor("c").add)]
            self.assertNotIn(door.TOKEN, "".join(shown) + t._repr_html_() + str(troupe.jobs()))

    def test_a_tunnel_needs_the_token_or_the_file(self):
        tunnel = Forward(int(self.keys["url"].rpartition(":")[2]))
        with troupe.connect(url=tunnel.url, token=door.TOKEN) as t:
            self.assertEqual(t.actor("progress").ratio(), 0.25)
        with troupe.connect(url=tunnel.url) as t:
            self.assertEqual(t.actor("progress").ratio(), 0.25)
        tunnel.listener.close()
        self.fails(troupe.Unauthorized, troupe.connect, url=self.keys["url"], token="wrong")
        self.fails(troupe.BadArgument, troupe.connect, url=self.keys["url"], token="a\r\nb")
        self.fails(troupe.BadArgument, troupe.connect, url="https://x", token="x", says="http://HOST")

    def test_a_tunnelled_socket_is_enough(self):
        with troupe.connect(socket=self.keys["socket"], token=door.TOKEN) as t:
            self.assertEqual(t.about.job, "host-1")

    def test_another_version_and_no_job_at_all_are_named(self):
        for server in self.opened[0][1]:
            server.api = 2
        self.fails(troupe.Lost, troupe.connect, says="version 1")
        door.close_door(*self.opened.pop())
        self.fails(troupe.Lost, troupe.connect, socket="/nowhere", token="x", says="cannot be reached")

    def test_another_process_calls_it(self):
        source = "import troupe\nwith troupe.connect() as t: print(t.actor('progress').ratio())"
        said = subprocess.run([sys.executable, "-c", source], env=dict(os.environ, PYTHONPATH=MODULE),
                              stdout=subprocess.PIPE, timeout=60, check=True).stdout
        self.assertEqual(said, b"0.25\n")


class Shared:
    """What holds of a job that is played and of one that runs: self.t is a session with it."""

    names = 0

    def fails(self, kind, call, *args, says="", **kwargs):
        with self.assertRaises(kind) as caught:
            call(*args, **kwargs)
        self.assertIn(says, str(caught.exception))
        return caught.exception

    def test_methods_are_described(self):
        p = self.t.actor("progress")
        self.assertIn("report", dir(p))
        self.assertEqual(str(inspect.signature(p.report)), "(task_id: int, samples_done: int)")
        self.assertEqual(str(inspect.signature(p.ratio)),
                         "(*, timeout=None, with_=None) -> float")
        self.assertIn("uint64_t task_id", p.report.__doc__)
        self.assertRegex(p.id, r"^[0-9]+:[0-9]+$")
        self.assertEqual((p.cls, repr(p)), ("progress", "progress(%s)" % p.id))
        self.fails(AttributeError, getattr, p, "rotia", says="it has ratio, report")

    def test_a_tell_gives_none(self):
        self.assertIsNone(self.t.actor("progress").report(3, samples_done=1))

    def test_every_kind_of_value_comes_back_as_it_went(self):
        k, c = self.t.actor("a/b c"), self.t.new("counter", 0, "x", with_={"name": self.unused()})
        for method, values in (
                ("u64", [0, 2**53 + 1, 2**64 - 1]), ("i8", [-128, 127]), ("bool", [True, False]),
                ("f64", [0.1, 5e-324, 1.7976931348623157e308, math.inf, -math.inf]),
                ("str", ["", "π \U0001f600 \x1b", b"\xff\x01"]), ("triple", [([1, -2, 3],)]),
                ("text", ["héllo"]), ("octets", [b"", b"\x00\xff", b"abc"]), ("blob", [b"\x00abc"]),
                ("handle", [c, None])):
            for value in values:
                self.assertEqual(getattr(k, "echo_" + method)(value), value)
        self.assertTrue(math.isnan(k.echo_f64(math.nan)))
        self.assertEqual(k.echo_handle(c).add(1, 0.5), 1)
        self.assertEqual(k.echo_handle(self.t.actor("c")).add(0, 0.5), self.t.actor("c").add(0, 0))
        self.assertEqual(k.echo_octets([1, 2]), b"\x01\x02")
        made = k.echo_deep([{"x": 1, "from_": 2}, {"x": math.inf, "from": -3}, (0.5, 4)])
        self.assertEqual([tuple(p) for p in made], [(1.0, 2), (math.inf, -3), (0.5, 4)])
        self.assertEqual((made[0].x, made[0].from_, type(made[0]).__name__), (1.0, 2, "point"))
        self.assertEqual(k.echo_deep(made), made)

    def test_wrong_values_name_the_place(self):
        k = self.t.actor("a/b c")
        for method, value, field in (
                ("i8", 128, "value"), ("f32", 1e39, "value"), ("f64", 10**400, "value"), ("f64", None, "value"),
                ("bool", 1, "value"), ("str", 1, "value"), ("str", "\ud800", "value"),
                ("str", "a\0b", "value"), ("triple", [[1, 2]], "value.numbers"), ("triple", 7, "value"),
                ("triple", {"numbers": [1, 2, "3"]}, "value.numbers[2]"),
                ("deep", [{"x": 1}], "value[0].from"), ("deep", [{"x": 1, "from": 2, "y": 3}], "value[0].y"),
                ("deep", [{"x": "1", "from": 2}], "value[0].x"), ("deep", [(1,)], "value[0]"),
                ("deep", "text", "value"), ("handle", 14, "value"), ("blob", b"abc", "value"),
                ("blob", "abcd", "value"), ("text", {}, "value")):
            error = self.fails(troupe.BadArgument, getattr(k, "echo_" + method), value)
            self.assertEqual(error.field, field, method)

    def test_options_and_arguments_of_the_same_name_are_told_apart(self):
        name = self.unused()
        c = self.t.new("counter", start=3, name="an argument", with_={"name": name})
        self.assertEqual(self.t.actor(name).id, c.id)
        self.assertEqual(c.add(4, timeout=0.5, with_={"timeout": 9}), 7)
        self.assertEqual(c.end(), 17)
        self.fails(troupe.NameTaken, self.t.new, "counter", 3, "x", with_={"name": name})
        same = self.t.new("counter", 3, "x", or_existing=True, with_={"name": name})
        self.assertEqual(same, c)
        self.assertEqual(len({same, c}), 1)
        self.fails(troupe.NotFound, self.t.new, "contour", says="contour")
        self.fails(troupe.BadArgument, self.t.new, "counter", 3, says="needs 'name'")

    def test_a_result_that_takes_long_is_waited_for(self):
        k = self.t.actor("a/b c")
        self.t._longest_wait = 0.05
        self.assertEqual(k.slow(0.2), 42)

    def test_futures(self):
        k = self.t.actor("a/b c")
        f = k.slow.future(0.5)
        self.assertFalse(f.done())
        self.assertIn("pending", repr(f))
        self.fails(TimeoutError, f.result, 0.01, says="the call goes on")
        self.assertEqual((f.result(timeout=20), f.result(), f.done()), (42, 42, True))
        failing = k.fails.future("failed")
        self.fails(troupe.MethodFailed, failing.result)
        self.fails(troupe.MethodFailed, failing.result)
        dropped = k.slow.future(0.3)
        dropped.drop()
        dropped.drop()
        self.fails(troupe.Error, dropped.result, says="dropped")

    def test_tasks(self):
        p = self.t.actor("progress")
        self.assertEqual(self.t.task("sample_circle", 10, task_id=1, tracker=p, cpus=1), 11)
        self.assertEqual(self.t.submit("sample_circle", 1, 2, None).result(), 3)
        self.fails(troupe.NotFound, self.t.task, "sample_square", says="there are: sample_circle")
        self.fails(TypeError, self.t.task, "sample_circle", 1, 2, 3, says="tracker takes progress, not int")

    def test_actors_end(self):
        c = self.t.new("counter", 1, "x")
        self.assertEqual(c.end(), 17, "a method of that name comes first")
        self.t.end(c)
        self.assertTrue(self.fails(troupe.ActorEnded, c.add, 1, 1).story)
        p = self.t.new("progress", 4)
        p.kill()
        self.fails(troupe.ActorEnded, p.ratio)

    def test_a_failure_brings_its_story(self):
        k = self.t.actor("a/b c")
        error = self.fails(troupe.MethodFailed, k.fails, "failed", says="told to fail")
        self.assertEqual(error.status, -7)
        self.assertIn("kinds(", error.story)
        self.fails(TimeoutError, k.slow, 3, timeout=0.1)
        self.fails(troupe.NotFound, self.t.actor, self.unused())

    def unused(self):
        """A name that no actor has."""
        Shared.names += 1
        return "name %d" % Shared.names

    def test_a_kept_connection_that_was_closed_is_replaced(self):
        self.t.info()
        self.t._idle[0].sock.shutdown(socket.SHUT_RDWR)
        self.assertEqual(self.t.actor("progress").ratio(), 0.25)

    def test_threads_share_a_session(self):
        c, results = self.t.new("counter", 0, "x"), []
        threads = [threading.Thread(target=lambda: results.append(c.add(1, 0))) for _ in range(300)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(sorted(results), list(range(1, 301)))


class Calling(Shared, WithDoor):
    def setUp(self):
        super().setUp()
        self.t = troupe.connect()
        self.addCleanup(self.t.close)

    def test_arguments_are_checked_before_they_are_sent(self):
        p, c = self.t.actor("progress"), self.t.actor("c")
        door.close_door(*self.opened.pop())
        for says, args, kwargs, field in (
                ("needs 'samples_done'", (1,), {}, "samples_done"),
                ("has no argument 'taskid'", (), {"taskid": 1, "samples_done": 2}, "taskid"),
                ("takes 2 arguments", (1, 2, 3), {}, ""),
                ("twice", (1, 2), {"task_id": 1}, "task_id"),
                ("takes uint64_t, not str", ("1", 2), {}, "task_id"),
                ("takes uint64_t, not float", (1.0, 2), {}, "task_id"),
                ("takes uint64_t, not bool", (True, 2), {}, "task_id"),
                ("from 0 to 18446744073709551615", (1, -1), {}, "samples_done"),
                ("from 0 to 18446744073709551615", (2**64, 1), {}, "task_id")):
            error = self.fails(TypeError, p.report, *args, says=says, **kwargs)
            self.assertIsInstance(error, troupe.BadArgument)
            self.assertEqual(error.field, field)
        self.fails(TypeError, p.report, 1, 2, says="no option", with_={"timeout": 1})
        self.fails(TypeError, c.add, 1, "x", says="takes double, not str")
        self.fails(TypeError, p.report.future, 1, 2, says="is a tell")

    def test_every_failure_has_its_exception(self):
        k = self.t.actor("a/b c")
        for code, kind in (("failed", troupe.MethodFailed), ("ended", troupe.ActorEnded),
                           ("late", troupe.Late), ("full", troupe.Refused), ("ending", troupe.Refused),
                           ("forbidden", troupe.Unauthorized), ("too_large", troupe.Refused),
                           ("unheard_of", troupe.Error), ("out_of_range", troupe.BadArgument)):
            error = self.fails(kind, k.fails, code, says="told to fail")
            self.assertIs(type(error), kind)
            self.assertEqual(error.code, code)
        self.assertEqual(self.fails(troupe.BadArgument, k.fails, "out_of_range").field, "code")

    def test_lists(self):
        t = self.t
        self.assertEqual(sorted(a.id for a in t.actors()), ["0:1", "0:3", "1:4"])
        self.assertEqual(len(t.actors(limit=1)), 1)
        self.assertEqual([a["name"] for a in t.actors(cls="counter")], ["c"])
        self.assertEqual(t.actors(rank=1)[0].calls["failed"], 1)
        self.assertEqual(t.tasks().about["by_state"]["done"], 5)
        self.assertEqual({(m["class"], m.method): m.received for m in t.summary()}, {("counter", "add"): 13})
        self.assertEqual([r.pid for r in t.ranks()], [7, 8])
        self.assertEqual([c.name for c in t.classes()], ["progress", "counter", "kinds"])
        self.assertEqual([line.number for line in t.logs(since=1)], [2])
        self.assertEqual(t.progress()[0].fraction, 0.25)
        self.assertEqual(t.calls()[0].calls, 13)
        self.assertEqual(t.ended()[0].story, "no luck")
        self.assertEqual(t.stack()[0].running[0]["who"], "driver")
        self.assertEqual(t.traffic().messages[1][0], 2)
        self.assertEqual(t.history().calls, [2.0])
        self.assertEqual(t.info().ranks, 2)
        self.assertEqual(t.info("c").methods[0]["method"], "add")
        self.assertEqual(t.actor("progress").info().id, "0:1")
        self.assertRaises(AttributeError, lambda: t.info().colour)
        t.exit(3)
        self.assertEqual(door.EXITS.pop(), 3)

    def test_what_a_notebook_shows_is_escaped(self):
        shown = self.t.actors()._repr_html_() + self.t._repr_html_()
        self.assertIn("&lt;script&gt;", shown)
        self.assertNotIn("<script", shown)
        self.assertIsNone(getattr(self.t.actor("progress"), "_repr_html_", None))

    def test_events_are_an_iterator(self):
        events = list(self.t.events())
        self.assertEqual([e.kind for e in events], ["log", "ended"])
        self.assertEqual(events[0].data["lines"][1]["text"], "two\nlines")
        self.assertEqual(events[0].number, 7)
        with self.t.events(only=["ended"]) as stream:
            self.assertEqual(next(stream).kind, "ended")

    def test_events_that_may_not_be_read_are_refused(self):
        self.t._door = self.t._door._replace(token="wrong")
        self.fails(troupe.Unauthorized, self.t.events)

    def test_a_job_that_ends_is_lost(self):
        p = self.t.actor("progress")
        door.close_door(*self.opened.pop())
        self.fails(ConnectionError, p.ratio, says="has it ended?")
        self.fails(troupe.Lost, self.t.events)
        self.t.close()
        self.fails(troupe.Lost, p.ratio, says="closed")

    def test_a_token_that_may_only_read_cannot_call(self):
        reader = troupe.connect(socket=self.keys["socket"], token=door.READ_TOKEN)
        self.assertEqual(len(reader.actors()), 3)
        self.fails(troupe.Unauthorized, reader.actor("progress").ratio, says="may only read")
        reader.close()


class CallingByTcp(Calling):
    only = "tcp"

    def test_a_token_that_may_only_read_cannot_call(self):
        reader = troupe.connect(url=self.keys["url"], token=door.READ_TOKEN)
        self.fails(PermissionError, reader.actor("progress").ratio)
        reader.close()


class Async(WithDoor):
    def run_in(self, work):
        async def session():
            async with troupe.aio.connect() as t:
                return await asyncio.wait_for(work(t), 60)
        return asyncio.run(session())

    def test_calls_are_awaited(self):
        async def work(t):
            self.assertEqual(await t.actor("progress").ratio(), 0.25)
            p = await t.actor("progress")
            self.assertEqual(str(inspect.signature(p.report)), "(task_id: int, samples_done: int)")
            self.assertIsNone(await p.report(1, 2))
            with self.assertRaises(TypeError):
                await p.report(1)
            with self.assertRaises(AttributeError):
                p.rotia
            with self.assertRaises(troupe.NotFound):
                await t.actor("progress").rotia()
            c = await t.new("counter", 2**63, "n")
            self.assertEqual(await c.add(1, 0), 2**63 + 1)
            self.assertEqual(await t.task("sample_circle", 1, 2, p), 3)
            self.assertEqual(len(await t.actors()), 4)
            self.assertEqual(await asyncio.gather(*(c.add(0, 0) for _ in range(200))), [2**63 + 1] * 200)
            await t.end(c)
            with self.assertRaises(troupe.ActorEnded):
                await c.add(1, 0)
        self.run_in(work)

    def test_futures_are_awaited(self):
        async def work(t):
            k = t.actor("a/b c")
            f = await k.slow.future(0.3)
            self.assertFalse(await f.done())
            with self.assertRaises(troupe.Late):
                await f.result(0.01)
            self.assertEqual(await f, 42)
            with self.assertRaises(troupe.MethodFailed):
                await k.fails("failed")
        self.run_in(work)

    def test_events_are_iterated(self):
        async def work(t):
            kinds = [event.kind async for event in t.events()]
            async with t.events("ended") as stream:
                one = await stream.__anext__()
            return kinds, one.kind, one.number
        self.assertEqual(self.run_in(work), (["log", "ended"], "ended", 7))

    def test_a_wrong_token_and_a_lost_job_are_told(self):
        async def wrong():
            async with troupe.aio.connect(url=self.keys["url"], token="wrong"):
                pass
        with self.assertRaises(troupe.Unauthorized):
            asyncio.run(wrong())

        async def lost(t):
            door.close_door(*self.opened.pop())
            await t.close()
            with self.assertRaises(troupe.Lost):
                await t.info()
        self.run_in(lost)
        with self.assertRaises(troupe.Lost):
            asyncio.run(troupe.aio.connect(socket="/nowhere", token="x").__aenter__())

    def test_a_call_that_is_cancelled_leaves_the_others_alone(self):
        async def work(t):
            k = await t.actor("a/b c")
            slow = asyncio.ensure_future(k.slow(5))
            await asyncio.sleep(0.05)
            slow.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await slow
            return await k.echo_u64(7)
        self.assertEqual(self.run_in(work), 7)


class Examples(WithDoor):
    def run_example(self, name, *arguments):
        path = os.path.join(MODULE, "examples", name)
        done = subprocess.run([sys.executable, path, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, universal_newlines=True,
                              env=dict(os.environ, PYTHONPATH=MODULE, PYTHONDONTWRITEBYTECODE="1"))
        return done.returncode, done.stdout, done.stderr

    def test_watch_pi_reads_the_progress_and_ends_the_job(self):
        said = self.run_example("watch_pi.py", "--end-at", "20")
        self.assertEqual(said, (0, "25.0% of the samples are done\nended the job\n", ""))
        self.assertEqual(door.EXITS.pop(), 0)

    def test_count_calls_counts_them(self):
        status, out, _ = self.run_example("count_calls.py")
        self.assertEqual((status, out.split()), (0, ["13", "'counter.add'", "13", "'driver", "->", "counter.add'"]))

    def test_examples_say_that_there_is_no_job(self):
        door.close_door(*self.opened.pop())
        for name in ("watch_pi.py", "count_calls.py"):
            status, _, err = self.run_example(name)
            self.assertEqual(status, 1)
            self.assertIn("TROUPE_GATEWAY=1", err)


@needs_job
class Real(Shared, unittest.TestCase):
    """A job on two ranks, over its Unix socket."""

    @classmethod
    def setUpClass(cls):
        cls.job = Running()
        os.environ.update(cls.job.environment)
        cls.job.start(cls.is_up)

    @classmethod
    def is_up(cls):
        """Its actors are there a moment after its file."""
        try:
            with troupe.connect() as t:
                return t.actor("a/b c") is not None
        except troupe.Error:
            return False

    @classmethod
    def tearDownClass(cls):
        with troupe.connect() as t:
            t.exit(3)
        cls.job.expect_end(3)

    def setUp(self):
        self.t = self.connect()
        self.addCleanup(self.t.close)

    def connect(self):
        return troupe.connect()

    def test_lists(self):
        t = self.t
        self.assertEqual({a.name for a in t.actors()} & {"progress", "c", "a/b c"}, {"progress", "c", "a/b c"})
        self.assertEqual([a["class"] for a in t.actors(cls="kinds")], ["kinds"])
        self.assertEqual([r.rank for r in t.ranks()], [0, 1])
        self.assertLessEqual({"progress", "counter", "kinds"}, {c.name for c in t.classes()})
        self.assertEqual(t.info("c")["class"], "counter")
        self.assertEqual(t.info().ranks, 2)
        for table in (t.tasks(), t.ended(), t.stack(), t.logs(), t.progress(), t.calls()):
            self.assertIsInstance(table, troupe.Table)

    def test_calls_are_counted(self):
        before = self.received()
        self.t.actor("c").add(1, 0)
        self.assertEqual(self.received(), before + 1)

    def received(self):
        return sum(m.received for m in self.t.summary() if (m["class"], m.method) == ("counter", "add"))

    def test_a_constructor_that_fails_is_told(self):
        self.assertIn("no counter of that name", str(
            self.fails(troupe.MethodFailed, self.t.new, "counter", 1, "nobody")))

    def test_events_come_as_things_change(self):
        with self.t.events("actors,ended") as events:
            self.t.end(self.t.new("counter", 1, "x"))
            self.assertIn(next(events).kind, ("actors", "ended"))

    def test_asyncio(self):
        async def work():
            async with troupe.aio.connect() as t:
                self.assertEqual(await t.actor("progress").ratio(), 0.25)
                c = await t.new("counter", 2**63, "x")
                self.assertEqual(sorted(await asyncio.gather(*(c.add(1, 0) for _ in range(400)))),
                                 [2**63 + 1 + i for i in range(400)])
        asyncio.run(work())

    def test_an_ask_is_measured(self):
        c = self.t.actor("c")
        took = []
        for _ in range(2000):
            begun = time.perf_counter()
            c.add(1, 0)
            took.append(time.perf_counter() - begun)
        took.sort()
        print("%s: %.0f asks a second, p50 %.0f us, p99 %.0f us" % (
            type(self).__name__, len(took) / sum(took), took[1000] * 1e6, took[1980] * 1e6), file=sys.stderr)


class RealByTunnel(Real):
    """The same by TCP, through a forward as ssh would make it."""

    def connect(self):
        port = int(troupe.jobs()[0].url.rpartition(":")[2])
        self.tunnel = Forward(port)
        self.addCleanup(self.tunnel.listener.close)
        return troupe.connect(url=self.tunnel.url, token=troupe.jobs()[0].token)


class Manual(WithDoor):
    def test_the_code_of_the_manual_runs(self):
        with open(os.path.join(HERE, "..", "..", "docs", "python.md"), encoding="utf-8") as file:
            blocks = re.findall(r"^```python\n(.*?)^```$", file.read(), re.S | re.M)
        self.assertGreater(len(blocks), 8)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            names = {}
            for block in blocks:
                exec(compile(block, "docs/python.md", "exec"), names)
        names["t"].close()
        for expected in ("uint64_t task_id, uint64_t samples_done", "has no argument 'samples_don'", "no actor 'nobody'",
                         "progress alive", "counter add 13", "log {'lines'", "[0.25, 0.25"):
            self.assertIn(expected, said.getvalue())


@unittest.skipUnless(os.environ.get("TROUPE_PI"), "pi was not built with a door")
class WatchPi(unittest.TestCase):
    def test_the_running_pi_job_is_watched_and_ended(self):
        with tempfile.TemporaryDirectory() as scratch:
            environment = dict(os.environ, TROUPE_GATEWAY="1", XDG_RUNTIME_DIR=scratch, HOME=scratch,
                               PYTHONPATH=MODULE, PYTHONDONTWRITEBYTECODE="1")
            job = subprocess.Popen([*os.environ["TROUPE_PI"].split(), "--quiet", "--samples", "1000000000000000"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
            watch = [sys.executable, os.path.join(MODULE, "examples", "watch_pi.py"), "--end-at", "1e-6"]
            try:
                for _ in range(100):
                    watched = subprocess.run(watch, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                                             universal_newlines=True, env=environment)
                    if watched.returncode == 0 or job.poll() is not None:
                        break
                    time.sleep(0.1)             # it is not up yet
                self.assertEqual((watched.returncode, watched.stderr), (0, ""))
                self.assertRegex(watched.stdout, r"(?s)% of the samples are done\n.*ended the job\n$")
                self.assertEqual(job.wait(60), 0)
            finally:
                job.kill()
                job.wait()


class Rate(WithDoor):
    """Not judged: how long a call takes here, most of it in the door's Python."""

    def test_a_call_is_measured(self):
        with troupe.connect() as t:
            c = t.actor("c")
            c.add(0, 0)
            begun = time.perf_counter()
            for _ in range(200):
                c.add(1, 0)
            print("an ask takes %.0f us" % ((time.perf_counter() - begun) / 200 * 1e6), file=sys.stderr)
        self.assertEqual(door.STATES["1:4"], 200)


if __name__ == "__main__":
    unittest.main()
