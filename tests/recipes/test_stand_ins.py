"""The stand-ins do what the services do, as far as the recipes lean on it: else these tests would show nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.ci.actions import upload_artifact
from support.ci.documents import FormError
from support.ci.expressions import Scope, evaluate, filled, holds
from support.ci.github import ActionError, Called, Machine

if TYPE_CHECKING:
    from pathlib import Path


def scope(workspace: Path, *, failed: bool = False) -> Scope:
    """What the expressions below can ask for."""
    contexts = {
        "inputs": {"merge": "false", "name": "", "number": 7},
        "matrix": {"os": "ubuntu"},
        "github": {"job": "tests"},
    }
    return Scope(contexts=contexts, failed=failed, workspace=workspace)


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("inputs.merge == 'true'", False),
        ("inputs.merge != 'TRUE' && matrix.os == 'Ubuntu'", True),  # without regard to case
        ("inputs.name || format('{0}-{1}', github.job, inputs.number)", "tests-7"),
        ("inputs.number == '7'", True),
        ("!(inputs.number == 8 || false)", True),
        ("inputs.nothing.at.all", None),
        ("github['job']", "tests"),
        ("'it''s'", "it's"),
        ("contains('abc', 'B')", True),
        ("startsWith('refs/tags/v1', 'refs/tags/')", True),
        ("hashFiles('*.nothing')", ""),
        ("null == ''", True),
    ],
)
def test_expressions(tmp_path: Path, expression: str, found: object) -> None:
    assert evaluate(expression, scope(tmp_path)) == found


@pytest.mark.parametrize("expression", ["inputs.merge ==", "secrets.token", "fromJSON('1')", "'a' 'b'", "a # b"])
def test_what_is_not_known_is_no_silent_pass(tmp_path: Path, expression: str) -> None:
    """Attack: an expression that the stand-in would get wrong."""
    with pytest.raises(FormError):
        evaluate(expression, scope(tmp_path))


@pytest.mark.parametrize(
    ("condition", "after_success", "after_failure"),
    [
        (None, True, False),
        ("matrix.os == 'ubuntu'", True, False),
        ("${{ !cancelled() && inputs.merge != 'true' }}", True, True),
        ("always()", True, True),
        ("failure()", False, True),
    ],
)
def test_which_steps_run(tmp_path: Path, condition: str | None, after_success: bool, after_failure: bool) -> None:
    """Without a word on the status a step runs after success only."""
    assert holds(condition, scope(tmp_path)) is after_success
    assert holds(condition, scope(tmp_path, failed=True)) is after_failure


def test_texts_are_filled(tmp_path: Path) -> None:
    assert filled("${{ matrix.os }}-${{ inputs.nothing }}-${{ true }}", scope(tmp_path)) == "ubuntu--true"


def test_an_upload_leaves_hidden_files_out_and_strips_what_is_common(tmp_path: Path) -> None:
    """As the real one: a dot anywhere in the path hides a file, unless it is told otherwise."""
    machine = Machine(root=tmp_path, variables={}, actions={})
    for name in (".tox/py/sitediff.json", ".tox/cov/sitediff.json", "seen/a.txt"):
        (machine.workspace / name).parent.mkdir(parents=True)
        (machine.workspace / name).write_text("{}", "utf-8")

    def upload(**inputs: str) -> list[str]:
        given = {key.replace("_", "-"): value for key, value in inputs.items()}
        upload_artifact(Called(machine=machine, inputs=given, variables={}))
        place = machine.artifacts / inputs["name"]
        return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())

    records = ".tox/*/sitediff.json"
    assert upload(name="a", path=records) == []
    assert upload(name="b", path=records, include_hidden_files="true") == ["cov/sitediff.json", "py/sitediff.json"]
    assert upload(name="c", path="seen") == ["a.txt"]
    with pytest.raises(ActionError, match="No files were found"):
        upload(name="d", path=records, if_no_files_found="error")
    with pytest.raises(ActionError, match="already exists"):
        upload(name="c", path="seen")
