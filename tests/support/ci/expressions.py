"""Expressions of GitHub's workflows, as far as ours and the recipes use them.

Source: "Evaluate expressions in workflows and actions" in GitHub's documentation.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from support.ci.documents import FormError, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<sign>==|!=|&&|\|\||[!()\[\],.]))"
)
_PLACE: Final = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS: Final = re.compile(r"\b(success|failure|cancelled|always)\s*\(")
_WORDS: Final = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What an expression can ask for.

    Attributes:
        contexts: ``github``, ``matrix``, ``steps`` and their kin.
        failed: Whether a step before failed.
        workspace: Where ``hashFiles`` looks.
    """

    contexts: Mapping[str, object]
    failed: bool
    workspace: Path


def filled(value: object, scope: Scope) -> str:
    """Write a text with its expressions replaced by what they say."""
    return _PLACE.sub(lambda found: text(evaluate(found[1], scope)), text(value))


def holds(condition: object, scope: Scope) -> bool:
    """Tell whether a step runs.

    Args:
        condition: What stands under ``if``; nothing for none. Without a word on the status it runs after success only.
        scope: What it can ask for.
    """
    if condition is None:
        return not scope.failed
    expression = text(condition).strip()
    if (found := _PLACE.fullmatch(expression)) is not None:
        expression = found[1]
    if _STATUS.search(expression) is None and scope.failed:
        return False
    return _truth(evaluate(expression, scope))


def evaluate(expression: str, scope: Scope) -> object:
    """Say what an expression is.

    Raises:
        FormError: It is not one, or uses what is not known here.
    """
    parser = _Parser(_tokens(expression), scope)
    found = parser.either()
    if parser.rest:
        raise FormError(f"can't read the end of {expression.strip()!r}: {parser.rest}")
    return found


def _tokens(expression: str) -> list[tuple[str, str]]:
    found, at = [], 0
    stripped = expression.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None or match.lastgroup is None:
            raise FormError(f"can't read {expression.strip()!r} at {stripped[at:]!r}")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _truth(value: object) -> bool:
    return value not in (None, False, 0, "")


def _same(left: object, right: object) -> bool:
    """As GitHub does: texts without regard to case, and numbers where the kinds differ."""
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if type(left) is type(right):
        return left == right
    return _number(left) == _number(right)


def _number(value: object) -> float | None:
    if value is None or value == "":
        return 0.0
    try:
        return float(json.loads(text(value)))
    except (ValueError, TypeError):
        return None


def _hashed(directory: Path, patterns: Sequence[str]) -> str:
    files = sorted({path for pattern in patterns for path in directory.glob(pattern) if path.is_file()})
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest() if files else ""


class _Parser:
    """Reads and evaluates at once, from the loosest operator to the tightest."""

    def __init__(self, tokens: list[tuple[str, str]], scope: Scope) -> None:
        self.rest = tokens
        self._scope = scope

    def _take(self, *signs: str) -> str | None:
        if self.rest and self.rest[0][0] == "sign" and self.rest[0][1] in signs:
            return self.rest.pop(0)[1]
        return None

    def _need(self, sign: str) -> None:
        if self._take(sign) is None:
            raise FormError(f"{sign!r} is missing before {self.rest}")

    def either(self) -> object:
        left = self._both()
        while self._take("||"):
            right = self._both()
            left = left if _truth(left) else right
        return left

    def _both(self) -> object:
        left = self._equal()
        while self._take("&&"):
            right = self._equal()
            left = right if _truth(left) else left
        return left

    def _equal(self) -> object:
        left = self._not()
        while sign := self._take("==", "!="):
            left = _same(left, self._not()) == (sign == "==")
        return left

    def _not(self) -> object:
        if self._take("!"):
            return not _truth(self._not())
        return self._value()

    def _value(self) -> object:
        if self._take("("):
            found = self.either()
            self._need(")")
            return found
        if not self.rest:
            raise FormError("an expression ends too early")
        kind, word = self.rest.pop(0)
        if kind == "string":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return float(word) if "." in word else int(word)
        if kind != "name":
            raise FormError(f"unexpected {word!r}")
        if word in _WORDS:
            return _WORDS[word]
        if self._take("("):
            return self._called(word, self._arguments())
        return self._looked_up(word)

    def _arguments(self) -> list[object]:
        found: list[object] = []
        if self._take(")"):
            return found
        found.append(self.either())
        while self._take(","):
            found.append(self.either())
        self._need(")")
        return found

    def _called(self, name: str, arguments: Sequence[object]) -> object:
        words = [text(argument) for argument in arguments]
        known: Mapping[str, Callable[[], object]] = {
            "always": lambda: True,
            "success": lambda: not self._scope.failed,
            "failure": lambda: self._scope.failed,
            "cancelled": lambda: False,
            "format": lambda: re.sub(r"\{(\d+)\}", lambda found: words[int(found[1]) + 1], words[0]),
            "contains": lambda: words[1].lower() in words[0].lower(),
            "startsWith": lambda: words[0].lower().startswith(words[1].lower()),
            "hashFiles": lambda: _hashed(self._scope.workspace, words),
        }
        if name not in known:
            raise FormError(f"the function {name}() is not known here")
        return known[name]()

    def _looked_up(self, name: str) -> object:
        if name not in self._scope.contexts:
            raise FormError(f"the context {name} is not known here")
        value: object = self._scope.contexts[name]
        while True:
            if self._take("."):
                key = self.rest.pop(0)[1]
            elif self._take("["):
                key = text(self.either())
                self._need("]")
            else:
                return value
            value = value.get(key) if isinstance(value, dict) else None
