from __future__ import annotations

import ast
import re
from typing import Final

import pytest
from _house import modules, parsed

from support.documentation.reference import PARTS, page, renewed

pytest.importorskip("nox")

VARIABLE: Final = re.compile(r"TOX_SITEDIFF(?:_[A-Z]+)*")


@pytest.mark.parametrize("name", PARTS)
def test_the_reference_is_what_the_code_says(name: str) -> None:
    """Keys, commands, the record, exit statuses and nox's keywords: as they are registered, parsed and described."""
    assert page(name).read_text("utf-8") == renewed(name), "write it: python tests/documentation/write.py"


def test_the_reference_has_all_variables_of_ours() -> None:
    """Each variable that the code looks at has a row, and each row is of one."""
    looked_at = {
        node.value
        for path in modules().values()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value)
    }
    rows = re.findall(r"^\| `(TOX_SITEDIFF\w*)", page("configuration").read_text("utf-8"), re.MULTILINE)
    assert set(rows) == looked_at
