"""Stacking environments between an environment and its base, as their interpreters see it."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Final

import pytest

from support import interpreters
from tox_sitediff.core.inventory import Inventory
from tox_sitediff.core.model import Role
from tox_sitediff.core.requirements import key
from tox_sitediff.interpreter.layers import stack, stacked
from tox_sitediff.interpreter.metadata import list_layers, read
from tox_sitediff.interpreter.probe import probe
from tox_sitediff.interpreter.start_up import runs_start_files

VERSION: Final = platform.python_version()


def made(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


# --- the file that stacks them


@pytest.mark.parametrize("version", interpreters.SUPPORTED)
def test_layers_stand_in_their_order_between_the_environment_and_the_base(tmp_path: Path, version: str) -> None:
    python = interpreters.environment(tmp_path / "env", interpreters.needed(version))
    layers = [made(tmp_path / name) for name in ("it's", "caf\xe9 \u4e16", "back\\slash" if os.name != "nt" else "c")]
    # a file that Python reads as the locale says, which may be ASCII
    env = interpreters.variables(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONNOUSERSITE="1")
    stack(interpreters.purelib(python), layers, version=f"{version}.0")
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
    stack(sites[1], [sites[2]], version=VERSION)
    stack(sites[0], [sites[1]], version=VERSION)
    interpreter = probe(environments[0], interpreters.variables(PYTHONNOUSERSITE="1"))
    roles = {layer.path: layer.role for layer in interpreter.layers}
    assert [roles[str(site)] for site in sites] == [Role.OWN, Role.EXTRA, Role.EXTRA]
    inventory = Inventory(list_layers(interpreter.layers), read)
    found = {name: str(copy.version) for name in "abc" if (copy := inventory.effective(key(name)))}
    assert found == {"a": "1", "b": "2", "c": "3"}
    theirs = "import importlib.metadata as m, json; print(json.dumps({n: m.version(n) for n in 'abc'}))"
    assert json.loads(interpreters.run(environments[0], theirs)) == found


@pytest.mark.parametrize("version", [interpreters.SUPPORTED[0], "3.11", *interpreters.SUPPORTED[-2:]])
def test_files_of_a_layer_count(tmp_path: Path, version: str) -> None:
    """What its ``.pth`` and ``.start`` files ask for, and what was added to them since, without anything made anew.

    What stands there when the layers are stacked is before the base; and import lines run, unless a ``.start`` file of
    the same name says otherwise.
    """
    python = interpreters.environment(tmp_path / "env", interpreters.needed(version))
    layer, editable, relative = (made(tmp_path / name) for name in ("layer", "editable", "layer/beside"))
    (layer / "a.pth").write_text(f"# more\n{editable}\nbeside\nnowhere\n", encoding="utf-8")
    (layer / "b.pth").write_text("import sys; sys.seen = 'line'\n", encoding="utf-8")
    stack(interpreters.purelib(python), [layer], version=f"{version}.0")
    env = interpreters.variables(PYTHONNOUSERSITE="1")
    seen = probe(python, env).layers
    paths = [layer.path for layer in seen]
    assert [layer.path for layer in seen if layer.role is Role.EXTRA] == [str(layer), str(editable), str(relative)]
    assert [str(layer), str(editable), str(relative)] == paths[1:4]
    assert interpreters.run(python, "import sys; print(sys.seen)") == "line\n"
    later = made(tmp_path / "later")
    (layer / "c.pth").write_text(f"{later}\n", encoding="utf-8")
    (layer / "hooked.py").write_text("import sys\ndef run():\n    sys.seen = 'entry point'\n", encoding="utf-8")
    (layer / "b.start").write_text("hooked:run\n", encoding="utf-8")
    assert str(later) in [layer.path for layer in probe(python, env).layers]
    new = runs_start_files(version)
    assert interpreters.run(python, "import sys; print(sys.seen)") == ("entry point\n" if new else "line\n")
    assert stack(interpreters.purelib(python), [layer], version=f"{version}.0") is new
    assert not stack(interpreters.purelib(python), [layer], version=f"{version}.0")
    assert stacked(interpreters.purelib(python)) == [layer]
    assert stack(interpreters.purelib(python), [], version=f"{version}.0")
    assert not list(interpreters.purelib(python).rglob("*sitediff*"))
