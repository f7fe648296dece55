"""A package index on this machine: it passes another one on, keeps what it fetched, and counts what it sends whom."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import threading
import urllib.error
import urllib.request
from collections import Counter
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urljoin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_JSON: Final = "application/vnd.pypi.simple.v1+json"
_PATH: Final = re.compile(r"/(?P<label>[^/]+)/(?:simple/(?P<name>[^/]+)/|files/(?P<token>\w+)/(?P<file>[^/]+))")


def usual_index() -> str:
    """The index that uv and pip take on this machine."""
    for variable in ("UV_DEFAULT_INDEX", "PIP_INDEX_URL"):
        if variable in os.environ:
            return os.environ[variable]
    return str(import_module("pip._internal.models.index").PyPI.simple_url)


@cache
def _compressed(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)


class Mirror:
    """An index (PEP 503, PEP 691) that counts.

    Attributes:
        sent: How many bytes of bodies each label got: of pages as they were compressed, and of files.
        fetched: How often it had to ask the other index.
    """

    def __init__(self, upstream: str, directory: Path) -> None:
        """Prepare it.

        Args:
            upstream: The URL of an index that answers in JSON.
            directory: Where it keeps what it fetched.
        """
        self.sent: Counter[str] = Counter()
        self.fetched = 0
        self._upstream = upstream.rstrip("/")
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._urls: dict[str, str] = {}
        self._pages: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self.address = ""

    def url(self, label: str) -> str:
        """The URL of the index for someone who is counted under a label."""
        return f"{self.address}/{label}/simple"

    def page(self, name: str) -> bytes:
        """The page of a distribution, its files leading here: to whoever asks, by paths relative to the page.

        Raises:
            urllib.error.HTTPError: Where the index has none.
        """
        with self._lock:
            if name not in self._pages:
                self.fetched += 1
                source = f"{self._upstream}/{quote(name)}/"
                request = urllib.request.Request(source, headers={"Accept": _JSON})
                with urllib.request.urlopen(request, timeout=120) as answer:
                    found = json.load(answer)
                for file in found["files"]:
                    url = urljoin(source, file["url"])
                    token = hashlib.sha256(url.encode()).hexdigest()[:32]
                    self._urls[token] = url
                    file["url"] = f"../../files/{token}/{quote(file['filename'])}"
                self._pages[name] = json.dumps(found).encode()
            return self._pages[name]

    def file(self, token: str, name: str) -> bytes:
        """The content of a file, or of its metadata (PEP 658).

        Raises:
            urllib.error.HTTPError: Where the index has none.
        """
        with self._lock:
            url = self._urls[token] + (".metadata" if name.endswith(".metadata") else "")
            kept = self._directory / hashlib.sha256(url.encode()).hexdigest()
            if not kept.exists():
                self.fetched += 1
                with urllib.request.urlopen(url, timeout=600) as answer:
                    kept.write_bytes(answer.read())
            return kept.read_bytes()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve while the block runs."""
        with _Server(("127.0.0.1", 0), _Handler) as server:
            server.mirror = self
            self.address = f"http://127.0.0.1:{server.server_address[1]}"
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield
            finally:
                server.shutdown()


class _Server(ThreadingHTTPServer):
    mirror: Mirror


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def mirror(self) -> Mirror:
        assert isinstance(self.server, _Server)
        return self.server.mirror

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        found = _PATH.fullmatch(self.path)
        try:
            if found is None:
                self._answer(404, b"", "text/plain")
            elif found["name"]:
                self._page(found["label"], self.mirror.page(unquote(found["name"])))
            else:
                self._file(found["label"], self.mirror.file(found["token"], unquote(found["file"])))
        except urllib.error.HTTPError as error:
            self._answer(error.code, b"", "text/plain")
        except OSError as error:
            self._answer(502, str(error).encode(), "text/plain")

    def _page(self, label: str, data: bytes) -> None:
        etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self._answer(304, b"", _JSON, {"ETag": etag})
            return
        more = {"ETag": etag}
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            data = _compressed(data)
            more["Content-Encoding"] = "gzip"
        self._count(label, data)
        self._answer(200, data, _JSON, more)

    def _file(self, label: str, data: bytes) -> None:
        kind, more = "application/octet-stream", {"Accept-Ranges": "bytes"}
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            self._count(label, data)
            self._answer(200, data, kind, more)
            return
        # uv reads the metadata of a wheel so, where an index does not hold it beside the file
        start = int(wanted[1]) if wanted[1] else max(len(data) - int(wanted[2]), 0)
        end = min(int(wanted[2]) + 1, len(data)) if wanted[1] and wanted[2] else len(data)
        self._count(label, data[start:end])
        more["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        self._answer(206, data[start:end], kind, more)

    def _count(self, label: str, data: bytes) -> None:
        if self.command != "HEAD":
            self.mirror.sent[label] += len(data)

    def _answer(self, code: int, data: bytes, kind: str, more: Mapping[str, str] | None = None) -> None:
        self.send_response(code)
        headers = {"Content-Type": kind, "Content-Length": str(len(data)), "Cache-Control": "max-age=600"}
        for name, value in {**headers, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
