"""What a script in the environment's ``bin`` or ``Scripts`` holds: content only, nothing is written here.

``distlib.scripts`` can make these files too. It isn't imported: that takes longer than everything this project does
with scripts (tens of milliseconds), it makes Windows launchers on Windows only, and puts the time of day into them, so
that nobody can tell whether a file is up to date. Its launchers themselves, which are data, are what is used here. For
the same reason what only Windows needs is imported where it is needed.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Final

from ..values import frozen

if TYPE_CHECKING:
    from pathlib import Path

MARKER: Final = b"# Written by tox-sitediff for a distribution that this environment inherits."
"""A line of every file that is ours. A file without it belongs to somebody else, whatever its name."""

_HEAD: Final = 16 * 1024
_FIRST_LINE: Final = 4096  # of a longer one nobody knows how often it could be read anew
_EMBEDDED: Final = "__main__.py"
_SHEBANG_LIMIT: Final = 512 if sys.platform == "darwin" else 127
"""Longest first line that every supported kernel reads whole (``BINPRM_BUF_SIZE`` of Linux before 5.1)."""

_PYTHON: Final = rb"""(?x)
    \#!\s*(?:\S*/env\s+(?:-\S+\s+|\w+=\S*\s+)*)?   # maybe through env, with its options and variables
    (?:.*[/\\])?                                         # a directory, on Windows quoted and with spaces
    (?:python|pypy)(?P<gui>w?)[\w.+-]*"?
    (?P<options>(?:\s+-\w+)*)\s*"""
_ISOLATED: Final = rb"-(?![WX])\w*[IE]\w*"
_QUOTED: Final = {b"'": b"'\"'\"'", b"\\": b"'\"\\\\\"'"}
_NO_SOURCE: Final = frozenset({"idna", "punycode"})
"""Encodings of single names, which take hours for a megabyte."""
_CODING: Final = rb"[ \t\f]*#.*?coding[:=][ \t]*(?P<name>[-\w.]+)"

_ENTRY_POINT: Final = """\
import sys

if __name__ == "__main__":
    from {module} import {first}

    for suffix in ("-script.pyw", ".exe"):
        if sys.argv[0].endswith(suffix):
            sys.argv[0] = sys.argv[0][: -len(suffix)]
            break
    sys.exit({attribute}())
"""
# Windows reports a crash as an unsigned status, which sys.exit() can't pass on; its signed twin is the same 32 bits.
# Ctrl-C reaches every process of a console: the program decides what it means, its launcher only waits.
_RUN_PROGRAM: Final = """\
import signal
import subprocess
import sys

signal.signal(signal.SIGINT, signal.SIG_IGN)
status = subprocess.call([{program!a}] + sys.argv[1:])
sys.exit(status if status < 1 << 31 else status - (1 << 32))
"""


@frozen
class Source:
    """A Python script without its first line.

    Attributes:
        body: What follows the shebang, in UTF-8.
        options: What the shebang passes to the interpreter, such as ``-u``; with ``-I`` and ``-E`` it reads no variable
            that keeps bytecode out of the base, so that ``-B`` says it.
        gui: Whether it asks for ``pythonw``.
    """

    body: bytes
    options: bytes = b""
    gui: bool = False


def python_source(data: bytes) -> Source | None:
    """Take the shebang from a Python script.

    Args:
        data: The file.

    Returns:
        The rest, or None if the first line (or the ``/bin/sh`` trampoline that installers write for a long path)
        doesn't run Python.

    Raises:
        ValueError: It declares an encoding that it doesn't have.
    """
    line, _, body = data.partition(b"\n")
    if line.split() == [b"#!/bin/sh"] and body.startswith(b"'''exec'"):
        # pip, distlib and uv close the string on the next line, conda on the same one.
        end = body.find(b"'''", 3, _HEAD)
        python = end > 0 and re.search(rb"python|pypy", body[:end])
        return Source(body=body[end:].partition(b"\n")[2]) if python else None
    if len(line) > _FIRST_LINE or not (match := re.fullmatch(_PYTHON, line)):
        return None
    # The declaration counts on the first two lines only (PEP 263), and what we write there takes its place.
    coding = re.match(_CODING, body)
    if coding and (name := coding["name"].decode("ascii").lower()) not in {"utf-8", "utf8"}:
        try:
            is_source = codecs.lookup(name).name not in _NO_SOURCE
            body = body.decode(name).encode() if is_source else body
        except LookupError as error:
            raise ValueError(str(error)) from error
        if not is_source:
            raise ValueError(f"{name} is no encoding of source code")
    options = b"".join(b" " + re.sub(_ISOLATED, rb"\g<0>B", word) for word in match["options"].split())
    return Source(body=body, options=options, gui=bool(match["gui"]))


def embedded_source(path: str, limit: int) -> Source | None:
    """Take the script from a Windows launcher (``.exe``, shebang and a zip with ``__main__.py``) of another installer.

    Args:
        path: The ``.exe``.
        limit: Most bytes to take.

    Returns:
        The script, or None if this is a program of its own.
    """
    import zipfile  # see the top of the module

    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(_EMBEDDED)
            if info.file_size > limit:
                return None
            body = archive.read(info)
            start = min(member.header_offset for member in archive.infolist())
        with open(path, "rb") as file:
            file.seek(max(0, start - _HEAD))
            before = file.read(min(start, _HEAD))
    except (KeyError, OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error):
        return None
    shebang = python_source(before[before.rfind(b"#!") :]) if b"#!" in before else None
    return Source(body=body, options=shebang.options, gui=shebang.gui) if shebang else None


def is_ours(data: bytes) -> bool:
    """Whether a file was written by this module.

    Args:
        data: The file; of a text file the first 16 kB are enough.

    Returns:
        Whether it carries the marker in a place where only we put it.
    """
    if data.startswith(b"MZ"):  # stored, not deflated: so the script follows the name in the zip's local header
        return _EMBEDDED.encode() + MARKER + b"\n" in data
    return b"\n" + MARKER + b"\n" in data[:_HEAD] if data.startswith(b"#!") else data.startswith(b"@rem " + MARKER)


class Launchers:
    """Makes scripts that run under one interpreter.

    Args:
        python: The environment's interpreter. Not resolved: the link in the environment is what makes it the
            environment's.
        windows: Whether for Windows.
        relocatable: Whether they find the interpreter beside themselves, wherever the environment lies then.

    Raises:
        ValueError: The path can't stand in a Python script, which is UTF-8.
    """

    def __init__(self, python: Path, *, windows: bool, relocatable: bool = False) -> None:
        self._python = python
        self._windows = windows
        self._relocatable = relocatable
        beside = f"<launcher_dir>\\{python.name}" if windows else python.name
        self._executable = (beside if relocatable else os.path.abspath(python)).encode()

    def entry_point(self, module: str, attribute: str, *, gui: bool) -> bytes:
        """Make the script of an entry point.

        Args:
            module: Dotted name of the module.
            attribute: What to call, a dotted name in the module.
            gui: Whether it has no console (Windows only).

        Returns:
            The file.
        """
        text = _ENTRY_POINT.format(module=module, first=attribute.partition(".")[0], attribute=attribute)
        return self.script(Source(body=text.encode(), gui=gui))

    def script(self, source: Source) -> bytes:
        """Make a script from Python source.

        Args:
            source: The source.

        Returns:
            The file.
        """
        body = MARKER + b"\n" + source.body
        return self._launcher(source, body) if self._windows else self._shebang(source.options) + body

    def program(self, path: str) -> bytes:
        """Make a script that runs a program of the base, with the same arguments and exit code.

        Not a link: an installer that later opens this name for writing would write into the base.

        Args:
            path: The program.

        Returns:
            The file.
        """
        if self._windows:
            return self.script(Source(body=_RUN_PROGRAM.format(program=path).encode()))
        return b"#!/bin/sh\n" + MARKER + b"\nexec " + _quoted(os.fsencode(path)) + b' "$@"\n'

    @staticmethod
    def batch(path: str) -> bytes:
        """Make a batch file that hands over to one of the base.

        Without ``call`` the interpreter doesn't come back, so the exit code is the other file's.

        Args:
            path: The batch file of the base.

        Returns:
            The file.

        Raises:
            ValueError: The path isn't ASCII; what ``cmd`` makes of other bytes depends on the console's code page.
        """
        return b"@rem " + MARKER + b'\r\n@"' + path.replace("%", "%%").encode("ascii") + b'" %*\r\n'

    def _shebang(self, options: bytes) -> bytes:
        if self._relocatable:  # as uv writes it
            here = b'"$(dirname -- "$(realpath -- "$0")")"/'
            return b"#!/bin/sh\n'''exec' " + here + _quoted(self._executable) + options + b' "$0" "$@"\n' + b"' '''\n"
        line = b"#!" + self._executable + options + b"\n"
        if len(line) <= _SHEBANG_LIMIT and not re.search(rb"\s", self._executable):
            return line
        # For sh a command, for Python a string: what pip, distlib and uv write for such a path.
        return b"#!/bin/sh\n'''exec' " + _quoted(self._executable) + options + b' "$0" "$@"\n' + b"' '''\n"

    def _launcher(self, source: Source, body: bytes) -> bytes:
        import zipfile  # see the top of the module
        from importlib import resources

        executable = self._executable
        if source.gui:
            executable = re.sub(rb"python([\d.]*t?\.exe)$", rb"pythonw\1", executable, flags=re.IGNORECASE)
        if b" " in executable:
            executable = b'"' + executable + b'"'
        archive = BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(zipfile.ZipInfo(_EMBEDDED), body)  # dated 1980: the same script is the same bytes
        name = f"{'w' if source.gui else 't'}{_architecture(self._python)}.exe"
        stub = resources.files("distlib").joinpath(name).read_bytes()
        return stub + b"#!" + executable + source.options + b"\n" + archive.getvalue()


def _quoted(path: bytes) -> bytes:
    """Quote for sh, so that between triple quotes Python still reads a string, without a warning."""
    return b"'" + re.sub(rb"['\\]", lambda match: _QUOTED[match[0]], path) + b"'"


def _architecture(python: Path) -> str:
    """Which of distlib's launchers runs where this interpreter does, from the machine in its PE header."""
    try:
        with python.open("rb") as file:
            head = file.read(4096)
    except OSError:
        head = b""
    header = int.from_bytes(head[0x3C:0x40], "little")
    machine = head[header : header + 6] if head.startswith(b"MZ") else b""
    return {b"PE\0\0\x4c\x01": "32", b"PE\0\0\x64\xaa": "64-arm"}.get(machine, "64")
