"""What strangers may see."""

from __future__ import annotations

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.core.veil import Veil, variables_that_count

VEIL: Final = Veil(homes=["/home/ann", "/home/ann/deep", "C:\\Users\\Ann B"], users=["ann", "Ann B"])
WORDS: Final = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=6, max_size=12).map(
    lambda word: f"zq{word}qz"
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:pw@host.example:8080/simple?token=x#y", "https://host.example:8080/****"),
        ("https://host.example", "https://host.example"),
        ("https://pypi-t0ken@host.example", "https://host.example"),
        ("git+ssh://git@host.example/org/repo@v1 and more", "git+ssh://host.example/**** and more"),
        ("https://[::1]:3000/t/tk-1/", "https://[::1]:3000/****"),
        ("https://hö.example/x", "https://h/****"),
        ("me:pw@proxy:3128", "****@proxy:3128"),
        ("file:///home/ann/wheels", "file://~/wheels"),
        ("/home/ann/project/.venv", "~/project/.venv"),
        ("/home/ann", "~"),
        ("/home/ann/deep/er", "~/er"),
        ("/home/annette/x", "/home/<user>/x"),
        ("/Users/bob/x:/home/carl", "/Users/<user>/x:/home/<user>"),
        ("C:\\Users\\Ann B\\x", "~\\x"),
        ("c:/users/ann b/x", "~/x"),
        ("C:\\Users\\dora\\x", "C:\\Users\\<user>\\x"),
        ("/tmp/pytest-of-ann/x", "/tmp/pytest-of-<user>/x"),
        ("/srv/ann_env/banner", "/srv/<user>_env/banner"),
        ("ghp_" + "a1" * 18, "****"),
        ("x=123e4567-e89b-12d3-a456-426614174000.", "x=****."),
        ("cpython-3.12.1-linux-x86_64-gnu", "cpython-3.12.1-linux-x86_64-gnu"),
        ("esc\x1b[2J", "esc\\x1b[2J"),
        ("", ""),
    ],
)
def test_secrets_and_people_are_left_out(text: str, shown: str) -> None:
    """Of URLs the host stays, of a home what lies in it, and all else as it is."""
    assert VEIL.text(text) == shown
    assert VEIL.text(shown) == shown


@given(secret=WORDS, user=WORDS, home=WORDS, place=st.integers(min_value=0, max_value=7))
def test_no_secret_is_shown_wherever_it_stands(secret: str, user: str, home: str, place: int) -> None:
    """In URLs, in proxies, in variables with such a name; nor who it is, nor where he lives."""
    texts = [
        ("UV_INDEX_URL", f"https://{user}:{secret}@host.example/simple"),
        ("UV_INDEX", f"name=https://host.example/t/{secret}/simple https://x.example/?k={secret}"),
        ("HTTPS_PROXY", f"{user}:{secret}@proxy:3128"),
        ("UV_PUBLISH_TOKEN", secret),
        ("UV_INDEX_MINE_USERNAME", secret),
        ("PIP_API_KEY", secret),
        ("TOX_PASSWORDS", secret),
        ("PYTHONPATH", f"/data/{home}/x:/data/{home}:/srv/{user}/y"),
    ]
    veil = Veil(homes=[f"/data/{home}/"], users=[user])
    name, value = texts[place]
    shown = veil.value(name, value)
    data = json.dumps(veil.data({"variable": [{"said": shown}, f"failed: {shown}"], "count": 3, "none": None}))
    assert not [word for word in (secret, user, home) if word in shown + data]
    assert veil.value(name, "") == ""


def test_nothing_to_leave_out() -> None:
    """Without homes and users, what has no name is left out all the same."""
    assert Veil().text("/home/x/y on https://h/z") == "/home/<user>/y on https://h/****"
    assert Veil(homes=["/"], users=[""]).text("/opt/x") == "/opt/x"


def test_only_variables_that_count_are_shown() -> None:
    """Those of the tools, not what else is in somebody's shell."""
    given = {
        "UV_CACHE_DIR": "a",
        "PIP_NO_INDEX": "1",
        "MY_SECRET": "x",
        "AWS_KEY": "x",
        "CI": "true",
        "PYTHONPATH": "p",
    }
    assert [*variables_that_count(given)] == ["CI", "PIP_NO_INDEX", "PYTHONPATH", "UV_CACHE_DIR"]
