"""Immutable data: each field of a frozen struct has its annotated type, and so has everything inside it."""

from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, NoReturn, TypeVar, Union, get_args, get_origin

import msgspec

from controller.decode_errors import misfit

K = TypeVar("K")
V = TypeVar("V")

_PLAIN: Final = (int, float, str, bool, NoneType)


class FrozenDict(dict[K, V]):
    """An immutable dict, which therefore has a hash. Every attempt to change it raises `TypeError`."""

    __slots__ = ()

    def _refuse(self, *arguments: object, **named: object) -> NoReturn:
        raise TypeError("this mapping is immutable: make a new one, {**mapping, key: value}")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)  # pickle and copy would otherwise fill an empty dict key by key.


def settle(struct: msgspec.Struct, refusal: Callable[[str, object, str], Exception], within: str = "") -> None:
    """Convert a struct's fields to their annotated types. Its `__post_init__` calls this before it checks the values.

    A list becomes a tuple, an int a float, a mapping a struct or a `FrozenDict`, as the annotation says. A value of
    another type raises `refusal(field, value, must)`; `within` stands before the field's name, as in `link.latency_s`.
    """
    for name, encoded, plain, kind in _fields(type(struct)):
        value = getattr(struct, name)
        if type(value) in plain:
            continue
        try:
            settled = msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            found = misfit(value, kind, within + encoded)
            if found is None:
                raise refusal(within + encoded, value, str(error)) from None
            raise found.refusal or refusal(found.place, found.value, found.must) from None
        frozen = FrozenDict(settled) if isinstance(settled, Mapping) else settled
        msgspec.structs.force_setattr(struct, name, frozen)


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, frozenset[type], Any], ...]:
    """For each field: name, name in a file, types whose values need no conversion, and annotation."""
    fields = msgspec.structs.fields(kind)
    return tuple((field.name, field.encode_name, frozenset(_plain(field.type)), field.type) for field in fields)


def _plain(kind: Any) -> list[type]:
    """The immutable types in an annotation whose values all fit it."""
    if get_origin(kind) in (Union, UnionType):
        return [plain for alternative in get_args(kind) for plain in _plain(alternative)]
    return [kind] if kind in _PLAIN or (isinstance(kind, type) and issubclass(kind, msgspec.Struct)) else []
