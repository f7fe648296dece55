"""Whether uv sees inherited distributions by itself (edge).

No uv does so far. One that did would need no placeholders, and they might mislead it. So its behaviour is tried, once
for each uv on a machine, rather than guessed from its version.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from .metadata import read_text
from .uv import dry_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .records import Distribution


def sees_inherited(
    uv: Path, distribution: Distribution, *, python: Path, environment: Mapping[str, str], directory: Path
) -> bool:
    """Try whether uv counts an inherited distribution as installed.

    Args:
        uv: The program.
        distribution: One that the environment inherits, and of which it has no copy and no placeholder.
        python: The environment's interpreter.
        environment: The variables for uv.
        directory: Where to run it.

    Returns:
        True where a dry run without the network, asked for exactly that version, finds nothing to do.
    """
    try:
        status = uv.stat()
    except OSError:
        return False
    identity = f"{uv}|{status.st_size}|{status.st_mtime_ns}"
    cache = user_cache_path("tox-sitediff", appauthor=False) / "uv-behaviour.json"
    try:
        known = json.loads(read_text(cache, limit=65536) or "{}")
    except ValueError:
        known = {}
    if isinstance(known, dict) and isinstance(answer := known.get(identity), bool):
        return answer
    command = [
        os.fspath(uv), "pip", "install", "--dry-run", "--output-format", "json", "--offline", "--no-deps",
        "--no-config", "--python", os.fspath(python), f"{distribution.name}=={distribution.version}",
    ]  # fmt: skip
    answer = dry_run(command, environment=environment, directory=directory).changes == ()
    _remember(cache, {identity: answer})
    return answer


def _remember(cache: Path, answers: dict[str, bool]) -> None:
    temporary = cache.with_name(f"{cache.name}.{os.getpid()}")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(answers), encoding="utf-8")
        temporary.replace(cache)
    except OSError:
        pass  # a cache that can't be written costs a trial in each run, no more
