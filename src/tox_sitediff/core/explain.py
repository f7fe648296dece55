"""Why a distribution is reused, or not, in words (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .closure import same_origin
from .model import Broken, Distribution, Role
from .requirements import parse, satisfied_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.utils import NormalizedName

    from .plan import Plan
    from .snapshot import Snapshot


def explain(name: NormalizedName, *, plan: Plan, seen: Snapshot) -> Iterator[str]:
    """Explain what a plan does with one distribution.

    Args:
        name: Its normalised name.
        plan: The plan.
        seen: What the environment sees now.

    Yields:
        Lines: what happens, what asks for it, and what each layer holds of it.
    """
    yield _verdict(name, plan, seen)
    for ask in plan.asks.get(name, ()):
        yield f"  {ask.by or 'you'} {'asks' if ask.by else 'ask'} for {ask.requirement}"
    for limit in plan.constraints.get(name, ()):
        yield f"  {limit.origin} constrains it to {limit}"
    copies = list(seen.inventory.look_at(name))
    for at, copy in enumerate(copies):
        yield f"  {_copy(copy, name, plan, seen, is_first=at == 0)}"
    if not copies:
        places = [layer.path for layer in seen.interpreter.layers if layer.role is not Role.OWN]
        yield f"  nothing of that name lies in {', '.join(('the environment', *places))}"


def _verdict(name: NormalizedName, plan: Plan, seen: Snapshot) -> str:
    if any(unmet.name == name for unmet in plan.unmet):
        return f"{name} is asked for, and what is seen of it does not meet that"
    for reused in plan.reused:
        if reused.name == name:
            return f"{name} {reused.version} would be reused from {reused.location}{_chain(reused.why)}"
    for coming in plan.install:
        if coming.name == name:
            return f"{name} {coming.version or '(version known when built)'} would be installed{_chain(coming.why)}"
    own = seen.inventory.effective(name, inherit=False)
    if own is not None and name in plan.asks:
        return f"{name} {own.version} is installed in the environment already"
    return f"{name} would be neither reused nor installed: nothing that was asked for requires it"


def _chain(why: tuple[str, ...]) -> str:
    return f", needed by {' -> '.join(why)}" if len(why) > 1 else ""


def _copy(copy: Distribution | Broken, name: NormalizedName, plan: Plan, seen: Snapshot, *, is_first: bool) -> str:
    if isinstance(copy, Broken):
        return f"{copy.entry.path} is not usable: {copy.reason}"
    what = f"{copy.layer.path} ({copy.layer.role}) has {copy.version}"
    if name in seen.exclude and copy.layer.role is not Role.OWN:
        return f"{what}, which is excluded (--exclude, sitediff_exclude)"
    asking = [
        f"{ask.by or 'you'}: {ask.requirement}" for ask in plan.asks.get(name, ()) if not _meets(ask.requirement, copy)
    ]
    limiting = [f"{limit.origin}: {limit}" for limit in plan.constraints.get(name, ()) if not _meets(str(limit), copy)]
    if refused := [
        *([f"not what is asked for by {'; '.join(asking)}"] if asking else ()),
        *([f"not allowed by {'; '.join(limiting)}"] if limiting else ()),
    ]:
        return f"{what}, which is {', and '.join(refused)}"
    if not is_first:
        return f"{what}, hidden behind the first one"
    if any(item.name == name for item in plan.install):
        return f"{what}, which meets all of these; uv was told more: an upgrade, an override, or what only it can read"
    return f"{what}, which meets all of these" if name in plan.asks else what


def _meets(requirement: str, copy: Distribution) -> bool:
    parsed = parse(requirement)
    if parsed.url is not None:
        return same_origin(parsed.url, copy)
    return satisfied_by(parsed, copy.version)
