"""What can go wrong, as exceptions. Each tells the story that the job tells."""

from typing import Any, Dict, Optional


class Error(Exception):
    """What all others are. `code` is the contract's word, `story` the way of a failure."""

    def __init__(self, message: str, *, code: Optional[str] = None, field: Optional[str] = None,
                 status: Optional[int] = None, story: Optional[str] = None) -> None:
        if story and story not in message:
            message = message + "\n" + story
        super().__init__(message)
        self.code = code
        self.field = field
        self.status = status
        self.story = story


class ActorEnded(Error):
    """The actor has ended; `story` tells how."""


class MethodFailed(Error):
    """The method, task or constructor failed; `status` and `story` are the job's own."""


class Late(Error, TimeoutError):
    """There was no answer in time."""


class NotFound(Error, LookupError):
    """No such actor, class, method, task, future or job."""


class SeveralJobs(Error):
    """More than one job is running: say which."""


class BadArgument(Error, TypeError, ValueError):
    """An argument that is unknown, missing, of the wrong type or out of range; `field` names it."""


class Unauthorized(Error, PermissionError):
    """No token, a wrong one, or one that may only read."""


class NameTaken(Error):
    """An actor of this name is there already."""


class Refused(Error):
    """The job cannot take this now: it is full, it ends, or the request is too large for it."""


class Lost(Error, ConnectionError):
    """The job cannot be reached (any more)."""


_BY_CODE = {
    "malformed": BadArgument, "unknown_field": BadArgument, "missing_field": BadArgument,
    "wrong_type": BadArgument, "out_of_range": BadArgument, "not_utf8": BadArgument,
    "unauthorized": Unauthorized, "forbidden": Unauthorized, "not_found": NotFound,
    "name_taken": NameTaken, "ended": ActorEnded, "failed": MethodFailed, "late": Late,
    "full": Refused, "ending": Refused, "too_large": Refused, "too_slow": Refused,
    "not_allowed": Refused,
}


def error_of(http_status: int, reply: Any) -> Error:
    """The exception for an answer that is no success."""
    told: Dict[str, Any] = {}
    if isinstance(reply, dict) and isinstance(reply.get("error"), dict):
        told = reply["error"]
    code = told.get("code")
    message = str(told.get("message") or "the job answered with HTTP status %d" % http_status)
    return _BY_CODE.get(str(code), Error)(message, code=code, field=told.get("field"),
                                          status=told.get("status"), story=told.get("story"))
