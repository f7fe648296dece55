"""Damage the metadata of random distributions at random, and see that nothing but a value or a message comes of it.

    python tests/faults/fuzz.py --runs 50000 --seed 7

Each run makes a base with some distributions, damages files and names of it (flipped bytes, truncation, hostile
fragments; files that become directories, pipes, devices, links), and sends it through listing, inventory, closure,
shadow, view, scripts, sizes, drift, ledger and record. Nothing may be raised, nothing may take long, nothing outside
the environment may change, what is shown must be printable, and the record must fit its schema. Every hundredth run
asks uv whether it takes what is shown. A failure is printed with its seed and number, and the damaged base is kept.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __name__ == "__main__":
    sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.distributions import install, tree_hash, write
from support.strategies import MARKERS
from tox_sitediff.core import drift, outcome
from tox_sitediff.core.closure import Root, walk
from tox_sitediff.core.inventory import Inventory
from tox_sitediff.core.model import Interpreter, Layer, Role
from tox_sitediff.core.record import from_json
from tox_sitediff.core.render import note, table
from tox_sitediff.core.requirements import parse
from tox_sitediff.core.snapshot import Snapshot
from tox_sitediff.core.state import State, Wanted
from tox_sitediff.environment import scripts
from tox_sitediff.environment.state_file import load_state, save_state
from tox_sitediff.errors import Unsatisfied
from tox_sitediff.interpreter import contents
from tox_sitediff.interpreter.metadata import list_layers, read
from tox_sitediff.interpreter.sizes import distribution_size
from tox_sitediff.interpreter.trees import directory_bytes
from tox_sitediff.times import Seconds
from tox_sitediff.uv.program import find_uv
from tox_sitediff.uv.shadow import Shadow
from tox_sitediff.visibility import selection
from tox_sitediff.visibility.farm import parse as parse_farm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from tox_sitediff.core.model import Distribution

NAMES: Final = ("alpha", "beta", "gamma.x", "Delta_y")
_SECONDS: Final = 20
_UV_EVERY: Final = 100
_LINES: Final = (
    "beta", "gamma-x>=1", "Delta.y[x,y]; extra == 'x'", "alpha[y]; python_version >= '3.8' or extra != 'z'", "gone",
    "gone; os_name == 'nt'", "beta @ https://h.example/b.whl", "gamma_x~=1.0; extra in 'x y'", "alpha[all]",
)  # fmt: skip
FRAGMENTS: Final = (
    b"\0",
    b"\0" * 200_000,
    b"\r",
    b"\n\n",
    b"\xff\xfe",
    b"\x1b[2J",
    b"\x1b]52;c;eA==\x07",
    "\u202e\u2066\x85\x9b".encode(),
    b"\xed\xa0\x80",
    b"../" * 30 + b"etc/passwd",
    b"../../../bin/python,,\n",
    b"/dev/zero,,\n",
    b"/dev/stdin,,9\n",
    b"C:\\x,,\n",
    b"\\\\host\\share,,\n",
    b"//host/share,,\n",
    b'"quoted\nname",,\n',
    b'"unclosed',
    b"x" * 5000,
    b"9" * 5000,
    b"," * 3000,
    b"[console_scripts]\n",
    b"../x = a:b\n",
    b"python = a:b\n",
    b"activate = a:b\n",
    b"pip = a:b\n",
    b"tool.exe.exe = a:b\n",
    b"a = os:system;import x\n",
    b"b = $(id):`id`\n",
    b"' \" = a:b\n",
    b"= a:b\n",
    b"user = a:b\n",
    b"owned = a:b\n",
    b"Version: 1.0\n",
    b"Version: 1!9.9+l\n",
    b"Name: other\n",
    b"Requires-Dist: ",
    b"Provides-Extra: \n",
    b" folded\n",
    b"Requires-Dist: beta>=99999999999999999999\n",
    b"Requires-Dist: beta===\x1b[2J\n",
    b"Requires-Dist: b @ h://\x07\n",
    b"Requires-Dist: beta; " + b"(" * 900 + b"os_name=='a'" + b")" * 900 + b"\n",
    b"Requires-Dist: beta[" + b"x," * 900 + b"y]\n",
    b"Requires-Dist: beta; extra == ''\n",
    b"Requires-Dist: beta; 'x' in extras\n",
    b"Requires-Dist: beta>=" + b"9" * 5000,
    b'{"url": "\\ud800", "archive_info": {}}',
    b'{"url": "\\n\\u001b", "vcs_info": {"vcs": "git", "commit_id": 5}}',
    b"[" * 5000,
    b"[x]\nbeta\n[:python_version<'3']\n",
    b"[bad:marker(]\nbeta\n",
    "\u0661\u2028".encode(),
    b"NaN",
    b"#!",
)
"""What is inserted into files."""
_ODD_NAMES: Final = (
    b"x\x1b[2J-1.0.dist-info",
    b"caf\xe9-1.0.dist-info",
    b"a\nb-1.0.dist-info",
    b"-1.0.dist-info",
    b".dist-info",
    b"alpha.egg-info",
    b"ALPHA-2.0.DIST-INFO",
    b"beta-1.0-py3.12.egg-info",
    b"\xe2\x80\xaexes-1.0.dist-info",
    b"n" * 240 + b".dist-info",
    b"alpha-1.0.dist-info ",
    b"con-1.0.dist-info",
    b"alpha-1.0.egg",
)
_LINKED: Final = ("/dev/zero", "/dev/stdin", "missing", "../../../../../canary/file")
VALIDATOR: Final = import_module("jsonschema").Draft202012Validator(
    json.loads(files("tox_sitediff").joinpath("sitediff.schema.json").read_text(encoding="utf-8"))
)


class Wrong(AssertionError):
    """Something that must hold does not."""


def furnish(root: Path, chance: random.Random) -> None:
    """Make a base with some distributions, an environment, and what must not be touched beside them."""
    write(root / "canary" / "file", "canary")
    bins = root / "base" / "bin"
    for name in ("tool", "python"):
        write(bins / name, "#!/usr/bin/python3\nprint()\n").chmod(0o755)
    write(bins / "native", b"\x7fELF" + bytes(60)).chmod(0o755)
    for name in chance.sample(NAMES, chance.randint(2, 4)):
        version = chance.choice(["1.0", "2.0rc1", "1!3.0+local.1"])
        folder = install(
            site(root),
            name,
            version,
            requires=chance.sample(_LINES, chance.randint(0, 4)),
            extras=chance.sample(["x", "Y.z", "all"], chance.randint(0, 2)),
            scripts={"run": "alpha:main", f"run-{name}": "alpha:main.x [y]"},
            direct_url=json.dumps({"url": "https://h.example/a.whl", "archive_info": {}})
            if chance.random() < 0.3
            else None,
        )
        with (folder / "RECORD").open("a", encoding="utf-8") as record:
            record.write("../../../bin/tool,,\n../../../bin/native,,\n")
        if chance.random() < 0.2:
            folder.rename(folder.with_suffix(".egg-info"))
            folder = folder.with_suffix(".egg-info")
            (folder / "METADATA").rename(folder / "PKG-INFO")
            (folder / "RECORD").rename(folder / "installed-files.txt")
            write(folder / "requires.txt", "beta\n[x]\ngamma.x\n[y:os_name == 'nt']\ngone\n")
            write(folder / "top_level.txt", "alpha\nbeta\n")
    for name in ("python", "user", "owned", "activate"):
        write(scripts_directory(root) / name, "not of this project\n")


def site(root: Path) -> Path:
    """Return the base's site directory."""
    return root / "base" / "lib" / "python3.12" / "site-packages"


def own_site(root: Path) -> Path:
    """Return the environment's site directory."""
    return root / "env" / "lib" / "python3.12" / "site-packages"


def scripts_directory(root: Path) -> Path:
    """Return the environment's scripts directory."""
    return root / "env" / "bin"


def damage(root: Path, chance: random.Random) -> None:
    """Damage some files, and some names."""
    places = sorted(path for path in site(root).rglob("*") if path.is_file() and path.suffix != ".py")
    for _ in range(chance.choice([1, 1, 2, 3, 6])):
        path = chance.choice(places)
        with suppress(OSError):  # it was damaged before
            _damage_file(path, chance)
    if chance.random() < 0.3:
        folders = sorted(path for path in site(root).iterdir() if path.is_dir())
        name = site(root) / os.fsdecode(chance.choice(_ODD_NAMES))
        with suppress(OSError):
            if chance.random() < 0.5:
                chance.choice(folders).rename(name)
            else:
                name.mkdir()
                chance.choice([os.mkfifo, os.mkdir])(name / "METADATA")
    if chance.random() < 0.1:
        link = site(root) / chance.choice(["loop-1.0.dist-info", "alpha", "beta"])
        with suppress(OSError):
            link.symlink_to(chance.choice([link.name, ".", "..", "/dev", "missing"]))


def _damage_file(path: Path, chance: random.Random) -> None:
    if path.is_symlink() or not path.is_file():
        return  # it was replaced before
    if chance.random() < 0.12:
        _replace(path, chance.choice(["directory", "pipe", "loop", "nothing", *_LINKED]))
        return
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 2, 8])):
        change(content, chance)
    if chance.random() < 0.03:
        content = bytearray(content.decode("utf-8", "replace").encode("utf-16"))
    path.write_bytes(content[:200_000])


def _replace(path: Path, kind: str) -> None:
    path.unlink()
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind != "nothing":
        path.symlink_to(path.name if kind == "loop" else kind)


def change(content: bytearray, chance: random.Random) -> None:
    """Damage the content of a file in one place."""
    at = chance.randint(0, len(content))
    what = chance.random()
    if what < 0.25 and at < len(content):
        content[at] ^= 1 << chance.randrange(8)
    elif what < 0.35:
        del content[at:]
    elif what < 0.45:
        del content[at : at + chance.randint(1, 20)]
    elif what < 0.55 and content:
        content[at:at] = content[: chance.randint(1, len(content))]
    else:
        if chance.random() < 0.6:  # where it can do most
            at = content.rfind(b"\n", 0, at) + 1
        content[at:at] = chance.choice(FRAGMENTS)


def shown(text: str) -> None:
    """Make sure that a line can be shown."""
    if not text.replace("\n", "").isprintable():
        raise Wrong(f"not printable: {text!r}")


def use(root: Path, chance: random.Random, *, ask_uv: Path | None) -> None:
    """Do with a base all that a run would."""
    layers = (Layer(path=str(own_site(root)), role=Role.OWN), Layer(path=str(site(root)), role=Role.BASE))
    inventory = Inventory(list_layers(layers), read)
    interpreter = Interpreter(
        executable=sys.executable,
        version="3.12.1",
        implementation="cpython",
        prefix=str(root / "env"),
        base_prefix=str(root / "base"),
        base_executable=str(root / "base" / "bin" / "python"),
        layers=layers,
        markers=MARKERS,
        purelib=str(own_site(root)),
        scripts=str(scripts_directory(root)),
    )
    wanted = chance.sample(["alpha", "beta[x]", "gamma-x[x,y]", "delta.y>=1", "alpha[all]"], chance.randint(1, 3))
    roots = [Root(requirement=parse(text)) for text in wanted]
    closure = walk(roots, lookup=inventory.effective, environment=MARKERS)
    if closure.unmet:
        shown(str(Unsatisfied("\n".join(f"  {unmet}" for unmet in closure.unmet))))
    for broken in inventory.broken():
        shown(str(Unsatisfied(f"{broken.entry.path}: {broken.reason}")))
    everything = [found for name in inventory.names() if (found := inventory.effective(name)) is not None]
    _tell_uv(root, everything, ask_uv)
    seen = Snapshot(interpreter=interpreter, inventory=inventory, exclude=frozenset())
    _look_into(seen, everything, chance)
    provided = scripts.provide(
        everything, directory=scripts_directory(root), python=Path(sys.executable), windows=chance.random() < 0.2
    )
    for line in provided.warnings:
        shown(line)
    there = {path.name for path in scripts_directory(root).iterdir()} - {"python", "user", "owned", "activate"}
    if there != set(provided.files):
        raise Wrong(f"scripts {sorted(there)}, reported {sorted(provided.files)}")
    state = State(
        created="2024-01-01T00:00:00Z",
        declared=tuple(Wanted(text=text, audit=text) for text in wanted),
        relied=drift.rely(closure),
        scripts=provided.files,
    )
    save_state(root / "env", state)
    if load_state(root / "env") != state:
        raise Wrong("the state does not survive being written")
    if (reason := drift.drift(state, Inventory(list_layers(layers), read))) is not None:
        raise Wrong(f"nothing changed, but: {reason}")
    record = outcome.make_record(
        name="e",
        created=state.created,
        seen=seen,
        declared=state.declared,
        closure=closure,
        seconds=Seconds(),
        size_of=distribution_size,
    )
    held = directory_bytes(root / "env")
    record = record.measured(held.apparent, held.unshared, held.files)
    text = json.dumps(record.as_json())
    shown(text)
    if problems := [error.message for error in VALIDATOR.iter_errors(json.loads(text))]:
        raise Wrong(f"the record does not fit its schema: {problems[0][:200]}")
    if from_json(json.loads(text)) != record:
        raise Wrong("the record does not survive being written")
    shown(note(record, offered=inventory.offered()))
    shown(table([record]))
    for line in inventory.freeze():
        shown(line)


def _look_into(seen: Snapshot, everything: Sequence[Distribution], chance: random.Random) -> None:
    for found in everything:
        contents.is_torn(found)
        contents.listed_files(found)
    view = selection.farm_of(seen, chance.sample([found.name for found in everything], len(everything) // 2))
    parse_farm(view.manifest({}))
    selection.owners(seen, "alpha")


def _tell_uv(root: Path, everything: Sequence[Distribution], ask_uv: Path | None) -> None:
    with Shadow() as shadow:
        shadow.show(everything)
        if len(everything) % 2:
            shadow.lighten(everything)
        if ask_uv is not None and everything:
            done = subprocess.run(
                [ask_uv, "pip", "install", "--dry-run", "--offline", "--no-cache", "--no-config", "--no-index",
                 "--target", shadow.directory, "--python", sys.executable, "no-such-thing",
                 *(str(found.name) for found in everything)],
                capture_output=True, text=True, check=False, timeout=60,
                env={"PATH": os.environ.get("PATH", ""), "HOME": str(root)},
            )  # fmt: skip
            if "No solution found" not in done.stderr:
                raise Wrong(f"uv refuses what is shown: {done.stderr}")
    if shadow.directory.exists():
        raise Wrong("the shadow was left")


def _hang(number: int, frame: FrameType | None) -> None:
    raise Wrong(f"no end after {_SECONDS} seconds")


def one(root: Path, seed: int, number: int, *, ask_uv: Path | None = None) -> None:
    """Make, damage and use one base; raise what is wrong."""
    chance = random.Random(f"{seed} {number}")
    furnish(root, chance)
    own_site(root).mkdir(parents=True)
    damage(root, chance)
    before = tree_hash(root / "base"), tree_hash(root / "canary")
    mine = {name: (scripts_directory(root) / name).stat() for name in ("python", "user", "owned", "activate")}
    signal.signal(signal.SIGALRM, _hang)
    signal.alarm(_SECONDS)
    try:
        use(root, chance, ask_uv=ask_uv)
    finally:
        signal.alarm(0)
    if (tree_hash(root / "base"), tree_hash(root / "canary")) != before:
        raise Wrong("the base, or what lies beside it, was touched")
    for name, status in mine.items():
        now = (scripts_directory(root) / name).stat()
        if (now.st_ino, now.st_mtime_ns, now.st_mode) != (status.st_ino, status.st_mtime_ns, status.st_mode):
            raise Wrong(f"the environment's {name} was touched")


def campaign(runs: int, seed: int, *, seconds: float = float("inf")) -> Iterator[tuple[int, str | None]]:
    """Make so many runs, or as many as the time allows; yield the number of each and what is wrong."""
    end = time.monotonic() + seconds
    uv = find_uv()
    for number in range(runs):
        if time.monotonic() > end:
            return
        root = Path(tempfile.mkdtemp(prefix="sitediff-fuzz-"))
        try:
            one(root, seed, number, ask_uv=uv if number % _UV_EVERY == 0 else None)
        except Exception:  # noqa: BLE001  # whatever it is, it is a failure
            yield number, f"kept {root}\n{traceback.format_exc()}"
        else:
            shutil.rmtree(root)
            yield number, None


def main() -> int:
    """Run a campaign from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000, help="how many bases to damage (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="to have the same again")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    failures = done = 0
    for number, problem in campaign(options.runs, options.seed, seconds=options.seconds):
        done += 1
        if problem is not None:
            failures += 1
            print(f"seed {options.seed}, number {number}: {problem}", flush=True)
        if done % 5000 == 0:
            print(f"{done} runs, {failures} failures", flush=True)
    print(f"{done} runs, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
