"""The same for asyncio.

    async with troupe.aio.connect() as t:
        print(await t.actor("progress").ratio())

What gives a result in troupe gives an awaitable here. `t.actor(…)` asks the job when it is awaited,
or else with the first call.
"""

import asyncio
import socket
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

from ._errors import Late, Lost, error_of
from ._events import Event, Parser
from ._session import Actor, Method, Reply, Request, Session, Steps, path_of
from ._where import LARGEST_LINE, MOST_CONNECTIONS, Door, choose, unpack

__all__ = ["connect"]


class Head(NamedTuple):
    status: int
    headers: Dict[str, str]


class Connection:
    """One connection, speaking as much HTTP/1.1 as a door does."""

    def __init__(self, door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._door = door
        self._reader = reader
        self._writer = writer
        self.is_kept = True

    @classmethod
    async def open(cls, door: Door) -> "Connection":
        if door.socket is None:
            streams = await asyncio.open_connection(door.host, door.port, limit=LARGEST_LINE)
        else:
            streams = await asyncio.open_unix_connection(sock=await _connect(door.socket),
                                                         limit=LARGEST_LINE)
        return cls(door, *streams)

    @property
    def is_usable(self) -> bool:
        return not self._reader.at_eof()

    def close(self) -> None:
        self._writer.close()

    async def exchange(self, request: Request) -> Reply:
        head = await self.send(request)
        data = b"".join([part async for part in self.parts(head)])
        return Reply(head.status, unpack(head.status, data))

    async def send(self, request: Request) -> Head:
        """Sends it, and reads the answer's head."""
        self._writer.write(self._door.write(request.verb, request.path, request.body))
        await self._writer.drain()
        return await self._head()

    async def _line(self) -> str:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise EOFError("the connection was closed")
        return line.decode("latin-1").rstrip("\r\n")

    async def _head(self) -> Head:
        words = (await self._line()).split(None, 2)
        if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
            raise Lost("the answer is no HTTP")
        headers = {}
        while True:
            line = await self._line()
            if not line:
                break
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if words[1] == "100":
            return await self._head()
        self.is_kept = words[0] == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        return Head(int(words[1]), headers)

    async def parts(self, head: Head) -> Any:
        """The body, as it comes."""
        if head.status in (204, 304):
            return
        if head.headers.get("transfer-encoding", "").lower() == "chunked":
            while True:
                size = int((await self._line()).split(";")[0], 16)
                if size == 0:
                    break
                yield await self._reader.readexactly(size)
                await self._line()
            while await self._line():
                pass
        elif "content-length" in head.headers:
            yield await self._reader.readexactly(int(head.headers["content-length"]))
        else:
            self.is_kept = False
            while True:
                part = await self._reader.read(1 << 16)
                if not part:
                    break
                yield part


async def _connect(path: str) -> socket.socket:
    """Where many connect at once a Unix socket says "again", which asyncio takes for "soon"."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        while True:
            try:
                sock.connect(path)
                return sock
            except BlockingIOError:
                await asyncio.sleep(0.005)
    except BaseException:
        sock.close()
        raise


class AsyncActor(Actor):
    def _unknown(self, name: str) -> Any:
        if self._class is not None:
            raise AttributeError(str(self._no_method(name)))
        return Method(self, name)

    def __await__(self) -> Any:
        return self._session._run(self._resolve()).__await__()


class AsyncEvents:
    """What changes, for `async for`. It ends with the job; close it, or use `async with`."""

    def __init__(self, door: Door, path: str) -> None:
        self._door = door
        self._path = path
        self._parser = Parser()
        self._connection: Optional[Connection] = None
        self._parts: Any = None
        self._rest = b""
        self._lines: List[bytes] = []

    def __aiter__(self) -> "AsyncEvents":
        return self

    async def __aenter__(self) -> "AsyncEvents":
        await self._open()
        return self

    async def __aexit__(self, *what: Any) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._connection is not None:
            self._connection.close()

    async def __anext__(self) -> Event:
        try:
            if self._connection is None:
                await self._open()
            return await self._next()
        except StopAsyncIteration:
            await self.aclose()
            raise
        except (OSError, EOFError, ValueError) as error:
            await self.aclose()
            raise Lost("the stream of events broke: %s" % error) from error

    async def _open(self) -> None:
        if self._connection is not None:
            return
        self._connection = await Connection.open(self._door)
        head = await self._connection.send(Request("GET", self._path))
        self._parts = self._connection.parts(head)
        if head.status >= 400:
            data = b"".join([part async for part in self._parts])
            await self.aclose()
            raise error_of(head.status, unpack(head.status, data))

    async def _next(self) -> Event:
        while True:
            while self._lines:
                event = self._parser.push(self._lines.pop(0).decode("utf-8", "replace"))
                if event is not None:
                    return event
            self._rest += await asyncio.wait_for(self._parts.__anext__(), 60)
            *self._lines, self._rest = self._rest.split(b"\n")


class AsyncSession(Session):
    """Tasks may share it: each request has a connection to itself while it is under way."""

    _actor_type = AsyncActor
    _longest_wait = 5.0                 # many wait at a time, and have connections in turn

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._free: Optional[asyncio.Semaphore] = None
        self._door = door
        self._idle: List[Connection] = []
        self._closed = False

    def actor(self, actor: str) -> AsyncActor:
        """The actor of this name or id; the job is asked when it is awaited, or called."""
        return AsyncActor(self, actor)

    def events(self, only: Optional[Iterable[str]] = None) -> AsyncEvents:
        """What changes, as it does: `async for event in t.events(["log"])`."""
        kinds = ",".join([only] if isinstance(only, str) else only or ()) or None
        return AsyncEvents(self._door, path_of("events", only=kinds))

    async def close(self) -> None:
        """Closes the connections. The job goes on."""
        self._closed = True
        for connection in self._idle:
            connection.close()
        self._idle = []
        await asyncio.sleep(0)          # in which they are

    async def __aenter__(self) -> "AsyncSession":
        try:
            await self._run(self._greet())
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *what: Any) -> None:
        await self.close()

    async def _run(self, steps: Steps) -> Any:
        try:
            request = next(steps)
            while True:
                request = steps.send(await self._exchange(request))
        except StopIteration as done:
            return done.value

    async def _take(self) -> Connection:
        if self._closed:
            raise Lost("this session is closed")
        if self._idle:
            await asyncio.sleep(0)      # lets it be seen which the other end has closed
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
            connection.close()
        return await Connection.open(self._door)

    async def _exchange(self, request: Request) -> Reply:
        if self._free is None:          # which belongs to the loop that is running
            self._free = asyncio.Semaphore(MOST_CONNECTIONS)
        async with self._free:
            return await self._exchange_now(request)

    async def _exchange_now(self, request: Request) -> Reply:
        connection = None
        try:
            connection = await asyncio.wait_for(self._take(), 10)
            reply = await asyncio.wait_for(connection.exchange(request), request.patience)
            if connection.is_kept and not self._closed:
                self._idle.append(connection)
                connection = None
        except asyncio.TimeoutError as error:
            raise Late("the job has not answered within %g s" % request.patience) from error
        except (OSError, EOFError) as error:
            if isinstance(error, Lost):
                raise
            raise Lost("the job cannot be reached (has it ended?): %s" % error) from error
        finally:
            if connection is not None:
                connection.close()
        return reply


def connect(job: Optional[str] = None, *, url: Optional[str] = None, socket: Optional[str] = None,
            token: Optional[str] = None) -> AsyncSession:
    """As troupe.connect, for `async with`; the job is asked when that is entered."""
    return AsyncSession(choose(job, url, socket, token))
