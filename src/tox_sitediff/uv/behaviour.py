"""Whether uv sees inherited distributions by itself (edge).

No uv does so far. One that did would need no shadow, and that might mislead it. So its behaviour is tried, once
for each uv on a machine, rather than guessed from its version.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

from .. import files
from ..files import read_json
from ..user_cache import make, user_cache
from .dry_run import UnreadableAnswer, dry_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..core.model import Distribution

_KEPT: Final = 8
"""How many answers are remembered; an upgraded uv is another one."""


def sees_inherited(
    uv: Path,
    distribution: Distribution,
    *,
    python: Path,
    environment: Mapping[str, str],
    directory: Path,
    may_try: bool = True,
) -> bool:
    """Try whether uv counts an inherited distribution as installed.

    Args:
        uv: The program.
        distribution: One that the environment inherits, and of which it has no copy.
        python: The environment's interpreter.
        environment: The variables for uv.
        directory: Where to run it.
        may_try: Whether it may be tried, for which uv leaves a lock in the environment; else only a remembered answer
            counts.

    Returns:
        True where a dry run without the network, asked for exactly that version, finds nothing to do.

    Raises:
        EnvironmentProblem: When uv can't be run, or was interrupted.
    """
    try:
        status = uv.stat()
    except OSError:
        return False
    identity = f"{uv}|{status.st_size}|{status.st_mtime_ns}"
    place = user_cache()
    cache = place / "uv-behaviour.json" if place else None
    known = _known(cache) if cache else {}
    if identity in known or not may_try:
        return known.get(identity, False)
    command = [
        os.fspath(uv), "pip", "install", "--dry-run", "--output-format", "json", "--offline", "--no-deps",
        "--no-config", "--no-cache", "--python", os.fspath(python), f"{distribution.name}=={distribution.version}",
    ]  # fmt: skip
    # the answer is remembered, so no setting may bring it about: an override can make uv need nothing, too
    neutral = {name: value for name, value in environment.items() if not name.startswith("UV_")}
    try:
        answer = dry_run(command, environment=neutral, directory=directory).changes == ()
    except UnreadableAnswer:
        answer = False
    if cache:
        _remember(cache, {identity: answer, **known})
    return answer


def _known(cache: Path) -> dict[str, bool]:
    try:
        data = read_json(cache, limit=65536)
    except ValueError:
        return {}
    if not isinstance(data, dict):
        return {}
    return {identity: answer for identity, answer in data.items() if isinstance(answer, bool)}


def _remember(cache: Path, answers: Mapping[str, bool]) -> None:
    try:
        make(cache.parent)
        files.put(cache, json.dumps(dict([*answers.items()][:_KEPT])))
    except OSError:
        pass  # a cache that can't be written costs a trial in each run, no more
