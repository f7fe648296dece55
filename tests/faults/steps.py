"""Run tox, and end it at the n-th thing that it does to files or processes.

    python tests/faults/steps.py --at 40 --root DIR -- run -e e

Random moments hardly ever hit what takes microseconds, such as the time between making a file and filling it. All that
Python is about to do is announced to audit hooks, so that every moment has a number. Without ``--at`` nothing is ended,
and the number of moments is written to ``--count``.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Final

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES: Final = frozenset(
    {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.chmod", "os.truncate", "os.utime"}
)


class Watch:
    """Counts what is done below a directory."""

    def __init__(self, root: str, *, at: int, kind: signal.Signals, delay: float) -> None:
        """Prepare.

        Args:
            root: Only this directory counts.
            at: The moment at which to end; 0 for never.
            kind: The signal, which the whole process group gets.
            delay: Seconds between the moment and the signal, so that something is done, or half done.
        """
        self._root = root
        self._at = at
        self._kind = kind
        self._delay = delay
        self._lock = threading.Lock()
        self.count = 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Take what Python announces."""
        if not self._counts(event, arguments):
            return
        with self._lock:
            self.count += 1
            is_due = self.count == self._at
        if is_due and self._delay:
            threading.Timer(self._delay, os.killpg, (0, self._kind)).start()
        elif is_due:
            os.killpg(0, self._kind)

    def _counts(self, event: str, arguments: tuple[object, ...]) -> bool:
        if event == "subprocess.Popen":
            return True
        if event == "open":
            path, _, flags = arguments
            return isinstance(flags, int) and bool(flags & _WRITING) and self._is_below(path)
        if event in _CHANGES:
            # a removal of a tree names files relative to an open directory
            return self._is_below(arguments[0]) or any(isinstance(item, int) and item > 2 for item in arguments[1:])
        return False

    def _is_below(self, path: object) -> bool:
        return isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(self._root)


def main() -> int:
    """Run tox from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at", type=int, default=0, help="the moment; 0 for never (default)")
    parser.add_argument("--kind", default="KILL", help="the signal (default: %(default)s)")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds from the moment to the signal")
    parser.add_argument("--root", required=True, help="count what is done below this directory")
    parser.add_argument("--count", type=Path, help="a file for the number of moments")
    parser.add_argument("arguments", nargs="+", help="arguments of tox")
    options = parser.parse_args()
    watch = Watch(options.root, at=options.at, kind=signal.Signals[f"SIG{options.kind}"], delay=options.delay)
    sys.addaudithook(watch)
    from tox.run import run

    try:
        run(options.arguments)
    except SystemExit as end:
        code = end.code
    else:
        code = 0
    if options.count is not None:
        total = watch.count
        options.count.write_text(str(total), encoding="utf-8")
    return code if isinstance(code, int) else 1


if __name__ == "__main__":
    sys.exit(main())
