"""Make a world that fails small enough to read: drop what it fails without, piece by piece."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from differential.worlds import Ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from differential.worlds import World


def smaller(world: World) -> Iterator[World]:
    """Yield worlds that lack a little each."""
    for name in ("copies", "constraints", "exclude", "declared", "releases"):
        items = getattr(world, name)
        if len(items) > 3:  # halves first
            yield replace(world, **{name: items[: len(items) // 2]})
            yield replace(world, **{name: items[len(items) // 2 :]})
        for at in range(len(items)):
            yield replace(world, **{name: (*items[:at], *items[at + 1 :])})
    yield from (replace(world, pre=False), replace(world, neutral=True))
    for name in ("copies", "releases", "archives"):
        items = getattr(world, name)
        for at, item in enumerate(items):
            for line in item.requires:
                less = replace(item, requires=tuple(other for other in item.requires if other != line))
                yield replace(world, **{name: (*items[:at], less, *items[at + 1 :])})
            simple = {"python": "", "announced": False, "yanked": False} if name != "copies" else {
                "damage": "", "kind": "dist-info", "origin": None, "layer": "base"
            }
            for field, value in simple.items():
                yield replace(world, **{name: (*items[:at], replace(item, **{field: value}), *items[at + 1 :])})
    for at, ask in enumerate(world.declared):
        if ask.digest:
            less = Ask(text=ask.text, archive=ask.archive)
            yield replace(world, declared=(*world.declared[:at], less, *world.declared[at + 1 :]))


def shrink(world: World, fails: Callable[[World], bool], *, attempts: int = 400) -> World:
    """Shrink a world.

    Args:
        world: One that fails.
        fails: Tells whether another one fails too.
        attempts: How many are tried at most.

    Returns:
        The smallest one that was found.
    """
    go_on = True
    while go_on:
        go_on = False
        for candidate in smaller(world):
            if candidate == world or not candidate.declared:
                continue
            if (attempts := attempts - 1) < 0:
                return world
            if fails(candidate):
                world, go_on = candidate, True
                break
    return world
