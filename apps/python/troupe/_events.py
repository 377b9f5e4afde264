"""Server-sent events, from lines."""

import json
from typing import Any, Dict, NamedTuple, Optional


class Event(NamedTuple):
    """Something changed. `kind` is actors, ended, progress, log, figures or ranks."""

    kind: str
    data: Any
    number: Optional[int]


class Parser:
    """Takes a stream line by line."""

    def __init__(self) -> None:
        self._fields: Dict[str, str] = {}

    def push(self, line: str) -> Optional[Event]:
        """An event, if this line ends one."""
        line = line.rstrip("\r\n")
        if line:
            name, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            before = self._fields.get(name)
            self._fields[name] = value if before is None or name != "data" else before + "\n" + value
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        number = fields.get("id", "")
        return Event(fields.get("event", "message"), json.loads(fields["data"]),
                     int(number) if number.isdigit() else None)
