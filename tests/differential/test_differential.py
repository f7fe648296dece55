"""Random worlds for pip, for uv and for the engine: a fixed sample, and the smallest world of each class of difference.

`campaign.py` tries as many more as you like.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from differential.campaign import judge, laboratory
from support.differential import classes
from support.differential.judge import PIP_OPTIONS, Answer
from support.differential.shrink import shrink
from support.differential.worlds import Ask, Copy, Release, World, world

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from support.differential.trial import Trial

SEED = 20261125

pytestmark = pytest.mark.skipif(os.name == "nt", reason="makes an interpreter's prefix of symbolic links")


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    with laboratory(tmp_path) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("start", [0, 100, 200])
def test_no_difference_from_pip_but_the_classes_in_the_documentation(trial: Trial, start: int) -> None:
    """Each world comes out as pip would have it, or differs in a way that has a name and a reason."""
    counts: Counter[str] = Counter()
    for number in range(start, start + 100):
        kind, problems = judge(trial, world(SEED, number))
        assert kind != classes.UNEXPLAINED, f"campaign.py --seed {SEED} --only {number}: {problems}"
        counts[kind] += 1
    # a generator that makes hardly anything that can be installed would show nothing
    assert counts[classes.EQUAL] > 60, counts


def one(*lines: str, **more: Sequence[Release] | Sequence[Copy]) -> World:
    """Make a world of which these requirements are asked."""
    return World(
        declared=tuple(Ask(text=line) for line in lines),
        releases=tuple(item for item in more.get("releases", ()) if isinstance(item, Release)),
        archives=tuple(item for item in more.get("archives", ()) if isinstance(item, Release)),
        copies=tuple(item for item in more.get("copies", ()) if isinstance(item, Copy)),
    )


def release(name: str, version: str, *requires: str, python: str = "") -> Release:
    return Release(name=name, version=version, requires=requires, python=python)


def copy(name: str, version: str, *requires: str, layer: str = "base", damage: str = "") -> Copy:
    return Copy(name=name, version=version, requires=requires, layer=layer, damage=damage)


INSTANCES = {
    classes.EQUAL: (
        one("a", "b>=2", releases=[release("b", "2.0", "c")], copies=[copy("a", "1.0"), copy("c", "1.0")]),
        {"b": "2.0"},
        {"b": "2.0"},
    ),
    classes.BOTH_FAIL: (one("nowhere", releases=[release("a", "1.0")]), None, None),
    classes.SEVERAL: (
        one(
            "t", "p",
            releases=[release("p", "1.0", "t"), release("p", "2.0", "t>=2"), release("t", "2.0")],
            copies=[copy("t", "1.0")],
        ),
        {"p": "2.0", "t": "2.0"},
        {"p": "1.0"},
    ),
    classes.URL: (
        World(
            archives=(release("a", "1.0"),), copies=(copy("a", "1.0"),), declared=(Ask(text="a", archive=0),)
        ),
        {},
        {"a": "1.0"},
    ),
    classes.BROKEN: (
        one("a", releases=[release("a", "2.0")], copies=[copy("a", "1.0", damage="no version")]),
        {},
        {"a": "2.0"},
    ),
    classes.INJECTED: (
        one("a>=2", releases=[release("a", "2.0")], copies=[copy("a", "1.0", layer="injected")]),
        {"a": "2.0"},
        None,
    ),
    classes.RESOLVER: (
        one("a>=2.0a1", releases=[release("a", "2.0"), release("a", "2.1rc1")]),
        {"a": "2.1rc1"},
        {"a": "2.0"},
    ),
    classes.PYTHON: (
        World(archives=(release("a", "1.0", python="<3"),), declared=(Ask(text="a", archive=0),)),
        None,
        {"a": "1.0"},
    ),
    classes.CRASH: (
        one(
            "m", "d[x]", "d",
            releases=[
                release("d", "1.0", "m[x]"), release("d", "1.0.post1", "m[x]==2.0"),
                release("m", "3.0+local", "k[y]"), release("m", "2.0"),
            ],
            copies=[copy("k", "3.1.dev2", "k[x]>=2")],
        ),
        None,
        {"d": "1.0.post1", "m": "2.0"},
    ),
    classes.CHOICE: (
        one("a", releases=[release("a", "1.0"), release("b", "1.0")],
            copies=[copy("a", "3.0", "b"), copy("b", "2.0", "a<2")]),
        {"a": "1.0"},
        {"b": "1.0"},
    ),
    classes.PRERELEASE: (
        one("a>=1.0a1", releases=[release("a", "1.0"), release("a", "2.0rc1", "b")], copies=[copy("b", "1.0")]),
        {"a": "2.0rc1"},
        {"a": "1.0"},
    ),
    classes.LEFT_BEHIND: (
        one("a", releases=[release("a", "1.0"), release("b", "1.0", "nowhere"), release("b", "2.0rc1")],
            copies=[copy("a", "1.0", "b"), copy("b", "1.0", "nowhere")]),
        {},
        {"b": "2.0rc1"},
    ),
    classes.YANKED: (
        one("a", "c>=2",
            releases=[release("a", "1.0"), Release(name="b", version="1.0", yanked=True), release("c", "2.0")],
            copies=[copy("a", "2.0", "b==1.0"), copy("c", "1.0")]),
        {"b": "1.0", "c": "2.0"},
        {"a": "1.0", "c": "2.0"},
    ),
    classes.ITSELF: (
        one("a", releases=[release("a", "1.0"), release("a", "2.0")], copies=[copy("a", "3.0", "a<2")]),
        {"a": "1.0"},
        {"a": "2.0"},
    ),
    classes.GIVES_UP: (
        one("a", "b",
            releases=[release("a", "1.0", python=">=4"), release("a", "2.0rc1")],
            copies=[copy("b", "1.0")]),
        None,
        {"a": "2.0rc1"},
    ),
    classes.OWN: (
        one("a", releases=[release("a", "1.0", "b"), release("a", "2.0rc1"), release("b", "2.0")],
            copies=[copy("b", "1.0", "a>=2.0rc1", layer="own")]),
        {"a": "2.0rc1"},
        {"a": "1.0", "b": "2.0"},
    ),
    classes.DISTUTILS: (
        one("a>=2", releases=[release("a", "2.0")],
            copies=[Copy(name="a", version="1.0", layer="own", kind="egg-info file")]),
        {"a": "2.0"},
        None,
    ),
    classes.AUDIT: (
        one("a", "b", releases=[release("b", "1.0")], copies=[copy("a", "1.0", "b===nightly")]),
        None,
        None,
    ),
}  # fmt: skip


def test_a_distribution_that_is_there_twice_does_not_matter_where_either_will_do(trial: Trial) -> None:
    """Which of them counts elsewhere depends on the order of the directory, so that no world is the smallest."""
    case = one(
        "a",
        releases=[release("a", "3.0"), release("b", "1.0")],
        copies=[copy("a", version, "b", layer="own") for version in ("1.0", "2.0")],
    )
    verdict = trial.attempt(case)
    assert verdict.pip.install == verdict.done.install == {"b": "1.0"}


FURTHER = [
    # what is installed from the archive does not say all that the archive does
    (
        classes.URL,
        World(
            releases=(release("b", "1.0"),),
            archives=(Release(name="a", version="1.0", requires=('b; extra == "x"',), extras=("x",)),),
            copies=(Copy(name="a", version="1.0", origin=0),),
            declared=(Ask(text="a[x]", archive=0),),
        ),
        {"b": "1.0"},
        {},
    ),
    # the release that uv takes does not go with the base, the pre-release that pip takes does
    (
        classes.RESOLVER,
        one("a>=2.0a1",
            releases=[release("a", "2.0", "b>=2"), release("a", "2.1rc1"), release("b", "2.0")],
            copies=[copy("b", "1.0")]),
        {"a": "2.1rc1"},
        {"a": "2.0", "b": "2.0"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "case", "of_pip", "ours"), FURTHER)
def test_further_worlds_of_a_class(
    trial: Trial, kind: str, case: World, of_pip: Mapping[str, str], ours: Mapping[str, str]
) -> None:
    """Such a world differs for the reason that its class gives, though in another way than the smallest."""
    verdict = trial.attempt(case)
    assert (verdict.pip.install, verdict.done.install) == (of_pip, ours), verdict
    assert classes.classify(case, verdict, trial) == (kind, [])


def test_an_extra_of_what_comes_from_a_url(trial: Trial) -> None:
    """What only the extra of a URL requirement asks for is installed, though the base has what lies behind the URL."""
    case = World(
        releases=(release("b", "1.0", "c"), release("c", "1.0")),
        archives=(Release(name="a", version="1.0", requires=('b; extra == "x"',), extras=("x",)),),
        copies=(Copy(name="a", version="1.0", requires=('b; extra == "x"',), extras=("x",), origin=0),),
        declared=(Ask(text="a[x]", archive=0),),
    )
    verdict = trial.attempt(case)
    assert verdict.done.install == {"b": "1.0", "c": "1.0"}
    assert classes.classify(case, verdict, trial) == (classes.EQUAL, [])


@pytest.mark.parametrize("kind", INSTANCES)
def test_the_smallest_world_of_each_class(trial: Trial, kind: str) -> None:
    """What the documentation says of a class is what pip and we do."""
    case, of_pip, ours = INSTANCES[kind]
    verdict = trial.attempt(case)
    assert (verdict.pip.install, verdict.done.install) == (of_pip, ours), verdict
    assert classes.classify(case, verdict, trial) == (kind, [])


@pytest.mark.parametrize(
    ("case", "done"),
    [
        # the newest requires what only the base has
        (
            one("a", releases=[release("a", "1.0"), release("a", "2.0", "b")], copies=[copy("b", "1.0")]),
            {"a": "2.0"},
        ),
        # what the base has requires what only the base has
        (
            one("a", releases=[release("a", "1.0", "b"), release("b", "3.0")],
                copies=[copy("b", "2.0", "c"), copy("c", "1.0")]),
            {"a": "1.0"},
        ),
        # the newest goes with the base's copy, but that one does not go with the newest
        (
            one("a", releases=[release("a", "1.0"), release("a", "2.0", "b"), release("b", "3.0")],
                copies=[copy("b", "2.0", "a<2")]),
            {"a": "1.0"},
        ),
        # what stands before the environment hides its own copy, and what that requires
        (
            one("a", releases=[release("a", "1.0", "b"), release("c", "1.0")],
                copies=[copy("b", "2.0", layer="injected"), copy("b", "1.0", "c", layer="own")]),
            {"a": "1.0"},
        ),
        (
            World(
                releases=(release("b", "3.0"), release("c", "1.0")),
                archives=(release("a", "1.0", "b"),),
                copies=(copy("b", "2.0", layer="injected"), copy("b", "1.0", "c", layer="own")),
                declared=(Ask(text="a", archive=0),),
            ),
            {"a": "1.0"},
        ),
        # what is asked for only elsewhere is not asked for, though something inherited requires it
        (
            World(
                releases=(release("c", "1.0"),),
                archives=(release("a", "1.0"),),
                copies=(copy("k", "1.0", "c"),),
                declared=(
                    Ask(text="a", archive=0), Ask(text="k"), Ask(text='c; python_version < "3"')
                ),
            ),
            {"a": "1.0", "c": "1.0"},
        ),
        # an inherited copy that can't be used is imported all the same, in place of one behind it
        (
            one("a", releases=[release("a", "1.0")],
                copies=[copy("a", "1.0", damage="bad requirement"), copy("a", "1.0", layer="second")]),
            {"a": "1.0"},
        ),
    ],
)  # fmt: skip
def test_what_the_base_has_decides_as_it_does_for_pip(trial: Trial, case: World, done: Mapping[str, str]) -> None:
    """No more of the base is replaced, and nothing older is chosen, than by pip."""
    verdict = trial.attempt(case)
    assert (verdict.done.install, verdict.problems) == (done, [])
    assert classes.classify(case, verdict, trial)[0] in {classes.EQUAL, classes.BROKEN}


def test_a_wrong_hash_of_a_local_wheel(trial: Trial) -> None:
    """A plan does not know of it, as uv does not read all of a wheel then; the installation fails."""
    case = World(archives=(release("a", "1.0"),), declared=(Ask(text="a", archive=0, digest="wrong"),))
    verdict = trial.attempt(case)
    assert (verdict.pip.install, verdict.planned.install, verdict.done.install) == (None, {"a": "1.0"}, None)
    assert "Hash mismatch" in verdict.done.message
    assert classes.classify(case, verdict, trial) == (classes.BOTH_FAIL, [])


def test_a_difference_that_no_class_explains_is_found(trial: Trial) -> None:
    """What goes wrong does not fall into a class, and is told."""
    case, _, _ = INSTANCES[classes.EQUAL]
    verdict = trial.attempt(case)
    wrong = {"a": "1.0", "b": "2.0"}  # replaces a copy of the base that is good enough
    changed = type(verdict)(
        pip=verdict.pip,
        planned=verdict.planned,
        done=Answer(install=wrong),
        before=verdict.before,
        again=Answer(install={"c": "1.0"}),
        unmet=(),
    )
    kind, problems = classes.classify(case, changed, trial)
    assert kind == classes.UNEXPLAINED
    assert [line.partition(" ")[0] for line in problems] == ["pip", "pip"]


def test_a_failure_is_made_small_enough_to_read() -> None:
    """Of a whole world, what it fails for is left."""
    case = next(found for number in range(100) if len((found := world(SEED, number)).copies) > 4)
    name = case.copies[2].name
    small = shrink(case, lambda candidate: any(item.name == name for item in candidate.copies))
    assert [item.name for item in small.copies] == [name]
    assert (small.releases, small.constraints, small.exclude, len(small.declared)) == ((), (), (), 1)
    assert small.copies[0].requires == ()


@pytest.mark.slow
def test_pip_in_one_process_answers_as_pip_on_its_own(trial: Trial) -> None:
    """The answers that all rests on are those of pip itself, started anew for each question as people start it."""
    cases = [found for number in range(0, 120, 10) if not (found := world(SEED, number)).exclude]
    answers = []
    for case in cases:
        trial.places.furnish(case)
        arguments = trial.places.arguments(case)
        for alone, python in ((False, trial.places.python), (True, trial.places.full / "bin" / "python")):
            # asked once more, after other worlds
            answer = trial.pip.would(arguments, alone=alone)
            assert answer == _pip_anew(trial, python, arguments, alone=alone), f"{case}\n{answer}"
            answers.append(answer.install)
    assert None in answers
    assert sum(bool(answer) for answer in answers) > 6


def _pip_anew(trial: Trial, python: Path, arguments: Sequence[str], *, alone: bool) -> Answer:
    report = trial.places.root / "anew.json"
    done = subprocess.run(
        [
            python, *(["-I"] if alone else []), trial.places.root / "pip" / "pip", "--isolated", "install", "--dry-run",
            "--quiet", "--report", report, *PIP_OPTIONS, "--index-url", trial.places.index.as_uri(), *arguments,
        ],
        env=trial.places.variables,
        cwd=trial.places.project,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        return Answer(install=None, message=done.stderr)
    listed = json.loads(report.read_text(encoding="utf-8"))["install"]
    return Answer(install={canonicalize_name(item["metadata"]["name"]): item["metadata"]["version"] for item in listed})
