"""Build what is released, sdist and wheel, twice from different copies of the checkout, and check both.

    python tests/release/distributions.py DIRECTORY

DIRECTORY, which is made, then holds the two files. Nothing is fetched: the tools are those of the dependency group
`release`. Exit status 1, with a line for each fault, when the builds differ, something is missing or too much, the
metadata does not say what pyproject.toml says, or twine or check-wheel-contents find something.
"""

from __future__ import annotations

import argparse
import email
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
TIMES: Final = (1_000_000_000, 1_500_000_000)
"""Seconds since the epoch: when the files of the two copies say that they were changed."""


class FaultError(Exception):
    """What is wrong with a distribution, or keeps it from being built; a line for each fault."""


def tracked(root: Path) -> list[str]:
    """List the files that belong to a release: those that git knows in the checkout, or all of an unpacked sdist.

    Args:
        root: A checkout, or an unpacked sdist.

    Returns:
        Paths below it, with slashes, sorted.
    """
    if (root / "PKG-INFO").is_file():
        found = (path.relative_to(root) for path in root.rglob("*") if path.is_file() or path.is_symlink())
        return sorted(path.as_posix() for path in found if path.name != "PKG-INFO" and "__pycache__" not in path.parts)
    listed = _run(["git", "ls-files", "-z"], root)
    return sorted(name for name in listed.split("\0") if name and (root / name).is_file())


def copy(root: Path, to: Path, names: Iterable[str], *, changed: int, private: bool) -> None:
    """Copy the files of a release as another machine might have them.

    Args:
        root: Where they are.
        to: A directory that is made.
        names: Paths below root.
        changed: When each of them was changed, in seconds since the epoch.
        private: Whether only their owner may read them, as under a umask of 077.
    """
    for name in names:
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target)
        runs = os.access(root / name, os.X_OK)
        target.chmod((0o700 if runs else 0o600) if private else (0o755 if runs else 0o644))
        os.utime(target, (changed, changed))


def build(source: Path, to: Path, **variables: str) -> dict[str, Path]:
    """Build the sdist, and from it the wheel, as `python -m build` does for anybody, but with the tools that are here.

    Args:
        source: A copy of the checkout.
        to: A directory that is made.
        variables: Further variables of the build.

    Returns:
        The two files, under `sdist` and `wheel`.

    Raises:
        FaultError: Building failed.
    """
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(to), str(source)]
    _run(command, source, **variables)
    found = {"sdist": list(to.glob("*.tar.gz")), "wheel": list(to.glob("*.whl"))}
    for kind, files in found.items():
        if len(files) != 1:
            raise FaultError(f"not one {kind}: {[file.name for file in files]}")
    return {kind: files[0] for kind, files in found.items()}


def build_twice(root: Path, directory: Path, to: Path) -> tuple[dict[str, Path], list[str]]:
    """Build from two copies that differ in all that must not matter: place, times, modes, time zone, language, order.

    Args:
        root: The checkout.
        directory: An empty one for the copies and the second build.
        to: Where the first build is put.

    Returns:
        The files of the first build; what differs in the second, in words.
    """
    names = tracked(root)
    first, second = directory / "a", directory / "elsewhere" / "b"
    copy(root, first, names, changed=TIMES[0], private=False)
    copy(root, second, reversed(names), changed=TIMES[1], private=True)
    built = build(first, to, TZ="UTC", LC_ALL="C", PYTHONHASHSEED="1")
    again = build(second, directory / "dist", TZ="Pacific/Auckland", LC_ALL="C.UTF-8", PYTHONHASHSEED="2")
    different = [
        f"{kind}: two builds differ: {file.name}, {again[kind].name}"
        for kind, file in built.items()
        if file.name != again[kind].name or file.read_bytes() != again[kind].read_bytes()
    ]
    return built, different


def contents(path: Path) -> dict[str, bytes]:
    """Read a distribution: what it holds, by path; for an sdist without its leading directory."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    with tarfile.open(path) as sdist:
        found = {}
        for member in sdist.getmembers():
            file = sdist.extractfile(member)
            if file is not None:
                found[member.name.partition("/")[2]] = file.read()
        return found


def sdist_faults(sdist: dict[str, bytes], root: Path) -> list[str]:
    """Tell in what an sdist differs from the repository: it is all of it, and its metadata."""
    names = tracked(root)
    wanted = {*names, "PKG-INFO"}
    faults = [f"sdist: lacks {name}" for name in sorted(wanted - sdist.keys())]
    faults += [f"sdist: has {name}, which is not in the repository" for name in sorted(sdist.keys() - wanted)]
    same = (name for name in names if name in sdist)
    return faults + [f"sdist: {name} differs" for name in same if sdist[name] != (root / name).read_bytes()]


def wheel_faults(wheel: dict[str, bytes], root: Path) -> list[str]:
    """Tell in what a wheel differs from the package: its modules, the type marker, the schema, and what wheels have."""
    names = [name.removeprefix("src/") for name in tracked(root) if name.startswith("src/")]
    info = next((name.partition("/")[0] for name in wheel if name.endswith(".dist-info/METADATA")), "?")
    about = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    wanted = {*names, *(f"{info}/{name}" for name in about)}
    faults = [f"wheel: lacks {name}" for name in sorted(wanted - wheel.keys())]
    faults += [f"wheel: has {name}, which nothing asks for" for name in sorted(wheel.keys() - wanted)]
    same = (name for name in names if name in wheel)
    return faults + [f"wheel: {name} differs" for name in same if wheel[name] != (root / "src" / name).read_bytes()]


def metadata_faults(metadata: bytes, root: Path) -> list[str]:
    """Tell where the core metadata does not say what the project says: of PKG-INFO and METADATA alike."""
    message = email.message_from_bytes(metadata)
    declared = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    project = declared["project"]
    place = declared["tool"]["hatch"]["version"]["path"]
    version = re.search(r'__version__: Final = "([^"]+)"', (root / place).read_text("utf-8"))
    expected = {
        "Name": project["name"],
        "Version": version[1] if version else "?",
        "Summary": project["description"],
        "License-Expression": project["license"],
        "License-File": project["license-files"][0],
        "Description-Content-Type": "text/markdown",
    }
    faults = [f"metadata: {name} is {message[name]!r}" for name, text in expected.items() if message[name] != text]
    if SpecifierSet(message["Requires-Python"] or "") != SpecifierSet(project["requires-python"]):
        faults.append(f"metadata: Requires-Python is {message['Requires-Python']!r}")
    wanted = {str(Requirement(line)) for line in project["dependencies"]}
    for extra, lines in project["optional-dependencies"].items():
        wanted |= {f'{Requirement(line)}; extra == "{extra}"' for line in lines}
        if extra not in (message.get_all("Provides-Extra") or ()):
            faults.append(f"metadata: no extra {extra}")
    found = {str(Requirement(line)) for line in message.get_all("Requires-Dist") or ()}
    if {line.replace("'", '"') for line in found} != {line.replace("'", '"') for line in wanted}:
        faults.append(f"metadata: Requires-Dist differs by {sorted(found ^ wanted)}")
    body = message.get_payload(decode=True)
    if not isinstance(body, bytes) or body.decode("utf-8").strip() != (root / "README.md").read_text("utf-8").strip():
        faults.append("metadata: the description is not README.md")
    return faults


def tool_faults(files: Sequence[Path]) -> list[str]:
    """Let the field's own checkers look: what each of them says, if it finds something."""
    wheels = [str(path) for path in files if path.suffix == ".whl"]
    faults = []
    for command in (["twine", "check", "--strict", *map(str, files)], ["check_wheel_contents", *wheels]):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "200"},
        )
        if done.returncode:
            faults.append(f"{command[0]}: {(done.stdout + done.stderr).strip()}")
    return faults


def check(root: Path, to: Path) -> dict[str, Path]:
    """Build and check; the files.

    Raises:
        FaultError: Something is wrong with them.
    """
    with tempfile.TemporaryDirectory() as scratch:
        built, faults = build_twice(root, Path(scratch), to)
    sdist, wheel = contents(built["sdist"]), contents(built["wheel"])
    faults += sdist_faults(sdist, root) + wheel_faults(wheel, root)
    faults += metadata_faults(sdist["PKG-INFO"], root)
    metadata = next((text for name, text in wheel.items() if name.endswith(".dist-info/METADATA")), b"")
    faults += metadata_faults(metadata, root) + tool_faults(list(built.values()))
    if faults:
        raise FaultError("\n".join(faults))
    return built


def _run(command: Sequence[str], cwd: Path, **variables: str) -> str:
    unwanted = {"SOURCE_DATE_EPOCH", "PYTHONPATH"}
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment | variables, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise FaultError(f"can't run {command[0]}: {error.strerror}") from error
    if done.returncode:
        raise FaultError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def main() -> int:
    """Build, check, and say what there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", metavar="DIRECTORY", type=Path, help="where the two files are put")
    options = parser.parse_args()
    to = options.directory.resolve()
    if to.exists() and any(to.iterdir()):
        parser.error(f"{to} is not empty")
    try:
        built = check(ROOT, to)
    except FaultError as fault:
        print(fault, file=sys.stderr)
        return 1
    for path in built.values():
        print(f"{path.name}: {path.stat().st_size} bytes, the same in two builds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
