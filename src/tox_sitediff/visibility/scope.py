"""What one environment is to see of its base: as configured, or else as it was (edge: its files in the environment).

Most environments see all of it. For these nothing here reads or writes a file, nor loads `visibility`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.model import Visibility
from ..text import counted
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from ..core.closure import Closure
    from ..core.findings import Findings
    from ..core.snapshot import Snapshot
    from ..core.state import State, Wanted
    from ..core.target import Target
    from ..interpreter.system_packages import SystemPackages


@frozen
class Scope:
    """What an environment is to see.

    Attributes:
        target: The environment.
        visibility: What it is to see of its base.
        also_visible: What it may see besides what is declared, see `visible.entry`.
        before: What it saw so far, and what it might see besides.
    """

    target: Target
    visibility: Visibility
    also_visible: tuple[str, ...]
    before: tuple[Visibility, tuple[str, ...]]

    @property
    def is_plain(self) -> bool:
        """Whether it is to see all of its base, and did so before."""
        return self.visibility is Visibility.BASE and self.before[0] is Visibility.BASE

    @property
    def notes(self) -> bool:
        """Whether the environment's commands note what they import."""
        return self.visibility is Visibility.REPORT

    @property
    def change(self) -> str | None:
        """Which settings are not as they were; None where all are."""
        now = {"sitediff_visibility": self.visibility, "sitediff_declare": self.also_visible}
        names = [name for (name, value), old in zip(now.items(), self.before, strict=True) if value != old]
        return f"{', '.join(names)} changed" if names else None

    def is_there(self, purelib: Path) -> bool:
        """Tell whether the environment has the files that make it so.

        Args:
            purelib: Where its own packages lie.
        """
        from . import showing

        return showing.is_intact(purelib, self.target.directory, self.visibility)

    def show(self, closure: Closure, seen: Snapshot, packages: SystemPackages) -> None:
        """Write down in the environment what it may see, and forget what its commands imported before.

        Args:
            closure: The closure of what is declared.
            seen: What the environment would see with access to all of its base.
            packages: What the package managers of the base know.

        Raises:
            EnvironmentProblem: When no view can be made.
            OSError: When the environment can't be written.
        """
        if self.is_plain:
            return
        from . import selection, showing

        names: frozenset[NormalizedName] = frozenset()
        if self.visibility is not Visibility.BASE:
            declared = {*closure.reached, *self.target.seeds}
            names = selection.seen_names(seen, declared, self.also_visible, packages=packages)
        showing.write(seen, self.visibility, directory=self.target.directory, names=names, packages=packages)
        self.forget()

    def forget(self) -> None:
        """Forget what the environment's commands imported so far."""
        from . import findings

        findings.clear(self.target.directory)

    def out_of_sight(self, seen: Snapshot) -> str | None:
        """Say, where a command failed, how much of the base it did not see; None where it saw all.

        Args:
            seen: What the environment would see with access to all of its base.
        """
        if self.visibility is not Visibility.DECLARED:
            return None
        from . import showing

        count = showing.out_of_sight(seen, self.target.directory)
        verb = "is" if count == 1 else "are"
        return (
            f"{counted(count, 'distribution')} of the base {verb} out of sight here (sitediff_visibility = declared); "
            "sitediff inventory --module NAME tells which of them has a module"
            if count
            else None
        )

    def unnoted(self) -> str | None:
        """Tell why the environment's commands could not note what they import; None where they could."""
        from . import findings

        return findings.unnoted(self.target.directory)

    def found(self, seen: Snapshot, declared: Sequence[Wanted], *, is_complete: bool | None = None) -> Findings | None:
        """Tell what the environment's commands imported, held against what is declared; None where nothing is noted.

        Args:
            seen: What the environment sees.
            declared: All that is declared.
            is_complete: Whether all was run that there is; None where nobody knows.
        """
        if not self.notes:
            return None
        from . import findings

        return findings.collect(self.target.directory, seen, declared=declared, is_complete=is_complete)


def scope_of(target: Target, known: State | None) -> Scope:
    """Work out what an environment is to see.

    Args:
        target: The environment, with what is configured.
        known: What is known of earlier installations, if anything.
    """
    was, had = (Visibility.BASE, ()) if known is None else (Visibility(known.visibility), known.also_visible)
    named: tuple[str, ...] = had if target.also_visible is None else target.also_visible
    return Scope(
        target=target,
        visibility=was if target.visibility is None else target.visibility,
        also_visible=tuple(sorted({*had, *named})) if target.adds_visible else named,
        before=(was, had),
    )
