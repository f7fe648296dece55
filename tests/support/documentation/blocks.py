"""The fenced blocks of the documentation: where they stand, what they are, and what of a session was typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[3]
PROMPT: Final = re.compile(r"(\$|[A-Z]:\\>) ")
LONG: Final = re.compile(
    r"(?:[A-Z_]+=\S+ )*python (?:-m pytest|(?:tests|benchmarks)/\S+\.py|check\.py|demo\.py)(?: |$)"
)
"""Commands of a checkout that take long: their arguments are given to the program's own parser."""
_NOT_RUN: Final = re.compile(r"<!-- not run: ((?:(?!-->).)+) -->\s*\Z", re.DOTALL)
_ELSEWHERE: Final = re.compile(r"<!-- run by (\S+) -->\s*\Z")
_NAME: Final = re.compile(r"# ([\w./-]+)\n")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block.

    Attributes:
        page: The page that it stands in.
        line: The line of its fence.
        language: What it is written in.
        text: Its content.
        reason: Why it is not run; empty where it is.
        test: The test that runs it, where that is not the one of its page; empty otherwise.
    """

    page: Path
    line: int
    language: str
    text: str
    reason: str = ""
    test: str = ""

    @property
    def place(self) -> str:
        """Page and line."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def name(self) -> str:
        """The file that it is, by the comment in its first line; empty where there is none."""
        found = _NAME.match(self.text)
        return found[1] if found else ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command in a session.

    Attributes:
        block: Where it stands.
        command: What is typed, in one or several lines.
        output: What is printed then; empty where the page leaves it out.
    """

    block: Block
    command: str
    output: str

    @property
    def is_long(self) -> bool:
        """Whether it is a command of a checkout that takes long."""
        return LONG.match(self.command) is not None


def sessions(page: Path) -> list[Step]:
    """The commands of a page that are run where it is followed."""
    found = [block for block in blocks(page) if block.language == "console" and not (block.reason or block.test)]
    return [step for block in found for step in steps(block) if not step.is_long]


def pages() -> list[Path]:
    """The pages with examples: those of the documentation, and those beside the sources."""
    beside = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "example-project/README.md")
    return [*(ROOT / name for name in beside), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Take the blocks out of a page, but for directives of Sphinx.

    Raises:
        ValueError: A block is indented, and not fenced: nobody could say what it is.
    """
    text = page.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    found = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.map is None or token.info.startswith("{"):
            continue
        at = token.map[0]
        if token.type == "code_block":
            raise ValueError(f"{page}:{at + 1}: a block without a fence")
        if token.type == "fence":
            before = "".join(lines[:at])
            reason, test = _NOT_RUN.search(before), _ELSEWHERE.search(before)
            found.append(
                Block(
                    page=page,
                    line=at + 1,
                    language=token.info.strip(),
                    text=token.content,
                    reason=" ".join(reason[1].split()) if reason else "",
                    test=test[1] if test else "",
                )
            )
    return found


def steps(block: Block) -> Iterator[Step]:
    r"""Take the commands out of a session.

    A command begins with a prompt (``$``, or ``C:\>`` of Windows), and goes on behind a backslash at the end of a line.

    Raises:
        ValueError: Something is printed before anything was typed.
    """
    command: list[str] = []
    output: list[str] = []
    for line in block.text.splitlines():
        if PROMPT.match(line):
            if command:
                yield Step(block=block, command="\n".join(command), output="\n".join(output))
            command, output = [PROMPT.sub("", line, count=1)], []
        elif not command:
            raise ValueError(f"{block.place}: output without a command: {line}")
        elif not output and command[-1].endswith("\\"):
            command.append(line)
        else:
            output.append(line)
    yield Step(block=block, command="\n".join(command), output="\n".join(output))
