"""From what a job describes to calls that are checked before they are sent."""

import inspect
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ._errors import BadArgument
from ._values import encode, python_type, say_type, spell

ASK_OPTIONS = ("timeout",)
TASK_OPTIONS = ("timeout", "cpus", "gpus", "retries", "priority")
NEW_OPTIONS = ("name", "or_existing", "rank", "cpus", "gpus", "memory", "resources")


class Callable:
    """A method, task or constructor: its name for messages, its arguments, and its options."""

    def __init__(self, what: str, fields: Sequence[Dict[str, Any]], options: Sequence[str],
                 result: Optional[Dict[str, Any]] = None, note: str = "") -> None:
        self.what = what
        self.fields = fields
        self.result = result
        self.names: List[str] = [field["name"] for field in fields]
        self.options = options
        self.doc = self._describe(note)

    def _describe(self, note: str) -> str:
        told = ", ".join("%s %s" % (say_type(f["type"]), f["name"]) for f in self.fields)
        gives = " -> %s" % say_type(self.result) if self.result is not None else ""
        lines = ["%s(%s)%s%s" % (self.what, told, gives, note)]
        free = [name for name in self.options if name not in self.names]
        if free:
            lines.append("Options by keyword: %s (or with_={...})" % ", ".join(free))
        return "\n".join(lines)

    @property
    def signature(self) -> inspect.Signature:
        kind = inspect.Parameter
        own = [kind(spell(f["name"]), kind.POSITIONAL_OR_KEYWORD,
                    annotation=python_type(f["type"])) for f in self.fields]
        free = [kind(name, kind.KEYWORD_ONLY, default=None) for name in self.options
                if name not in self.names]
        last = [kind("with_", kind.KEYWORD_ONLY, default=None)] if self.options else []
        gives = inspect.Signature.empty if self.result is None else python_type(self.result)
        return inspect.Signature(own + free + last, return_annotation=gives)

    def bind(self, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Tuple[Dict[str, Any],
                                                                          Dict[str, Any]]:
        """The arguments as JSON, and the options."""
        given, options = self._split(kwargs)
        if len(args) > len(self.names):
            raise self._bad("%s takes %d arguments%s, not %d" % (
                self.what, len(self.names), self._listed(" (%s)"), len(args)), "unknown_field",
                "")
        for name, value in zip(self.names, args):
            if name in given:
                raise self._bad("%s is given '%s' twice" % (self.what, name), "unknown_field", name)
            given[name] = value
        for name in self.names:
            if name not in given:
                raise self._bad("%s needs '%s'" % (self.what, name), "missing_field", name)
        return {f["name"]: encode(f["type"], given[f["name"]], f["name"], self.what)
                for f in self.fields}, options

    def _split(self, kwargs: Dict[str, Any]) -> Tuple[Dict[str, Any], Dict[str, Any]]:
        """Arguments by keyword, and options: an argument of the same name comes first."""
        given: Dict[str, Any] = {}
        options: Dict[str, Any] = dict(kwargs.pop("with_", None) or {})
        for name in options:
            if name not in self.options:
                raise self._bad("%s has no option '%s'; it has %s" % (
                    self.what, name, ", ".join(self.options) or "none"), "unknown_field", name)
        spelt = {spell(name): name for name in self.names}
        for name, value in kwargs.items():
            if name in self.names:
                given[name] = value
            elif name in spelt:
                given[spelt[name]] = value
            elif name in self.options:
                options[name] = value
            else:
                raise self._bad("%s has no argument '%s'%s" % (
                    self.what, name, self._listed("; it has %s")), "unknown_field", name)
        return given, {name: value for name, value in options.items() if value is not None}

    def _listed(self, form: str) -> str:
        return form % ", ".join(self.names) if self.names else ""

    @staticmethod
    def _bad(message: str, code: str, field: str) -> BadArgument:
        return BadArgument(message, code=code, field=field)


class Class:
    """A class as the job describes it."""

    def __init__(self, described: Dict[str, Any]) -> None:
        self.name: str = described["name"]
        self.base: Optional[str] = described.get("base")
        self.methods: Dict[str, Callable] = {}
        self.new = Callable(self.name, described["fields"], NEW_OPTIONS)
        for method in described["methods"]:
            is_ask = method["kind"] == "ask"
            self.methods[method["name"]] = Callable(
                "%s.%s" % (self.name, method["name"]), method["args"],
                ASK_OPTIONS if is_ask else (), method["result"] if is_ask else None,
                "" if is_ask else ": a tell, which has no result")
