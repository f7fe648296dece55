"""What must hold of an environment whatever went wrong before: its record is true, it is whole, nothing is left over.

All of it is found out again by other means than the package's own.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.bench import Bench, Outcome
from support.distributions import SHORT, pretending_in

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE: Final = 120
"""Seconds after which a run counts as hung."""
LOG: Final = 8192
"""How many bytes tox's log of a run takes at most: which run wrote a record is not known afterwards."""


def start(bench: Bench, *arguments: str, env: str = "e", before: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    """Start tox in a process group of its own.

    Args:
        bench: Where.
        arguments: Further arguments of tox.
        env: The environment.
        before: What is put before the arguments of Python, to start tox in another way.

    Returns:
        The process.
    """
    return subprocess.Popen(
        [*bench.prefix_command, sys.executable, *(before or ("-m", "tox")), "run", "-e", env, *arguments],
        cwd=bench.project,
        env=bench.variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def plain(bench: Bench) -> Outcome:
    """Run tox as a person does who knows of nothing."""
    process = start(bench)
    out = process.communicate(timeout=PATIENCE)[0]
    return Outcome(code=process.returncode, text=out.decode("utf-8", "replace"))


def untrue(bench: Bench, env_dir: Path | None = None) -> Iterator[str]:
    """Name what is not as it must be in an environment that a run has just finished.

    Args:
        bench: Where.
        env_dir: The environment's directory; ``e`` without.

    Yields:
        A line for each thing.
    """
    env_dir = env_dir or bench.env_dir
    site = env_dir / "lib" / SHORT / "site-packages"
    try:
        record = json.loads((env_dir / "sitediff.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield f"the record can't be read: {error}"
        return
    installed = {item["name"]: item["version"] for item in record["installed"]}
    recorded = {**{item["name"]: item["version"] for item in record["reused"]}, **installed}
    seen = bench.seen(env_dir)
    if wrong := {name: version for name, version in recorded.items() if seen.get(name) != version}:
        yield f"the record says {wrong}, which is not what importlib.metadata says"
    own = {path.name for path in site.glob("*.dist-info")}
    if own != {f"{name.replace('-', '_')}-{version}.dist-info" for name, version in installed.items()}:
        yield f"the record says that {installed} are installed, but there are {sorted(own)}"
    yield from _untrue_shadowed(bench, record, installed)
    yield from _untrue_bytes(bench, record, env_dir)
    for path in site.glob("*.dist-info/RECORD"):
        if missing := [row for row in _rows(path) if not (site / row).exists()]:
            yield f"{path.parent.name} lacks {len(missing)} of its files, such as {missing[0]}"
    if left := pretending_in(site):
        yield f"what pretends to be installed: {left}"
    if left := half_written(env_dir):
        yield f"half-written files are left: {left}"


def half_written(env_dir: Path) -> list[str]:
    """Name files that were begun under another name and never got their own."""
    places = (env_dir, env_dir / "bin", env_dir / "lib" / SHORT / "site-packages")
    return sorted(
        path.name
        for place in places
        for path in (place.iterdir() if place.is_dir() else ())
        if path.name.endswith(".tmp") or path.name.startswith((".tox-sitediff-", ".tmp"))
    )


def _untrue_shadowed(bench: Bench, record: dict[str, list[dict[str, str]]], installed: dict[str, str]) -> Iterator[str]:
    base = {
        name.replace("_", "-"): version
        for name, version in (path.stem.split("-") for path in bench.site.glob("*.dist-info"))
    }
    shadowed = {item["name"]: (item["base_version"], item["version"]) for item in record["shadowed"]}
    expected = {name: (base[name], version) for name, version in installed.items() if name in base}
    if shadowed != expected:
        yield f"the record says that {shadowed} are shadowed, but it is {expected}"


def _untrue_bytes(bench: Bench, record: dict[str, object], env_dir: Path) -> Iterator[str]:
    said = record["bytes"]
    assert isinstance(said, dict)
    for part in ("reused", "installed"):
        items = record[part]
        assert isinstance(items, list)
        real = 0
        for item in items:
            layer = bench.site if part == "reused" else env_dir / "lib" / SHORT / "site-packages"
            folder = layer / f"{item['name'].replace('-', '_')}-{item['version']}.dist-info"
            size = sum((layer / row).lstat().st_size for row in _rows(folder / "RECORD") if not row.endswith(".pyc"))
            real += size
            if item["bytes"] != size:
                yield f"the record says that {item['name']} has {item['bytes']} bytes, but it has {size}"
        if said[part] != real:
            yield f"the record says {said[part]} bytes are {part}, but it is {real}"
    held = _held(env_dir) - _held(env_dir / "log")
    # the record itself is written when all is measured, and its figures have some digits more or less then; tox's log
    # counts as it was in that run
    if not -64 <= int(str(said["environment"])) - held <= LOG:
        yield f"the record says that the environment has {said['environment']} bytes, but it has {held} without a log"


def _held(directory: Path) -> int:
    return sum(
        Path(folder, name).lstat().st_size
        for folder, folders, files in os.walk(directory)
        for name in (*files, *folders)
        if name in files or Path(folder, name).is_symlink()
    )


def _rows(record: Path) -> list[str]:
    return [row[0] for row in csv.reader(record.read_text(encoding="utf-8").splitlines()) if row]
