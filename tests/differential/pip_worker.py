"""Runs in the environment's interpreter, with ``-I``: answers what pip would do, question after question.

Starting pip takes longer than all that it does here. So its own ``install`` command is called in one process, with
``sys.path`` made anew for each question by the interpreter's own ``site``. A test compares the answers with those of
``python -m pip`` in a process of its own.

argv: a directory that pip can be imported from.
"""

import contextlib
import importlib
import importlib.metadata
import io
import json
import os
import site
import sys

OWN = site.getsitepackages([sys.prefix])
STANDARD = [path for path in sys.path[1:] if path not in site.getsitepackages()]
every_distribution = importlib.metadata.distributions

site.ENABLE_USER_SITE = True  # which -I forbids
sys.path.insert(0, sys.argv[1])
install = importlib.import_module("pip._internal.commands.install")
environments = importlib.import_module("pip._internal.metadata.importlib._envs")
session = importlib.import_module("pip._internal.network.session").PipSession(cache=None, retries=0, index_urls=None)
Requirement = importlib.import_module("pip._vendor.packaging.requirements").Requirement
canonical = importlib.import_module("pip._vendor.packaging.utils").canonicalize_name


def see(injected):
    """Make sys.path what the environment's interpreter has when it starts."""
    sys.path[:] = [*injected, *STANDARD]
    known = site.removeduppaths()
    site.addsitepackages(known, [sys.prefix])
    site.addusersitepackages(known)
    site.addsitepackages(known, [sys.base_prefix])


def name_of(found):
    """Return the name that a distribution is looked up by."""
    return canonical(os.path.splitext(found._path.name)[0].partition("-")[0])


def visible(hidden):
    """Make importlib.metadata.distributions without names of which only the environment's own copies count."""

    def distributions(*, path, **more):
        for found in every_distribution(path=path, **more):
            if path[0] in OWN or name_of(found) not in hidden:
                yield found

    return distributions


def there(hidden):
    """Return the first copy of each name that importlib.metadata sees."""
    found = {}
    for path in sys.path:
        for item in visible(hidden)(path=[path]):
            found.setdefault(name_of(item), item)
    return found


def ask(arguments, report):
    """Run pip's install command, and return what it would install, or what it says."""
    command = install.InstallCommand("install", "", isolated=True)
    command._session = session  # making one takes longer than all the rest
    environments._warned_bad_metadata.clear()
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            status = command.main(["--dry-run", "--quiet", "--report", report, *arguments])
        except SystemExit as error:
            status = error.code
    if status:
        return {"failed": said.getvalue().strip() or f"exit status {status}"}
    with open(report, encoding="utf-8") as file:
        listed = json.load(file)["install"]
    return {"install": {canonical(item["metadata"]["name"]): item["metadata"]["version"] for item in listed}}


def unmet(declared, hidden):
    """Walk what is declared over what importlib.metadata sees, as naively as can be, and tell what is not met."""
    copies = there(hidden)
    queue, done, problems = [("", text) for text in declared], set(), []
    while queue:
        by, text = queue.pop()
        requirement = Requirement(text)
        if not by and requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonical(requirement.name)
        found = copies.get(name)
        version = found and found.metadata.get("Version")
        if not version or not requirement.specifier.contains(version, prereleases=True):
            problems.append(f"{by or 'somebody'} wants {text}: found {version}")
            continue
        for extra in {"", *map(canonical, requirement.extras)}:
            if (name, extra) in done:
                continue
            done.add((name, extra))
            for line in found.requires or ():
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    needed.marker = None
                    queue.append((f"{name} {version}", str(needed)))
    return problems


def answer(question):
    """Answer one question."""
    hidden = {canonical(name) for name in question["hidden"]}
    see(question["injected"])
    if question["kind"] == "seen":
        found = {name: [item.metadata.get("Version"), str(item._path.parent)] for name, item in there(hidden).items()}
        return {"seen": found}
    if question["kind"] == "unmet":
        return {"unmet": unmet(question["declared"], hidden)}
    if question["kind"] == "alone":
        sys.path[:] = STANDARD
    importlib.metadata.distributions = visible(hidden) if hidden else every_distribution
    try:
        return ask(question["arguments"], question["report"])
    finally:
        importlib.metadata.distributions = every_distribution


def main():
    """Read questions, a line each, and write answers."""
    # what pip prints anywhere but where it is told to goes nowhere
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin:
        question = json.loads(line)
        os.chdir(question["directory"])
        print(json.dumps(answer(question)), file=answers, flush=True)


main()
