"""What is wrong with a document, in one line: the field, its value, and what is allowed there.

msgspec says where a document does not fit; which value stands there, and what might, is looked up here.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from reprlib import repr as short
from typing import Any, Final

import msgspec
from msgspec import inspect

_PLACED: Final = re.compile(r"(?P<words>.*?)(?: - at `\$(?P<place>.*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]|\[\.\.\.\]")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.+)`", re.DOTALL)
_EXPECTED: Final = re.compile(r"Expected (.+), got .+", re.DOTALL)
_PLAIN: Final = {inspect.IntType: int, inspect.FloatType: float, inspect.StrType: str}


def objection(error: Exception, text: bytes, kind: Any) -> str:
    """The decoder's `error` about a JSON `text` that should be a `kind`; its own words where no more can be said."""
    try:
        field, value, allowed = refused_field(error, msgspec.json.decode(text), kind)
    except (LookupError, UnicodeDecodeError, RecursionError, msgspec.MsgspecError):
        return str(error)  # The decoder stopped there: what follows may be anything, the same key once more among it.
    return f"{field or 'the document'} = {short(value)}: allowed is {allowed}"


def refused_field(error: Exception, document: Any, kind: Any) -> tuple[str, Any, str]:
    """Field, value and what is allowed, of msgspec's `error` about a `document` that should be a `kind`.

    The field is empty where it is the whole document. Raises `LookupError` where no more is known than the error says.
    """
    found = _PLACED.fullmatch(str(error))
    if not isinstance(error, msgspec.ValidationError) or found is None or "allowed is" in found["words"]:
        raise LookupError(str(error))
    try:
        field, value, allowed = _told(found["words"], found["place"] or "", document, kind)
    except TypeError:
        raise LookupError(str(error)) from None
    if not allowed:
        raise LookupError(str(error))
    return field.removeprefix("."), value, allowed


def one_of_the_keys(key: str, keys: Iterable[str]) -> str:
    """What is allowed in the place of an unknown key; the one that was most likely meant comes last."""
    known = list(keys)
    close = get_close_matches(key, known, n=1)
    return f"one of the keys {', '.join(known)}" + (f"; did you mean {close[0]}?" if close else "")


def _told(words: str, place: str, document: Any, kind: Any) -> tuple[str, Any, str]:
    """The field at a place, its value and what is allowed (nothing where that is not known). Raises `LookupError`."""
    place, value, node = _at(document, inspect.type_info(kind), place)
    if (unknown := _UNKNOWN.fullmatch(words)) is not None:
        keys = [field.encode_name for field in node.fields] if isinstance(node, inspect.StructType) else []
        return f"{place}.{unknown[1]}", value[unknown[1]], one_of_the_keys(unknown[1], keys)
    if (expected := _EXPECTED.fullmatch(words)) is not None:
        return place, value, _words(node) or expected[1].replace("`", "")
    return place, value, _tags(node) if words.startswith("Invalid ") else ""


def _at(value: Any, node: inspect.Type, place: str) -> tuple[str, Any, inspect.Type]:
    """What stands at a place like `.items[0]`, and what kind should; of a union's kind tag, the union.

    Of a mapping msgspec does not say which entry it means (`[...]`): the first that does not fit.
    """
    consumed, named = 0, ""
    for step in _STEP.finditer(place):
        consumed += len(step[0])
        key, number = step[1], step[2]
        chosen = _chosen(node, value)
        if key is None and number is None:
            key = _misfit(value, chosen)
        value = value[key] if key is not None else value[int(number)]
        named += f".{key}" if key is not None else step[0]
        if isinstance(chosen, inspect.StructType):
            node = next((field.type for field in chosen.fields if field.encode_name == key), node)
        elif isinstance(chosen, inspect.VarTupleType):
            node = chosen.item_type
        elif isinstance(chosen, inspect.DictType):
            node = chosen.value_type
    if consumed != len(place):
        raise LookupError(place)
    return named, value, _chosen(node, value)


def _misfit(mapping: Any, node: inspect.Type) -> str:
    """The first key of a mapping whose value is not of the plain type that it should be. Raises `LookupError`."""
    if isinstance(node, inspect.DictType) and (plain := _PLAIN.get(type(node.value_type))) is not None:
        for key, value in mapping.items():
            if type(value) is not plain:
                return str(key)
    raise LookupError("[...]")


def _chosen(node: inspect.Type, value: Any) -> inspect.Type:
    """The alternative of a union that a value is meant to be; the union itself if it is none."""
    if not isinstance(node, inspect.UnionType):
        return node
    for kind in node.types:
        if isinstance(kind, inspect.StructType) and isinstance(value, dict):
            if kind.tag_field is None or value.get(kind.tag_field) == kind.tag:
                return kind
        elif isinstance(kind, inspect.VarTupleType) and isinstance(value, list | tuple):
            return kind
    return node


def _words(node: inspect.Type) -> str:
    """The types that fit, in words; nothing where msgspec's own words say more."""
    if isinstance(node, inspect.UnionType):
        if all(isinstance(kind, inspect.StructType) for kind in node.types):
            return "object"  # Which of them is another question, that of the tag.
        kinds = [_words(kind) for kind in node.types]
        return ", ".join(kinds) if all(kinds) else ""
    if isinstance(node, inspect.StructType):
        return f"object {node.cls.__name__}"
    if isinstance(node, inspect.VarTupleType):
        return f"array of {_words(node.item_type)}"
    if isinstance(node, inspect.NoneType):
        return "null"
    return _tags(node)


def _tags(node: inspect.Type) -> str:
    """The tags that tell a union's kinds apart, or the values of a literal; nothing where neither is asked for."""
    if isinstance(node, inspect.UnionType):
        return ", ".join(filter(None, map(_tags, node.types)))
    if isinstance(node, inspect.StructType):
        return str(node.tag or "")
    if isinstance(node, inspect.LiteralType):
        return ", ".join(map(str, node.values))
    plain = _PLAIN.get(type(node))
    return "" if plain is None else plain.__name__
