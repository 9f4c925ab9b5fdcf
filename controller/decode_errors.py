"""One line for a document that does not fit its type: the field, what it must be, and its value.

msgspec's own message names neither the value nor the alternatives. So this module looks for the first part of the
document that does not fit, and takes what it must be from the type itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from reprlib import repr as short
from types import NoneType, UnionType
from typing import Any, Final, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from controller.errors import ControllerError

_WORDS: Final = {int: "an integer", float: "a number", str: "a string", bool: "true or false", NoneType: "null"}


class Misfit(NamedTuple):
    """A part of a document that does not fit its type.

    `place` leads to it from the whole document, as in `.items[0].length_m`. `must` completes "it must be ...". If the
    type itself refused values that fit their own types, `refusal` is its error, and `must` is empty.
    """

    place: str
    value: Any
    must: str
    refusal: Exception | None = None


def objection(error: Exception, text: bytes, kind: Any) -> str:
    """One line on the decoder's `error` about the JSON `text` of a `kind`: the misfit, or else the error's own text."""
    try:
        found = misfit(msgspec.json.decode(text), kind) if isinstance(error, msgspec.ValidationError) else None
    except (UnicodeDecodeError, RecursionError, msgspec.MsgspecError):
        found = None  # The decoder stopped at the first error. The rest of the text may not even be JSON.
    if found is None:
        return str(error)
    place = found.place.removeprefix(".")
    if found.refusal is None:
        return f"{place or 'the document'} must be {found.must}, got {short(found.value)}"
    refusal = str(found.refusal)
    return refusal if refusal.startswith(place) else f"{place}: {refusal}"


def misfit(value: Any, kind: Any, place: str = "") -> Misfit | None:
    """The first part of `value` that does not fit, or None if the whole is a `kind`."""
    try:
        msgspec.convert(value, kind, str_keys=True)
    except ControllerError as error:
        refusal: BaseException | None = error
    except msgspec.ValidationError as error:
        refusal = error.__cause__
    else:
        return None
    kind = _intended(value, kind)
    for step, part, part_kind in _parts(value, kind):
        if (found := misfit(part, part_kind, place + step)) is not None:
            return found
    if isinstance(refusal, Exception):
        return Misfit(place, value, "", refusal)
    return _misfit_itself(value, kind, place)


def one_of(name: str, names: Iterable[str]) -> str:
    """What an unknown name must be: one of `names`. Ends with the one that was probably meant, if one is close."""
    known = list(names)
    close = get_close_matches(name, known, n=1)
    return f"one of {', '.join(known)}" + (f" (did you mean {close[0]}?)" if close else "")


def _intended(value: Any, kind: Any) -> Any:
    """The alternative of a union that `value` is an attempt at; the union itself if that is open."""
    for alternative in _alternatives(kind):
        if _is_struct(alternative) and isinstance(value, Mapping):
            config = alternative.__struct_config__
            if config.tag_field is None or value.get(config.tag_field) == config.tag:
                return alternative
        elif get_origin(alternative) is tuple and isinstance(value, list | tuple):
            return alternative
    return kind


def _parts(value: Any, kind: Any) -> Iterator[tuple[str, Any, Any]]:
    """Step, value and type of each part that `value` has as a `kind`."""
    arguments = get_args(kind)
    if _is_struct(kind) and isinstance(value, Mapping):
        for field in msgspec.structs.fields(kind):
            if field.encode_name in value:
                yield f".{field.encode_name}", value[field.encode_name], field.type
    elif get_origin(kind) is tuple and isinstance(value, list | tuple):
        kinds = [arguments[0]] * len(value) if ... in arguments else arguments
        for index, (part, part_kind) in enumerate(zip(value, kinds, strict=False)):
            yield f"[{index}]", part, part_kind
    elif _is_mapping(kind) and isinstance(value, Mapping):
        for key, part in value.items():
            yield f".{key}", part, arguments[1]


def _misfit_itself(value: Any, kind: Any, place: str) -> Misfit:
    """What is wrong with a value all of whose parts fit."""
    alternatives = _alternatives(kind)
    if not isinstance(value, Mapping) or not all(map(_is_struct, alternatives)):
        return Misfit(place, value, _words(kind))
    tag_field = alternatives[0].__struct_config__.tag_field
    if len(alternatives) > 1 and tag_field in value:
        tags = ", ".join(str(alternative.__struct_config__.tag) for alternative in alternatives)
        return Misfit(f"{place}.{tag_field}", value[tag_field], f"one of {tags}")
    if len(alternatives) > 1:
        return Misfit(place, value, f"an object with the key {tag_field}")
    fields = {field.encode_name: field.required for field in msgspec.structs.fields(kind)}
    for key in value:
        if kind.__struct_config__.forbid_unknown_fields and key not in fields and key != tag_field:
            return Misfit(f"a key of {place.removeprefix('.') or 'the document'}", key, one_of(key, fields))
    missing = [key for key, required in fields.items() if required and key not in value]
    return Misfit(place, value, f"an object with the key {missing[0]}" if missing else _words(kind))


def _words(kind: Any) -> str:
    """A type in words, as they follow "must be"."""
    alternatives, arguments = _alternatives(kind), get_args(kind)
    if len(alternatives) > 1:
        structs = all(map(_is_struct, alternatives))
        return "an object" if structs else " or ".join(map(_words, alternatives))
    if get_origin(kind) is Literal:
        return f"{'one of ' if len(arguments) > 1 else ''}{', '.join(map(str, arguments))}"
    if get_origin(kind) is tuple:
        return f"an array{'' if ... in arguments else f' of {len(arguments)}'}, each entry {_words(arguments[0])}"
    if _is_mapping(kind):
        return "an object"
    return f"an object {kind.__name__}" if _is_struct(kind) else _WORDS.get(kind, str(kind))


def _alternatives(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) in (dict, Mapping)
