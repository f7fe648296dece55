"""Which files Debian's packages have beside a distribution (edge): dpkg's own lists, where metadata have none.

Debian builds with ``--single-version-externally-managed``: what is installed has an ``.egg-info`` without a list of
files, or a ``RECORD`` of the build. dpkg knows the files of each package
(https://www.debian.org/doc/debian-policy/ch-files.html).
"""

from __future__ import annotations

import os
from typing import Final

from ..files import read_text

_INFO: Final = "/var/lib/dpkg/info"
_SITE: Final = "/usr/lib/python3/dist-packages"
_PLACES: Final = ("/usr/share/", "/etc/")
_OTHERS: Final = tuple(
    f"/usr/share/{name}/"
    for name in ("bug", "dh-python", "doc", "doc-base", "lintian", "metainfo", "pyshared", "python", "python3")
)
"""What a package of Debian's has, and a wheel has not."""


def shared_files(site: str, metadata: str, name: str) -> list[str]:
    """Name the data files of a distribution of Debian's.

    Args:
        site: The absolute path of its site directory.
        metadata: The name of its ``.dist-info`` or ``.egg-info`` in there.
        name: The distribution.

    Returns:
        Absolute paths of files; none where it is not one of Debian's, or dpkg does not say.
    """
    if site != _SITE:
        return []
    for file in (f"python3-{name}.list", f"python3-{name.replace('-', '.')}.list"):
        lines = (read_text(os.path.join(_INFO, file)) or "").splitlines()
        if any(line == f"{site}/{metadata}" for line in lines):
            return [
                line
                for line in lines
                if line.startswith(_PLACES) and not line.startswith(_OTHERS) and os.path.isfile(line)
            ]
    return []
