"""Guides: what they say is what the validator enforces (for every map with samples), what they show and what not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi import guide_html, guide_markdown
from edi.__main__ import app
from edi.errors import MapError
from edi.faults import Fault
from edi.guide import guide_of
from edi.guide_model import Element, Guide, Place
from edi.lint import lint_map
from edi.map_samples import body_of
from edi.mapping import Map, load_map
from edi.model import COMPONENT, Segment
from edi.structure import value_at
from tests.edi.mapping.test_samples import GOOD, map_of, name_of
from tests.edi.mapping.wire import ROOT, message_of, read_segments

PARTNER_MAPS = sorted((ROOT / "partners").glob("*/*.map.yaml"))
INCOMING = [sample for sample in GOOD if sample.parent.name != "samples" or map_of(sample).direction != "write"]


def partner_map(path: Path) -> Map:
    return load_map(f"{path.parent.name}/{path.name.partition('.')[0]}", path.parent)


@cache
def read_guide(sample: Path) -> Guide:
    """The guide of a sample's map as a reader sees it, whoever sends it."""
    map_ = map_of(sample)
    folder = sample.parent.parent if sample.parent.name == "samples" else None
    made = guide_of(map_, folder)
    return made if made.way != "out" else guide_of(map_)


def bare(path: str) -> list[str]:
    """Tags on the way to a segment: no message, no numbers, no qualifiers, no levels, its loop for a first segment."""
    parts = [re.sub(r"\[.*?\]", "", part) for part in path.split("/")]
    parts = [part for part in parts if not re.fullmatch("[A-Z]", part)]
    return parts[:-1] if len(parts) > 1 and parts[-1] == parts[-2].partition("-")[0] else parts


class Sampled:
    """A sample, its guide, and which places of the guide its segments are."""

    def __init__(self, sample: Path) -> None:
        self.map, self.guide = map_of(sample), read_guide(sample)
        plain = str.maketrans(dict.fromkeys("*~>^" if self.map.schema.syntax == "x12" else "", "."))
        self.body = [
            [value.translate(plain) for value in segment] for segment in body_of(message_of(sample.read_bytes()))
        ]
        self.usual = {key(fault) for fault in self.faults(self.body)}

    def faults(self, body: list[Segment]) -> list[Fault]:
        reading, checked = read_segments(self.map, body)
        return [f for f in (*checked.faults, *reading.faults) if f.severity != "warning"]

    def new(self, body: list[Segment]) -> list[Fault]:
        return [fault for fault in self.faults(body) if key(fault) not in self.usual]

    def pairs(self) -> Iterator[tuple[int, Segment, Place]]:
        """Every segment of the body with the places it may be; the first takes it if they differ only in codes."""
        _, checked = read_segments(self.map, self.body)
        for number, segment in enumerate(checked.message.segments[1:-1]):
            where = bare(checked.place(segment)[1].partition("/")[2])
            taken = set()
            for place in self.guide.places:
                here = not place.loop and place.tag == segment[0] and bare(place.address) == where
                apart = re.sub(r"\[[^]]*\]$", "", place.address)
                if here and apart not in taken and selected(place, segment) and self._inside(place, number):
                    taken.add(apart)
                    yield number, segment, place

    def _inside(self, place: Place, number: int) -> bool:
        """Is the loop around this segment the one of the place? The nearest first segment before it tells."""
        parent = place.address.rpartition("/")[0]
        around = next((one for one in self.guide.places if one.address == parent and one.loop), None)
        if around is None or place.tag == around.tag or around.tag == "HL":
            return True
        triggers = [
            one for one in self.guide.places if one.address.partition(f"{parent}/{around.tag}")[2][:1] in ("[", "")
        ]
        first = next(one for one in reversed(self.body[:number]) if one[0] == around.tag)
        return any(selected(one, first) for one in triggers if one.address.startswith(f"{parent}/{around.tag}"))

    def without(self, number: int, element: Element, value: str = "") -> list[Segment]:
        body = [list(segment) for segment in self.body]
        at, _, component = element.label[len(body[number][0]) :].partition("-")
        if component:
            parts = body[number][int(at)].split(COMPONENT)
            parts[int(component) - 1] = value
            body[number][int(at)] = COMPONENT.join(parts).rstrip(COMPONENT)
        else:
            body[number][int(at)] = value
        return body


def key(fault: Fault) -> tuple[str, str, str]:
    return fault.code, fault.location.path, fault.found


def selected(place: Place, segment: Segment) -> bool:
    return all(
        value(segment, element) in {code.value for code in element.codes.codes}
        for element in place.elements
        if element.codes is not None and element.codes.selects
    )


def value(segment: Segment, element: Element) -> str:
    at, _, component = element.label[len(segment[0]) :].partition("-")
    return value_at(segment, int(at), int(component or 0))


def codes_of(guide: Guide, element: Element) -> set[str]:
    """Those a closed list accepts; empty if others are taken as well or choose another row."""
    if element.codes is None or element.codes.open or element.codes.selects:
        return set()
    listed = [table.codes for table in guide.code_tables if table.name == element.codes.list_name]
    return {code.value for code in (listed[0] if listed else element.codes.codes)}


@pytest.mark.parametrize("sample", INCOMING, ids=name_of)
def test_every_required_element_of_a_guide_is_missed(sample: Path) -> None:
    it = Sampled(sample)
    tried = 0
    for number, segment, place in it.pairs():
        for element in place.elements:
            if element.usage == "required" and value(segment, element):
                assert it.new(it.without(number, element)), f"{place.address}/{element.label} may be missing"
                tried += 1
    assert tried > 1


@pytest.mark.parametrize("sample", INCOMING, ids=name_of)
def test_no_optional_element_of_a_guide_is_missed(sample: Path) -> None:
    it = Sampled(sample)
    for number, segment, place in it.pairs():
        for element in place.elements:
            if element.usage != "optional" or not value(segment, element):
                continue
            missed = [
                fault.message
                for fault in it.new(it.without(number, element))
                if fault.code in ("element.missing", "map.required") and fault.place.endswith(element.label)
            ]
            others = [other for at, _, other in it.pairs() if at == number and other is not place]
            if not others:
                assert missed == [], f"{place.address}/{element.label} is not optional"


@pytest.mark.parametrize("sample", INCOMING, ids=name_of)
def test_every_closed_code_list_of_a_guide_is_enforced(sample: Path) -> None:
    it = Sampled(sample)
    for number, segment, place in it.pairs():
        for element in place.elements:
            known = codes_of(it.guide, element)
            if not known or not value(segment, element):
                continue
            assert value(segment, element) in known, f"{place.address}/{element.label}: a good sample has another code"
            length = len(value(segment, element))
            wrong = next(code for n in range(36**length) if (code := numbered(n, length)) not in known)
            assert it.new(it.without(number, element, wrong)), f"{place.address}/{element.label} takes {wrong}"


def numbered(number: int, length: int) -> str:
    """A code of a length: ZZ, ZY, ..."""
    text = ""
    for _ in range(length):
        text = "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210"[number % 36] + text
        number //= 36
    return text


@pytest.mark.parametrize("sample", INCOMING, ids=name_of)
def test_every_required_segment_of_a_guide_is_missed(sample: Path) -> None:
    it = Sampled(sample)
    for _, _, place in it.pairs():
        same = [at for at, _, other in it.pairs() if other is place]
        around = place.address.rpartition("/")[0].rpartition("/")[2]
        first = re.split(r"[\[-]", around)[0] == place.tag  # of a loop: without it there is no loop
        if place.usage == "required" and not first:
            body = [other for at, other in enumerate(it.body) if at not in same]
            assert it.new(body), f"{place.address} may be missing"


@pytest.mark.parametrize("sample", INCOMING, ids=name_of)
def test_nothing_is_read_without_a_needed_element(sample: Path) -> None:
    it = Sampled(sample)
    for number, segment, place in it.pairs():
        for element in place.elements:
            if element.usage == "needed" and value(segment, element):
                reading, _ = read_segments(it.map, it.without(number, element))
                unread = [item for item in reading.unmapped if item.place.rpartition("/")[2].startswith(place.tag)]
                others = [other for other in it.guide.places if other.tag == place.tag and other is not place]
                otherwise = others and reading.data != read_segments(it.map, it.body)[0].data  # another place takes it
                assert unread or otherwise or it.new(it.without(number, element)), f"{place.address}/{element.label}"


def test_a_list_of_components_ends_with_its_element() -> None:
    """NAD05-1* is read from all of NAD05 and from nothing behind it."""
    place = next(one for one in guide_of(load_map("edifact/d01b/orders@1")).places if one.address == "NAD[BY]/NAD")
    labels = [element.label for element in place.elements]
    assert {"NAD05-1", "NAD05-2", "NAD05-4", "NAD07-1"} <= set(labels)
    assert "NAD07-2" not in labels


def test_the_drift_test_can_fail() -> None:
    """An element the validator does not require is missed by nobody."""
    it = Sampled(ROOT / "partners/acme/samples/855_changes.edi")
    number, _, place = next(row for row in it.pairs() if row[2].tag == "CTT")
    (hash_total,) = [element for element in place.elements if element.label == "CTT02"]
    assert hash_total.usage == "optional"
    body = [list(segment) for segment in it.body]
    body[number] = [*body[number][:2], "41"]
    assert it.new(body) == [] or it.new(it.without(number, hash_total)) == []


@pytest.mark.parametrize("path", PARTNER_MAPS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_a_partner_narrows_stands_in_its_guide(path: Path) -> None:
    from edi.yaml_source import load

    guide = guide_of(partner_map(path), path.parent)
    elements = {f"{place.address}|{element.label}": element for place in guide.places for element in place.elements}
    for row in load(path).get("schema", []):
        if "codes" in row:  # type: ignore[operator]
            target, label = str(row["codes"]).rsplit("/", 1)  # type: ignore[index, call-overload]
            parts = re.compile(re.escape(target).replace("HL/", "HL/([A-Z]/)?") + rf"\b.*\|{label}")  # a level of HL
            found = [e for name, e in elements.items() if parts.match(name)]
            assert found
            assert all(codes_of(guide, e) <= set(row["only"]) for e in found)  # type: ignore[index, call-overload]
    assert guide.answers
    assert guide.samples
    assert guide.identities


class Page(HTMLParser):
    """Tags, ids and links of a page; unbalanced tags are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in ("meta", "link", "br", "img", "hr"):
            self.open.append(tag)
        for name, given in attrs:
            assert not name.startswith("on")
            if name == "id":
                self.ids.append(given or "")
            if name in ("href", "src"):
                self.links.append(given or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", PARTNER_MAPS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_page_stands_alone(path: Path) -> None:
    page = Page(guide_html.page(guide_of(partner_map(path), path.parent)))
    assert not page.tags & {"script", "img", "link", "iframe", "object", "form"}
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert len(page.links) > 20


@pytest.mark.parametrize("sample", GOOD, ids=name_of)
def test_both_forms_say_the_same(sample: Path) -> None:
    guide = read_guide(sample)
    html, markdown = guide_html.page(guide), guide_markdown.text(guide)
    for place in guide.places:
        for element in place.elements:
            assert f"<code>{element.label}</code>" in html
            assert f"`{element.label}`" in markdown
    assert len(guide.samples) == html.count('class="sample"')


def test_no_text_becomes_markup(tmp_path: Path) -> None:
    folder = copied(tmp_path, 'title: "ACME Supplies: purchase order acknowledgement"',
                    'title: "<script>alert(1)</script> | `x`"')  # fmt: skip
    guide = guide_of(load_map("acme/855@1", folder), folder)
    assert "<script" not in guide_html.page(guide)
    assert "# \\<script\\>alert(1)\\</script\\> \\| \\`x\\`" in guide_markdown.text(guide)


def copied(tmp_path: Path, before: str, after: str) -> Path:
    """The partner acme with one text of its 855 replaced."""
    import shutil

    folder = tmp_path / "acme"
    shutil.copytree(ROOT / "partners/acme", folder)
    file = folder / "855.map.yaml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")
    return folder


MAP_855 = (ROOT / "partners/acme/855.map.yaml").read_text(encoding="utf-8")
OWN_GUIDE = MAP_855[MAP_855.index("guide:\n") : MAP_855.index("\ntests:\n")]
GUIDE = """guide:
  intro: |-
    Welcome.

    Second part.
  contacts:
  - {for: questions, name: EDI desk, email: desk@example.com, phone: "+1 555", hours: 8 to 17}
  examples:
  - {file: samples/855_changes.edi, title: An answer with changes, text: Look at the second line.}
"""


def test_texts_of_the_map_stand_in_the_guide(tmp_path: Path) -> None:
    folder = copied(tmp_path, OWN_GUIDE, GUIDE)
    guide = guide_of(load_map("acme/855@1", folder), folder)
    assert guide.intro == ("Welcome.", "Second part.")
    assert guide.contacts[0].values == ("EDI desk", "desk@example.com", "+1 555", "8 to 17")
    (sample,) = guide.samples
    assert (sample.title, sample.text) == ("An answer with changes", "Look at the second line.")
    assert lint_map("acme/855", folder) == []


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("intro: |-", "intra: |-", "map.unknown_key"),
        ("name: EDI desk", "fax: EDI desk", "map.unknown_key"),
        ("for: questions, ", "", "map.missing_key"),
        ("samples/855_changes.edi", "samples/855_lost.edi", "guide.no_file"),
        ("  - {file: samples/855_changes.edi", "  - {title: x", "map.duplicate"),
    ],
)
def test_a_bad_guide_key_is_one_sentence(tmp_path: Path, before: str, after: str, code: str) -> None:
    folder = copied(tmp_path, OWN_GUIDE, GUIDE.replace(before, after))
    (remark,) = lint_map("acme/855", folder)
    assert remark.place.startswith(str(folder / "855.map.yaml:"))
    assert remark.code == code if code != "map.duplicate" else remark.code.startswith("yaml.")


def test_a_guide_that_names_a_lost_file_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path, OWN_GUIDE, GUIDE.replace("changes.edi", "lost.edi"))
    with pytest.raises(MapError, match=r"guide.no_file: there is no .*855_lost.edi"):
        guide_of(load_map("acme/855@1", folder), folder)


def test_nothing_secret_of_a_partner_file_is_told(tmp_path: Path) -> None:
    folder = copied(tmp_path, "owner:", "owner:")
    file = folder / "partner.yaml"
    text = file.read_text(encoding="utf-8")
    text = text.replace("user: acme", "user: S3CRET-USER").replace("keys/acme.pub", "keys/S3CRET.pub")
    file.write_text(text.replace("EDI desk, ", "EDI desk, password: S3CRET, "), encoding="utf-8")
    guide = guide_of(load_map("acme/855@1", folder), folder)
    assert "EDI desk" in guide_html.page(guide)
    assert "S3CRET" not in guide_html.page(guide) + guide_markdown.text(guide)


def test_a_sample_shows_its_fault_and_its_answer() -> None:
    guide = guide_of(partner_map(ROOT / "partners/acme/855.map.yaml"), ROOT / "partners/acme")
    bad = next(sample for sample in guide.samples if sample.name == "855_bad_code.edi")
    assert bad.title == "A code we do not know"
    assert bad.outcome == "Accepted. A person looks at it, because of what is marked below."
    assert [fault for segment in bad.segments for fault in segment.faults]
    assert "ST*997" in bad.answer
    ack = next(segment for segment in bad.segments if segment.path.startswith("PO1[1]/ACK"))
    assert ack.values[0][:2] == ("ACK01", "line status")


def test_the_command_writes_both_files_or_prints(tmp_path: Path) -> None:
    partner = str(ROOT / "partners/acme")
    html, markdown = tmp_path / "guide.html", tmp_path / "guide.md"
    run = CliRunner()
    done = run.invoke(
        app, ["map", "guide", "acme/855", "--partner", partner, "--html", str(html), "--md", str(markdown)]
    )
    assert (done.exit_code, done.stdout) == (0, "")
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
    printed = run.invoke(app, ["map", "guide", "acme/855", "--partner", partner])
    assert printed.stdout == markdown.read_text(encoding="utf-8")
    lost = run.invoke(app, ["map", "guide", "acme/855", "--partner", partner, "--html", str(tmp_path / "no/x.html")])
    assert lost.exit_code == 2
