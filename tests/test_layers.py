"""Stacking environments between an environment and its base."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from support import interpreters
from tox_sitediff.core.inventory import Inventory
from tox_sitediff.core.model import Role
from tox_sitediff.core.requirements import key
from tox_sitediff.environment.pyvenv import environment_of
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.interpreter.layers import PTH_NAME, site_directories, stack
from tox_sitediff.interpreter.metadata import list_layers, read
from tox_sitediff.interpreter.probe import probe

posix = pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")


def made(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


# --- what a layer contributes


@pytest.mark.parametrize(
    "inside", ["lib/python3.12/site-packages", "lib64/python3.12/site-packages", "lib/pypy3.12/site-packages"]
)
def test_an_environment_contributes_its_site_packages_of_the_same_version(tmp_path: Path, inside: str) -> None:
    site = made(tmp_path / inside)
    made(tmp_path / "lib/python3.11/site-packages")
    assert site_directories(tmp_path, version="3.12.1") == [site]


def test_both_libraries_count_where_they_differ_and_once_where_one_is_a_link(tmp_path: Path) -> None:
    one = made(tmp_path / "a/lib/python3.12/site-packages")
    two = made(tmp_path / "a/lib64/python3.12/site-packages")
    assert site_directories(tmp_path / "a", version="3.12.1") == [one, two]
    if os.name != "nt":
        linked = made(tmp_path / "b/lib/python3.12/site-packages")
        (tmp_path / "b/lib64").symlink_to("lib")
        assert site_directories(tmp_path / "b", version="3.12.1") == [linked]


def test_a_prefix_in_the_layout_of_windows_contributes_its_library(tmp_path: Path) -> None:
    site = made(tmp_path / "Lib/site-packages")
    assert site_directories(tmp_path, version="3.12.1") == [site]


def test_any_other_directory_is_one_of_distributions_itself(tmp_path: Path) -> None:
    assert site_directories(tmp_path, version="3.12.1") == [tmp_path]


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        (
            "lib/python3.11/site-packages",
            "has no site-packages for Python 3.12, only for python3.11; use an environment",
        ),
        ("conda-meta", "has no site-packages for Python 3.12; use an environment"),
    ],
)
def test_an_environment_of_another_version_is_refused(tmp_path: Path, inside: str, message: str) -> None:
    made(tmp_path / inside)
    with pytest.raises(EnvironmentProblem) as caught:
        site_directories(tmp_path, version="3.12.1")
    assert str(tmp_path) in str(caught.value)
    assert message in str(caught.value)


def test_several_other_versions_are_all_named(tmp_path: Path) -> None:
    for version in ("3.9", "3.11"):
        made(tmp_path / f"lib/python{version}/site-packages")
    with pytest.raises(EnvironmentProblem, match=r"only for python3\.11,python3\.9"):
        site_directories(tmp_path, version="3.12.1")


def test_a_layer_that_is_missing_or_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentProblem, match="missing does not exist; mend sitediff_layers"):
        site_directories(tmp_path / "missing", version="3.12.1")
    with pytest.raises(EnvironmentProblem, match="file is not a directory; mend sitediff_layers"):
        site_directories(tmp_path / "file", version="3.12.1")


# --- the file that stacks them


def test_stacking_says_whether_anything_changed_and_nothing_leaves_no_file(tmp_path: Path) -> None:
    directories = [tmp_path / "one", tmp_path / "two"]
    assert stack(tmp_path, directories)
    assert not stack(tmp_path, directories)
    assert stack(tmp_path, directories[::-1])
    assert stack(tmp_path, [])
    assert not (tmp_path / PTH_NAME).exists()
    assert not stack(tmp_path, [])


@pytest.mark.parametrize("version", interpreters.SUPPORTED)
def test_layers_stand_in_their_order_between_the_environment_and_the_base(tmp_path: Path, version: str) -> None:
    python = interpreters.environment(tmp_path / "env", interpreters.needed(version))
    layers = [made(tmp_path / name) for name in ("it's", "caf\xe9 \u4e16", "back\\slash" if os.name != "nt" else "c")]
    # a file that Python reads as the locale says, which may be ASCII
    env = interpreters.variables(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONNOUSERSITE="1")
    stack(interpreters.purelib(python), layers)
    seen = probe(python, env).layers
    assert [layer.path for layer in seen if layer.role is Role.EXTRA] == [str(layer) for layer in layers]
    assert next(layer.path for layer in seen if layer.role is Role.OWN) == str(interpreters.purelib(python))


def write(site: Path, name: str, version: str) -> None:
    (made(site / f"{name}-{version}.dist-info") / "METADATA").write_text(f"Version: {version}\n", encoding="utf-8")


def test_an_environment_sees_a_layer_and_what_that_one_is_stacked_on(tmp_path: Path) -> None:
    environments = [
        interpreters.environment(tmp_path / name, Path(sys.executable)) for name in ("top", "middle", "bottom")
    ]
    sites = [interpreters.purelib(python) for python in environments]
    for site, distributions in zip(
        sites, [{"a": "1"}, {"a": "2", "b": "2"}, {"a": "3", "b": "3", "c": "3"}], strict=True
    ):
        for name, version in distributions.items():
            write(site, name, version)
    stack(sites[1], [sites[2]])
    stack(sites[0], [sites[1]])
    interpreter = probe(environments[0], interpreters.variables(PYTHONNOUSERSITE="1"))
    roles = {layer.path: layer.role for layer in interpreter.layers}
    assert [roles[str(site)] for site in sites] == [Role.OWN, Role.EXTRA, Role.EXTRA]
    inventory = Inventory(list_layers(interpreter.layers), read)
    found = {name: str(copy.version) for name in "abc" if (copy := inventory.effective(key(name)))}
    assert found == {"a": "1", "b": "2", "c": "3"}
    theirs = "import importlib.metadata as m, json; print(json.dumps({n: m.version(n) for n in 'abc'}))"
    assert json.loads(interpreters.run(environments[0], theirs)) == found


def test_path_files_of_a_layer_count(tmp_path: Path) -> None:
    python = interpreters.environment(tmp_path / "env", Path(sys.executable))
    layer, editable = made(tmp_path / "layer"), made(tmp_path / "editable")
    (layer / "demo.pth").write_text(f"{editable}\n", encoding="utf-8")
    stack(interpreters.purelib(python), [layer])
    seen = probe(python, interpreters.variables(PYTHONNOUSERSITE="1")).layers
    assert [layer.path for layer in seen if layer.role is Role.EXTRA] == [str(layer), str(editable)]


# --- which environment an interpreter belongs to


def test_an_interpreter_of_an_environment_names_it(tmp_path: Path) -> None:
    python = interpreters.environment(tmp_path / "env", Path(sys.executable))
    assert environment_of(python) == tmp_path / "env"
    (tmp_path / "old").mkdir()
    (tmp_path / "old/pyvenv.cfg").touch()
    assert environment_of(tmp_path / "old/python.exe") == tmp_path / "old"


def test_any_other_interpreter_names_none(tmp_path: Path) -> None:
    assert environment_of(made(tmp_path / "prefix/bin") / "python") is None
