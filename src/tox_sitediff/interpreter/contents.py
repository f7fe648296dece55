"""Which files a distribution has, as its installer wrote them down (edge)."""

from __future__ import annotations

import csv
import io
import os
import posixpath
from typing import TYPE_CHECKING

from ..files import read_text

if TYPE_CHECKING:
    from ..core.model import Distribution


def is_torn(distribution: Distribution) -> bool:
    """Tell whether an installer that was killed left a distribution without some of its files.

    Args:
        distribution: One of the environment's own.

    Returns:
        True where its ``RECORD`` is missing, or names a file that is. One installed by other means has no such file.
    """
    site, info = os.path.split(distribution.path)
    if not info.endswith(".dist-info"):
        return False
    text = read_text(os.path.join(distribution.path, "RECORD"))
    if text is None:
        return True
    rows = csv.reader(text.splitlines())
    return any(row and row[0] and not os.path.lexists(os.path.join(site, row[0])) for row in rows)


def listed_files(distribution: Distribution) -> list[str]:
    """Name the files of an installed distribution, as its installer wrote them down.

    Args:
        distribution: The distribution.

    Returns:
        Paths relative to its site directory, in the order of ``RECORD`` or ``installed-files.txt``; none where there is
        no such file, or it can't be read.
    """
    if text := read_text(os.path.join(distribution.path, "RECORD")):
        try:
            return [row[0] for row in csv.reader(io.StringIO(text, newline="")) if row]
        except csv.Error:
            return []
    names = (read_text(os.path.join(distribution.path, "installed-files.txt")) or "").splitlines()
    folder = os.path.basename(distribution.path)
    return [posixpath.normpath(posixpath.join(folder, name)) for name in names]
