"""``sitediff report``: records of environments, machines and CI matrices, merged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.fields import Malformed
from ..core.record import FILE_NAME, from_json
from ..core.render import markdown, table, undeclared
from ..environment.default import default_environment
from ..errors import EnvironmentProblem
from ..files import read_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from ..core.record import Json, Record
    from .context import Context


def report(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:  # noqa: ARG001
    """Show records."""
    if options.paths:
        files = [file for text in options.paths for file in _records_in(context.directory / text)]
    else:
        files = list(dict.fromkeys(_usual(context)))
        if not files:
            raise EnvironmentProblem(
                f"there is no {FILE_NAME} in the active environment, nor in .venv, .tox or .nox of "
                f"{context.directory}; name files or directories"
            )
    records = [_read(file) for file in files]
    if options.format == "json":
        merged: list[Json] = [dict(record.as_json()) for record in records]
        context.show_json({"schema": 1, "records": merged})
    elif options.format == "markdown":
        context.show(markdown(records))
    else:
        context.show("\n\n".join(filter(None, (table(records), undeclared(records)))))
    return 0


def _usual(context: Context) -> Iterator[Path]:
    active = context.variables.get("VIRTUAL_ENV")
    default = default_environment(context.directory)
    for directory in (*((context.directory / active,) if active else ()), *((default[0],) if default else ())):
        if (directory / FILE_NAME).is_file():
            yield directory / FILE_NAME
    for name in (".tox", ".nox"):
        yield from sorted((context.directory / name).glob(f"*/{FILE_NAME}"))


def _records_in(path: Path) -> list[Path]:
    """Find the records that a file or a directory stands for."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise EnvironmentProblem(f"{path} is neither a file nor a directory; name records, or directories of them")
    found = sorted(_walk(path))
    if not found:
        raise EnvironmentProblem(f"there is no {FILE_NAME} in {path} or below")
    return found


def _walk(path: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(path):
        # what CI collects is often renamed: py312-sitediff.json
        records = [name for name in names if name.endswith(FILE_NAME) and not name.startswith(".")]
        yield from (Path(directory, name) for name in records)
        # nox's copies of the same records, and what an environment holds below the record in it
        left_out = {".cache"} | ({"lib", "lib64", "Lib", "bin", "Scripts", "include"} if records else set())
        folders[:] = [name for name in folders if name not in left_out]


def _read(file: Path) -> Record:
    try:
        return from_json(read_json(file))
    except Malformed as error:
        raise EnvironmentProblem(f"{file} is not a record of this version: {error}") from error
    except ValueError as error:
        raise EnvironmentProblem(f"{file} is not a record: it is not JSON ({error})") from error
