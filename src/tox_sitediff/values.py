"""Dataclasses with keyword-only fields that cost next to nothing to define.

`dataclasses.dataclass` writes the source of up to six methods for each class and compiles it when the module is loaded:
1.5 million instructions each time, and a run that installs something loads more than sixty such classes. What is made
here is a dataclass to everyone who asks (``fields``, ``replace``, ``asdict``, type checkers by PEP 681), with methods
that are the same for all classes.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(cls: type[_T]) -> type[_T]:
    """Make a class a frozen dataclass with keyword-only fields, which is compared and hashed by their values.

    Args:
        cls: The class; it has a docstring, without which `dataclasses` would write one.

    Returns:
        The same class.
    """
    return _with(mutable(cls), __setattr__=_refuse_setting, __delattr__=_refuse_deleting, __hash__=_hash)


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
def mutable(cls: type[_T]) -> type[_T]:
    """Make a class a dataclass with keyword-only fields, which is compared by their values and has no hash.

    Args:
        cls: The class; it has a docstring, without which `dataclasses` would write one.

    Returns:
        The same class.
    """
    found = dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)(cls)
    return _with(found, __init__=_init(found), __repr__=_repr, __eq__=_eq, __hash__=None)


def _with(cls: type[_T], **methods: object) -> type[_T]:
    for name, method in methods.items():
        setattr(cls, name, method)
    return cls


def _init(cls: type) -> object:
    """Make what takes the fields of a class."""
    taken: list[Field[object]] = [item for item in fields(cls) if item.init]
    names = frozenset(item.name for item in taken)
    defaults = {item.name: item.default for item in taken if item.default is not MISSING}
    factories = {item.name: item.default_factory for item in taken if item.default_factory is not MISSING}
    is_completed = hasattr(cls, "__post_init__")

    def complete(values: dict[str, object]) -> dict[str, object]:
        if unknown := sorted(values.keys() - names):
            raise TypeError(f"{cls.__qualname__}() has no field {', '.join(unknown)}")
        made = {name: make() for name, make in factories.items() if name not in values}
        values = {**defaults, **made, **values}
        if missing := sorted(names - values.keys()):
            raise TypeError(f"{cls.__qualname__}() lacks {', '.join(missing)}")
        return values

    def init(self: object, /, **values: object) -> None:
        object.__setattr__(self, "__dict__", values if values.keys() == names else complete(values))
        if is_completed:
            self.__post_init__()  # type: ignore[attr-defined]

    return init


def _repr(self: object) -> str:
    shown = (f"{item.name}={getattr(self, item.name)!r}" for item in fields(self))  # type: ignore[arg-type]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: object, other: object) -> bool:
    return self.__dict__ == other.__dict__ if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(frozenset(self.__dict__.items()))


def _refuse_setting(self: object, name: str, value: object) -> None:  # noqa: ARG001  # as Python calls it
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(self: object, name: str) -> None:  # noqa: ARG001  # as Python calls it
    raise FrozenInstanceError(f"cannot delete field {name!r}")
