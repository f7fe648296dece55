"""pip's configuration, as uv gets to see it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uv import find_uv_bin
from virtualenv.seed.wheels.embed import get_embed_wheel

from support.wheels import write_wheel
from tox_sitediff.uv.settings import pip_files, uv_files
from tox_sitediff.uv.settings.pip import PipSettings, uv_settings_from_pip
from tox_sitediff.uv.settings.pip_files import read_pip_config
from tox_sitediff.uv.settings.uv_files import read_uv_config, uv_config_may_decide

if TYPE_CHECKING:
    from collections.abc import Mapping

MAIN = "https://index.example/simple"
EXTRA = "https://extra.example/simple"


class Machine:
    """A machine with a home, a system directory, an environment and a project, all empty."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.etc, self.home, self.prefix, self.project = (root / n for n in ("etc", "home", "prefix", "project"))
        for directory in (self.etc, self.home, self.prefix, self.project):
            directory.mkdir()
        self.base = {"HOME": str(self.home), "USERPROFILE": str(self.home)}

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def settings(self, variables: Mapping[str, str] | None = None, *, platform: str = "linux") -> PipSettings:
        environment = {**self.base, **(variables or {})}
        return uv_settings_from_pip(environment, prefix=self.prefix, project=self.project, platform=platform)

    def options(self, variables: Mapping[str, str] | None = None, *, platform: str = "linux") -> dict[str, str]:
        config = read_pip_config({**self.base, **(variables or {})}, prefix=self.prefix, platform=platform)
        return {option.name: option.value for option in config.options}

    def decides(self, variables: Mapping[str, str] | None = None) -> bool:
        return uv_config_may_decide({**self.base, **(variables or {})}, project=self.project, platform="linux")

    def uv(self, settings: PipSettings, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **self.base,
            "UV_CACHE_DIR": str(self.root / "cache"),
            "UV_NO_PROGRESS": "1",
            **settings.variables,
        }
        command = [find_uv_bin(), "pip", "install", "--python", sys.executable, "--target", str(self.root / "target")]
        command += ["--dry-run", "--output-format", "json", *settings.arguments_beside(arguments), *arguments]
        return subprocess.run(
            command, env=environment, cwd=self.project, capture_output=True, text=True, check=False, timeout=60
        )

    def chosen(self, settings: PipSettings, *arguments: str) -> dict[str, str]:
        done = self.uv(settings, *arguments)
        assert done.returncode == 0, done.stderr
        return {change["name"]: change["version"] for change in json.loads(done.stdout)["changes"]}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setattr(pip_files, "_ETC", machine.etc)
    monkeypatch.setattr(uv_files, "_ETC", machine.etc)
    return machine


def wheel(directory: Path, name: str, version: str) -> Path:
    return write_wheel(directory, f"{name}-{version}", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", {})


def index(directory: Path, name: str, *versions: str) -> Path:
    files = [wheel(directory / name, name, version).name for version in versions]
    (directory / name / "index.html").write_text("".join(f'<a href="{file}">{file}</a>' for file in files))
    return directory


# Where pip's settings come from.


def test_nothing_set_is_nothing_to_add(machine: Machine) -> None:
    """Without a configuration of pip, uv gets nothing, and may be left asleep."""
    assert machine.settings() == PipSettings()


@pytest.mark.parametrize(
    ("platform", "variables", "path"),
    [
        ("linux", {}, "etc/xdg/pip/pip.conf"),
        ("linux", {}, "etc/pip.conf"),
        ("linux", {"XDG_CONFIG_DIRS": "{root}/a:relative:{root}/b"}, "a/pip/pip.conf"),
        ("linux", {"XDG_CONFIG_DIRS": "{root}/a:relative:{root}/b"}, "b/pip/pip.conf"),
        ("linux", {}, "home/.pip/pip.conf"),
        ("linux", {}, "home/.config/pip/pip.conf"),
        ("linux", {"XDG_CONFIG_HOME": "{root}/xdg"}, "xdg/pip/pip.conf"),
        ("linux", {}, "prefix/pip.conf"),
        ("linux", {"PIP_CONFIG_FILE": "{root}/own.cfg"}, "own.cfg"),
        ("darwin", {"XDG_DATA_DIRS": "{root}/share"}, "share/pip/pip.conf"),
        ("darwin", {}, "home/Library/Application Support/pip/pip.conf"),
        ("darwin", {}, "home/.config/pip/pip.conf"),
        ("darwin", {}, "home/.pip/pip.conf"),
        ("win32", {"ProgramData": "{root}/all"}, "all/pip/pip.ini"),
        ("win32", {}, "home/AppData/Roaming/pip/pip.ini"),
        ("win32", {"AppData": "{root}/roaming"}, "roaming/pip/pip.ini"),
        ("win32", {}, "home/pip/pip.ini"),
        ("win32", {}, "prefix/pip.ini"),
    ],
)
def test_every_place_of_every_platform_is_read(
    machine: Machine, platform: str, variables: dict[str, str], path: str
) -> None:
    """An index in any file that pip reads on that platform reaches uv."""
    machine.write(path, f"[global]\nindex-url = {MAIN}\n")
    given_variables = {name: value.format(root=machine.root) for name, value in variables.items()}
    settings = machine.settings(given_variables, platform=platform)
    assert settings.variables == {"UV_INDEX_URL": MAIN}
    assert not settings.warnings


def test_later_places_win_and_sections_win_over_places(machine: Machine) -> None:
    """Global, user, environment, named file, variable; [install] of any file beats [global] of all."""
    places = ["etc/pip.conf", "home/.pip/pip.conf", "home/.config/pip/pip.conf", "prefix/pip.conf"]
    for number, place in enumerate(places):
        machine.write(place, f"[global]\ntimeout = {number}\n")
        assert machine.options()["timeout"] == str(number)
    named = machine.write("named.conf", "[global]\ntimeout = 10\n")
    assert machine.options({"PIP_CONFIG_FILE": str(named)})["timeout"] == "10"
    machine.write("etc/pip.conf", "[install]\ntimeout = 11\n")
    assert machine.options({"PIP_CONFIG_FILE": str(named)})["timeout"] == "11"
    assert machine.options({"PIP_TIMEOUT": "12"})["timeout"] == "12"
    assert machine.options({"PIP_TIMEOUT": ""})["timeout"] == "11"


def test_a_named_file_replaces_the_users_and_the_null_device_replaces_all(machine: Machine) -> None:
    """PIP_CONFIG_FILE hides the user's files if it exists, and with os.devnull every file."""
    machine.write("home/.pip/pip.conf", "[global]\nretries = 1\n")
    machine.write("prefix/pip.conf", "[global]\ntimeout = 2\n")
    named = machine.write("named.conf", "[global]\npre = 1\n")
    assert machine.options({"PIP_CONFIG_FILE": str(named)}).keys() == {"timeout", "pre", "config-file"}
    assert "retries" in machine.options({"PIP_CONFIG_FILE": str(machine.root / "missing")})
    assert machine.options({"PIP_CONFIG_FILE": "/dev/null"}).keys() == {"config-file"}


VALUES = {
    "index-url": [MAIN, EXTRA],
    "pypi-url": [MAIN, EXTRA],
    "extra-index-url": [EXTRA, f"{EXTRA}  {MAIN}", f"\n  {EXTRA}\n  {MAIN}"],
    "no-index": ["1", "yes", "False", ""],
    "no-build-isolation": ["1", "0", "off"],
    "timeout": ["3", "4.5"],
    "default-timeout": ["5", "6"],
    "no-binary": ["a", "A_b,c", ":all:", ":none:", "c,:all:,:none:,d"],
    "only-binary": ["a", "b,c", ":all:", ":none:", "d"],
    "pre": ["true", "n"],
    "trusted-host": ["a.example", "a.example b.example:8080"],
    "upgrade": ["true", "no"],
}


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


# Whose word counts.


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL"])
def test_uv_variables_win(machine: Machine, name: str) -> None:
    """One variable of uv on indexes, and pip's indexes stay away; other subjects are not touched by it."""
    variables = {"PIP_INDEX_URL": MAIN, "PIP_NO_INDEX": "1", "PIP_TIMEOUT": "7"}
    assert machine.settings({**variables, name: EXTRA}).variables == {"UV_HTTP_TIMEOUT": "7"}
    assert machine.settings({**variables, name: ""}).arguments == ("--no-index",)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("project/uv.toml", 'index-url = "x"'),
        ("project/uv.toml", '[pip]\nindex-url = "x"'),
        ("project/uv.toml", 'index = [{ url = "x" }]'),
        ("project/pyproject.toml", '[tool.uv]\nno-index = false\n[project]\nname = "x"'),
        ("project/pyproject.toml", '[[tool.uv.index]]\nurl = "x"'),
        ("pyproject.toml", '[[tool.uv.index]]\nurl = "x"'),
        ("home/.config/uv/uv.toml", 'extra-index-url = ["x"]'),
        ("etc/uv/uv.toml", 'index-url = "x"'),
        ("etc/xdg/uv/uv.toml", 'index-url = "x"'),
    ],
)
def test_uv_configuration_wins(machine: Machine, path: str, text: str) -> None:
    """A key in any file of uv keeps pip's setting of the same subject away, unless uv is told to read no files."""
    machine.write(path, text)
    assert not machine.settings({"PIP_INDEX_URL": MAIN}).variables
    assert machine.settings({"PIP_INDEX_URL": MAIN, "UV_NO_CONFIG": "1"}).variables == {"UV_INDEX_URL": MAIN}


def test_an_index_for_single_packages_does_not_send_the_rest_to_the_public_one(machine: Machine) -> None:
    """An `explicit` index of uv leaves pip's index-url in force."""
    machine.write("project/pyproject.toml", '[[tool.uv.index]]\nname = "t"\nurl = "x"\nexplicit = true\n')
    assert machine.settings({"PIP_INDEX_URL": MAIN}).variables == {"UV_INDEX_URL": MAIN}


def test_a_member_of_a_workspace_is_set_up_by_the_root(machine: Machine) -> None:
    """uv reads the workspace's root and not the member; a directory that is no member speaks for itself."""
    machine.write("pyproject.toml", '[tool.uv]\noffline = true\n[tool.uv.workspace]\nmembers = ["pro*"]\n')
    machine.write("project/pyproject.toml", '[project]\nname = "a"\n[tool.uv]\nno-cache = true\n')
    assert read_uv_config(machine.base, project=machine.project, platform="linux").keys == {"offline", "workspace"}
    machine.write("pyproject.toml", '[tool.uv]\noffline = true\n[tool.uv.workspace]\nmembers = ["lib/*"]\n')
    assert read_uv_config(machine.base, project=machine.project, platform="linux").keys == {"no-cache"}


def test_constraints_are_named_with_where_they_are_set(machine: Machine) -> None:
    """In files that a variable names, and in uv's configuration; what can't be read is uv's to say."""
    machine.write("project/limits.txt", "a<2\n-c more.txt\n")
    machine.write("project/more.txt", "b==1\n")
    project = machine.write("project/pyproject.toml", '[tool.uv]\nconstraint-dependencies = ["c>1", "d >< 1", 7]\n')
    variables = {**machine.base, "UV_CONSTRAINT": "limits.txt missing.txt"}
    assert [(str(item), item.origin) for item in uv_files.constraints(variables, project=machine.project)] == [
        ("a<2", "limits.txt (UV_CONSTRAINT)"),
        ("b==1", "limits.txt (UV_CONSTRAINT)"),
        ("c>1", f"constraint-dependencies in {project}"),
    ]
    assert uv_files.constraints({**machine.base, "UV_NO_CONFIG": "1"}, project=machine.project) == []


def test_one_named_file_replaces_all_others(machine: Machine) -> None:
    """UV_CONFIG_FILE is read in place of the discovered files."""
    machine.write("project/uv.toml", 'index-url = "x"')
    named = machine.write("named.toml", "offline = true")
    variables = {"PIP_INDEX_URL": MAIN, "UV_CONFIG_FILE": str(named)}
    assert machine.settings(variables).variables == {"UV_INDEX_URL": MAIN}


# Connections and certificates.


def test_proxy_replaces_the_variables(machine: Machine) -> None:
    """pip ignores the proxy variables beside `proxy`, so uv must not see an exception that they make."""
    variables = machine.settings({"PIP_PROXY": "http://p:1", "no_proxy": "index.example"}).variables
    assert variables["no_proxy"] == ""
    assert {variables[name] for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")} == {"http://p:1"}
    assert machine.settings({"PIP_NO_PROXY_ENV": "1", "HTTPS_PROXY": "http://p:1"}).variables == {"HTTPS_PROXY": ""}


def test_certificates(machine: Machine) -> None:
    """cert wins over the variables of pip's HTTP library; a directory is one for uv too; ~ is the home."""
    home = str(machine.home / "ca.pem")
    assert machine.settings({"PIP_CERT": "~/ca.pem", "SSL_CERT_FILE": "/x"}).variables == {"SSL_CERT_FILE": home}
    assert machine.settings({"PIP_CERT": str(machine.home)}).variables == {"SSL_CERT_DIR": str(machine.home)}
    assert machine.settings({"REQUESTS_CA_BUNDLE": home}).variables == {"SSL_CERT_FILE": home}
    assert machine.settings({"CURL_CA_BUNDLE": home, "SSL_CERT_FILE": "/x"}).variables == {}
    assert machine.settings({"PIP_CERT": home, "UV_SYSTEM_CERTS": "1"}).variables == {}
    assert machine.settings({"PIP_USE_FEATURE": "truststore"}).variables == {"UV_SYSTEM_CERTS": "true"}


# What people are told.


@pytest.mark.parametrize(
    "setting",
    [
        *("disable-pip-version-check", "no-color", "quiet", "verbose", "no-input", "progress-bar", "log", "format"),
        *("cache-dir", "no-cache-dir", "root-user-action", "no-warn-script-location", "no-python-version-warning"),
        *("require-virtualenv", "break-system-packages", "check-build-dependencies", "config-file", "no-such-option"),
        "upgrade-strategy",
    ],
)
def test_what_changes_nothing_is_passed_over(machine: Machine, setting: str) -> None:
    """Settings of looks and caches, and those that `pip install` does not know, cause nothing at all."""
    machine.write("prefix/pip.conf", f"[global]\n{setting} = 1\nuser = false\nuse-feature = fast-deps\n")
    assert machine.settings() == PipSettings()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("target", "x"),
        ("prefix", "x"),
        ("user", "true"),
        ("no-user", "true"),
        ("use-feature", "new"),
        ("use-deprecated", "legacy-resolver"),
        ("upgrade", "1"),
        ("prefer-binary", "1"),
        ("ignore-requires-python", "1"),
        ("requirement", "x"),
        ("keyring-provider", "import"),
        ("pre", "perhaps"),
        ("timeout", "soon"),
        ("config-settings", "nonsense"),
        ("uploaded-prior-to", "yesterday"),
        ("only-final", "foo"),
    ],
)
def test_what_has_no_equivalent_is_named(machine: Machine, setting: str, value: str) -> None:
    """One line names the setting, its section and its file."""
    path = machine.write("prefix/pip.conf", f"[install]\n{setting} = {value}\n")
    settings = machine.settings()
    assert len(settings.warnings) == 1
    assert f"([install] in {path})" in settings.warnings[0]
    assert not settings.variables
    assert not settings.arguments


@pytest.mark.parametrize("content", [b"index-url = x\n", b"[global\n", b"[global]\n\xff\xfe\xfa = 1\n", b"[a]\n[a]\n"])
def test_a_malformed_file_is_one_warning(machine: Machine, content: bytes) -> None:
    """A file at which pip would stop is named, and the others still count."""
    path = machine.prefix / "pip.conf"
    path.write_bytes(content)
    settings = machine.settings({"PIP_RETRIES": "3"})
    assert settings.variables == {"UV_HTTP_RETRIES": "3"}
    assert len(settings.warnings) == 1
    assert str(path) in settings.warnings[0]


NAMES = sorted([*VALUES, "proxy", "find-links", "constraint", "cert", "retries", "user", "target", "use-feature"])


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30).map(
            lambda text: f"https://me:hunter2@{text}"
        )
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
        | st.sampled_from(["file://[", "file:///%00", "x" * 5000, "1e999", "nan", "me:hunter2@a:b"]),
    )
)
def test_no_value_breaks_it_and_no_password_is_shown(values: dict[str, str]) -> None:
    """Whatever the settings hold, there is an answer, and a warning is one line without a credential."""
    environment = {"PIP_" + name.upper().replace("-", "_"): value for name, value in values.items()}
    environment |= {"PIP_CONFIG_FILE": "/dev/null", "UV_NO_CONFIG": "1", "HOME": "/nowhere"}
    nowhere = Path("/nowhere")
    settings = uv_settings_from_pip(environment, prefix=nowhere, project=nowhere, platform="linux")
    for warning in settings.warnings:
        assert "hunter2" not in warning
        assert len(warning.splitlines()) == 1
    for value in settings.variables.values():
        assert "\0" not in value


def test_a_flag_is_not_given_twice() -> None:
    """uv refuses `--no-index --no-index`; options with a value may come again."""
    settings = PipSettings(arguments=("--no-index", "--reinstall", "--find-links=x"))
    assert settings.arguments_beside(["--no-index", "--force-reinstall", "--find-links=y"]) == ("--find-links=x",)


# Whether uv may be left asleep.

HARMLESS = {
    "UV_CACHE_DIR": "{root}/cache",
    "UV_INDEX_URL": MAIN,
    "UV_OFFLINE": "1",
    "UV_RESOLUTION": "lowest",
    "UV_PRERELEASE": "disallow",
    "UV_EXCLUDE_NEWER": "2001-01-01",
    "UV_NO_BINARY_PACKAGE": "foo",
    "UV_NO_BUILD": "1",
    "UV_HTTP_TIMEOUT": "3",
    "UV_FORK_STRATEGY": "fewest",
    "UV_NO_SOURCES": "1",
    "UV_CONCURRENT_BUILDS": "1",
    "UV_INDEX_OURS_PASSWORD": "x",
    "UV_REQUIRE_BUILD_HASHES": "1",
    "UV_LINK_MODE": "copy",
    "UV_NO_VERIFY_HASHES": "1",
}


def installed_foo(machine: Machine) -> Path:
    """Make an environment in which foo 2.0a1 is installed."""
    directory = machine.root / "venv"
    subprocess.run([find_uv_bin(), "venv", "-q", "--python", sys.executable, str(directory)], check=True, timeout=60)
    (site,) = directory.rglob("site-packages")
    info = site / "foo-2.0a1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foo\nVersion: 2.0a1\n")
    (info / "RECORD").write_text("")
    return directory


def test_what_counts_as_harmless_is_so_for_uv(machine: Machine) -> None:
    """With each variable of the white list uv itself keeps what is installed, without a network."""
    directory = installed_foo(machine)
    for name, value in HARMLESS.items():
        variables = {name: value.format(root=machine.root)}
        assert not machine.decides(variables)
        done = subprocess.run(
            [find_uv_bin(), "pip", "install", "--python", str(directory), "--offline", "foo"],
            env={**machine.base, "UV_CACHE_DIR": str(machine.root / "cache"), **variables},
            cwd=machine.project,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, "Checked 1 package" in done.stderr) == (0, True), (name, done.stderr)


@pytest.mark.parametrize("name", ["UV_CONSTRAINT", "UV_OVERRIDE", "UV_REQUIRE_HASHES", "UV_TORCH_BACKEND", "UV_FUTURE"])
def test_other_variables_may_decide(machine: Machine, name: str) -> None:
    """What constrains, and what is not known, wakes uv; an empty variable does not."""
    assert machine.decides({name: "1"})
    assert not machine.decides({name: ""})


@pytest.mark.parametrize(
    ("text", "decides"),
    [
        ("offline = true\nindex-url = 'x'\n[pip]\nno-binary = ['x']\n", False),
        ("prerelease = 'allow'\ncache-keys = []\n", False),
        ("constraint-dependencies = ['x']", True),
        ("override-dependencies = ['x']", True),
        ("exclude-dependencies = ['x']", True),
        ("reinstall = true", True),
        ("upgrade = true", True),
        ("[pip]\nupgrade = true", True),
        ("[pip]\nno-deps = true", True),
        ("[pip]\nextra = ['x']", True),
        ("config-settings = { x = 'y' }", True),
        ("future = 1", True),
        ("pip = 1", True),
        ("this is not TOML", True),
    ],
)
def test_files_of_uv_may_decide(machine: Machine, text: str, decides: bool) -> None:
    """Only keys that leave installed distributions alone let uv sleep; a broken file does not."""
    machine.write("project/uv.toml", text)
    assert machine.decides() is decides


def test_a_broken_project_may_decide(machine: Machine) -> None:
    """A pyproject.toml that can't be parsed could say anything; one that says nothing to uv says nothing."""
    machine.write("project/pyproject.toml", '[project]\nname = "x"\n[tool.other]\nx = 1\n')
    assert not machine.decides()
    machine.write("project/pyproject.toml", "[project\n")
    assert machine.decides()
