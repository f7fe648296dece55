"""What ways to run download, and leave on the disk."""

from __future__ import annotations

import json
import os
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import pytest

import disk
from mirror import Mirror

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHEEL: Final = bytes(range(256)) * 4


class Upstream(BaseHTTPRequestHandler):
    """An index of one file."""

    def do_GET(self) -> None:
        page = {"name": "demo", "files": [{"filename": "demo-1.0-py3-none-any.whl", "url": "/far/demo.whl"}]}
        known = {"/simple/demo/": json.dumps(page).encode(), "/far/demo.whl": WHEEL}
        data = known.get(self.path, b"")
        self.send_response(200 if data else 404)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = Mirror(f"http://127.0.0.1:{server.server_address[1]}/simple", tmp_path / "files")
        with found.running():
            yield found
        server.shutdown()


def get(url: str, method: str = "GET", **headers: str) -> tuple[int, bytes, str]:
    request = urllib.request.Request(url, method=method, headers={n.replace("_", "-"): v for n, v in headers.items()})
    with urllib.request.urlopen(request) as answer:
        return answer.status, answer.read(), answer.headers.get("ETag", "")


def test_each_byte_that_is_sent_counts_for_who_asked_for_it_and_is_fetched_once(mirror: Mirror) -> None:
    """Pages, files and parts of files; not what a HEAD tells, nor a page that did not change."""
    _, page, etag = get(f"{mirror.url('first')}/demo/")
    (file,) = json.loads(page)["files"]
    url = urljoin(f"{mirror.url('first')}/demo/", file["url"])
    assert get(url)[1] == WHEEL
    assert get(url, "HEAD")[1] == b""
    assert get(url, Range="bytes=-24")[:2] == (206, WHEEL[-24:])
    assert get(url, Range="bytes=10-19")[:2] == (206, WHEEL[10:20])
    with pytest.raises(urllib.error.HTTPError, match="304"):
        get(f"{mirror.url('first')}/demo/", If_None_Match=etag)
    assert mirror.sent == {"first": len(page) + len(WHEEL) + 24 + 10}
    assert get(f"{mirror.url('second')}/demo/")[1] == page, "nobody has the advantage of a shorter name"
    assert mirror.sent["second"] == len(page)
    assert mirror.fetched == 2


def test_what_the_other_index_does_not_have_is_not_there(mirror: Mirror) -> None:
    for path in ("nothing/", "demo/more/"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(f"{mirror.url('first')}/{path}")


def test_files_that_lie_elsewhere_too_are_shared(tmp_path: Path) -> None:
    """A copy would hold their bytes; without the environment nothing of them would be free."""
    cache, environment = tmp_path / "cache", tmp_path / "environment"
    cache.mkdir()
    (environment / "lib").mkdir(parents=True)
    (cache / "shared").write_bytes(b"x" * 1000)
    os.link(cache / "shared", environment / "lib" / "shared")
    (environment / "own").write_bytes(b"x" * 30)
    os.link(environment / "own", environment / "twice")
    assert disk.measure(environment) == disk.Size(apparent=1060, unshared=30, files=3)
