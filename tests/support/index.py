"""A directory of tiny wheels in the place of a package index."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING, Unpack

from packaging.requirements import Requirement

from support.bases.made import uv_program
from support.wheels import Content, make_wheel, normalized, repack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOW_PREFIX = "import sys\n\ndef main():\n    print('{name} runs in', sys.prefix, *sys.argv[1:])\n"
"""A console script that tells which interpreter it runs under."""


class Index:
    """A directory of wheels in the place of a package index."""

    def __init__(self, directory: Path) -> None:
        """Make it, with the wheels that most tests use, and beside it a home directory that leads pip here."""
        self.directory = directory
        directory.mkdir()
        self.home = directory.parent / "home"
        settings = self.home / ".config" / "pip" / "pip.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text(f"[global]\nno-index = true\nfind-links = {directory}\n", "utf-8")
        add = self.add
        for version in ("1.26.0", "2.0.0"):
            add("numlib", version)
        for version in ("2.8.0", "2.9.0"):
            add("dates", version)
        add("frame", "2.1.0", requires=["numlib<2", "dates>=2"])
        add("plotter", "3.8.0", requires=["numlib"], extras={"svg": ["svglib>=1"], "pdf": ["dates"]})
        add("svglib", "1.5")
        add(
            "hooks", "1.0", entry_points={"hooks": "hooks:main"}, modules={"hooks.py": SHOW_PREFIX.format(name="hooks")}
        )
        # stands for pytest: a console script of the base, and a distribution that others plug into
        for version in ("7.4.0", "8.0.0"):
            add(
                "runner",
                version,
                requires=["hooks>=1"],
                entry_points={"runner": "runner:main"},
                modules={"runner/__init__.py": RUNNER, "runner/__main__.py": "from runner import main\nmain()\n"},
            )
        add("runner-mock", "3.1", requires=["runner>=5"])
        # stands for coverage: runs another module under the same interpreter
        add(
            "meter",
            "7.0",
            entry_points={"meter": "meter:main"},
            modules={"meter.py": METER},
        )
        add("unrelated", "1.0", entry_points={"unrelated": "unrelated:main"}, modules={"unrelated.py": "main = print"})
        for version in ("1.0", "1.1", "2.0a1"):
            add("tiny", version)
        add("backend", "1.0", modules={"backend.py": BACKEND})

    def add(self, name: str, version: str, **content: Unpack[Content]) -> Path:
        """Add a wheel."""
        return make_wheel(self.directory, name, version, **content)

    def variables(self) -> dict[str, str]:
        """What leads uv and pip here, and nowhere else."""
        return {
            "HOME": str(self.home),
            "UV_DEFAULT_INDEX": (self.directory / "nothing").as_uri(),
            "UV_FIND_LINKS": str(self.directory),
            "XDG_CONFIG_DIRS": str(self.home / "nothing"),  # what this machine sets for every user of pip
        }

    def wheels(self) -> list[Path]:
        """List what there is."""
        return sorted(self.directory.glob("*.whl"))

    def wheel(self, name: str, version: str) -> Path:
        """Find a wheel."""
        return self.directory / f"{normalized(name)}-{version}-py3-none-any.whl"


RUNNER = """\
import sys
from importlib import import_module

def main():
    for name in sys.argv[1:]:
        print(name, "is", getattr(import_module(name), "__version__", "there"), "in", import_module(name).__file__)
    print("runner runs in", sys.prefix)
"""


METER = """\
import runpy
import sys

def main():
    print("meter runs in", sys.prefix)
    del sys.argv[:3]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

if __name__ == "__main__":
    main()
"""


BACKEND = '''\
"""A build backend (PEP 517, PEP 660) that packs src/ and reads the static metadata of pyproject.toml."""
import io, os, tarfile, tomllib, zipfile

def project():
    with open("pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]

def stem():
    return f"{project()['name'].replace('-', '_')}-{project()['version']}"

def write(directory, files):
    data = project()
    lines = ["Metadata-Version: 2.1", f"Name: {data['name']}", f"Version: {data['version']}"]
    lines += [f"Requires-Dist: {line}" for line in data.get("dependencies", ())]
    for extra, needed in data.get("optional-dependencies", {}).items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {line}; extra == "{extra}"' for line in needed]
    info = f"{stem()}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": "\\n".join(lines) + "\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: b\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    if scripts := data.get("scripts"):
        body = "".join(f"{name} = {target}\\n" for name, target in scripts.items())
        files[f"{info}/entry_points.txt"] = "[console_scripts]\\n" + body
    files[f"{info}/RECORD"] = "".join(f"{name},,\\n" for name in (*files, f"{info}/RECORD"))
    name = f"{stem()}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name

def sources():
    found = {}
    for root, _, names in os.walk("src"):
        for name in names:
            if name.endswith(".py"):
                path = os.path.join(root, name)
                with open(path) as file:
                    found[os.path.relpath(path, "src")] = file.read()
    return found

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return write(wheel_directory, sources())

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return write(wheel_directory, {f"__editable__{stem()}.pth": os.path.abspath("src") + "\\n"})

def build_sdist(sdist_directory, config_settings=None):
    name = f"{stem()}.tar.gz"
    with tarfile.open(os.path.join(sdist_directory, name), "w:gz") as archive:
        for path in ("pyproject.toml", "src", *(["backend.py"] if os.path.exists("backend.py") else [])):
            archive.add(path, f"{stem()}/{path}")
        text = f"Metadata-Version: 2.1\\nName: {project()['name']}\\nVersion: {project()['version']}\\n".encode()
        member = tarfile.TarInfo(f"{stem()}/PKG-INFO")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return name

def get_requires_for_build_wheel(config_settings=None):
    return []

get_requires_for_build_editable = get_requires_for_build_sdist = get_requires_for_build_wheel
'''


@contextmanager
def repacked(index: Index, *names: str) -> Iterator[None]:
    """Put distributions of this Python and all that they need into the index for a while, with a link for a uv."""
    wheels: dict[str, Path] = {
        "uv": index.add(
            "uv",
            metadata.version("uv"),
            modules={"uv/__init__.py": f"def find_uv_bin():\n    return {str(uv_program())!r}\n"},
        )
    }
    queue = [Requirement(name) for name in names]
    while queue:
        requirement = queue.pop()
        if requirement.name in wheels or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found = metadata.distribution(requirement.name)
        wheels[requirement.name] = repack(index.directory, found)
        queue += [Requirement(line) for line in found.requires or ()]
    try:
        yield
    finally:
        for wheel in wheels.values():
            wheel.unlink()
