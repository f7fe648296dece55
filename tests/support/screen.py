"""A terminal for programs: what they write there, as it arrives, and somebody who types."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_CODES: Final = re.compile(
    "\x1b(?:\\[[0-9;?>=]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[()][A-Z0-9]|[=>])|\x0f|\x07|[^\n]\x08"
)
_TAKE: Final = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)
"""Makes it the terminal that controls the session, which shells ask for."""
_PATIENCE: Final = 120
"""Seconds without a word after which a program counts as hung."""


def run_on_screen(
    *command: str | Path,
    variables: Mapping[str, str],
    cwd: Path,
    columns: int = 80,
    talk: Sequence[tuple[str, str]] = (),
) -> tuple[int, str]:
    """Run a program on a terminal of its own.

    Args:
        command: The program and its arguments.
        variables: Its variables.
        cwd: Where it starts.
        columns: How wide the terminal is.
        talk: What is waited for, and then typed. Colours and the like are left out of what is waited for.

    Returns:
        Its exit status, and all that it wrote, with line ends as in files.
    """
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", _TAKE, *command],
        cwd=cwd,
        env=dict(variables),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    written = b""
    since = 0
    left = [*talk]
    try:
        while select.select([master], [], [], _PATIENCE)[0]:
            try:
                some = os.read(master, 65536)
            except OSError:  # how Linux says that nobody is left to write
                break
            if not some:
                break
            written += some
            shown = plain(written.decode(errors="replace"))
            while left and (at := shown.find(left[0][0], since)) >= 0:
                since = at + len(left[0][0])
                os.write(master, left.pop(0)[1].encode())
    finally:
        os.close(master)
        if left:
            process.kill()
    return process.wait(), written.decode(errors="replace").replace("\r\n", "\n")


def plain(text: str) -> str:
    """Take escape sequences out of what a program wrote on a terminal."""
    return _CODES.sub("", text)
