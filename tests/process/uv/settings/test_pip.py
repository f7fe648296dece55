"""pip's configuration, read by a real pip, and put to a real uv."""

from __future__ import annotations

import json
import subprocess
import sys
from random import Random
from typing import TYPE_CHECKING

import pytest
from virtualenv.seed.wheels.embed import get_embed_wheel

from support.machine import EXTRA, MAIN, VALUES, Machine, make_machine
from support.wheels import write_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tox_sitediff.uv.settings.pip import PipSettings


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return make_machine(tmp_path, monkeypatch)


def wheel(directory: Path, name: str, version: str) -> Path:
    return write_wheel(directory, f"{name}-{version}", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", {})


def index(directory: Path, name: str, *versions: str) -> Path:
    files = [wheel(directory / name, name, version).name for version in versions]
    (directory / name / "index.html").write_text("".join(f'<a href="{file}">{file}</a>' for file in files))
    return directory


def with_prefix(settings: PipSettings, prefix: str) -> list[str]:
    return [argument.removeprefix(prefix) for argument in settings.arguments if argument.startswith(prefix)]


def some_settings(random: Random) -> dict[str, str]:
    names = random.sample(sorted(VALUES), random.randrange(len(VALUES)))
    return {name: random.choice(VALUES[name]) for name in names}


ORACLE = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from pip._internal import configuration
from pip._internal.commands import create_command
# The files of the machine that runs the test stay out.
kinds = configuration.Kind
configuration.get_configuration_files = lambda: {kinds.GLOBAL: [], kinds.USER: [], kinds.SITE: []}
for case in json.load(sys.stdin):
    for name in [n for n in os.environ if n.startswith("PIP_")]:
        del os.environ[name]
    os.environ.update(case)
    o, _ = create_command("install").parse_args([])
    f = o.format_control
    print(json.dumps([o.index_url, o.extra_index_urls, bool(o.no_index), bool(o.build_isolation), o.timeout,
                      sorted(f.no_binary), sorted(f.only_binary), bool(o.pre), o.trusted_hosts, bool(o.upgrade)]))
"""


# Where pip's settings come from.


def test_a_real_pip_reads_the_same(machine: Machine) -> None:
    """Over random files and variables, what uv is told is what the install command of a real pip takes over."""
    embedded = get_embed_wheel("pip", f"{sys.version_info.major}.{sys.version_info.minor}")
    assert embedded is not None
    random = Random(23)
    environments = []
    for number in range(400):
        everywhere, install, variables = (some_settings(random) for _ in range(3))
        text = "".join(
            f"[{section}]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())
            for section, values in (("global", everywhere), ("install", install))
        )
        named = machine.write(f"cases/{number}.conf", text)
        names = {"PIP_" + name.upper().replace("-", "_"): value for name, value in variables.items()}
        environments.append({"PIP_CONFIG_FILE": str(named), **names})
    done = subprocess.run(
        [sys.executable, "-I", "-c", ORACLE, str(embedded.path)],
        env=machine.base,
        input=json.dumps(environments),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    for environment, line in zip(environments, done.stdout.splitlines(), strict=True):
        main, extra, no_index, isolation, timeout, no_binary, only_binary, pre, hosts, upgrade = json.loads(line)
        settings = machine.settings(environment)
        expected = {}
        if not no_index:
            if main in {MAIN, EXTRA}:
                expected["UV_INDEX_URL"] = main
            if extra:
                expected |= {"UV_INDEX": " ".join(extra), "UV_INDEX_STRATEGY": "unsafe-best-match"}
        if not isolation:
            expected["UV_NO_BUILD_ISOLATION"] = "true"
        if timeout != 15:
            expected["UV_HTTP_TIMEOUT"] = str({4.5: 5}.get(timeout, int(timeout)))
        if pre:
            expected["UV_PRERELEASE"] = "allow"
        if hosts:
            expected["UV_INSECURE_HOST"] = " ".join(hosts)
        assert settings.variables == expected
        assert ("--no-index" in settings.arguments) is no_index
        assert sorted(with_prefix(settings, "--no-binary=")) == no_binary
        assert sorted(with_prefix(settings, "--only-binary=")) == only_binary
        assert settings.constrains is upgrade


# What uv makes of it: a real uv, local files, no network.


def test_the_organisations_index_is_the_only_one(machine: Machine) -> None:
    """index-url replaces the public index; a directory is an index too, also with a blank in its path."""
    index(machine.project / "our index", "foo", "1.0")
    machine.write("prefix/pip.conf", "[global]\nindex-url = our index\n")
    assert machine.chosen(machine.settings(), "foo") == {"foo": "1.0"}
    assert machine.uv(machine.settings(), "bar").returncode == 1


def test_an_index_among_the_arguments_wins_as_with_pip(machine: Machine) -> None:
    """`--index-url` in deps beats pip.conf, and `--extra-index-url` adds to it."""
    ours, other = index(machine.root / "ours", "foo", "1.0"), index(machine.root / "other", "foo", "2.0")
    third = index(machine.root / "third", "bar", "3.0")
    settings = machine.settings({"PIP_INDEX_URL": ours.as_uri()})
    assert machine.chosen(settings, "--index-url", other.as_uri(), "foo") == {"foo": "2.0"}
    settings = machine.settings({"PIP_EXTRA_INDEX_URL": ours.as_uri(), "PIP_INDEX_URL": other.as_uri()})
    assert machine.chosen(settings, "--extra-index-url", third.as_uri(), "foo<2", "bar") == {"foo": "1.0", "bar": "3.0"}


def test_the_best_version_of_all_indexes_is_taken(machine: Machine) -> None:
    """With an extra index the newest version counts, wherever it is, as with pip."""
    old, new = index(machine.root / "old", "foo", "1.0"), index(machine.root / "new", "foo", "2.0")
    for first, second in ((old, new), (new, old)):
        settings = machine.settings({"PIP_INDEX_URL": str(first), "PIP_EXTRA_INDEX_URL": str(second)})
        assert machine.chosen(settings, "foo") == {"foo": "2.0"}


def test_links_without_an_index(machine: Machine) -> None:
    """find-links and no-index: directories (with commas) and pages serve, a missing directory is passed over."""
    wheel(machine.project / "a,b", "foo", "1.5")
    page = index(machine.root / "pages", "bar", "2.5") / "bar" / "index.html"
    variables = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": f"a,b {page} missing", "PIP_INDEX_URL": MAIN}
    settings = machine.settings(variables)
    assert machine.chosen(settings, "--no-index", "foo", "bar") == {"foo": "1.5", "bar": "2.5"}
    assert len(settings.warnings) == 1
    assert "find-links (PIP_FIND_LINKS)" in settings.warnings[0]
    wheel(machine.root / "more", "foo", "9")
    assert machine.chosen(settings, "-f", str(machine.root / "more"), "foo") == {"foo": "9"}


def test_constraints_add_up_with_those_of_the_command(machine: Machine) -> None:
    """pip.conf's constraint holds beside `-c` in deps, where a variable would be forgotten."""
    links = machine.root / "links"
    for version in ("1", "2", "3"):
        wheel(links, "foo", version)
    machine.write("project/ours.txt", "foo<2\n")
    theirs = machine.write("theirs.txt", "foo<3\n")
    settings = machine.settings({"PIP_CONSTRAINT": "ours.txt", "PIP_FIND_LINKS": str(links), "PIP_NO_INDEX": "1"})
    assert not settings.constrains  # the engine reads it as uv does
    assert machine.chosen(settings, "-c", str(theirs), "foo") == {"foo": "1"}


@pytest.mark.parametrize(
    ("variables", "accepted"),
    [
        ({"PIP_PRE": "1"}, {"foo": "2a1"}),
        ({"PIP_ALL_RELEASES": ":all:"}, {"foo": "2a1"}),
        ({"PIP_ONLY_FINAL": ":all:"}, {"foo": "1"}),
        ({"PIP_NO_DEPS": "yes"}, {"foo": "1"}),
        ({"PIP_NO_BINARY": ":all:"}, None),
        ({"PIP_NO_BINARY": "other,foo"}, None),
        ({"PIP_NO_BINARY": "foo", "PIP_ONLY_BINARY": ":none:"}, None),
        ({"PIP_NO_BINARY": ":all:", "PIP_ONLY_BINARY": "foo"}, {"foo": "1"}),
        ({"PIP_ONLY_BINARY": ":all:"}, {"foo": "1"}),
        ({"PIP_REQUIRE_HASHES": "1"}, None),
        ({"PIP_FORCE_REINSTALL": "1"}, {"foo": "1"}),
        ({"PIP_UPGRADE": "1", "PIP_UPGRADE_STRATEGY": "eager"}, {"foo": "1"}),
        ({"PIP_NO_BUILD_ISOLATION": "0"}, {"foo": "1"}),
        ({"PIP_CONFIG_SETTINGS": "--key=value"}, {"foo": "1"}),
        ({"PIP_UPLOADED_PRIOR_TO": "2020-01-01"}, {"foo": "1"}),
        ({"PIP_UPLOADED_PRIOR_TO": "P7D"}, {"foo": "1"}),
        ({"PIP_TIMEOUT": "0.5", "PIP_RETRIES": "0"}, {"foo": "1"}),
        ({"PIP_TRUSTED_HOST": "a.example:80 [::1]:80 b.example"}, {"foo": "1"}),
        ({"PIP_KEYRING_PROVIDER": "subprocess"}, {"foo": "1"}),
        ({"PIP_PROXY": "http://127.0.0.1:9"}, {"foo": "1"}),
        ({"PIP_CERT": "missing.pem", "PIP_CLIENT_CERT": "missing.pem"}, {"foo": "1"}),
    ],
)
def test_uv_accepts_what_it_is_told(
    machine: Machine, variables: dict[str, str], accepted: dict[str, str] | None
) -> None:
    """Each translated setting is one that uv knows, and does what it does in pip."""
    links = machine.root / "links"
    wheel(links, "foo", "1")
    wheel(links, "foo", "2a1")
    settings = machine.settings({"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links), **variables})
    if accepted is None:
        done = machine.uv(settings, "foo")
        assert done.returncode in {1, 2}
        assert "unexpected argument" not in done.stderr
        assert "invalid value" not in done.stderr
    else:
        assert machine.chosen(settings, "foo") == accepted
