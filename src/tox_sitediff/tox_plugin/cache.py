"""uv's cache in the work directory of tox, for those who have none of their own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..environment.uv_cache import FALLBACK, has_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tox.config.sets import CoreConfigSet


def elsewhere(variables: Mapping[str, str], *, uv: Callable[[], Path], core: CoreConfigSet) -> dict[str, str]:
    """Put uv's cache into the work directory where it can't be written.

    Args:
        variables: The variables of an environment.
        uv: Names the program.
        core: The configuration of the run.

    Returns:
        Variables for uv; none where it has a cache.
    """
    if has_cache(variables, uv=uv, directory=core.get("tox_root", Path)):
        return {}
    return {"UV_CACHE_DIR": os.fspath(core.get("work_dir", Path) / FALLBACK)}
