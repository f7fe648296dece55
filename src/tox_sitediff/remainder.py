"""Installing the remainder (edge): uv at work, with the inherited distributions in its sight.

The placeholders are as few as the work needs: those of the declared closure, then those that a dry run shows uv to
touch, until it touches nothing more that could be inherited. So the cost follows the closure, not the base.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import Unsatisfied
from .placeholders import Placeholders
from .records import Role
from .uv import dry_run
from .uv_behaviour import sees_inherited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from .closure import Closure
    from .records import Distribution
    from .uv import Change
    from .view import View


@dataclass(frozen=True, kw_only=True, slots=True)
class Remainder:
    """What has to be installed into one environment, in one step.

    Attributes:
        view: What the environment sees before.
        closure: The closure of what is declared in this step.
        rehearsal: uv's command as a dry run.
        deep: Whether dependencies are installed too.
        variables: The variables for uv.
        directory: Where uv starts.
        python: The environment's interpreter.
    """

    view: View
    closure: Closure
    rehearsal: Sequence[str]
    deep: bool
    variables: Mapping[str, str]
    directory: Path
    python: Path

    def install(
        self,
        run: Callable[[], None],
        *,
        planning: AbstractContextManager[None],
        installing: AbstractContextManager[None],
    ) -> None:
        """Plan with dry runs, then install.

        Args:
            run: Runs uv for good, and raises where it fails.
            planning: Entered while the plan is made.
            installing: Entered while uv installs.

        Raises:
            Unsatisfied: When something would have to be replaced that can't be shadowed; nothing is installed then.
        """
        with Placeholders(self.view.purelib) as held:
            with planning:
                changes = self._plan(held)
            if changes != ():
                with installing:
                    run()

    def _plan(self, held: Placeholders) -> tuple[Change, ...] | None:
        """Make the placeholders, and tell what uv would install; none where only the real run can tell."""
        inherited = [found for name in sorted(self.closure.reached) if (found := self.view.inherited(name))]
        if inherited and self._is_seen(inherited[0]):
            return None
        held.add(inherited)
        if not self.deep:
            return None
        everything = False
        while True:
            changes = dry_run(self.rehearsal, environment=self.variables, directory=self.directory).changes
            if changes is not None:
                new = [found for change in changes if (found := self.view.inherited(change.name))]
            elif everything:
                return None
            else:
                # without the network, what uv can't look up may still be there to inherit
                everything = True
                new = list(self._all())
            new = [found for found in new if found.name not in held]
            if not new:
                break
            held.add(new)
        if changes is not None:
            self._refuse_unshadowable(changes)
        return changes

    def _is_seen(self, distribution: Distribution) -> bool:
        return sees_inherited(
            Path(self.rehearsal[0]),
            distribution,
            python=self.python,
            environment=self.variables,
            directory=self.directory,
        )

    def _all(self) -> Iterator[Distribution]:
        for name in self.view.inventory.names():
            if (found := self.view.inherited(name)) is not None:
                yield found

    def _refuse_unshadowable(self, changes: Sequence[Change]) -> None:
        for change in changes:
            found = self.view.inventory.effective(change.name)
            if found is None or found.layer.role is not Role.INJECTED:
                continue
            asked = next((f" ({unmet})" for unmet in self.closure.unmet if unmet.name == change.name), "")
            where = found.layer.path
            raise Unsatisfied(
                f"{change.name} {found.version} in {where} stands before the environment on sys.path, so installing "
                f"{change.name} {change.version or 'anew'} could not replace it{asked}; take {where} out of "
                "PYTHONPATH, or of whatever else adds it, or relax the requirement"
            )
