"""Environments to run tox, nox and sitediff from, copied out of the environment that the benchmark runs in."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
OURS: Final = "tox-sitediff"
_SCRIPT: Final = (
    "#!{python}\nimport sys\nfrom {module} import {name}\nif __name__ == '__main__':\n    sys.exit({name}())\n"
)


def copy_tools(directory: Path, names: Iterable[str]) -> Path:
    """Make an environment that holds some distributions of the running one, and all that they need.

    No index is asked. Copies have the bytecode of what they are copied from, and get what is missing.

    Args:
        directory: Where to; what is there is replaced.
        names: Distributions; an extra in brackets may follow.

    Returns:
        The directory of its programs.
    """
    shutil.rmtree(directory, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", directory], check=True)
    programs = directory / "bin"
    site = next((directory / "lib").glob("python*")) / "site-packages"
    for distribution in closure(names):
        for source, target in content(distribution):
            if source.is_dir():
                shutil.copytree(source, site / target, ignore=_is_program, dirs_exist_ok=True)
            else:
                shutil.copy2(source, site / target)
        for script in distribution.entry_points.select(group="console_scripts"):
            path = programs / script.name
            path.write_text(_SCRIPT.format(python=programs / "python", module=script.module, name=script.attr), "utf-8")
            path.chmod(0o755)
        if distribution.name == "uv":
            from uv import find_uv_bin

            (programs / "uv").symlink_to(find_uv_bin())
    subprocess.run([sys.executable, "-m", "compileall", "-q", site], check=False, capture_output=True)
    return programs


def _is_program(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "direct_url.json"]


def closure(names: Iterable[str]) -> list[metadata.Distribution]:
    """Find distributions, and all that they need here, in the running environment."""
    found: dict[tuple[str, str], metadata.Distribution] = {}
    queue = [Requirement(name) for name in names]
    while queue:
        requirement = queue.pop()
        for extra in ("", *sorted(requirement.extras)):
            key = (canonicalize_name(requirement.name), extra)
            if key in found:
                continue
            found[key] = metadata.distribution(requirement.name)
            needs = map(Requirement, found[key].requires or ())
            queue += [item for item in needs if item.marker is None or item.marker.evaluate({"extra": extra})]
    return list({name: distribution for (name, _), distribution in sorted(found.items())}.values())


def content(distribution: metadata.Distribution) -> Iterator[tuple[Path, str]]:
    """List what lies at the top of a site directory for a distribution: path, and name there."""
    tops = {path.parts[0] for path in distribution.files or () if ".." not in path.parts and not path.is_absolute()}
    for top in sorted(tops - {"__pycache__"}):
        path = Path(str(distribution.locate_file(top)))
        if path.name.endswith(".pth") and canonicalize_name(distribution.name) == OURS:
            yield ROOT / "src" / "tox_sitediff", "tox_sitediff"  # installed as an editable one
        else:
            yield path, top


def versions(names: Iterable[str]) -> dict[str, str]:
    """Name the versions of distributions, and of all that they need; and of this Python and how it was built."""
    build = re.sub(r"\s+", " ", sys.version)
    return {"python": build, **{canonicalize_name(item.name): item.version for item in closure(names)}}
