"""The script that is put to an interpreter."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.interpreter import probe as module
from tox_sitediff.interpreter.probe_script import written

# --- patience and printing


def test_the_script_is_read_from_beside_the_module() -> None:
    script = Path(module.__file__).with_name("probe_script.py").read_text(encoding="utf-8")
    assert script.isascii()  # a command line in any locale


_texts = st.text(st.characters(), max_size=8)  # surrogates too: file names need not be text


@given(
    value=st.recursive(
        st.none() | st.booleans() | _texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
        max_leaves=12,
    )
)
def test_the_answer_is_written_as_json_is(value: object) -> None:
    text = written(value)  # type: ignore[no-untyped-call]  # it runs on every Python
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text) == value
