"""The session that waits: over http.client, on kept connections."""

import http.client
import select
import socket
import struct
import threading
from typing import Any, Iterable, Iterator, List, Optional

from ._errors import Late, Lost, error_of
from ._events import Event, Parser
from ._session import Actor, Reply, Request, Session, Steps, path_of
from ._where import LARGEST_LINE, MOST_CONNECTIONS, Door, unpack

_CONNECTS_WITHIN = struct.pack("ll", 10, 0)     # a timeval


class Connection:
    """To a door, by TCP or by a Unix socket."""

    def __init__(self, door: Door, timeout: float) -> None:
        self._door = door
        self._response: Optional[http.client.HTTPResponse] = None
        if door.socket is None:
            self.sock = socket.create_connection((door.host, door.port), timeout)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Where many connect at once, one that does not block would be refused and not wait.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _CONNECTS_WITHIN)
        try:
            self.sock.connect(door.socket)
        except BaseException:
            self.close()
            raise

    def send(self, request: Request) -> http.client.HTTPResponse:
        """The answer, of which the head is read."""
        self.sock.settimeout(request.patience)
        self.sock.sendall(self._door.write(request.verb, request.path, request.body))
        self._response = http.client.HTTPResponse(self.sock, method=request.verb)
        self._response.begin()
        return self._response

    @property
    def is_usable(self) -> bool:
        """Whether the other end has not closed it. (Nothing else can have come.)"""
        return not select.select([self.sock], [], [], 0)[0]

    def close(self) -> None:
        if self._response is not None:
            self._response.close()
        self.sock.close()


class BlockingActor(Actor):
    def _unknown(self, name: str) -> Any:
        if self._class is not None:
            raise AttributeError(str(self._no_method(name)))
        self._session._run(self._resolve())
        return getattr(self, name)

    def __dir__(self) -> List[str]:
        self._session._run(self._resolve())
        return super().__dir__()


class Events:
    """An iterator of what changes. It ends with the job; close it, or use `with`."""

    def __init__(self, door: Door, path: str, patience: float) -> None:
        self._parser = Parser()
        try:
            self._connection = Connection(door, 10)
        except OSError as error:
            raise Lost("the job cannot be reached: %s" % error) from error
        try:
            self._response = self._connection.send(Request("GET", path, None, patience))
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost("the job cannot be reached: %s" % error) from error
        status = self._response.status
        if status >= 400:
            data = self._response.read()
            self.close()
            raise error_of(status, unpack(status, data))

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        while True:
            try:
                line = self._response.readline(LARGEST_LINE)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.close()
                raise Lost("the stream of events broke: %s" % error) from error
            if not line:
                self.close()
                raise StopIteration
            event = self._parser.push(line.decode("utf-8", "replace"))
            if event is not None:
                return event

    def __enter__(self) -> "Events":
        return self

    def __exit__(self, *what: Any) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()


class BlockingSession(Session):
    """Threads may share it: each request has a connection to itself while it is under way."""

    _actor_type = BlockingActor

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door
        self._idle: List[Connection] = []
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._closed = False

    def events(self, only: Optional[Iterable[str]] = None) -> Events:
        """What changes, as it does: `for event in t.events(["log"])`."""
        kinds = ",".join([only] if isinstance(only, str) else only or ()) or None
        return Events(self._door, path_of("events", only=kinds), 60)

    def close(self) -> None:
        """Closes the connections. The job goes on."""
        with self._lock:
            idle, self._idle, self._closed = self._idle, [], True
        for connection in idle:
            connection.close()

    def __enter__(self) -> "BlockingSession":
        return self

    def __exit__(self, *what: Any) -> None:
        self.close()

    def _run(self, steps: Steps) -> Any:
        try:
            request = next(steps)
            while True:
                request = steps.send(self._exchange(request))
        except StopIteration as done:
            return done.value

    def _take(self) -> Connection:
        with self._lock:
            if self._closed:
                raise Lost("this session is closed")
            while self._idle:
                connection = self._idle.pop()
                if connection.is_usable:
                    return connection
                connection.close()
        return Connection(self._door, 10)

    def _keep(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _exchange(self, request: Request) -> Reply:
        with self._free:
            return self._exchange_now(request)

    def _exchange_now(self, request: Request) -> Reply:
        connection = None
        try:
            connection = self._take()
            response = connection.send(request)
            data = response.read()
            if not response.will_close:
                self._keep(connection)
                connection = None
        except socket.timeout as error:
            raise Late("the job has not answered within %g s" % request.patience) from error
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, Lost):
                raise
            raise Lost("the job cannot be reached (has it ended?): %s" % error) from error
        finally:
            if connection is not None:
                connection.close()
        return Reply(response.status, unpack(response.status, data))
