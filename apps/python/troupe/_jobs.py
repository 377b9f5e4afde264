"""The running jobs of this user, found by the files that they leave (docs/gateway.md)."""

import json
import os
import re
import socket
import stat
import warnings
from typing import List, NamedTuple, Optional

from ._errors import NotFound, SeveralJobs


class Job(NamedTuple):
    """A job's file. Printing one does not show the token."""

    job: str
    pid: int
    host: str
    url: Optional[str]
    socket: Optional[str]
    token: str
    started: int
    program: str

    def __repr__(self) -> str:
        return "Job(%r, %r on %s, pid %d)" % (self.job, self.program, self.host, self.pid)

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine."""
        return self.host == socket.gethostname()

    @property
    def is_stale(self) -> bool:
        """Whether the process that left the file is known to be gone."""
        return self.is_here and _started(self.pid) != self.started


def _started(pid: int) -> Optional[int]:
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[19])
    except OSError:
        return None


def folders() -> List[str]:
    """Where the files lie. A batch job often has no runtime folder where its owner's shell has one:
    both are looked into."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    homes = [os.path.expanduser("~/.troupe")]
    return [os.path.join(runtime, "troupe")] + homes if runtime else homes


def _is_ours_alone(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid() and not status.st_mode & 0o077


def _read(path: str) -> Optional[Job]:
    """The job in a file that is ours alone, and no symbolic link; None: there is none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or not _is_ours_alone(status):
            return None
        try:
            keys = json.loads(file.read(1 << 16).decode("utf-8"))
            return Job(**{name: keys[name] for name in Job._fields})
        except (ValueError, KeyError, TypeError):
            return None


def _names(folder: str) -> List[str]:
    """The names in a folder, if it is ours alone. One that others can enter is warned of."""
    try:
        status = os.lstat(folder)
        if stat.S_ISDIR(status.st_mode) and _is_ours_alone(status):
            return os.listdir(folder)
    except OSError:
        return []
    warnings.warn("%s is not a folder of yours alone (mode 0700): not looking into it" % folder,
                  RuntimeWarning, stacklevel=4)
    return []


def jobs() -> List[Job]:
    """The running jobs, those of other machines that share a folder too, the oldest first."""
    found = [_read(os.path.join(folder, name)) for folder in folders() for name in _names(folder)
             if name.endswith(".json")]
    return sorted((job for job in found if job is not None and not job.is_stale),
                  key=lambda job: (job.started, job.job))


def _list(found: List[Job]) -> str:
    return "".join("\n    %s  (%s on %s)" % (_plain(job.job), _plain(job.program), job.host)
                   for job in found)


def _plain(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", text)


def find(name: Optional[str]) -> Job:
    """The job of this name; without one: the only one."""
    found = jobs()
    if name is not None:
        for job in found:
            if job.job == str(name):
                return job
        raise NotFound("no job %s is running; there are:%s" % (name, _list(found) or " none"))
    if len(found) > 1:
        raise SeveralJobs("several jobs are running; choose one with job=:" + _list(found))
    if not found:
        raise NotFound("no job of yours is running (none has left its file in %s); start it with "
                       "TROUPE_GATEWAY=1, or give url= and token=" % " or ".join(folders()))
    return found[0]
