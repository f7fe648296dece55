"""Text that can be shown to strangers (pure): without secrets, names of users, and their home directories."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from ..text import HIDDEN, printable
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .record import Json

HOME: Final = "~"
USER: Final = "<user>"
_SECRET: Final = re.compile(
    r"TOKEN|PASSW|PASSPHRASE|PASS(?:_|$)|SECRET|CREDENTIAL|AUTH|USERNAME|(?:^|_)(?:API_?|ACCESS_?|PRIVATE_?)?KEY(?:_|$)",
    re.IGNORECASE,
)
"""In names of variables and settings whose values are nobody's business."""
_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<slashes>//+)(?P<rest>[^\s\"'<>,;]*)")
_BARE: Final = re.compile(r"(?<![^\s=,;'\"])[^\s/@:=,;]+:[^\s/@]+@(?=[A-Za-z0-9])")
"""A user and a password before a host, without the scheme of a URL, as proxies are written."""
_HOST: Final = re.compile(r"[A-Za-z0-9.\-\[\]:]*")
_UUID: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])")
_LONG: Final = re.compile(r"(?=[A-Za-z_+=]*[0-9])(?=[0-9_+=]*[A-Za-z])[A-Za-z0-9_+=]{20,}")
"""A word that is as long and as mixed as keys and tokens are."""
_HOMES: Final = re.compile(
    r"(?i)(?P<above>(?:[a-z]:)?[\\/](?:home|users|var/home|export/home)[\\/])(?P<name>[^\\/\s:;,'\"]+)"
)


@frozen
class Veil:
    """What is to be left out.

    Attributes:
        homes: Home directories, in each spelling; absolute.
        users: Names of users.
    """

    homes: Sequence[str] = ()
    users: Sequence[str] = ()

    @cached_property
    def _homes(self) -> re.Pattern[str] | None:
        # the longest first: a home may lie in another one
        spelled = {home.rstrip("\\/") for home in self.homes} - {""}
        spelled |= {home.replace("\\", "/") for home in spelled}
        if not spelled:
            return None
        longest = "|".join(map(re.escape, sorted(spelled, key=lambda home: (-len(home), home))))
        return re.compile(rf"(?i)(?:{longest})(?=[\\/:;,\s'\"]|$)")

    @cached_property
    def _users(self) -> re.Pattern[str] | None:
        names = sorted({user for user in self.users if user}, key=lambda user: (-len(user), user))
        return (
            re.compile(rf"(?i)(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, names))})(?![A-Za-z0-9])") if names else None
        )

    def text(self, text: str) -> str:
        """Return a text without what is to be left out, and safe to show."""
        text = _BARE.sub(f"{HIDDEN}@", _URL.sub(self._url, printable(text, 10_000)))
        if self._homes is not None:
            text = self._homes.sub(HOME, text)
        text = _HOMES.sub(rf"\g<above>{USER}", text)
        if self._users is not None:
            text = self._users.sub(USER, text)
        return _LONG.sub(HIDDEN, _UUID.sub(HIDDEN, text))

    def _url(self, found: re.Match[str]) -> str:
        """Keep of a URL where it leads, for a file as a path: what comes behind the host may hold a token too."""
        if found["scheme"].lower() == "file":
            return found[0]
        authority, slash, _ = found["rest"].replace("\\", "/").partition("/")
        host = _HOST.match(authority.rpartition("@")[2])
        is_more = slash or host is None or len(host[0]) < len(authority.rpartition("@")[2])
        return f"{found['scheme']}:{found['slashes']}{host[0] if host else ''}{f'/{HIDDEN}' if is_more else ''}"

    def value(self, name: str, text: str) -> str:
        """Return the value of a variable or setting, of which its name may say that it is a secret."""
        return HIDDEN if text and _SECRET.search(name) else self.text(text)

    def data(self, data: Json) -> Json:
        """Return data with all its texts veiled; names of keys are ours, or those of variables."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {key: self.data(value) for key, value in data.items()}
        if isinstance(data, list):
            return [self.data(item) for item in data]
        return data


def variables_that_count(variables: Mapping[str, str]) -> dict[str, str]:
    """Choose the variables by which somebody else's run can be understood."""
    return {name: value for name, value in sorted(variables.items()) if _COUNTS.fullmatch(name)}


_COUNTS: Final = re.compile(
    r"(?:UV|PIP|TOX|VIRTUALENV|NOX|SITEDIFF|PYTHON)_?\w*|VIRTUAL_ENV|CONDA_(?:PREFIX|DEFAULT_ENV|SHLVL)|XDG_CACHE_HOME|"
    r"(?:HTTPS?|ALL|NO)_PROXY|(?:https?|all|no)_proxy|CI|TERM|NO_COLOR|FORCE_COLOR|COLUMNS|LANG|LC_ALL|SSL_CERT_\w+"
)
