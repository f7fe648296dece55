"""By which certificates the real uv trusts a server, and that it is asked once more where that does not do."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.programs import Answer, ask
from tox_sitediff.uv import dry_run as of_uv
from tox_sitediff.uv.certificates import Trust
from tox_sitediff.uv.command import as_dry_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from support.remainders import Slim
    from tox_sitediff.uv.dry_run import DryRun


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that does not trust us."""


@pytest.fixture
def authority(slim: Slim, tmp_path: Path) -> Iterator[Path]:
    """Have an index behind TLS, and the certificate of who vouches for it."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("openssl, which makes certificates, is not here")

    def make(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=tmp_path, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    make("req", "-x509", *key, "-keyout", "authority.key", "-out", "authority.pem", "-subj", "/CN=authority")
    make("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (tmp_path / "names").write_text("subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n", "utf-8")
    make(
        *("x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"),
        *("-out", "server.pem", "-extfile", "names"),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with _Server(("localhost", 0), partial(_Quiet, directory=os.fspath(slim.index))) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        slim.variables["UV_DEFAULT_INDEX"] = f"https://localhost:{server.server_address[1]}/"
        yield tmp_path / "authority.pem"
        server.shutdown()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Note with which certificates each dry run is made."""
    given: list[str | None] = []

    def counted(
        command: Sequence[str],
        *,
        variables: Mapping[str, str],
        directory: Path,
        limit: float,
        on_slow: Callable[[float], None],
    ) -> Answer:
        given.append(variables.get("SSL_CERT_FILE"))
        return ask(command, variables=variables, directory=directory, limit=limit, on_slow=on_slow)

    monkeypatch.setattr(of_uv, "ask", counted)
    return given


def _plan(slim: Slim, trust: Trust) -> DryRun:
    command = as_dry_run([os.fspath(slim.uv), "pip", "install", "new"], target=None)
    return trust.dry_run(command, environment=slim.variables, directory=slim.root)


def test_a_server_that_uv_does_not_trust_by_itself(slim: Slim, authority: Path, asked: list[str | None]) -> None:
    """uv gets the certificates then, and from then on: behind a proxy that looks into all, nothing else works."""
    slim.offer("new", "1.0")
    slim.variables["SSL_CERT_FILE"] = there = str(authority)
    trust = Trust(("SSL_CERT_FILE",))
    assert [change.name for change in _plan(slim, trust).changes or ()] == ["new"]
    assert asked == [None, there]
    assert [change.name for change in _plan(slim, trust).changes or ()] == ["new"]
    assert asked == [None, there, there]


@pytest.mark.parametrize("spared", [(), ("SSL_CERT_FILE",)], ids=["set by the user", "set by nobody"])
def test_a_server_that_nobody_vouches_for(
    slim: Slim, authority: Path, asked: list[str | None], spared: Sequence[str]
) -> None:
    """What users set is what uv gets; and where nothing helps, it is asked no third time."""
    slim.variables["SSL_CERT_FILE"] = there = str(authority.with_name("server.csr"))
    outcome = _plan(slim, Trust(spared))
    assert (outcome.changes, outcome.unreachable, outcome.distrusts) == (None, True, True)
    assert asked == ([None, there] if spared else [there])


def test_where_nothing_is_wrong_no_certificates_are_read(slim: Slim, asked: list[str | None]) -> None:
    """uv would read all of them before it looks where it has to look."""
    slim.offer("new", "1.0")
    slim.variables["SSL_CERT_FILE"] = "/nowhere"
    assert [change.name for change in _plan(slim, Trust(("SSL_CERT_FILE",))).changes or ()] == ["new"]
    slim.variables["UV_OFFLINE"] = "1"
    slim.variables["UV_DEFAULT_INDEX"] = "https://localhost:9/"
    outcome = _plan(slim, Trust(("SSL_CERT_FILE",)))
    assert (outcome.changes, outcome.distrusts) == (None, False)
    assert asked == [None, None]
