"""What a plan came to, for the next one like it (edge): in the user cache, a small file for each.

Nothing of this is taken for true: it says what is worth a try, and what uv will look for. So it need not be as new as
an index, nor as the base; a file that is damaged is none.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from .. import files
from ..core.model import Role
from ..files import parse_json, read_text
from ..user_cache import make, part
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..core.model import Interpreter

PART: Final = "plans"
"""Where it lies in the user cache."""
MOST: Final = 256
"""Plans that are kept."""
_LARGEST: Final = 1024 * 1024
_MOST_NAMES: Final = 1000
"""Names that uv looked for: where all that is there was shown to it, that says nothing."""


@frozen
class Known:
    """What is known of a plan.

    Attributes:
        looked_at: Names that are there and outside of the closure, and that uv looked for.
        newest: Whether it was the first that uv tried, and left all that is there as it is.
    """

    looked_at: tuple[str, ...] = ()
    newest: bool = False


NOTHING: Final = Known()


def name_of(program: str, interpreter: Interpreter, arguments: Sequence[str], missing: Iterable[str]) -> str:
    """Name plans that are like each other: by one uv, over the same base, for the same arguments, the same missing.

    Args:
        program: Which uv: another one may be too old, which is said where it plans.
        interpreter: The environment's, which says what it inherits.
        arguments: What uv would get, in an order that does not depend on how it was given.
        missing: The requirements that are not met.

    Returns:
        A name for a file.
    """
    layers = [layer.path for layer in interpreter.layers if layer.role is not Role.OWN]
    text = json.dumps([program, layers, interpreter.version, arguments, sorted({*missing})])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def recall(name: str) -> Known:
    """Return what is known of a plan; nothing where there is no cache, no plan of that name in it, or no name."""
    if not name or (place := part(PART)) is None:
        return NOTHING
    try:
        data = parse_json(read_text(place / f"{name}.json", _LARGEST) or "")
    except ValueError:  # there is none, or it is damaged
        return NOTHING
    if not isinstance(data, dict) or not isinstance(names := data.get("looked_at"), list):
        return NOTHING
    return Known(
        looked_at=tuple(item for item in names if isinstance(item, str)),
        newest=data.get("newest") is True,
    )


def keep(name: str, known: Known) -> Known:
    """Write down what is known of a plan, and forget the oldest ones where there are too many. A cache may fail.

    Args:
        name: What `name_of` says; empty for plans of which nothing is kept.
        known: What is known; nothing else may be in the file.

    Returns:
        The same.
    """
    if not name or (place := part(PART)) is None or len(known.looked_at) > _MOST_NAMES:
        return known
    path = place / f"{name}.json"
    with suppress(OSError):
        if known == NOTHING:
            path.unlink(missing_ok=True)
            return known
        make(place)
        data = {"looked_at": known.looked_at, "newest": known.newest}
        files.put(path, json.dumps(data), mode=0o600)
        kept = [place / other for other in files.listing(place)]
        if len(kept) > MOST:
            for old in sorted(kept, key=lambda other: other.stat().st_mtime_ns)[:-MOST]:
                old.unlink(missing_ok=True)
    return known
