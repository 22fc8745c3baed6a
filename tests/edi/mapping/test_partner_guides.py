"""The guides of the partners in partners/: each tells where to send, how to test, whom to ask, and shows every sample.

Not here: what every guide has by itself (test_guide.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest

import edi
from edi import guide_html, guide_markdown
from edi.guide import guide_of
from edi.mapping import load_map
from tests.edi.mapping.wire import ROOT

MAPS = sorted((ROOT / "partners").glob("*/*.map.yaml"))


@pytest.mark.parametrize("path", MAPS, ids=[f"{path.parent.name}-{path.stem.partition('.')[0]}" for path in MAPS])
def test_a_guide_says_where_to_send_how_to_test_and_whom_to_ask(path: Path) -> None:
    folder, document = path.parent, path.name.partition(".")[0]
    guide = guide_of(load_map(f"{folder.name}/{document}", folder), folder)
    what, where, test = guide.intro
    channels = {agreed.channel for agreed in edi.load_profile(folder).agreements if agreed.type.lower() == document}
    assert channels == ({"as2"} if "AS2" in where else {"inbox"})
    assert ("/out" in where) == (channels == {"inbox"})
    assert ("ISA15" in test) == document.isdigit()
    named = {fact.name for fact in guide.contacts}
    assert {"files and connection", "yours, technical"} < named
    assert len(named) == 3
    shown = {sample.name for sample in guide.samples}
    assert shown == {sample.name for sample in (folder / "samples").glob(f"{document}_*.edi")}
    assert all(sample.title for sample in guide.samples)
    page, text = guide_html.page(guide), guide_markdown.text(guide)
    assert where in page
    assert where in text
    assert what.partition(".")[0] in page
