"""YAML files, read with types: what is not of the form that a service takes is said with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path


class FormError(Exception):
    """A file is not of the form that its service takes, or uses what the stand-ins don't know."""


def load(path: Path) -> Mapping[str, object]:
    """Read a file.

    Args:
        path: A YAML file with a mapping.

    Returns:
        The mapping; the key ``on``, which YAML 1.1 takes for a truth value, is the word again.
    """
    found: object = yaml.safe_load(path.read_text("utf-8"))
    if not isinstance(found, dict):
        raise FormError(f"{path}: not a mapping")
    return {"on" if key is True else str(key): value for key, value in found.items()}


def mapping(value: object, place: str = "") -> Mapping[str, object]:
    """Take a mapping for what it is; nothing is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise FormError(f"{place}: not a mapping but {value!r}")
    return {str(key): item for key, item in value.items()}


def sequence(value: object, place: str = "") -> Sequence[object]:
    """Take a list for what it is; nothing is an empty one, and a text a list of it."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Sequence):
        raise FormError(f"{place}: not a list but {value!r}")
    return list(value)


def text(value: object) -> str:
    """Write a value as the services write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
