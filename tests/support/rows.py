"""Rows of reports to test with: the example record with other values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from support.strategies import RECORD
from tox_sitediff.core.record import Bytes, Files, Installed, Machine, Reused, Shadowed, total
from tox_sitediff.report.rows import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

LINUX = Machine(system="Linux", architecture="x86_64")


def row(
    env: str = "py312",
    *,
    reused: Mapping[str, tuple[str, int | None]] | None = None,
    installed: Mapping[str, tuple[str, int | None]] | None = None,
    shadowed: Mapping[str, str] | None = None,
    base: str = "/base",
    python: str = "3.12.1",
    machine: Machine = LINUX,
    source: str = "sitediff.json",
    place: str = "",
    environment: int | None = None,
    failed: bool = False,
) -> Row:
    """Make a row.

    Args:
        env: Its environment.
        reused: By name, the version and the bytes of what is reused.
        installed: The same of what is installed.
        shadowed: By name, the base's version of what is shadowed.
        base: Its base.
        python: The Python of that.
        machine: What it runs on.
        source: Where it came from.
        place: The same below what was named.
        environment: Bytes of the environment; those of what is installed by default.
        failed: Whether an installation failed.
    """
    below = tuple(
        Reused(name=name, version=version, location=f"{base}/site", bytes=held, why=("top", name), files=held)
        for name, (version, held) in (reused or {}).items()
    )
    own = tuple(
        Installed(name=name, version=version, bytes=held, why=("top", name), files=held)
        for name, (version, held) in (installed or {}).items()
    )
    held = (total(item.bytes for item in below), total(item.bytes for item in own))
    size = held[1] if environment is None else environment
    record = replace(
        RECORD,
        env=env,
        python=replace(RECORD.python, base_prefix=base, version=python),
        machine=machine,
        reused=below,
        installed=own,
        shadowed=tuple(
            Shadowed(name=name, base_version=version, version="9") for name, version in (shadowed or {}).items()
        ),
        conflicts=(),
        undeclared=(),
        unused=(),
        used=(),
        misplaced=(),
        unstated=(),
        bytes=Bytes(reused=held[0], installed=held[1], environment=size, unshared=None),
        files=Files(reused=held[0], installed=held[1], environment=size),
    )
    return Row(record=record, source=source, place=place, failed=failed)
