"""``sitediff debug``: what somebody else has to know of a machine to understand what went wrong there."""

from __future__ import annotations

import getpass
import os
import platform
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from .. import __version__
from ..core.model import Role
from ..core.outcome import python_of
from ..core.record import FILE_NAME, python_json
from ..core.veil import Veil, variables_that_count
from ..environment.default import default_environment
from ..environment.state_file import load_record
from ..errors import SitediffError
from ..files import read_text
from ..programs import ask, patience
from ..uv.program import find_uv

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ..core.record import Json
    from .context import Context

_DISTRIBUTIONS: Final = ("tox", "tox-uv", "tox-uv-bare", "nox", "virtualenv", "uv", "packaging", "pluggy", "filelock")
_FILES: Final = (
    "tox.ini",
    "tox.toml",
    "setup.cfg",
    "pyproject.toml",
    "noxfile.py",
    "uv.toml",
    "uv.lock",
    "pylock.toml",
)
_KEY: Final = re.compile(r"^[ \t]*(sitediff\w*)[ \t]*=[ \t]*([^\n]*)$", re.MULTILINE)
_MOST: Final = 1024 * 1024


def debug(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:  # noqa: ARG001
    """Show what is here, as far as it can be found out, without what is nobody's business."""
    veil = _veil(context.variables)
    problems: list[Json] = []
    found: dict[str, Json] = {
        "schema": 1,
        "versions": _versions(),
        "system": {
            "platform": platform.platform(terse=True),
            "machine": platform.machine(),
            "python": f"{platform.python_implementation()} {platform.python_version()}",
        },
        "environment": _environment(context, options.python, problems),
        "variables": {name: veil.value(name, value) for name, value in variables_that_count(context.variables).items()},
        "files": [*_files(context.directory, veil)],
        "record": _record(context),
        "problems": problems,
    }
    shown = {name: value if name == "variables" else veil.data(value) for name, value in found.items()}
    if options.format == "json":
        context.show_json(shown)
    else:
        context.show("\n".join(_lines(shown)))
    context.say("look it through before you publish it: what is secret here, only you know")
    return 0


def _veil(variables: Mapping[str, str]) -> Veil:
    homes = {variables.get(name, "") for name in ("HOME", "USERPROFILE")} | {os.path.expanduser("~")}
    homes = {home for home in homes if os.path.isabs(home) and os.path.dirname(home) != home}
    users = {variables.get(name, "") for name in ("USER", "USERNAME", "LOGNAME", "SUDO_USER")}
    with suppress(OSError, KeyError, ImportError):
        users.add(getpass.getuser())
    # that everybody has one of these says nothing, and they are words of paths and of other names
    users -= {"", "root", "user", "admin", "runner", "python"}
    return Veil(homes=sorted(homes | {os.path.realpath(home) for home in homes}), users=sorted(users))


def _versions() -> dict[str, Json]:
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, Json] = {"tox-sitediff": __version__}
    for name in _DISTRIBUTIONS:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    with suppress(SitediffError):
        answer = ask([os.fspath(find_uv()), "--version"], limit=patience())
        found["uv, as it is started"] = answer.out.decode("utf-8", "replace").strip() or "?"
    return found


def _environment(context: Context, python: str | None, problems: list[Json]) -> Json:
    """Tell what an environment, or a base, is like; what can't be found out becomes a problem."""
    found: dict[str, Json] = {}
    try:
        place = context.find(python, fallback=True)
        found = {"directory": os.fspath(place.directory), "kind": place.kind, "how": place.how}
        with context.over(place) as environment:
            slim = context.slim(environment)
            seen = slim.environment.look()
            found["inherits"] = place.inherits
            found["python"] = python_json(python_of(seen))
            found["offered"] = seen.inventory.offered()
            found["broken"] = len(seen.inventory.broken())
            found["layers"] = [
                {"role": layer.role, "path": layer.path}
                for layer in seen.interpreter.layers
                if layer.role is not Role.OWN or environment is place
            ]
    except (SitediffError, OSError) as error:
        problems.append(str(error))
    return found or None


def _files(directory: Path, veil: Veil) -> Iterator[Json]:
    """Name the files of a project that count, with the keys of ours in them."""
    for name in _FILES:
        if (text := read_text(directory / name, _MOST)) is not None:
            keys: dict[str, Json] = {key: veil.value(key, value) for key, value in _KEY.findall(text)}
            yield {"name": name, "keys": keys}


def _record(context: Context) -> Json:
    """Return the head of the newest record here, and how much the rest of it holds."""
    newest = max(_records(context), key=lambda file: file.stat().st_mtime_ns, default=None)
    if newest is None:
        return None
    if (record := load_record(newest.parent)) is None:
        return {"file": os.fspath(newest), "damaged": True}
    data = record.as_json()
    counted = ("declared", "reused", "installed", "shadowed", "conflicts", "undeclared")
    head: dict[str, Json] = {"file": os.fspath(newest)}
    head |= {key: data[key] for key in ("env", "created", "machine", "python", "layers", "bytes", "seconds")}
    return {**head, **{key: len(value) for key in counted if isinstance(value := data[key], list)}}


def _records(context: Context) -> Iterator[Path]:
    default = default_environment(context.directory)
    active = context.variables.get("VIRTUAL_ENV")
    for directory in (*([context.directory / active] if active else []), *([default[0]] if default else [])):
        if (directory / FILE_NAME).is_file():
            yield directory / FILE_NAME
    for name in (".tox", ".nox"):
        yield from (context.directory / name).glob(f"*/{FILE_NAME}")


def _lines(data: Mapping[str, Json]) -> Iterator[str]:
    """Write it for people: a heading for each part, and below it a line for each thing."""
    for heading, part in data.items():
        if heading != "schema":
            yield heading
            yield from (f"  {line}" for line in _below(part))


def _below(part: Json) -> Iterator[str]:
    if isinstance(part, dict) and part:
        room = max(map(len, part))
        for name, value in part.items():
            first, *more = [*_below(value)] if isinstance(value, list) and value else [_inline(value)]
            yield f"{name.ljust(room)}  {first}"
            yield from (f"{' ' * room}  {line}" for line in more)
    elif isinstance(part, list) and part:
        yield from map(_inline, part)
    else:
        yield "none" if not part else _inline(part)


def _inline(value: Json) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_inline(item)}" for name, item in value.items() if item not in (None, {}, []))
    if value is None or value == "":
        return "-"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
