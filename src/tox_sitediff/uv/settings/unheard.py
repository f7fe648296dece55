"""Variables of pip's that say nothing to uv, where uv is what the user started (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MEANT: Final = {
    "PIP_BUILD_CONSTRAINT": ("UV_BUILD_CONSTRAINT", {"-b", "--build-constraint", "--build-constraints"}),
    "PIP_CONSTRAINT": ("UV_CONSTRAINT", {"-c", "--constraint", "--constraints"}),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX", {"--extra-index-url", "--index"}),
    "PIP_FIND_LINKS": ("UV_FIND_LINKS", {"-f", "--find-links"}),
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX", {"-i", "--default-index", "--index-url"}),
    "PIP_NO_INDEX": ("UV_OFFLINE", {"--no-index", "--offline"}),
}
"""What decides which versions are installed, and from where: uv's own variable, and its options."""


def unheard(variables: Mapping[str, str], options: Sequence[str]) -> str | None:
    """Say which variables of pip's are set that have no effect on uv.

    Args:
        variables: The user's variables.
        options: The options that the user gave, without their values.

    Returns:
        One line for people, without values, which may hold passwords; None where all is said to uv as well.
    """
    found = [
        (name, ours)
        for name, (ours, flags) in _MEANT.items()
        if variables.get(name) and not variables.get(ours) and not flags.intersection(options)
    ]
    if not found:
        return None
    names = " and ".join(name for name, _ in found)
    instead = ", ".join(ours for _, ours in found)
    verb = "is" if len(found) == 1 else "are"
    return f"{names} {verb} set, for pip: uv does not read {'it' if len(found) == 1 else 'them'}, but {instead}"
