"""Python's values as those of a job, and back, by the types that the job describes."""

import base64
import binascii
import keyword
import math
import operator
import re
from collections import namedtuple
from typing import Any, Callable, Dict, List

from ._errors import BadArgument

Type = Dict[str, Any]
MOST_FLOAT32 = (2 - 2 ** -23) * 2.0 ** 127


def spell(name: str) -> str:
    """A field's name as Python can write it: `from` is `from_`."""
    return name + "_" if keyword.iskeyword(name) else name


def say_type(kind: Type) -> str:
    """How a program says it, for messages: `uint64_t`, `span of double`."""
    if kind["type"] in ("span", "array") and not kind.get("c"):
        return "%s of %s" % (kind["type"], say_type(kind["element"]))
    return str(kind.get("c") or kind["type"])


def python_type(kind: Type) -> Any:
    """The annotation of such a value."""
    if is_text(kind):
        return str
    if is_octets(kind):
        return bytes
    return {"void": None, "bool": bool, "int": int, "uint": int, "float": float, "string": str,
            "span": list, "array": list, "bytes": bytes, "struct": tuple}.get(kind["type"], Any)


def is_text(kind: Type) -> bool:
    return kind["type"] in ("span", "array") and kind["element"].get("c") == "char"


def is_octets(kind: Type) -> bool:
    return (kind["type"] in ("span", "array") and kind["element"]["type"] == "uint"
            and kind["element"]["bits"] == 8)


# ---- to the job ------------------------------------------------------------------------------


def encode(kind: Type, value: Any, path: str, what: str) -> Any:
    """`value` for JSON. A wrong one is a BadArgument with `path`, in the call of `what`."""
    return _ENCODERS[kind["type"]](kind, value, path, what)


def _wrong(kind: Type, value: Any, path: str, what: str) -> BadArgument:
    return BadArgument("%s: %s takes %s, not %s" %
                       (what, path, say_type(kind), type(value).__name__),
                       code="wrong_type", field=path)


def _range(value: Any, path: str, what: str, says: str) -> BadArgument:
    return BadArgument("%s: %s %s, which %r is not" % (what, path, says, value),
                       code="out_of_range", field=path)


def _encode_int(kind: Type, value: Any, path: str, what: str) -> Any:
    if isinstance(value, bool):
        raise _wrong(kind, value, path, what)
    try:
        number = operator.index(value)
    except TypeError:
        raise _wrong(kind, value, path, what) from None
    bits = kind["bits"]
    least, most = (0, 2 ** bits - 1) if kind["type"] == "uint" else (-2 ** (bits - 1), 2 ** (bits - 1) - 1)
    if not least <= number <= most:
        raise _range(number, path, what, "is a number from %d to %d" % (least, most))
    return number if number < 2 ** 63 else str(number)      # beyond what all readers of JSON take


def _encode_float(kind: Type, value: Any, path: str, what: str) -> Any:
    if isinstance(value, (bool, str, bytes)):
        raise _wrong(kind, value, path, what)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _wrong(kind, value, path, what) from None
    except OverflowError:
        raise _range(value, path, what, "is a %s" % say_type(kind)) from None
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if kind.get("bits") == 32 and abs(number) > MOST_FLOAT32:
        raise _range(number, path, what, "is a %s" % say_type(kind))
    return number


def _encode_bool(kind: Type, value: Any, path: str, what: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(kind, value, path, what)
    return value


def _base64(data: Any) -> Dict[str, str]:
    return {"base64": base64.b64encode(bytes(data)).decode("ascii")}


def _encode_string(kind: Type, value: Any, path: str, what: str) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _base64(value)
    if not isinstance(value, str):
        raise _wrong(kind, value, path, what)
    if kind["type"] == "string" and "\0" in value:
        raise BadArgument("%s: %s is a text, and holds a character 0" % (what, path),
                          code="out_of_range", field=path)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise BadArgument("%s: %s is no text that UTF-8 can write: give bytes" % (what, path),
                          code="not_utf8", field=path) from None
    return value


def _encode_list(kind: Type, value: Any, path: str, what: str) -> Any:
    if is_text(kind) or is_octets(kind):
        if isinstance(value, (str, bytes, bytearray, memoryview)):
            return _encode_string(kind, value, path, what)
    try:
        items = None if isinstance(value, (str, bytes, dict)) else list(value)
    except TypeError:
        items = None
    if items is None:
        raise _wrong(kind, value, path, what)
    if kind["type"] == "array" and len(items) != kind["length"]:
        raise _range(len(items), path, what, "has %d elements" % kind["length"])
    element = kind["element"]
    one = _ENCODERS[element["type"]]
    return [one(element, item, "%s[%d]" % (path, i), what) for i, item in enumerate(items)]


def _encode_struct(kind: Type, value: Any, path: str, what: str) -> Any:
    names = [field["name"] for field in kind["fields"]]
    if isinstance(value, dict):
        given = {(key[:-1] if key[:-1] in names and key not in names else key): item
                 for key, item in value.items() if isinstance(key, str)}
    elif isinstance(value, (tuple, list)) and len(value) == len(names):
        given = dict(zip(names, value))
    else:
        raise _wrong(kind, value, path, what)
    for name in given:
        if name not in names:
            raise BadArgument("%s: %s has no '%s'; it has %s" % (what, path, name, ", ".join(names)),
                              code="unknown_field", field="%s.%s" % (path, name))
    for name in names:
        if name not in given:
            raise BadArgument("%s: %s needs '%s'" % (what, path, name), code="missing_field",
                              field="%s.%s" % (path, name))
    return {field["name"]: encode(field["type"], given[field["name"]],
                                  "%s.%s" % (path, field["name"]), what)
            for field in kind["fields"]}


def _encode_handle(kind: Type, value: Any, path: str, what: str) -> Any:
    if value is None or isinstance(value, str):
        return value
    key = getattr(value, "_key", None)
    if key is None:
        raise _wrong(kind, value, path, what)
    return key


def _encode_bytes(kind: Type, value: Any, path: str, what: str) -> Any:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise _wrong(kind, value, path, what)
    if len(bytes(value)) != kind["length"]:
        raise _range(len(bytes(value)), path, what, "has %d bytes" % kind["length"])
    return _base64(value)


_ENCODERS: Dict[str, Callable[[Type, Any, str, str], Any]] = {
    "int": _encode_int, "uint": _encode_int, "float": _encode_float, "bool": _encode_bool,
    "string": _encode_string, "span": _encode_list, "array": _encode_list,
    "struct": _encode_struct, "handle": _encode_handle, "bytes": _encode_bytes,
}


# ---- from the job ----------------------------------------------------------------------------


def decode(kind: Type, value: Any, session: Any) -> Any:
    """What JSON brought, as Python's: structs are named tuples, handles are actors."""
    what = kind["type"]
    if what in ("int", "uint"):
        return int(value)
    if what == "float":
        return float(value)             # "NaN" and "-Infinity" too
    if what in ("span", "array"):
        return _decode_list(kind, value, session)
    if what == "struct":
        return _decode_struct(kind, value, session)
    if what == "handle":
        return None if value is None else session._actor_of(value)
    if what in ("string", "bytes"):
        return _decode_text(value)
    return value


def _decode_text(value: Any) -> Any:
    if isinstance(value, dict):
        try:
            return base64.b64decode(value["base64"], validate=True)
        except (KeyError, binascii.Error, TypeError):
            raise BadArgument("the job sent %r for a text" % (value,)) from None
    return value


def _decode_list(kind: Type, value: Any, session: Any) -> Any:
    if isinstance(value, list):
        items: List[Any] = [decode(kind["element"], item, session) for item in value]
        return bytes(items) if is_octets(kind) else items
    text = _decode_text(value)
    return text.encode("utf-8") if is_octets(kind) and isinstance(text, str) else text


_structs: Dict[Any, Any] = {}


def _decode_struct(kind: Type, value: Any, session: Any) -> Any:
    names = tuple(field["name"] for field in kind["fields"])
    key = (kind.get("c"), names)
    made: Any = _structs.get(key)
    if made is None:
        called = re.sub(r"\W", "_", str(kind.get("c") or "struct"))
        made = namedtuple(spell(called), [spell(name) for name in names], rename=True)  # type: ignore
        _structs[key] = made
    return made(*(decode(field["type"], value[field["name"]], session) for field in kind["fields"]))
