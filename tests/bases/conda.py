"""Make a genuine conda prefix from wheels: packed as conda-build packs, indexed, solved and installed by rattler.

    python tests/bases/conda.py DIRECTORY REQUIREMENT...

Needs py-rattler and the package index. The Python that runs this becomes the conda package ``python``; each wheel of
the requirements and of all that they need is installed into a prefix of its own, with the traces that conda-build
leaves (INSTALLER, an origin in a directory that nobody has), and what came up there is packed: pure ones as
``noarch: python``, whose programs the installer makes, others with programs whose path is rewritten at installation.
"""

from __future__ import annotations

import argparse
import asyncio
import compileall
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from email.parser import Parser
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.bases.made import Base, uv_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Recipe = Callable[["Package"], Sequence["Package"]]
    """What a recipe does after pip was through: it makes of a package others, with other files."""

SHORT: Final = f"{sys.version_info[0]}.{sys.version_info[1]}"
ORIGIN: Final = "file:///home/conda/feedstock_root/build_artifacts/{name}_1700000000000/work"


@dataclass(frozen=True, kw_only=True)
class Package:
    """A conda package.

    Attributes:
        name: Its name.
        version: Its version.
        root: The prefix in which it was built.
        files: Its files, relative to that.
        depends: Names and versions of what it needs.
        entry_points: The programs that an installer makes of it; none where it is not ``noarch: python``.
    """

    name: str
    version: str
    root: Path
    files: Sequence[Path]
    depends: Sequence[str] = ()
    entry_points: Sequence[str] | None = None

    @property
    def noarch(self) -> bool:
        """Whether it serves every Python and every machine."""
        return self.entry_points is not None

    def write(self, channel: Path, subdir: str) -> None:
        """Pack it into a channel."""
        subdir = "noarch" if self.noarch else subdir
        build = "pyhd8ed1ab_0" if self.noarch else f"py{SHORT.replace('.', '')}_0"
        about: dict[str, object] = {
            "name": self.name, "version": self.version, "build": build, "build_number": 0, "subdir": subdir,
            "depends": list(self.depends), "timestamp": 1700000000000, "license": "Other",
        }  # fmt: skip
        paths = [self._entry(path) for path in self.files]
        texts = {
            "info/index.json": about,
            "info/paths.json": {"paths_version": 1, "paths": paths},
            "info/about.json": {},
        }
        if self.entry_points is not None:
            about["noarch"] = "python"
            link = {"noarch": {"type": "python", "entry_points": list(self.entry_points)}}
            texts["info/link.json"] = {**link, "package_metadata_version": 1}
        archive = channel / subdir / f"{self.name}-{self.version}-{build}.tar.bz2"
        with tarfile.open(archive, "w:bz2", compresslevel=1) as tar:
            for name, data in texts.items():
                content = json.dumps(data).encode()
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            for path in self.files:
                tar.add(self.root / path, str(self._place(path)), recursive=False)

    def _place(self, path: Path) -> Path:
        # such a package leaves it to the installer which Python's directory that is
        return path.relative_to(Path("lib", f"python{SHORT}")) if self.noarch else path

    def _entry(self, path: Path) -> dict[str, object]:
        real = self.root / path
        name = str(self._place(path))
        if real.is_symlink():
            return {"_path": name, "path_type": "softlink", "sha256": hashlib.sha256(b"").hexdigest()}
        content = real.read_bytes()
        entry: dict[str, object] = {
            "_path": name,
            "path_type": "hardlink",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_in_bytes": len(content),
        }
        if os.fsencode(self.root) in content and b"\0" not in content:
            entry |= {"prefix_placeholder": str(self.root), "file_mode": "text"}
        return entry


def files_in(root: Path) -> list[Path]:
    """Name the files and links below a directory, relative to it."""
    return sorted(path.relative_to(root) for path in root.rglob("*") if path.is_symlink() or path.is_file())


def build(stage: Base, wheel: Path, work: Path, variables: Mapping[str, str]) -> Package:
    """Build a conda package from a wheel, as a recipe does that calls ``pip install --no-deps``.

    Args:
        stage: The Python in whose prefix it is built; it is as before afterwards.
        wheel: The wheel.
        work: A directory for the result.
        variables: The variables for uv.
    """
    before = set(files_in(stage.prefix))
    subprocess.run(
        [uv_program(), "pip", "install", "--quiet", "--no-deps", "--link-mode=copy", "--python", stage.python, wheel],
        env=dict(variables),
        check=True,
    )
    (info,) = stage.site.glob("*.dist-info")
    headers = Parser().parsestr((info / "METADATA").read_text("utf-8"), headersonly=True)
    name, version = canonicalize_name(headers["Name"]), str(headers["Version"])
    (info / "INSTALLER").write_text("conda", "utf-8")
    origin = {"dir_info": {}, "url": ORIGIN.format(name=name)}
    (info / "direct_url.json").write_text(json.dumps(origin), "utf-8")
    points = PathDistribution(info).entry_points.select(group="console_scripts")
    pure = wheel.name.endswith("-none-any.whl")
    made = [path for path in files_in(stage.prefix) if path not in before and "__pycache__" not in path.parts]
    root = work / name
    for path in made:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (stage.prefix / path).rename(root / path)
        if (content := (root / path).read_bytes()).startswith(b"#!" + os.fsencode(stage.prefix)):
            (root / path).write_bytes(content.replace(os.fsencode(stage.prefix), os.fsencode(root)))
    shutil.rmtree(stage.site)  # bytecode, empty directories
    stage.site.mkdir()
    in_library = [path for path in made if path.is_relative_to(Path("lib", f"python{SHORT}"))]
    is_noarch = pure and len(made) - len(in_library) == len({point.name for point in points})
    return Package(
        name=name,
        version=version,
        root=root,
        files=in_library if is_noarch else made,
        depends=[f"python >={SHORT}" if is_noarch else f"python {SHORT}.*", *_needed(headers.get_all("Requires-Dist"))],
        entry_points=[f"{point.name} = {point.value}" for point in points] if is_noarch else None,
    )


def _needed(lines: Iterable[str] | None) -> list[str]:
    parsed = map(Requirement, lines or ())
    return sorted({canonicalize_name(item.name) for item in parsed if not item.marker or item.marker.evaluate()})


async def install(channel: Path, specs: Sequence[str], directory: Path, cache: Path) -> None:
    """Index a channel, solve, and install into a new prefix."""
    from rattler import Channel, VirtualPackage, solve
    from rattler import install as link
    from rattler.index import index_fs

    await index_fs(channel)
    records = await solve([Channel(channel.as_uri())], list(specs), virtual_packages=VirtualPackage.detect())
    await link(records, target_prefix=directory, cache_dir=cache)


def make_conda(
    directory: Path, *requirements: str, variables: Mapping[str, str], recipes: Mapping[str, Recipe] | None = None
) -> None:
    """Make a conda prefix.

    Args:
        directory: Where to.
        requirements: What it holds, beside Python and pip.
        variables: The variables for uv and pip.
        recipes: By the name of a package, what its recipe does besides.
    """
    from rattler.platform import Subdir

    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary).resolve()
        subdir = str(Subdir.current())
        channel, wheels = work / "channel", work / "wheels"
        for folder in (channel / subdir, channel / "noarch", wheels, work / "built"):
            folder.mkdir(parents=True)
        stage = Base(work / "stage", copy=True)
        compileall.compile_dir(stage.prefix / "lib", quiet=2)  # conda's Python comes with its bytecode
        version = ".".join(map(str, sys.version_info[:3]))
        Package(name="python", version=version, root=stage.prefix, files=files_in(stage.prefix)).write(channel, subdir)
        for wheel in download(wheels, ("pip", *requirements), variables):
            built = build(stage, wheel, work / "built", variables)
            recipe = (recipes or {}).get(built.name)
            for package in [built] if recipe is None else recipe(built):
                package.write(channel, subdir)
        specs = ["pip", *(Requirement(text).name for text in requirements)]
        asyncio.run(install(channel, ["python", *specs], directory, work / "packages"))


def download(directory: Path, requirements: Sequence[str], variables: Mapping[str, str]) -> list[Path]:
    """Fetch the wheels of some requirements and of all that they need."""
    from support.wheels import pip_wheel

    words = ["download", "--quiet", "--only-binary", ":all:", "--dest", str(directory)]
    subprocess.run([sys.executable, pip_wheel() / "pip", *words, *requirements], env=dict(variables), check=True)
    return sorted(directory.glob("*.whl"))


def main() -> int:
    """Make one from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, help="where to; must not exist")
    parser.add_argument("requirement", nargs="+", help="what it is to hold")
    options = parser.parse_args()
    if options.directory.exists():
        parser.error(f"{options.directory} exists already")
    make_conda(options.directory.absolute(), *options.requirement, variables=os.environ)
    print(options.directory.absolute() / "bin" / "python")
    return 0


if __name__ == "__main__":
    sys.exit(main())
