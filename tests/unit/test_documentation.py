from __future__ import annotations

import ast
import json
import re
from typing import Final

import pytest
from _house import modules, parsed

from support.documentation.blocks import PROMPT, ROOT, blocks, pages
from support.documentation.reference import PARTS, renewed
from support.documentation.reference import page as page_of

pytest.importorskip("nox")

LANGUAGES: Final = {"console", "dockerfile", "ini", "json", "python", "text", "toml", "yaml"}
PAGES: Final = pages()
INTERNAL: Final = {"SITEDIFF_NOX_RECORDS"}
"""Variables by which processes of ours tell each other something."""
VARIABLE: Final = re.compile(r"TOX_SITEDIFF(?:_[A-Z]+)*|SITEDIFF(?:_[A-Z]+)+")


@pytest.mark.parametrize("name", PARTS)
def test_the_reference_is_what_the_code_says(name: str) -> None:
    """Keys, commands, the record, exit statuses and nox's keywords: as they are registered, parsed and described."""
    assert page_of(name).read_text("utf-8") == renewed(name), "write it: python tests/documentation/write.py"


def test_the_reference_has_all_variables_of_ours() -> None:
    """Each variable that the code looks at has a row, and each row is of one."""
    looked_at = {
        node.value
        for path in modules().values()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value)
    }
    rows = re.findall(r"^\| `((?:TOX_)?SITEDIFF\w*)", page_of("configuration").read_text("utf-8"), re.MULTILINE)
    assert set(rows) == looked_at - INTERNAL


def test_blocks_are_of_a_known_kind() -> None:
    """Each says what it is written in; what is nothing of ours is named as not run, with a reason, or with its test."""
    for page in PAGES:
        for block in blocks(page):
            assert block.language in LANGUAGES, block.place
            if block.test:
                assert (ROOT / block.test).exists(), block.place
            if block.language in {"dockerfile", "yaml"}:
                assert block.test or block.reason, block.place
            if block.language == "json" and not block.reason:
                json.loads(block.text)
            if block.language == "python" and not block.reason:
                compile(block.text, block.place, "exec")
            if block.language == "console":
                assert PROMPT.match(block.text), block.place


def test_links_beside_the_documentation_lead_somewhere() -> None:
    """In README and its like, which Sphinx does not build: to a file, and to a heading of it."""
    for page in (page for page in PAGES if "docs" not in page.parts):
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
            path, _, anchor = target.partition("#")
            if "://" in target:
                continue
            file = page.parent / path if path else page
            assert file.exists(), f"{page}: {target}"
            heads = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE) if anchor else []
            slugs = {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in heads}
            assert not anchor or anchor in slugs, f"{page}: {target}"


def test_what_is_not_run_is_little() -> None:
    """These are all, each with its reason; a new one has to be put here, which somebody will see."""
    found = [
        f"{block.page.relative_to(ROOT)}: {block.reason}" for page in PAGES for block in blocks(page) if block.reason
    ]
    listed = (ROOT / "tests" / "documentation" / "not_run.txt").read_text("utf-8").splitlines()
    assert found == listed


def test_a_sentence_stands_before_each_table() -> None:
    """It says what the table is of: no heading, list or other table is right before one."""
    found = []
    for path in PAGES:
        lines = path.read_text("utf-8").splitlines()
        heads = [at for at, line in enumerate(lines[1:]) if re.match(r"\| ?:?-+", lines[at + 1]) and line]
        for at in heads:
            before = [line for line in lines[:at] if line and not line.startswith("<!--")]
            if not before or re.match(r"#|\||```", before[-1]):
                found.append(f"{path.relative_to(ROOT)}:{at + 1}")
    assert found == []
