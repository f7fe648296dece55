"""The engine's errors, as tox shows them."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tox.tox_env.errors import Fail

from ..errors import SitediffError, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REMEDIES: Final = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EACCES: "give write permission",
    errno.EPERM: "give write permission",
    errno.EROFS: "choose a work directory that can be written (tox --workdir)",
    errno.EISDIR: "remove it",
    errno.ENOTDIR: "remove it",
}


@contextmanager
def as_failures(where: Path | None = None) -> Iterator[None]:
    """Turn the engine's errors into tox's, which are shown without a traceback.

    Args:
        where: What an error without a file name is about.
    """
    try:
        yield
    except SitediffError as error:
        raise Fail(str(error)) from error
    except OSError as error:
        if (remedy := _REMEDIES.get(error.errno or 0)) is None and where is not None:
            raise  # none of ours
        raise Fail(
            f"{problem_of(error, about=where)}; {remedy or 'see what is wrong there'}, and run tox again"
        ) from error
