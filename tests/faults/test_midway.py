"""What goes wrong in the middle of a run: the base changes, the network is lost, the disk is full.

However that run ends, the base stays as it is, nothing pretends to be installed, and the next plain run heals without
``-r``. Networks and disks are taken away at every third moment, or at all of them with ``SITEDIFF_TEST_EVERY=1``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.distributions import pretending_in, tree_hash, write
from support.truth import plain, untrue
from tox_sitediff.uv.program import find_uv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.bench import Bench

pytestmark = pytest.mark.slow
EVERY: Final = int(os.environ.get("SITEDIFF_TEST_EVERY", "3"))


@pytest.fixture
def ready(bench: Bench, tmp_path: Path) -> Bench:
    """A base with something to reuse, an index with something to install, and caches of the test's own."""
    bench.variables |= {"UV_CACHE_DIR": str(tmp_path / "caches" / "uv"), "XDG_CACHE_HOME": str(tmp_path / "caches")}
    bench.base("alpha", "1.0", requires=["beta<3"])
    bench.base("beta", "2.0")
    bench.wheel("beta", "2.0")
    bench.wheel("gamma", "3.0", requires=["delta"], files=40)
    bench.wheel("delta", "1.0", files=40)
    bench.configure(["alpha", "gamma"])
    return bench


def healed(bench: Bench) -> None:
    """Make sure that a plain run ends well, and with what is declared."""
    before = tree_hash(bench.prefix)
    outcome = plain(bench)
    print(outcome.text)
    assert outcome.code == 0
    assert "Traceback" not in outcome.text
    assert list(untrue(bench)) == []
    assert {"gamma", "delta"} <= bench.names("installed").keys()
    assert "alpha" in bench.names("reused")
    assert tree_hash(bench.prefix) == before


# --- the base


_UV = """#!{python}
import os, subprocess, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from support.distributions import install, tree_hash
def change():
    site = Path({site!r})
    if not Path({done!r}).exists():
        for path in [*site.glob("beta*")]:
            os.rename(path, Path({done!r}).with_name("was-" + path.name))
        if {change!r} == "upgraded":
            install(site, "beta", "3.0")
        Path({done!r}).write_text(tree_hash(Path({prefix!r})))
words = ["{uv}", *sys.argv[1:]]
is_plan = "--dry-run" in words
is_due = words[1:3] == ["pip", "install"] and "--offline" not in words and is_plan == ({moment!r} == "plan")
if is_due and {moment!r} != "after":
    change()
code = subprocess.run(words).returncode
if is_due and {moment!r} == "after":
    change()
sys.exit(code)
"""


@pytest.mark.parametrize("change", ["removed", "upgraded"])
@pytest.mark.parametrize("moment", ["plan", "before", "after"])
def test_a_base_that_changes_while_uv_runs(ready: Bench, change: str, moment: str) -> None:
    """Something reused goes, or no longer fits: this run says so or not, the next one installs what is missing now."""
    done = ready.root / "done"
    program = write(
        ready.root / "fake" / "uv",
        _UV.format(
            python=sys.executable,
            tests=str(Path(__file__).parents[1]),
            site=str(ready.site),
            prefix=str(ready.prefix),
            done=str(done),
            change=change,
            moment=moment,
            uv=find_uv(),
        ),
    )
    program.chmod(0o755)
    ready.configure(
        ["alpha", "gamma"],
        extra=f"install_command = {program} pip install {{opts}} {{packages}}\nallowlist_externals = {program}",
    )
    outcome = plain(ready)
    print(outcome.text)
    assert "Traceback" not in outcome.text
    assert done.exists(), "the base was to change"
    assert tree_hash(ready.prefix) == done.read_text()
    assert pretending_in(ready.own_site) == []
    healed(ready)
    assert ready.names("installed") == {"beta": "2.0", "gamma": "3.0", "delta": "1.0"}


# --- the network


class Index(ThreadingHTTPServer):
    """An index that answers so many requests, and then none, or half of one."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        """Serve a directory."""
        self.answers = 10**6
        self.asked = 0
        self.ends = threading.Event()
        self.cuts = False
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=os.fspath(root)))

    @property
    def url(self) -> str:
        """Where the index is."""
        return f"http://127.0.0.1:{self.server_address[1]}/simple"


class _Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer, or not."""
        assert isinstance(self.server, Index)
        if self._goes_on():
            super().do_GET()
        elif self.server.cuts:
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            with suppress(OSError):  # uv may have left
                self.wfile.write(b"<!DOCTYPE html>")
            self.close_connection = True
        else:
            self.server.ends.wait()

    def do_HEAD(self) -> None:
        """Answer, or not."""
        assert isinstance(self.server, Index)
        if self._goes_on():
            super().do_HEAD()
        else:
            self.close_connection = True

    def _goes_on(self) -> bool:
        assert isinstance(self.server, Index)
        self.server.asked += 1
        return self.server.asked <= self.server.answers

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of what goes well."""


@pytest.fixture
def index(ready: Bench) -> Iterator[Index]:
    """The bench's index behind HTTP."""
    with Index(ready.root) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        ready.variables |= {"UV_DEFAULT_INDEX": server.url, "UV_HTTP_RETRIES": "0"}
        yield server
        server.ends.set()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("way", ["silent", "cut"])
def test_a_network_that_is_lost_at_any_request(ready: Bench, index: Index, way: str) -> None:
    """Whether it answers no more or breaks off: uv's message, no traceback, and with a network all is well again."""
    index.cuts = way == "cut"
    healed(ready)
    total = index.asked
    assert total > 2
    for answers in range(0, total, EVERY):
        shutil.rmtree(ready.env_dir)
        shutil.rmtree(ready.variables["UV_CACHE_DIR"])
        index.asked, index.answers = 0, answers
        outcome = ready.tox(UV_HTTP_TIMEOUT="1")
        assert outcome.code != 0
        assert outcome.lines("the base does not satisfy gamma, and the installer failed")
        index.answers = 10**6
        healed(ready)


# --- the disk


@contextmanager
def mounted(place: Path) -> Iterator[None]:
    """Mount a small file system."""
    place.mkdir(parents=True, exist_ok=True)
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=False).returncode:
        pytest.skip("a small file system can't be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.parametrize("which", [".tox", "caches"])
def test_a_disk_that_is_full_at_any_moment(ready: Bench, tmp_path: Path, which: str) -> None:
    """The work directory's, or the user cache's: the system's reason, no traceback, and with room all is well again."""
    place = tmp_path / "caches" if which == "caches" else ready.project / ".tox"
    ready.variables["UV_LINK_MODE"] = "copy"
    parts = 8
    failed = 0
    with mounted(place):
        healed(ready)
        held = os.statvfs(place)
        used = (held.f_blocks - held.f_bfree) * held.f_frsize
        for part in range(1, parts, EVERY):
            for path in place.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            if which == "caches":
                shutil.rmtree(ready.env_dir)
            size = used * part // parts
            subprocess.run(["mount", "-o", f"remount,size={size}", place], check=True)
            outcome = ready.tox()
            failed += outcome.code != 0
            assert outcome.code == 0 or outcome.lines("No space left on device")
            subprocess.run(["mount", "-o", f"remount,size={used * 4}", place], check=True)
            healed(ready)
    assert failed > 0
