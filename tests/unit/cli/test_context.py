"""What all commands share."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING

from tox_sitediff import cli
from tox_sitediff.cli.context import Context

if TYPE_CHECKING:
    import pytest

HOSTILE = "demo\x1b]0;owned\x07 1.0\x1b[2J \u202e\x9b\r\x7f"


def test_nothing_on_the_standard_output_acts_on_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As on the standard error; but no line is cut short, because it may be an artefact."""
    context = Context(variables={}, directory=tmp_path)
    context.show(f"{HOSTILE}\n{'x' * 9000}")
    first, second = capsys.readouterr().out.splitlines()
    assert first == r"demo\x1b]0;owned\x07 1.0\x1b[2J \u202e\x9b\r\x7f"
    assert second == "x" * 9000
    context.show_json({"name": HOSTILE})
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    assert json.loads(out) == {"name": HOSTILE}


def test_commands_write_to_the_standard_output_in_one_place() -> None:
    """Where what is foreign is made safe to show; what they print goes to the standard error."""
    found = []
    for path in sorted(Path(cli.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            aside = any(word.arg == "file" and ast.unparse(word.value) == "sys.stderr" for word in node.keywords)
            if called == "sys.stdout.write" or (called == "print" and not aside):
                found.append(path.name)
    assert found == ["context.py"]
