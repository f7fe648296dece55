"""Data files of real distributions: nbconvert's templates and Jupyter's kernels, as in a full environment."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.bases.made import Base, clean_environment, uv_program
from support.index import Index
from support.shell import Shell
from tox_sitediff.interpreter.debian import shared_files

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.network

NOTEBOOK = {
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


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    """A base with nbconvert and a kernel, which is the same afterwards."""
    made = Base(tmp_path_factory.mktemp("jupyter") / "base")
    subprocess.run(
        [uv_program(), "pip", "install", "-q", "--python", made.python, "nbconvert", "ipykernel"],
        env=clean_environment(),
        check=True,
    )
    before = made.digest()
    yield made
    assert made.digest() == before


@pytest.mark.parametrize("visibility", ["base", "declared"])
def test_nbconvert_runs_a_notebook(jupyter: Base, tmp_path: Path, visibility: str) -> None:
    """It finds its templates below the environment's prefix, and a kernel that runs under the environment's Python."""
    index = Index(tmp_path / "index")
    shell = Shell(directory=tmp_path, base=jupyter, index=index)
    (tmp_path / "x.ipynb").write_text(json.dumps(NOTEBOOK))
    environment = shell.venv("env")
    shell.sitediff("install", "--python", "env", "--visibility", visibility, "nbconvert", "ipykernel")
    bin_directory = environment / "bin"
    shell.variables |= {
        "PATH": os.pathsep.join([str(bin_directory), os.environ["PATH"]]),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    command = bin_directory / "jupyter-nbconvert"
    if visibility == "base":
        shell.run(command, "--to", "html", "--execute", "x.ipynb")
        assert str(environment) in (tmp_path / "x.html").read_text()
        listed = shell.run(bin_directory / "jupyter-kernelspec", "list", "--json").json()
        kernels = listed["kernelspecs"]
        assert isinstance(kernels, dict)
        assert kernels["python3"]["resource_dir"] == str(environment / "share/jupyter/kernels/python3")
    else:
        shell.run(command, "--to", "html", "x.ipynb")
        assert "JupyterLab" in (tmp_path / "x.html").read_text()


def test_files_of_debians_packages() -> None:
    """What dpkg says of a distribution that has no list of files; documentation is not among it."""
    site = Path("/usr/lib/python3/dist-packages")
    infos = [path for path in site.glob("*-info") if path.is_dir()] if site.is_dir() else []
    found = {info: shared_files(str(site), info.name, info.name.partition("-")[0].lower()) for info in infos}
    some = {info.name: paths for info, paths in found.items() if paths}
    if not some:
        pytest.skip("none of Debian's distributions here has data files")
    for paths in some.values():
        assert all(Path(path).is_file() for path in paths)
        assert not any(path.startswith(("/usr/share/doc/", "/usr/lib/")) for path in paths)
