"""Where a job's door is, and what is said at it."""

import json
import os
from typing import Any, NamedTuple, Optional
from urllib.parse import urlsplit

from ._errors import BadArgument, Error, NotFound
from ._jobs import Job, find

LARGEST_LINE = 1 << 26          # of an event stream
MOST_CONNECTIONS = 64           # of a session; a door takes 256


class Door(NamedTuple):
    """A Unix socket, or a host and a port; and the token."""

    socket: Optional[str]
    host: str
    port: int
    token: str

    def __repr__(self) -> str:
        return "Door(%r)" % (self.socket or "%s:%d" % (self.host, self.port))

    def write(self, verb: str, path: str, body: Any) -> bytes:
        """A request, in one piece: sent in two, the second can wait for an acknowledgement."""
        data = b"" if body is None else json.dumps(body, allow_nan=False).encode("utf-8")
        host = "[%s]" % self.host if ":" in self.host else self.host
        lines = ["%s %s HTTP/1.1" % (verb, path),
                 "Host: localhost" if self.socket else "Host: %s:%d" % (host, self.port),
                 "Authorization: Bearer " + self.token]
        if verb != "GET":
            lines += ["Content-Type: application/json", "Content-Length: %d" % len(data)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + data


def choose(job: Optional[str], url: Optional[str], socket: Optional[str],
           token: Optional[str]) -> Door:
    """The door of a job, or the one that is given (a tunnel's end)."""
    if (url or socket) and token:
        return _given(url, socket, token)
    found = find(job)
    if url or socket:
        return _given(url, socket, token or found.token)
    if found.socket and found.is_here and os.path.exists(found.socket):
        return _given(None, found.socket, token or found.token)
    if found.is_here and found.url:
        return _given(found.url, None, token or found.token)
    raise NotFound(_far(found))


def _given(url: Optional[str], socket: Optional[str], token: str) -> Door:
    if not token.isascii() or not token.isprintable() or " " in token:
        raise BadArgument("the token is none: it is one word of ASCII", field="token")
    if socket:
        return Door(socket, "localhost", 0, token)
    parts = urlsplit(url or "")
    if parts.scheme != "http" or not parts.hostname:
        raise BadArgument("url= is http://HOST:PORT, not %r" % url, field="url")
    return Door(None, parts.hostname, parts.port or 80, token)


def _far(job: Job) -> str:
    here = "its door is shut" if job.is_here else "it runs on %s" % job.host
    return ("job %s is not reached from here: %s; `troupe tunnel --job %s` prints the ssh command "
            "that makes it so, then connect(job=%r, url='http://127.0.0.1:PORT')"
            % (job.job, here, job.job, job.job))


def unpack(status: int, data: bytes) -> Any:
    """The JSON of an answer. One that is none came from something that is no job."""
    if not data:
        return None
    try:
        return json.loads(data.decode("utf-8"))
    except ValueError:
        if status >= 400:
            return None
        raise Error("the answer is no JSON: is this the door of a job?") from None
