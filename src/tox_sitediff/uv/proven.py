"""What is proven to come from the URL that is asked for (edge): a stand-in for it, while uv plans.

uv would fetch each of them for its metadata, and count no local archive as installed that it did not put there itself.
Asked for the version instead, it would look the name up in an index, which has no business to know it, and might have
another distribution of that name. So it gets another URL: of a wheel that holds nothing but what the base's metadata
say. Format: https://packaging.python.org/en/latest/specifications/binary-distribution-format/.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet

from ..core.requirements import key, parse_anew
from ..values import frozen
from .options import option_of
from .shadow import ANY_WHEEL, metadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.utils import NormalizedName

    from ..core.closure import Closure
    from ..core.declared import Arguments
    from ..core.model import Distribution


@frozen
class StandIn:
    """What uv gets in the place of a requirement.

    Attributes:
        name: The name.
        wheel: The requirement with the URL of a wheel that says the same of itself.
        exact: The requirement with the version, for where nothing can be looked up.
    """

    name: NormalizedName
    wheel: str
    exact: str


_ANEW: Final = frozenset({"--force-reinstall", "--reinstall"})


def stand_ins(asked: Arguments, closure: Closure, command: Sequence[str], *, directory: Path) -> Mapping[str, StandIn]:
    """Make a stand-in for each requirement that is proven.

    Args:
        asked: What is declared.
        closure: Its closure.
        command: The whole command, which may ask for something to be installed anew.
        directory: Where to put them.

    Returns:
        By requirement as it is declared.

    Raises:
        OSError: When one can't be written.
    """
    options = list(map(option_of, command))
    if _ANEW & {option for option, _ in options}:
        return {}
    words = [*command[1:], ""]
    anew = {
        key(words[at] if value is None else value)
        for at, (option, value) in enumerate(options)
        if option == "--reinstall-package"
    }
    out = {unmet.name for unmet in closure.unmet} | anew
    found: dict[str, StandIn] = {}
    for item in asked.declared:
        if item.requirement is None or item.requirement.url is None or key(item.requirement.name) in out:
            continue
        if (reached := closure.reached.get(key(item.requirement.name))) is None:
            continue
        wheel, exact = parse_anew(str(item.requirement)), parse_anew(str(item.requirement))
        wheel.url = _write(reached[0], directory).as_uri()
        exact.url, exact.specifier = None, SpecifierSet(f"==={reached[0].version}")
        found[item.text] = StandIn(name=reached[0].name, wheel=str(wheel), exact=str(exact))
    return found


def _write(distribution: Distribution, directory: Path) -> Path:
    stem = f"{distribution.name.replace('-', '_')}-{distribution.version}"
    path = Path(os.path.abspath(directory), f"{stem}-py3-none-any.whl")
    content = {"METADATA": metadata(distribution, light=False), "WHEEL": ANY_WHEEL.encode()}
    files = {f"{stem}.dist-info/{name}": text for name, text in content.items()}
    record = f"{stem}.dist-info/RECORD"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(record, "".join(f"{name},,\n" for name in (*files, record)))
    return path
