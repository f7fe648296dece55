"""A conda prefix, made as conda makes it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.bases.found import FoundBase, OnlineIndex, agrees, judge, pip_for, untouched
from support.bases.made import clean_environment
from support.distributions import install, write
from support.projects import make_project

from .conda import SHORT, make_conda

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .conda import Package

DECLARED = ("numpy", "requests", "pytest", "pytest-mock", "lz4")
PROJ: Final = """\
# as in the package of conda-forge, which also keeps what was set before, and knows a place on Windows
export PROJ_DATA="$CONDA_PREFIX/share/proj"
if [ -f "$PROJ_DATA/copyright_and_licenses.csv" ]; then export PROJ_NETWORK=OFF; else export PROJ_NETWORK=ON; fi
"""


def proj(pyproj: Package) -> Sequence[Package]:
    """Split pyproj's wheel as conda-forge does: PROJ's data below ``share``, and a script that says where, in proj.

    No channel of conda's can be reached from everywhere that these tests run; PROJ's library stays in pyproj.
    """
    inside = Path("lib", f"python{SHORT}", "site-packages", "pyproj", "proj_dir", "share", "proj")
    moved = {path: Path("share/proj", path.relative_to(inside)) for path in pyproj.files if path.is_relative_to(inside)}
    for old, new in moved.items():
        (pyproj.root / new).parent.mkdir(parents=True, exist_ok=True)
        (pyproj.root / old).rename(pyproj.root / new)
    (record,) = (pyproj.root / path for path in pyproj.files if path.name == "RECORD")
    lines = record.read_text("utf-8").splitlines(keepends=True)
    record.write_text("".join(line for line in lines if not line.startswith("pyproj/proj_dir/share/proj/")), "utf-8")
    script = Path("etc/conda/activate.d/proj4-activate.sh")
    write(pyproj.root / script, PROJ)
    rest = [path for path in pyproj.files if path not in moved]
    return [
        replace(pyproj, name="proj", version="9.0", files=sorted([*moved.values(), script]), depends=()),
        replace(pyproj, files=rest, depends=[*pyproj.depends, "proj"]),
    ]


def kernel(package: Package) -> Sequence[Package]:
    """Add a kernel, which names conda's interpreter, as recipes do that install it after pip: RECORD has none of it."""
    path = Path("share/jupyter/kernels/shell/kernel.json")
    write(package.root / path, json.dumps({"argv": [f"{package.root}/bin/python", "-m", "shell"], "language": "bash"}))
    return [replace(package, files=sorted([*package.files, path]))]


@pytest.fixture(scope="module")
def conda(tmp_path_factory: pytest.TempPathFactory) -> FoundBase:
    """A prefix that is, like most, inconsistent somewhere."""
    pytest.importorskip("rattler")
    directory = tmp_path_factory.mktemp("conda")
    variables = {**clean_environment(), **OnlineIndex(directory / "home").variables()}
    wanted = ("numpy", "requests", "pytest", "pyproj", "widgetsnbextension")
    recipes = {"pyproj": proj, "widgetsnbextension": kernel}
    make_conda(directory / "conda", *wanted, variables=variables, recipes=recipes)
    base = FoundBase(directory / "conda" / "bin" / "python")
    # what stock Anaconda has: requirements that nothing meets, one distribution under two names, left-overs
    install(base.site, "spyder", "6.0", requires=["pyqt5<5.16", "pytest<1"])
    install(base.site, "ruamel.yaml", "0.18.6")
    install(base.site, "ruamel_yaml", "0.17.21")
    write(base.site / "requests-2.0.0.dist-info" / "REQUESTED")
    return base


@pytest.mark.network
@pytest.mark.slow
def test_the_difference_over_a_conda_prefix_is_pips(tmp_path: Path, conda: FoundBase, online: OnlineIndex) -> None:
    """What conda installed is reused for all its bogus origins, programs run, and what is broken is in nobody's way."""
    origins = [json.loads(path.read_text("utf-8"))["url"] for path in conda.site.glob("*/direct_url.json")]
    assert len(origins) > 10
    assert all(url.startswith("file:///home/conda/feedstock_root/") for url in origins)
    assert list((conda.prefix / "conda-meta").glob("numpy-*.json"))
    pip = pip_for(conda.python)[0] / "pip"
    found = subprocess.run(
        [conda.python, "-B", pip, "check"], env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert "spyder 6.0 requires pyqt5, which is not installed" in found.stdout
    with untouched(conda):
        variables = {**clean_environment(), **online.variables()}
        would = judge(tmp_path / "pip", conda, *DECLARED, variables=variables)
        assert set(would) == {"lz4", "pytest-mock"}
        for family in ("virtualenv", "tox-uv"):
            (tmp_path / family).mkdir()
            project = make_project(tmp_path / family, conda, online, family)
            project.write("test_it.py", "def test_it(mocker):\n    import lz4.frame, numpy, requests\n")
            commands = [
                "pytest -p no:cacheprovider -q",
                "numpy-config --version",
                "pygmentize -V",
                "normalizer --version",
            ]
            project.ini("\n    ".join(["deps =", *DECLARED]) + "\n" + "\n    ".join(["commands =", *commands]))
            run = project.tox("-e", "a").ok()
            assert run.lines("1 passed")
            record = project.record()
            assert {"numpy", "requests", "pytest", "certifi", "pluggy"} <= set(project.reused())
            assert {item.location for item in record.reused} == {str(conda.site)}
            assert record.shadowed == ()
            assert record.python.base_prefix == str(conda.prefix)
            assert (record.bytes.saved or 0) > 20e6  # numpy
            assert {"pytest", "f2py", "numpy-config", "pygmentize"} <= project.scripts()
            assert not project.tox("-e", "a").ok().lines("recreate env")
            agrees(project, *DECLARED, would=would)


TRANSFORM: Final = (
    "import pyproj; print('metres', *map(round, pyproj.Transformer.from_crs(4326, 3857).transform(48, 11)))"
)


@pytest.mark.network
@pytest.mark.slow
def test_data_and_activation_of_a_conda_prefix(tmp_path: Path, conda: FoundBase, online: OnlineIndex) -> None:
    """pyproj finds PROJ's data through what activation sets, and none without; data files are there, a recipe's too."""
    project = make_project(tmp_path, conda, online, "virtualenv")
    command = f'commands = python -c "{TRANSFORM}"'
    with untouched(conda):
        project.ini(
            f"deps =\n    pyproj\n    widgetsnbextension\n{command}",
            tox="no_package = true\nenv_list = a, b",
            rest=f"[testenv:b]\nsitediff_activate = false\n{command}",
        )
        run = project.tox("-e", "a").ok()
        assert run.lines("metres 1224514 6106855")
        assert run.lines("counts as activated: PROJ_DATA, PROJ_NETWORK")
        assert project.record().installed == ()
        without = project.tox("-e", "b")
        assert without.code == 1
        assert without.lines("Valid PROJ data directory not found")
        share = project.directory("a") / "share"
        assert (share / "jupyter/nbextensions/jupyter-js-widgets/extension.js").is_file()
        assert (project.directory("a") / "etc/jupyter/nbconfig/notebook.d/widgetsnbextension.json").is_file()
        kernel = json.loads((share / "jupyter/kernels/shell/kernel.json").read_text("utf-8"))
        assert kernel["argv"][0] == str(project.directory("a") / "bin/python")
        assert not (share / "proj").exists()  # of the package proj, which is no distribution
