"""pip's configuration in uv's words, for environments that uv fills in place of pip.

What the settings mean is taken from pip's documentation, pages "Configuration" and "pip install"; what says the same
to uv from uv's documentation, pages "Environment variables", "Commands" (``uv pip install``) and "Compatibility with
pip". Values never appear in a warning: an index or a proxy can hold a password.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import field
from datetime import datetime
from stat import S_ISDIR
from typing import TYPE_CHECKING

from ...values import frozen
from . import pip_names as tables
from .pip_files import PipOption, read_pip_config
from .pip_reading import PipReading, exists
from .places import system_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@frozen
class PipSettings:
    """What makes uv behave as pip's configuration asks.

    Attributes:
        variables: To add to uv's environment, over what is there. An empty value switches a variable off.
        arguments: To add to ``uv pip install``, for what has no variable, and for lists that pip extends on the command
            line where uv would take the command line's and forget the variable's. See :meth:`arguments_beside`.
        warnings: One line each: the setting, where it comes from, and what to do.
        constrains: A setting can make an installed distribution not good enough, so that uv has to be asked.
        upgrades: Whether what is asked for directly is to be the newest, and all else only as new as that needs.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    constrains: bool = False
    upgrades: bool = False

    def arguments_beside(self, given: Sequence[str]) -> tuple[str, ...]:
        """Leave out the flags that are given already, because uv refuses a flag that comes twice.

        Args:
            given: The other arguments of the command.

        Returns:
            The arguments to add to these.
        """
        there = set(given)
        return tuple(
            argument for argument in self.arguments if not there & {argument, *tables.FLAG_SPELLINGS.get(argument, ())}
        )


def uv_settings_from_pip(
    environment: Mapping[str, str], *, prefix: Path, project: Path, platform: str = sys.platform
) -> PipSettings:
    """Translate pip's configuration for uv.

    Args:
        environment: The variables that the environment's commands get; pip and uv alike.
        prefix: The environment's directory, which holds its own ``pip.conf`` or ``pip.ini``.
        project: The directory in which the installation is started: relative paths start there.
        platform: A value of ``sys.platform``.

    Returns:
        What to add to uv's variables and arguments, less what the user has set for uv.
    """
    config = read_pip_config(environment, prefix=prefix, platform=platform)
    environment = system_variables(environment, platform)
    translation = _Translation(environment, prefix, project, platform)
    for path in config.malformed:
        translation.warnings.append(f"pip's configuration file {path} is malformed: ignored, please repair it")
    options = [_canonical(option) for option in config.options]
    translation.translate(options)
    return PipSettings(
        variables=translation.variables,
        arguments=tuple(translation.arguments),
        warnings=tuple(translation.warnings),
        constrains=translation.constrains,
        upgrades=translation.upgrades,
    )


def _canonical(option: PipOption) -> PipOption:
    name = tables.ALIASES.get(option.name, option.name)
    return option if name == option.name else PipOption(name=name, value=option.value, origin=option.origin)


class _Translation(PipReading):
    """One translation under way; each method deals with one subject."""

    upgrades = False

    def translate(self, options: Sequence[PipOption]) -> None:
        """Fill in the result.

        Args:
            options: All settings, in the order in which pip applies them, under their main names.
        """
        self._all = options
        self._last = {option.name: option for option in options}
        subjects: tuple[Callable[[], None], ...] = (
            self._indexes,
            self._find_links,
            self._constraints,
            self._connection,
            self._certificates,
            self._proxies,
            self._formats,
            self._releases,
            self._builds,
            self._what_is_installed,
            self._features,
            self._without_equivalent,
        )
        for subject in subjects:
            subject()

    def _indexes(self) -> None:
        no_index = self._flag("no-index")
        main, more = self._last.get("index-url"), self._last.get("extra-index-url")
        if no_index:
            self._no_index(self._last["no-index"])
            return
        if not (main or more):
            return
        other_main = self._taken_by(tables.MAIN_INDEX)
        if main and other_main is not None:
            self._gives_way(main, other_main)
        elif main:
            # Not UV_DEFAULT_INDEX: uv prefers that to `--index-url` among the arguments, which wins over pip.conf.
            self.variables["UV_INDEX_URL"] = self._address(main.value.strip())
        if not more:
            return
        # What adds an index adds it to the others of the same author: here it would come before them.
        if (others := other_main or self._taken_by(tables.MORE_INDEXES)) is not None:
            self._gives_way(more, others)
            return
        self.variables["UV_INDEX"] = " ".join(map(self._address, more.value.split()))
        # pip takes the best version of all indexes, uv all versions of the first index that has the name.
        if self._free(tables.STRATEGY):
            self.variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"

    def _no_index(self, option: PipOption) -> None:
        """Take all indexes away, but for those that somebody has named to uv who is not the author of the project."""
        if (main := self._taken_by(tables.MAIN_INDEX, files_of_projects=False)) is not None:
            self._gives_way(option, main)
        elif (more := self._taken_by(tables.MORE_INDEXES, files_of_projects=False)) is not None:
            self._gives_way(option, f"{more}; no other index is asked")
            # where nothing is: the only main index, also beside `--index-url` among the arguments or in a file
            self.variables["UV_DEFAULT_INDEX"] = (self._prefix.absolute() / "no-index").as_uri()
        else:
            self.arguments.append("--no-index")
            for family in (tables.MAIN_INDEX, tables.MORE_INDEXES):
                if (setting := self._taken_by(family)) is not None:
                    self.warnings.append(
                        f"{setting} is not applied: pip's setting {option.name} ({option.origin}) stands, and what "
                        "comes with a project does not lift it; UV_DEFAULT_INDEX does"
                    )

    def _address(self, value: str) -> str:
        """Spell an index that is a directory as a URL: uv could take a relative path for the name of an index."""
        local = self._local(value)
        return local.absolute().as_uri() if local is not None and exists(local) else value

    def _find_links(self) -> None:
        if (option := self._last.get("find-links")) is None:
            return
        # More places are more places, whoever names them: those of uv's files uv adds itself, its variable it forgets.
        if also := self._environment.get("UV_FIND_LINKS"):
            self.arguments += [f"--find-links={link}" for link in also.split(",") if link]
        for number, value in enumerate(option.value.split(), start=1):
            local = self._local(value)
            if local is None:
                link = value
            elif exists(local, kind=S_ISDIR) or (local.suffix.lower() in {".html", ".htm"} and exists(local)):
                link = local.absolute().as_uri()
            else:
                # pip passes over such an entry, uv fails at it.
                self._warn(option, f"entry {number} is neither a directory nor a page of links, and is left out")
                continue
            self.arguments.append("--find-links=" + link.replace(",", "%2C"))  # uv splits at commas

    def _constraints(self) -> None:
        # All limits hold, whoever sets them: those of uv's files uv adds itself, its variables it forgets.
        if files := self._words("constraint"):
            if also := self._environment.get("UV_CONSTRAINT"):
                self.variables["UV_CONSTRAINT"] = " ".join((also, *files))
            else:
                # an argument that the engine reads too: what is installed need not be judged by uv
                self.arguments += [f"--constraints={file}" for file in files]
        if files := self._words("build-constraint"):
            also = self._environment.get("UV_BUILD_CONSTRAINT")
            self.arguments += [f"--build-constraints={file}" for file in (*(also or "").split(), *files)]
        if self._flag("require-hashes"):
            taken_by = self._taken_by(tables.HASHES, files_of_projects=False)
            if taken_by is not None:
                self._gives_way(self._last["require-hashes"], taken_by)
                return
            self.constrains = True
            self.variables["UV_REQUIRE_HASHES"] = "true"

    def _connection(self) -> None:
        if (option := self._last.get("timeout")) and self._free(tables.TIMEOUT):
            self._number(option, "UV_HTTP_TIMEOUT", smallest=1)
        if (option := self._last.get("retries")) and self._free(tables.RETRIES):
            self._number(option, "UV_HTTP_RETRIES", smallest=0)
        if (option := self._last.get("trusted-host")) and self._free(tables.INSECURE_HOST):
            hosts = option.value.split()
            known = [host for host in hosts if re.fullmatch(r"[^\s,:/\[\]@]+(:[0-9]{1,5})?", host)]
            if known != hosts:
                self._warn(option, "uv takes only a host name or an IPv4 address with or without a port")
            if known:
                self.variables["UV_INSECURE_HOST"] = " ".join(known)
        if (option := self._last.get("keyring-provider")) and self._free(tables.KEYRING):
            if option.value in {"disabled", "subprocess"}:
                self.variables["UV_KEYRING_PROVIDER"] = option.value
            elif option.value != "auto":
                self._warn(option, "uv can only run the keyring command; set UV_KEYRING_PROVIDER=subprocess")

    def _number(self, option: PipOption, variable: str, *, smallest: int) -> None:
        try:
            number = math.ceil(float(option.value))
        except (ValueError, OverflowError):
            self._warn(option, "it must be a number")
            return
        self.variables[variable] = str(min(max(number, smallest), 2**31))

    def _certificates(self) -> None:
        if option := self._last.get("cert"):
            bundle = option.value
        elif self._environment.get("SSL_CERT_FILE") or self._environment.get("SSL_CERT_DIR"):
            bundle = ""
        else:
            # pip's HTTP library reads these two, uv does not.
            bundle = self._environment.get("REQUESTS_CA_BUNDLE") or self._environment.get("CURL_CA_BUNDLE") or ""
        if bundle and self._free(tables.CERTIFICATE):
            path = self._project / self._expanded(bundle)
            self.variables["SSL_CERT_DIR" if exists(path, kind=S_ISDIR) else "SSL_CERT_FILE"] = str(path)
        if (client := self._last.get("client-cert")) and self._free(tables.CLIENT_CERTIFICATE):
            self.variables["SSL_CLIENT_CERT"] = str(self._project / self._expanded(client.value))

    def _proxies(self) -> None:
        proxy = self._last.get("proxy")
        taken = {name: by for name, family in tables.PROXIES.items() if (by := self._taken_by(family)) is not None}
        if not proxy and (taken or not self._flag("no-proxy-env")):
            return
        # With either setting pip does not look at any of these.
        for name in {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"} - taken.keys():
            self.variables |= {spelling: "" for spelling in (name, name.lower()) if spelling in self._environment}
        if not proxy:
            return
        for name in tables.PROXIES:
            if name in taken:
                self._gives_way(proxy, taken[name])
            else:
                self.variables |= {name: proxy.value, name.lower(): proxy.value}

    def _formats(self) -> None:
        if not ({"no-binary", "only-binary"} & self._last.keys()) or not self._free(tables.BINARY):
            return
        for option, names in zip(("--no-binary", "--only-binary"), self._sets("no-binary", "only-binary"), strict=True):
            for name in names:
                self.arguments.append(f"{option}={name}")

    def _releases(self) -> None:
        everything, final = self._sets("all-releases", "only-final")
        pre = self._flag("pre")
        if not (pre or everything or final) or not self._free(tables.PRERELEASE):
            return
        if pre or ":all:" in everything:
            self.variables["UV_PRERELEASE"] = "allow"
        elif ":all:" in final:
            self.variables["UV_PRERELEASE"] = "disallow"
        for option_name, names in (("all-releases", everything), ("only-final", final)):
            if set(names) - {":all:"}:
                self._warn(self._last[option_name], "for single packages, write the pre-release into the requirement")

    def _sets(self, first: str, second: str) -> tuple[list[str], list[str]]:
        """Add up two options that take names from each other; ``:all:`` and ``:none:`` are pip's special names."""
        sets: dict[str, dict[str, None]] = {first: {}, second: {}}
        for option in self._all:
            if option.name not in sets:
                continue
            target, other = sets[option.name], sets[second if option.name == first else first]
            names = option.value.split(",")
            if ":all:" in names:
                target.clear()
                other.clear()
                target[":all:"] = None
                names = names[len(names) - names[::-1].index(":all:") :]
                if ":none:" not in names:
                    continue
            for name in map(str.strip, names):
                if name == ":none:":
                    target.clear()
                elif name:
                    normalised = re.sub(r"[-_.]+", "-", name).lower()
                    other.pop(normalised, None)
                    target[normalised] = None
        return list(sets[first]), list(sets[second])

    def _builds(self) -> None:
        # As pip reads it, the value is the isolation, whatever the name of the option says.
        if self._flag("no-build-isolation") is False and self._free(tables.BUILD_ISOLATION):
            self.variables["UV_NO_BUILD_ISOLATION"] = "true"
        settings = [option for option in self._all if option.name == "config-settings"]
        if settings and self._free(tables.CONFIG_SETTINGS):
            for setting in settings:
                if "=" in setting.value:
                    self.arguments.append(f"--config-setting={setting.value}")
                else:
                    self._warn(setting, "it must be of the form KEY=VALUE")
        if (option := self._last.get("uploaded-prior-to")) and self._free(tables.EXCLUDE_NEWER):
            self._uploaded_prior_to(option)

    def _uploaded_prior_to(self, option: PipOption) -> None:
        value = option.value
        if not re.fullmatch(r"P[0-9]+D", value):
            try:
                # A day without an hour is its beginning to pip and its end to uv, so the hour is written out.
                value = datetime.fromisoformat(value).astimezone().isoformat()
            except (ValueError, OverflowError):
                self._warn(option, "it must be an ISO 8601 date or P<days>D")
                return
        self.variables["UV_EXCLUDE_NEWER"] = value

    def _what_is_installed(self) -> None:
        if self._flag("no-deps") and self._free(tables.NO_DEPS):
            self.constrains = True
            self.arguments.append("--no-deps")
        if any([self._flag("force-reinstall"), self._flag("ignore-installed")]) and self._free(tables.REINSTALL):
            self.constrains = True
            self.arguments.append("--reinstall")
        strategy = self._last.get("upgrade-strategy")
        if self._flag("upgrade") and self._free(tables.UPGRADE):
            self.constrains = True
            if strategy and strategy.value == "eager":
                self.arguments.append("--upgrade")
            else:
                # uv's --upgrade is pip's with the eager strategy, and would replace all that the base serves.
                self.upgrades = True

    def _features(self) -> None:
        features = self._words("use-feature")
        if "truststore" in features and "cert" not in self._last and self._free(tables.CERTIFICATE):
            self.variables.setdefault("UV_SYSTEM_CERTS", "true")
        if set(features) - tables.SAME_FEATURES - {"truststore"}:
            self._warn(self._last["use-feature"], "uv does not know this feature")
        if set(self._words("use-deprecated")) - {"legacy-certs"}:
            self._warn(self._last["use-deprecated"], "uv has no equivalent")

    def _without_equivalent(self) -> None:
        for name, option in self._last.items():
            if name in tables.NO_EQUIVALENT:
                self._warn(option, tables.NO_EQUIVALENT[name])
            elif name in tables.NO_EQUIVALENT_FLAGS and self._flag(name):
                self._warn(option, tables.NO_EQUIVALENT_FLAGS[name])
