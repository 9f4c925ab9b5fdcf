"""Data that nothing changes, whoever makes it: every field is of the type that it says, down to the bottom."""

from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, NoReturn, TypeVar, Union, get_args, get_origin

import msgspec

from controller.decode_errors import refused_field

K = TypeVar("K")
V = TypeVar("V")

_PLAIN: Final = (int, float, str, bool, NoneType)


class FrozenDict(dict[K, V]):
    """A dict that is never changed, and so has a hash. Raises `TypeError` where it should be."""

    __slots__ = ()

    def _refuse(self, *arguments: object, **named: object) -> NoReturn:
        raise TypeError("this mapping is never changed: make another one, {**mapping, key: value}")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)  # Whoever copies a dict in another way fills an empty one.


def settle(struct: msgspec.Struct, refusal: Callable[[str, object, str], Exception], within: str = "") -> None:
    """Make a frozen struct what its annotations say, from its `__post_init__`, before anything is asked of its values.

    A list becomes a tuple, an int a float where it should be one, a mapping a struct where that should be there, and
    else a `FrozenDict`. A value of another type raises `refusal` with the field (`within` stands before its name, as
    in `link.latency_s`), the value and what is allowed, as a file with such a value would.
    """
    for name, encoded, plain, kind in _fields(type(struct)):
        value = getattr(struct, name)
        if type(value) in plain:
            continue
        try:
            settled = msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            raise _refused(error, within + encoded, value, kind, refusal) from None
        frozen = FrozenDict(settled) if isinstance(settled, Mapping) else settled
        msgspec.structs.force_setattr(struct, name, frozen)


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, frozenset[type], Any], ...]:
    """Name, name in a file, types of which every value fits as it is, and annotation of each field."""
    fields = msgspec.structs.fields(kind)
    return tuple((field.name, field.encode_name, frozenset(_plain(field.type)), field.type) for field in fields)


def _plain(kind: Any) -> list[type]:
    """The types in an annotation of which every value fits, and cannot be changed."""
    if get_origin(kind) in (Union, UnionType):
        return [plain for alternative in get_args(kind) for plain in _plain(alternative)]
    return [kind] if kind in _PLAIN or (isinstance(kind, type) and issubclass(kind, msgspec.Struct)) else []


def _refused(
    error: msgspec.ValidationError, field: str, value: object, kind: Any,
    refusal: Callable[[str, object, str], Exception],
) -> Exception:  # fmt: skip
    """The `refusal` that says what msgspec's `error` says of a field."""
    try:
        place, found, allowed = refused_field(error, value, kind)
    except LookupError:
        # A struct of this value's, made from a mapping, has said itself what is wrong with it.
        return error.__cause__ if isinstance(error.__cause__, Exception) else refusal(field, value, str(error))
    joint = "" if not place or place.startswith("[") else "."
    return refusal(f"{field}{joint}{place}", found, allowed)
