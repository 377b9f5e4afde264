"""What one may do with a job. Each operation is written once, as a generator of requests; a session
runs it (`_run`): now, or, in troupe.aio, as a coroutine."""

import html
import time
from typing import Any, Dict, Generator, List, NamedTuple, Optional
from urllib.parse import quote, urlencode

from ._calls import TASK_OPTIONS, Callable, Class
from ._errors import ActorEnded, Error, Late, Lost, MethodFailed, NotFound, error_of
from ._values import decode

PATIENCE = 30.0                 # seconds that an answer may take, beyond what it waits for


class Request(NamedTuple):
    """An HTTP request. `patience`: how many seconds its answer may take."""

    verb: str
    path: str
    body: Any = None
    patience: float = PATIENCE


class Reply(NamedTuple):
    status: int
    body: Any


Steps = Generator[Request, Reply, Any]


def path_of(*parts: str, **query: Any) -> str:
    path = "/v1" + "".join("/" + quote(str(part), safe="") for part in parts)
    asked = {name: value for name, value in query.items() if value is not None}
    return path + ("?" + urlencode(asked) if asked else "")


def ask(verb: str, path: str, body: Any = None, patience: float = PATIENCE) -> Steps:
    reply = yield Request(verb, path, body, patience)
    if reply.status >= 400:
        raise error_of(reply.status, reply.body)
    return reply


def fetch(path: str) -> Steps:
    return (yield from ask("GET", path)).body


class Row(dict):
    """A line of a list: a dict whose keys are attributes, too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __dir__(self) -> List[str]:
        return [*super().__dir__(), *self]


class Table(list):
    """A list of rows; `about` has what the job said beside them (`by_state`, `total`, …)."""

    def __init__(self, rows: Any, about: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(Row(row) for row in rows)
        self.about = about or {}

    def _repr_html_(self) -> str:
        heads = [key for key in (self[0] if self else ())
                 if not isinstance(self[0][key], (dict, list))]
        return "<table><tr>%s</tr>%s</table>" % (
            "".join("<th>%s</th>" % html.escape(str(head)) for head in heads),
            "".join("<tr>%s</tr>" % "".join(
                "<td>%s</td>" % html.escape(str(row.get(head, ""))) for head in heads)
                for row in self[:100]))


class Future:
    """What is still to come. In troupe.aio its methods are awaited, and so can it be itself."""

    def __init__(self, session: "Session", what: Callable) -> None:
        self._session = session
        self._what = what
        self._number: Optional[str] = None      # the job's; None: the outcome is known
        self._outcome: Any = None               # a result, or the Error to raise

    def result(self, timeout: Optional[float] = None) -> Any:
        """The result, waited for; Late after `timeout` seconds, and then it may be asked again."""
        return self._session._run(self._result(timeout))

    def done(self) -> Any:
        """Whether there is a result, or a failure."""
        return self._session._run(self._poll(0))

    def drop(self) -> Any:
        """Says that the result is not wanted. A task is cancelled."""
        return self._session._run(self._drop())

    def __await__(self) -> Any:
        return self._session._run(self._result(None)).__await__()

    def __repr__(self) -> str:
        state = "pending" if self._number is not None else (
            "failed" if isinstance(self._outcome, Error) else "done")
        return "<future of %s, %s>" % (self._what.what, state)

    def _poll(self, wait: float) -> Steps:
        if self._number is None:
            return True
        reply = yield Request("GET", path_of("futures", self._number, wait=wait), None,
                              wait + PATIENCE)
        if reply.status >= 400:
            self._settle(error_of(reply.status, reply.body))
        elif reply.body["state"] == "done":
            self._settle(self._decode(reply.body))
        return self._number is None

    def _decode(self, body: Any) -> Any:
        return decode(self._what.result or {"type": "void"}, body.get("result"), self._session)

    def _settle(self, outcome: Any) -> None:
        self._number = None
        self._outcome = outcome

    def _result(self, timeout: Optional[float]) -> Steps:
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            longest = self._session._longest_wait
            left = longest if until is None else max(0.0, until - time.monotonic())
            if (yield from self._poll(min(left, longest))):
                break
            if until is not None and time.monotonic() >= until:
                raise Late("%s has not answered within %s s; the call goes on"
                           % (self._what.what, timeout), code="late")
        if isinstance(self._outcome, Error):
            raise self._outcome
        return self._outcome

    def _drop(self) -> Steps:
        if self._number is not None:
            number = self._number
            self._settle(Error("the future of %s was dropped" % self._what.what))
            yield from ask("DELETE", path_of("futures", number))


class Method:
    """A method of an actor: call it, or take a future of it."""

    def __init__(self, actor: "Actor", name: str, described: Optional[Callable] = None) -> None:
        self._actor = actor
        self.__name__ = name
        self._described = described
        if described is not None:
            self.__doc__ = described.doc
            self.__signature__ = described.signature

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._actor._session._run(self._call(args, kwargs, None))

    def future(self, *args: Any, **kwargs: Any) -> Any:
        """Calls without waiting: gives a Future."""
        return self._actor._session._run(self._call(args, kwargs, 0))

    def __repr__(self) -> str:
        return "<method %s of %r>" % (self.__name__, self._actor)

    def _call(self, args: Any, kwargs: Any, wait: Optional[float]) -> Steps:
        what = self._described or (yield from self._actor._find(self.__name__))
        if what.result is None and wait is not None:
            raise TypeError("%s is a tell: there is no future of it" % what.what)
        values, options = what.bind(args, kwargs)
        body = dict(options, args=values)
        path = path_of("actors", self._actor._key, "methods", self.__name__)
        if what.result is None:
            yield from ask("POST", path, body)
            return None
        return (yield from self._actor._session._finish(path, body, what, wait))


class Actor:
    """An actor of the job. Its methods are attributes: `p.report(3, 100)`.

    `id`, `cls`, `end()`, `kill()` and `info()` are there unless the class has a method of that
    name: `t.end(p)`, `t.kill(p)` and `t.info(p)` always are.
    """

    def __init__(self, session: "Session", key: str) -> None:
        self._session = session
        self._key = key                 # an id, or, until it is known, a name
        self._class: Optional[Class] = None

    @property
    def id(self) -> str:
        """RANK:NUMBER, good for the whole job; a name, until the job was asked."""
        return self._key

    @property
    def cls(self) -> Optional[str]:
        """The name of its class, once it is known."""
        return self._class.name if self._class else None

    def end(self) -> Any:
        """Ends it, after the calls that it has got."""
        return self._session.end(self)

    def kill(self) -> Any:
        """Ends it at once."""
        return self._session.kill(self)

    def info(self) -> Any:
        """What the job says of it: state, mailbox, counts, callers."""
        return self._session.info(self)

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            described = self._class
            if described is not None and name in described.methods:
                return Method(self, name, described.methods[name])
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._unknown(name)

    def _unknown(self, name: str) -> Any:
        """A method that is not known yet."""
        raise NotImplementedError

    def __dir__(self) -> List[str]:
        return [*super().__dir__(), *(self._class.methods if self._class else ())]

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Actor) and (self._session, self._key) == (other._session, other._key)

    def __hash__(self) -> int:
        return hash((id(self._session), self._key))

    def __repr__(self) -> str:
        return "%s(%s)" % (self.cls or "actor", self._key)

    def _resolve(self) -> Steps:
        """Asks for its id and its class."""
        if self._class is None:
            told = yield from fetch(path_of("actors", self._key))
            self._class = yield from self._session._class_of(told["class"])
            self._key = told["id"]
        return self

    def _find(self, name: str) -> Steps:
        yield from self._resolve()
        assert self._class is not None
        if name not in self._class.methods:
            raise self._no_method(name)
        return self._class.methods[name]

    def _no_method(self, name: str) -> NotFound:
        assert self._class is not None
        return NotFound("%s has no method '%s'; it has %s" % (
            self._class.name, name, ", ".join(sorted(self._class.methods)) or "none"),
            code="not_found")


class Session:
    """A connection to a job: `with troupe.connect() as t: …`."""

    _actor_type = Actor
    _longest_wait = 30.0                # seconds that one request waits in the job at most

    def __init__(self) -> None:
        self.about = Row()              # what the job says of itself: job, program, ranks, …
        self._classes: Dict[str, Class] = {}
        self._tasks: Dict[str, Callable] = {}

    def _run(self, steps: Steps) -> Any:
        raise NotImplementedError

    # ---- actors and tasks --------------------------------------------------------------------

    def actor(self, actor: str) -> Any:
        """The actor of this name or id."""
        return self._run(self._actor_of(actor)._resolve())

    def new(self, cls: str, *args: Any, **kwargs: Any) -> Any:
        """Creates an actor; options: name, or_existing, rank, cpus, gpus, memory, resources."""
        return self._run(self._new(cls, args, kwargs))

    def task(self, task: str, *args: Any, **kwargs: Any) -> Any:
        """Runs a task and waits for its result; options: timeout, cpus, gpus, retries, priority."""
        return self._run(self._task(task, args, kwargs, None))

    def submit(self, task: str, *args: Any, **kwargs: Any) -> Any:
        """Runs a task, and gives a Future at once."""
        return self._run(self._task(task, args, kwargs, 0))

    def end(self, actor: Any) -> Any:
        """Ends an actor, after the calls that it has got."""
        return self._run(self._end(actor, None))

    def kill(self, actor: Any) -> Any:
        """Ends an actor at once."""
        return self._run(self._end(actor, 1))

    def exit(self, status: int = 0) -> Any:
        """Ends the job."""
        return self._run(self._exit(status))

    # ---- lists -------------------------------------------------------------------------------

    def info(self, actor: Any = None) -> Any:
        """What the job says of itself, or of an actor."""
        key = getattr(actor, "_key", actor)
        return self._run(self._info(path_of() if key is None else path_of("actors", key)))

    def actors(self, cls: Optional[str] = None, *, name: Optional[str] = None,
               rank: Optional[int] = None, state: Optional[str] = None,
               search: Optional[str] = None, sort: Optional[str] = None,
               order: Optional[str] = None, limit: Optional[int] = None) -> Any:
        """The actors (all, or `limit` of them); of a class and its subclasses, a rank, a state."""
        query = {"class": cls, "name": name, "rank": rank, "state": state, "search": search,
                 "sort": sort, "order": order}
        return self._run(self._pages("actors", "actors", query, limit))

    def tasks(self, *, limit: Optional[int] = None) -> Any:
        """The tasks that wait or run; `.about["by_state"]` counts all."""
        return self._run(self._pages("tasks", "tasks", {}, limit))

    def classes(self) -> Any:
        """The classes, with their constructors' fields and their methods."""
        return self._run(self._pages("classes", "classes", {}, None))

    def ranks(self) -> Any:
        """The ranks: host, CPUs, memory, and what they are doing."""
        return self._run(self._pages("ranks", "ranks", {}, None))

    def summary(self) -> Any:
        """For each class and method: calls received, done, failed, and how long they took."""
        return self._run(self._pages("summary", "methods", {}, None))

    def calls(self) -> Any:
        """Who called what, how often."""
        return self._run(self._pages("calls", "edges", {}, None))

    def progress(self) -> Any:
        """Named pieces of work, and how far they are."""
        return self._run(self._pages("progress", "progress", {}, None))

    def logs(self, since: Optional[int] = None, *, rank: Optional[int] = None,
             level: Optional[str] = None) -> Any:
        """Log lines of all ranks; `.about["last"]` is the `since` of what comes next."""
        query = {"since": since, "rank": rank, "level": level}
        return self._run(self._pages("logs", "lines", query, None))

    def ended(self, since: Optional[float] = None) -> Any:
        """The latest actors that ended, and why."""
        return self._run(self._pages("ended", "ended", {"since": since}, None))

    def stack(self) -> Any:
        """What each rank runs and waits for, now."""
        return self._run(self._pages("stack", "ranks", {}, None))

    def traffic(self) -> Any:
        """Messages and bytes, from rank to rank."""
        return self._run(self._info(path_of("traffic")))

    def history(self) -> Any:
        """The last ten minutes, a point a second."""
        return self._run(self._info(path_of("history")))

    # ---- how ---------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return "<job %s, %s>" % (self.about.get("job"), self.about.get("program"))

    def _repr_html_(self) -> str:
        return "job <b>%s</b>: %s on %s, %s ranks" % tuple(
            html.escape(str(self.about.get(key))) for key in ("job", "program", "host", "ranks"))

    def _actor_of(self, key: str) -> Actor:
        return self._actor_type(self, key)

    def _greet(self) -> Steps:
        """The first request: is it a job, does the token fit, is it our version?"""
        self.about = Row((yield from fetch(path_of())))
        if self.about.get("api") != 1:
            raise Lost("this is no job with version 1 of the gateway, but %r" % self.about.get("api"))
        return self

    def _class_of(self, name: str) -> Steps:
        if name not in self._classes:
            self._classes[name] = Class((yield from fetch(path_of("classes", name))))
        return self._classes[name]

    def _task_of(self, name: str) -> Steps:
        if not self._tasks:
            told = yield from fetch(path_of("tasks", declared=1))
            self._tasks = {task["name"]: Callable(task["name"], task["args"], TASK_OPTIONS,
                                                  task["result"]) for task in told["declared"]}
        if name not in self._tasks:
            raise NotFound("there is no task '%s'; there are: %s" % (
                name, ", ".join(sorted(self._tasks)) or "none"), code="not_found")
        return self._tasks[name]

    def _new(self, cls: str, args: Any, kwargs: Any) -> Steps:
        described = yield from self._class_of(cls)
        values, options = described.new.bind(args, kwargs)
        reply = yield from ask("POST", path_of("actors"), dict(options, **{"class": cls, "args": values}),
                               2 * PATIENCE)
        return (yield from self._actor_of(reply.body["actor"])._resolve())

    def _task(self, name: str, args: Any, kwargs: Any, wait: Optional[float]) -> Steps:
        what = yield from self._task_of(name)
        values, options = what.bind(args, kwargs)
        body = dict(options, task=name, args=values)
        return (yield from self._finish(path_of("tasks"), body, what, wait))

    def _finish(self, path: str, body: Any, what: Callable, wait: Optional[float]) -> Steps:
        """Asks, and gives the result; with `wait` a future, which has a failure, too."""
        body["wait"] = self._longest_wait if wait is None else wait
        reply = yield Request("POST", path, body, body["wait"] + PATIENCE)
        future = Future(self, what)
        if reply.status == 202:
            future._number = reply.body["future"]
        elif reply.status < 400:
            future._settle(future._decode(reply.body))
        else:
            error = error_of(reply.status, reply.body)
            if not isinstance(error, (MethodFailed, ActorEnded, Late)):
                raise error
            future._settle(error)
        return future if wait is not None else (yield from future._result(None))

    def _end(self, actor: Any, kill: Optional[int]) -> Steps:
        yield from ask("DELETE", path_of("actors", getattr(actor, "_key", actor), kill=kill))

    def _exit(self, status: int) -> Steps:
        yield from ask("POST", path_of("exit"), {"status": status})

    def _info(self, path: str) -> Steps:
        return Row((yield from fetch(path)))

    def _pages(self, what: str, key: str, query: Dict[str, Any], limit: Optional[int]) -> Steps:
        """A list, as many pages as it takes."""
        about: Dict[str, Any] = yield from fetch(path_of(what, **query, limit=limit))
        rows = about.pop(key)
        while limit is None and 0 < len(rows) < about.get("total", 0):
            more = (yield from fetch(path_of(what, **query, offset=len(rows))))[key]
            if not more:
                break
            rows += more
        return Table(rows, about)
