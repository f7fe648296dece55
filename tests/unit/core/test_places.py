"""Whose files are whose, by where they lie."""

from __future__ import annotations

import pytest

from tox_sitediff.core.model import Layer, Role
from tox_sitediff.core.places import environment_and_base, is_outside

LAYERS = (
    Layer(path="/code/demo/src", role=Role.INJECTED),
    Layer(path="/code/demo/.tox/a/lib/python3.12/site-packages", role=Role.OWN),
    Layer(path="/base/lib/python3.12/site-packages", role=Role.BASE),
    Layer(path="/odd", role=Role.OWN),
)


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("/base/lib/python3.12/site-packages/x.py", False),
        ("/base/lib/python3.12/runpy.py", False),
        ("/code/demo/.tox/a/bin/pytest", False),
        ("/odd/y.py", False),
        ("", False),
        ("<string>", False),
        ("/code/demo/tests/test_it.py", True),
        ("/code/demo/src/demo.py", True),
    ],
)
def test_a_file_of_the_project_lies_outside(file: str, wanted: bool) -> None:
    """Of the environment with its programs, of the base and of its standard library; also on PYTHONPATH."""
    assert is_outside(file, environment_and_base(LAYERS, "/base")) is wanted


def test_what_is_installed_in_editable_mode_is_the_project_s() -> None:
    """Its sources are on sys.path behind the environment; a site directory that lies below it is no source."""
    sources, layer = "/code/demo/src", "/code/demo/.layer/lib/python3.12/site-packages"
    layers = (*LAYERS[1:], Layer(path=sources, role=Role.EXTRA), Layer(path=layer, role=Role.EXTRA))
    files = (f"{sources}/demo.py", f"{layer}/x.py", "/code/demo/test.py")
    assert [is_outside(file, environment_and_base(layers, "/base")) for file in files] == [False, False, True]
    with_project = environment_and_base(layers, "/base", ["/code/demo"])
    assert [is_outside(file, with_project) for file in files] == [True, False, True]
