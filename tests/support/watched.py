"""Package indexes that note what they are asked for, and a proxy in the place of all the rest of the network.

All of it listens on the loopback interface, in this process: what a program asks for is known when it has ended.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tox.tox_env.python.pip.req import file

from support import distributions
from support.bases.made import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUBLIC = str(urlsplit(file._DEFAULT_INDEX_URL).hostname)
"""The index of those who name none: what asks it, asks the proxy for a way there."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    asked: set[str]

    def note(self, what: str) -> None:
        self.asked.add(what)


class _Files(SimpleHTTPRequestHandler):
    """Serves files, and notes the first part of each path: the name of a distribution, or of a file."""

    server: _Server

    def do_GET(self) -> None:
        self.server.note(self.path.strip("/").partition("/")[0].partition("?")[0])
        super().do_GET()

    do_HEAD = do_GET  # noqa: N815  # as the class has it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the class has it
        """Say nothing."""


class _Nowhere(BaseHTTPRequestHandler):
    """Leads nowhere, and notes where to it was to lead."""

    server: _Server

    def do_CONNECT(self) -> None:
        self.server.note(self.path.partition(":")[0])
        self.send_error(403)

    def do_GET(self) -> None:
        self.server.note(self.path.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0])
        self.send_error(403)

    do_HEAD = do_GET  # noqa: N815  # as the class has it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the class has it
        """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class WatchedIndex:
    """A package index that notes what it is asked for."""

    directory: Path
    server: _Server

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def url_with(self, user: str, password: str) -> str:
        """Where it is, for somebody."""
        return self.url.replace("://", f"://{user}:{password}@")

    def add(self, name: str, version: str, *, requires: tuple[str, ...] = ()) -> Path:
        """Offer a wheel."""
        return distributions.wheel(self.directory, name, version, requires=requires)


@dataclass(frozen=True, kw_only=True)
class Network:
    """All of the network that a program sees.

    Attributes:
        corporate: The index of an organisation.
        other: Another one.
        proxy: What leads to the rest of the world.
    """

    corporate: WatchedIndex
    other: WatchedIndex
    proxy: _Server

    def variables(self, home: Path) -> dict[str, str]:
        """The variables of a program that has nothing but this network, and no configuration but that in its home."""
        way = f"http://127.0.0.1:{self.proxy.server_port}"
        return {
            **clean_environment(),
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), way),
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "HOME": str(home),
            "XDG_CONFIG_DIRS": str(home / "nothing"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_RETRIES": "0",
            "PIP_ROOT_USER_ACTION": "ignore",
            "UV_HTTP_RETRIES": "0",
            "UV_PYTHON_DOWNLOADS": "never",
        }

    def forget(self) -> None:
        """Forget what was asked for so far."""
        for server in (self.corporate.server, self.other.server, self.proxy):
            server.asked.clear()

    def asked(self) -> set[str]:
        """Say what was asked for: ``corporate/NAME``, ``other/NAME``, or the host of whatever is elsewhere."""
        return {
            *(f"corporate/{name}" for name in self.corporate.server.asked),
            *(f"other/{name}" for name in self.other.server.asked),
            *self.proxy.asked,
        }


@contextmanager
def watched_network(directory: Path) -> Iterator[Network]:
    """Make two indexes and a proxy, for as long as the block lasts."""
    with ExitStack() as stack:

        def serve(handler: type[_Nowhere] | partial[_Files]) -> _Server:
            server = _Server(("127.0.0.1", 0), handler)
            server.asked = set()
            thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.05), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return server

        def index(name: str) -> WatchedIndex:
            place = directory / name
            place.mkdir(parents=True)
            return WatchedIndex(directory=place, server=serve(partial(_Files, directory=str(place))))

        yield Network(corporate=index("corporate"), other=index("other"), proxy=serve(_Nowhere))
