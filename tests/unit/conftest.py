"""Unit tests are alone: they start no program and use no network."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORBIDDEN: Final = frozenset(
    {
        *("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile"),
        *("os.system", "socket.__new__", "socket.bind", "socket.connect", "socket.getaddrinfo", "urllib.Request"),
    }
)
_alone: list[str] = []
"""The test that runs, if it is one of these: a hook that was added can't be taken away again."""


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if _alone and event in _FORBIDDEN:
        pytest.fail(f"{_alone[0]} is a unit test, and {event} {arguments[:1]} is for tests/process")


sys.addaudithook(_refuse)


def pytest_collection_finish() -> None:
    """Take what was collected, which stays, out of the garbage collector's sight: a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _is_alone(request: pytest.FixtureRequest) -> Iterator[None]:
    _alone.append(request.node.nodeid)
    yield
    _alone.clear()
