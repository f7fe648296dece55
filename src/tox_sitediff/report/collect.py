"""The records that files and directories hold (edge: reads them)."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core.fields import Malformed, mapping, mappings
from ..core.record import FILE_NAME, from_json
from ..errors import EnvironmentProblem
from ..files import open_regular, read_json
from .rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LARGEST: Final = 512 * 1024 * 1024
"""Bytes of a file that are read: one may hold many records."""
_HEADS: Final = (b'"reportversion"', b'"records"')
"""What the results of tox, and reports of ours, begin with."""
_BEGINNING: Final = 128
_OF_ENVIRONMENTS: Final = frozenset({"lib", "lib64", "Lib", "bin", "Scripts", "include", "share"})


def collect(paths: Iterable[Path], *, start: Path, failed: bool = False) -> list[Row]:
    """Read the records that files and directories hold.

    Args:
        paths: Records, results of tox (``--result-json``), reports in JSON, and directories of these.
        start: What shown paths are relative to.
        failed: Whether an installation failed in these environments.

    Returns:
        A row for each record, in the order of the paths. A file that is found twice, by whatever way, counts once; so
        does what a result of tox holds of a record that is there itself.

    Raises:
        EnvironmentProblem: When a path is neither, a directory has no records, or a file is something else.
    """
    with _uncollected():
        return _collect(paths, start, failed=failed)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector away while all that is made is kept: with 200 records it is a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _collect(paths: Iterable[Path], start: Path, *, failed: bool) -> list[Row]:
    seen: set[tuple[int, int]] = set()
    alone: list[Row] = []
    merged: list[tuple[int, Row]] = []
    for path in paths:
        for file in _files(path):
            found = os.stat(file)
            if (found.st_dev, found.st_ino) in seen and found.st_ino:
                continue
            seen.add((found.st_dev, found.st_ino))
            is_alone, rows = _read(file, top=path, start=start)
            rows = [replace(row, file=os.path.abspath(file), failed=failed) for row in rows]
            if is_alone:
                alone += rows
            else:
                merged += [(len(alone), row) for row in rows]
    known = [row.record for row in alone] if merged else []
    for at, row in reversed(merged):
        if row.record not in known:
            alone.insert(at, row)
    return alone


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(_walk(path))
        if not found:
            raise EnvironmentProblem(f"there is no {FILE_NAME} in {path} or below")
        return found
    if path.exists():
        return [path]
    raise EnvironmentProblem(f"{path} is neither a file nor a directory; name records, or directories of them")


def _walk(path: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(path):
        # what CI collects is often renamed: py312-sitediff.json
        records = [name for name in names if name.endswith(FILE_NAME) and not name.startswith(".")]
        yield from (Path(directory, name) for name in records)
        others = [name for name in names if name.endswith(".json") and not name.startswith(".") and name not in records]
        yield from (file for name in others if _holds_records(file := Path(directory, name)))
        # nox's copies of the same records, and what an environment holds
        is_environment = records or "pyvenv.cfg" in names
        left_out = {".cache"} | (_OF_ENVIRONMENTS if is_environment else set())
        folders[:] = [name for name in folders if name not in left_out]


def _holds_records(file: Path) -> bool:
    """Tell by its beginning whether a JSON file is a result of tox or a report of ours."""
    with suppress(OSError, ValueError), open_regular(file) as opened:
        beginning = opened.read(_BEGINNING)
        return any(head in beginning for head in _HEADS)
    return False


def _read(file: Path, *, top: Path, start: Path) -> tuple[bool, list[Row]]:
    """Read a file; also whether it is one record, and nothing else."""
    shown = relative(file, start)
    place = relative(file, top) if file != top else ""
    try:
        data = read_json(file, LARGEST)
    except ValueError as error:
        raise EnvironmentProblem(f"{file} is not a record: it is not JSON ({error})") from error
    try:
        top_level = mapping(data, "record")
        if "testenvs" in top_level:
            return False, list(_of_tox(top_level, shown, place))
        if "records" in top_level:
            return False, list(_of_report(top_level, shown, place))
        return True, [Row(record=from_json(data), source=shown, place=place)]
    except Malformed as error:
        raise EnvironmentProblem(f"{file} is not a record of this version: {error}") from error


def _of_tox(data: Mapping[str, object], shown: str, place: str) -> Iterator[Row]:
    """Read a result of tox: environments that are not slim have no record there."""
    for name, result in mapping(data["testenvs"], "testenvs").items():
        if (found := mapping(result, f"testenvs.{name}").get("sitediff")) is not None:
            yield Row(record=from_json(found), source=f"{shown}:{name}", place=f"{place}:{name}")


def _of_report(data: Mapping[str, object], shown: str, place: str) -> Iterator[Row]:
    """Read a report of ours, which says where its records came from."""
    sources = mappings(data, "sources") if "sources" in data else []
    for at, found in enumerate(mappings(data, "records")):
        origin = str(sources[at].get("from", at)) if at < len(sources) else str(at)
        yield Row(record=from_json(found), source=f"{shown}:{origin}", place=f"{place}:{origin}")


def relative(path: Path, start: Path) -> str:
    """Write a path, relative to a directory where it lies in it."""
    with suppress(ValueError):
        return Path(os.path.abspath(path)).relative_to(os.path.abspath(start)).as_posix()
    return path.as_posix()
