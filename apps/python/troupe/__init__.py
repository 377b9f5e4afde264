"""Calls the actors of a running troupe job from Python.

    import troupe

    with troupe.connect() as t:
        p = t.actor("progress")
        print(p.ratio())

The job is started with TROUPE_GATEWAY=1. docs/python.md is the manual, docs/gateway.md the contract.
"""

from typing import Any, Optional

from ._blocking import BlockingSession, Events
from ._errors import (ActorEnded, BadArgument, Error, Late, Lost, MethodFailed, NameTaken, NotFound,
                      Refused, SeveralJobs, Unauthorized)
from ._events import Event
from ._jobs import Job, jobs
from ._session import Actor, Future, Method, Row, Table
from ._where import choose

__all__ = [
    "Actor", "ActorEnded", "BadArgument", "Error", "Event", "Events", "Future", "Job", "Late", "Lost",
    "Method", "MethodFailed", "NameTaken", "NotFound", "Refused", "Row", "SeveralJobs", "Table",
    "Unauthorized", "aio", "connect", "jobs",
]


def connect(job: Optional[str] = None, *, url: Optional[str] = None, socket: Optional[str] = None,
            token: Optional[str] = None) -> BlockingSession:
    """Connects to the running job, or to `job` if there are several.

    At the end of an ssh tunnel, `url` or `socket` says where that is; the token is read from the
    job's file if that can be seen here, too, and is given by `token` otherwise.
    """
    session = BlockingSession(choose(job, url, socket, token))
    try:
        session._run(session._greet())
    except BaseException:
        session.close()
        raise
    return session


def __getattr__(name: str) -> Any:
    """troupe.aio, when it is first asked for: asyncio takes longer to load than all the rest."""
    if name == "aio":
        import importlib
        return importlib.import_module(".aio", __name__)
    raise AttributeError("module 'troupe' has no attribute %r" % name)
