"""Auditing an environment that is there: what is not met, what of its base changed, what is used undeclared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..core.findings import Findings
from ..core.requirements import key
from ..core.state import Wanted
from ..core.used import lines as findings_lines
from ..values import frozen
from .audit import audit, warn_of_doubtful

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..core.closure import Unmet
    from ..core.record import Conflict, Json
    from ..core.request import Request
    from .environment import Environment
    from .history import History

SCHEMA: Final = 1


@frozen
class Checked:
    """What an audit found.

    Attributes:
        unmet: What of the requirements is not met, with the chains that lead to it.
        drift: What of the base changed since the environment was filled; None where nothing did.
        moved: Why it does not work in the place to which it was moved; None where it does.
        conflicts: What of the base was broken by what was installed, as the last record has it.
        findings: What the environment's commands imported, held against what is declared.
    """

    unmet: tuple[Unmet, ...]
    drift: str | None
    moved: str | None = None
    conflicts: tuple[Conflict, ...]
    findings: Findings

    def is_good(self, *, strict: Collection[str] = ()) -> bool:
        """Tell whether nothing is wrong.

        Args:
            strict: What of the findings is wrong, see `Findings.wrong`.
        """
        return not self.unmet and self.drift is None and self.moved is None and not self.findings.wrong(strict)

    def as_json(self, *, strict: Collection[str] = ()) -> dict[str, Json]:
        """Return the findings as JSON, keys in their fixed order; for `strict` see `is_good`."""
        return {
            "schema": SCHEMA,
            "good": self.is_good(strict=strict),
            "unmet": [
                {
                    "name": item.name,
                    "requirement": item.requirement,
                    "why": list(item.chain),
                    "found": None if item.found is None else str(item.found.version),
                }
                for item in self.unmet
            ],
            "drift": self.drift or self.moved,
            "conflicts": [item.as_json() for item in self.conflicts],
            **self.findings.as_json(),
        }

    def lines(self) -> list[str]:
        """Say the findings in words, a line each."""
        found = [f"not met: {item}" for item in self.unmet]
        found += [self.drift] if self.drift is not None else []
        found += [f"{self.moved}; make the environment anew, or move it back"] if self.moved is not None else []
        # what is declared, or needed for it, is among what is not met already
        said = {(key(item.chain[-1].partition(" ")[0]), item.requirement) for item in self.unmet if item.chain}
        found += [
            f"{item} (nothing that was declared needs it)"
            for item in self.conflicts
            if (key(item.name), item.requires) not in said
        ]
        return [*found, *findings_lines(self.findings)]


def check(environment: Environment, history: History, request: Request | None) -> Checked:
    """Audit an environment, and change nothing.

    Args:
        environment: The environment.
        history: What is known of it.
        request: What is to be audited; None for what earlier installations declared, and where nothing is known of
            these, for all that is installed in the environment.

    Returns:
        What was found.

    Raises:
        EnvironmentProblem: When the environment can't be used.
    """
    seen = environment.look()
    if (reason := history.other_interpreter()) is not None:
        # nothing that was installed for the other one is seen: that it is missing says nothing more
        return Checked(unmet=(), drift=reason, conflicts=(), findings=Findings())
    if request is not None:
        from .installation import Installation

        _, closure = Installation(environment, history, request).study(seen)
    else:
        known = history.known()
        if known is not None and known.declared:
            wanted = known.declared
        else:
            wanted = tuple(Wanted(text=found.name, audit=found.name) for found in seen.inventory.own())
        closure = audit(wanted, seen)
        warn_of_doubtful(environment, closure, seen)
    record = history.read_record()
    return Checked(
        unmet=closure.unmet,
        drift=history.drifted(),
        moved=history.moved(),
        conflicts=() if record is None else record.conflicts,
        findings=history.findings(seen) or Findings(),
    )
