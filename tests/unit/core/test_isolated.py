"""What isolated interpreters are told by options, because they read no variables."""

from __future__ import annotations

import pytest

from tox_sitediff.core.isolated import is_decided, is_isolated, is_python, with_options, without_bytecode

NOT_WRITTEN = {"PYTHONDONTWRITEBYTECODE": "1"}
ELSEWHERE = {"PYTHONPYCACHEPREFIX": "/cache"}


@pytest.mark.parametrize(
    "command",
    [
        "python -I -m pip install x",
        "python -Im pip install x",
        "python -sEc pass",
        "python -E script.py",
        "python -W error -Wi -X dev -Xutf8 -I -c pass",
        "python --check-hash-based-pycs never -I -c pass",
        "python --unknown -uI -",
        "/env/bin/python3.12 -I",
        "/env/bin/python3.13t -I",
        "pypy3.10 -I x.py",
        "C:\\env\\Scripts\\pythonw.exe -I x.py",
    ],
)
def test_isolated(command: str) -> None:
    words = command.split(" ")
    assert is_isolated(words)
    assert with_options(words, NOT_WRITTEN) == [words[0], "-B", *words[1:]]
    before = ["-X", "pycache_prefix=/cache"] if "pip" in words else ["-B", "-X", "pycache_prefix=/cache"]
    assert with_options(words, ELSEWHERE) == [words[0], *before, *words[1:]]
    assert with_options(words, {"PYTHONDONTWRITEBYTECODE": ""}) == words, "the user lets it be written"
    assert with_options(words, {}) == words


@pytest.mark.parametrize(
    "command",
    [
        "python",
        "python -m pip -I",
        "python -mI",
        "python -c I -I",
        "python -X I x.py",
        "python -W",
        "python script.py -I",
        "python -u script.py -I",
        "python - -I",
        "python --check-hash-based-pycs",
        "python-config -I",
        "grep -I python",
        "sh -c python -I",
    ],
)
def test_not_isolated(command: str) -> None:
    """Options of what is run, values of options, and other programs count for nothing."""
    words = command.split(" ")
    assert not is_isolated(words)
    assert with_options(words, {**NOT_WRITTEN, **ELSEWHERE}) == words


def test_any_interpreter_can_be_told() -> None:
    assert without_bytecode(["/env/bin/python", "x.py"]) == ["/env/bin/python", "-B", "x.py"]
    assert without_bytecode(["uv", "venv"]) == ["uv", "venv"]
    assert not is_python([])


def test_who_decides() -> None:
    assert not is_decided({"PATH": "/bin"})
    assert is_decided({"PYTHONDONTWRITEBYTECODE": ""})
    assert is_decided(ELSEWHERE)
