"""Data files of real distributions, beside a full environment: Jupyter's, a theme's, manual pages, completions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from support.bases.made import Base, clean_environment, uv_program
from support.index import Index
from support.interpreters import SYSTEM
from support.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Content = TypeVar("Content", str, bytes)
pytestmark = pytest.mark.network

DECLARED: Final = ("nbconvert", "ipykernel", "nbclassic", "ipywidgets", "sphinx", "furo", "yt-dlp")
"""What has data files of each kind: templates, a kernel, notebook and lab extensions, icons, man pages, completions."""
NOTEBOOK: Final = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": ["import sys; print(sys.prefix)"],
        }
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 4,
}


class Kept:
    """A base, and over it a full environment of what is declared and two that reuse all of it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.base = Base(directory / "below")
        uv(self.base.python, *DECLARED)
        self.before = self.base.digest()
        shell = Shell(directory=directory, base=self.base, index=Index(directory / "index"))
        subprocess.run(
            [uv_program(), "venv", "-q", "--python", self.base.python, directory / "full"],
            env=clean_environment(),
            check=True,
        )
        uv(directory / "full/bin/python", *DECLARED)
        for visibility in ("base", "declared"):
            shell.venv(visibility)
            shell.sitediff("install", "--python", visibility, "--visibility", visibility, *DECLARED)
        self.variables = shell.environment()

    def run(self, environment: str, *command: str | Path, **variables: str) -> str:
        """Run a program of an environment as an activated one does, and return what it says without its path."""
        place = self.directory / environment
        own = {
            "PATH": os.pathsep.join([str(place / "bin"), os.environ["PATH"]]),
            "JUPYTER_PREFER_ENV_PATH": "1",
            "IPYTHONDIR": str(self.directory / "ipython"),
        }
        done = subprocess.run(
            command,
            cwd=self.directory,
            env={**self.variables, **own, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return (done.stdout + done.stderr).replace(str(place), "ENV")

    def files(self, environment: str) -> dict[str, bytes]:
        """The data files of an environment, and their content."""
        place = self.directory / environment
        return {
            path.relative_to(place).as_posix(): path.read_bytes()
            for top in ("share", "etc")
            for path in (place / top).rglob("*")
            if path.is_file()
        }


def uv(python: Path, *requirements: str) -> None:
    subprocess.run(
        [uv_program(), "pip", "install", "-q", "--python", python, *requirements], env=clean_environment(), check=True
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """All of it made once; the base is the same afterwards."""
    made = Kept(tmp_path_factory.mktemp("data"))
    yield made
    assert made.base.digest() == made.before


@pytest.fixture(params=["base", "declared"])
def slim(request: pytest.FixtureRequest) -> str:
    """Each of the environments that reuse."""
    return str(request.param)


def test_all_data_files_are_where_a_full_environment_has_them(kept: Kept, slim: str) -> None:
    """The same places and the same content, nothing more."""
    full = kept.files("full")
    tops = {"/".join(place.split("/")[:2]) for place in full}
    assert tops >= {"etc/jupyter", "share/jupyter", "share/icons", "share/man", "share/bash-completion"}
    assert kept.files(slim) == full


def test_nbconvert_runs_a_notebook(kept: Kept, slim: str) -> None:
    """It finds its templates below the environment's prefix, and a kernel that runs under the environment's Python."""
    (kept.directory / f"{slim}.ipynb").write_text(json.dumps(NOTEBOOK))
    execute = ["--execute"] if slim == "base" else []
    kept.run(slim, "jupyter-nbconvert", "--to", "html", *execute, f"{slim}.ipynb")
    page = (kept.directory / f"{slim}.html").read_text()
    assert "JupyterLab" in page
    assert not execute or str(kept.directory / slim) in page
    listed = json.loads(kept.run(slim, "jupyter-kernelspec", "list", "--json"))
    assert listed["kernelspecs"]["python3"]["resource_dir"] == "ENV/share/jupyter/kernels/python3"


def test_extensions_of_the_classic_notebook_are_listed(kept: Kept, slim: str) -> None:
    """ipywidgets' own, as in a full environment."""
    said = kept.run(slim, "jupyter-nbclassic-extension", "list")
    assert "jupyter-js-widgets/extension" in said
    assert said == kept.run("full", "jupyter-nbclassic-extension", "list")


def test_extensions_of_the_classic_notebook_are_served(kept: Kept) -> None:
    """The server refuses links that lead out of what it serves: a browser gets the file all the same."""
    notes = kept.directory / "runtime"
    options = ["--no-browser", "--allow-root", "--IdentityProvider.token=", "--ip=127.0.0.1", "--port=0"]
    server = subprocess.Popen(
        [kept.directory / "base/bin/jupyter-nbclassic", *options],
        cwd=kept.directory,
        env={**kept.variables, "JUPYTER_PREFER_ENV_PATH": "1", "JUPYTER_RUNTIME_DIR": str(notes)},
        stderr=subprocess.DEVNULL,
    )
    try:
        url = wait_for(
            lambda: next((json.loads(path.read_text())["url"] for path in notes.glob("jpserver-*.json")), "")
        )
        place = "nbextensions/jupyter-js-widgets/extension.js"
        served = wait_for(lambda: fetched(f"{url}{place}"))
    finally:
        server.terminate()
        server.wait()
    assert served == (kept.directory / "full/share/jupyter" / place).read_bytes()


def wait_for(look: Callable[[], Content]) -> Content:
    """Look until there is something, which takes a server some seconds."""
    for _ in range(600):
        with suppress(ValueError, URLError):  # half-written, or not listening yet; what it refuses is an answer
            if found := look():
                return found
        time.sleep(0.1)
    pytest.fail("the server does not answer")


def fetched(url: str) -> bytes:
    """Fetch a file of a server; nothing where that refuses it."""
    try:
        with urlopen(url) as answer:  # of this machine
            return bytes(answer.read())
    except HTTPError as error:
        return str(error).encode()


def test_sphinx_builds_with_a_reused_theme(kept: Kept, slim: str) -> None:
    """The same pages and the same static files as in a full environment."""
    source = kept.directory / "source"
    source.mkdir(exist_ok=True)
    (source / "conf.py").write_text("html_theme = 'furo'\n")
    (source / "index.rst").write_text("Title\n=====\n")
    built = {}
    for environment in ("full", slim):
        target = kept.directory / f"pages-{environment}"
        if not target.exists():
            kept.run(environment, "sphinx-build", "-q", source, target)
        built[environment] = {path.relative_to(target) for path in target.rglob("*")}
    assert Path("_static/styles/furo.css") in built["full"]
    assert built[slim] == built["full"]


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("fish", ("fish", "--private", "-c", "complete -C 'yt-dlp --no-playl'")),
        ("bash", ("bash", "-c", ". $XDG_DATA_DIRS/bash-completion/completions/yt-dlp; complete -p yt-dlp")),
    ],
)
def test_shells_complete_a_reused_tool(kept: Kept, slim: str, program: str, command: tuple[str, ...]) -> None:
    """They find completions in an environment's ``share``, where that is named to them."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    full, found = (
        kept.run(environment, *command, XDG_DATA_DIRS=str(kept.directory / environment / "share"))
        for environment in ("full", slim)
    )
    assert "--no-playlist" in full or "complete -F" in full
    assert found == full


def test_the_manual_of_a_reused_tool_is_found(kept: Kept, slim: str) -> None:
    """man goes from PATH to the pages beside it, and says where the link leads."""
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    found = kept.run(slim, "man", "-w", "yt-dlp", MANPATH="").strip()
    assert Path(found) == (kept.directory / slim / "share/man/man1/yt-dlp.1").resolve()


def test_files_of_debians_packages(tmp_path: Path) -> None:
    """dpkg knows the owner of a distribution whose metadata have no list: pygments brings its page and completion."""
    package = Path("/var/lib/dpkg/info/python3-pygments.list")
    if not SYSTEM.exists() or not package.exists():
        pytest.skip("no Debian with python3-pygments: apt-get install python3-pygments")
    lines = package.read_text().splitlines()
    named = [line for line in lines if line.startswith(("/usr/share/man/", "/usr/share/bash-completion/"))]
    wanted = {path.removeprefix("/usr/") for path in named if Path(path).is_file()}
    shell = Shell(directory=tmp_path, base=Base(tmp_path / "base"), index=Index(tmp_path / "index"))
    shell.sitediff("venv", "-q", "--python", SYSTEM, "env")
    shell.sitediff("install", "--python", "env", "pygments")
    found = [path for path in (tmp_path / "env/share").rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path / "env").as_posix() for path in found} == wanted
    assert all(path.is_symlink() and path.samefile("/usr" / path.relative_to(tmp_path / "env")) for path in found)
