"""What is wrong with a document, in one line: the field, its value, and what is allowed there.

msgspec says where a document does not fit; which value stands there, and what might, is looked up here.
"""

import re
from reprlib import repr as short
from typing import Any, Final

import msgspec
from msgspec import inspect

_PLACED: Final = re.compile(r"(?P<words>.*?)(?: - at `\$(?P<place>.*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.+)`", re.DOTALL)
_EXPECTED: Final = re.compile(r"Expected (.+), got .+", re.DOTALL)
_PLAIN: Final = {inspect.IntType: "int", inspect.FloatType: "float", inspect.StrType: "str"}


def objection(error: Exception, text: bytes, kind: Any) -> str:
    """The decoder's `error` about a JSON `text` that should be a `kind`; its own words where no more can be said."""
    found = _PLACED.fullmatch(str(error))
    if not isinstance(error, msgspec.ValidationError) or found is None or "allowed is" in found["words"]:
        return str(error)
    try:
        field, value, allowed = _told(found["words"], found["place"] or "", msgspec.json.decode(text), kind)
    except (LookupError, TypeError, UnicodeDecodeError, RecursionError, msgspec.MsgspecError):
        return str(error)  # The decoder stopped there: what follows may be anything, the same key once more among it.
    return (
        f"{field.removeprefix('.') or 'the document'} = {short(value)}: allowed is {allowed}" if allowed else str(error)
    )


def _told(words: str, place: str, document: Any, kind: Any) -> tuple[str, Any, str]:
    """The field at a place, its value and what is allowed (nothing where that is not known). Raises `LookupError`."""
    value, node = _at(document, inspect.type_info(kind), place)
    if (unknown := _UNKNOWN.fullmatch(words)) is not None:
        keys = [field.encode_name for field in node.fields] if isinstance(node, inspect.StructType) else []
        return f"{place}.{unknown[1]}", value[unknown[1]], f"one of the keys {', '.join(keys)}"
    if (expected := _EXPECTED.fullmatch(words)) is not None:
        return place, value, expected[1].replace("`", "")
    return place, value, _tags(node) if words.startswith("Invalid ") else ""


def _at(value: Any, node: inspect.Type, place: str) -> tuple[Any, inspect.Type]:
    """What stands at a place like `.items[0]`, and what kind should; of a union's kind tag, the union."""
    consumed = 0
    for step in _STEP.finditer(place):
        consumed += len(step[0])
        key, number = step[1], step[2]
        chosen = _chosen(node, value)
        value = value[key] if key is not None else value[int(number)]
        if isinstance(chosen, inspect.StructType):
            node = next((field.type for field in chosen.fields if field.encode_name == key), node)
        elif isinstance(chosen, inspect.VarTupleType):
            node = chosen.item_type
    if consumed != len(place):
        raise LookupError(place)
    return value, _chosen(node, value)


def _chosen(node: inspect.Type, value: Any) -> inspect.Type:
    """The alternative of a union that a value is meant to be; the union itself if it is none."""
    if not isinstance(node, inspect.UnionType):
        return node
    for kind in node.types:
        if isinstance(kind, inspect.StructType) and isinstance(value, dict):
            if kind.tag_field is None or value.get(kind.tag_field) == kind.tag:
                return kind
        elif isinstance(kind, inspect.VarTupleType) and isinstance(value, list):
            return kind
    return node


def _tags(node: inspect.Type) -> str:
    """The tags that tell a union's kinds apart, or the values of a literal; nothing where neither is asked for."""
    if isinstance(node, inspect.UnionType):
        return ", ".join(filter(None, map(_tags, node.types)))
    if isinstance(node, inspect.StructType):
        return str(node.tag or "")
    return ", ".join(map(str, node.values)) if isinstance(node, inspect.LiteralType) else _PLAIN.get(type(node), "")
