"""Make a world that fails small enough to read: drop what it fails without, piece by piece."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.differential.worlds import Ask, Copy, Release, World

T = TypeVar("T")


def smaller(world: World) -> Iterator[World]:
    """Yield worlds that lack a little each."""
    yield from (replace(world, copies=less) for less in _without_some(world.copies))
    yield from (replace(world, constraints=less) for less in _without_some(world.constraints))
    yield from (replace(world, exclude=less) for less in _without_some(world.exclude))
    yield from (replace(world, declared=less) for less in _without_some(world.declared))
    yield from (replace(world, releases=less) for less in _without_some(world.releases))
    yield from (replace(world, pre=False), replace(world, neutral=True))
    yield from (replace(world, copies=less) for less in _with_simpler(world.copies, _simpler_copies))
    yield from (replace(world, releases=less) for less in _with_simpler(world.releases, _simpler_releases))
    yield from (replace(world, archives=less) for less in _with_simpler(world.archives, _simpler_releases))
    yield from (replace(world, declared=less) for less in _with_simpler(world.declared, _simpler_asks))


def _without_some(items: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    if len(items) > 3:  # halves first
        yield items[: len(items) // 2]
        yield items[len(items) // 2 :]
    for at in range(len(items)):
        yield (*items[:at], *items[at + 1 :])


def _with_simpler(items: tuple[T, ...], simpler: Callable[[T], Iterator[T]]) -> Iterator[tuple[T, ...]]:
    for at, item in enumerate(items):
        yield from ((*items[:at], less, *items[at + 1 :]) for less in simpler(item) if less != item)


def _simpler_copies(item: Copy) -> Iterator[Copy]:
    yield from (replace(item, requires=less) for less in _without_some(item.requires))
    yield from (replace(item, damage=""), replace(item, kind="dist-info"), replace(item, origin=None))
    yield replace(item, layer="base")


def _simpler_releases(item: Release) -> Iterator[Release]:
    yield from (replace(item, requires=less) for less in _without_some(item.requires))
    yield from (replace(item, python="", announced=False), replace(item, yanked=False))


def _simpler_asks(item: Ask) -> Iterator[Ask]:
    yield replace(item, digest="")


def shrink(world: World, fails: Callable[[World], bool], *, attempts: int = 150) -> World:
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
