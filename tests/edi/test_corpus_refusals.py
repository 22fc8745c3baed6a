"""Real documents of public projects go the whole way, from bytes to an event; each that does not has its reason here.

Not here: envelopes (tests/edi/syntax/test_corpus.py), schemas (tests/edi/check/test_check_corpus.py). A release that is
not shipped is read as a partner would agree it: by the map of the nearest one.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

import edi
from edi.mapping import Unmapped
from edi.profile import Agreement, Profile
from edi.results import Result

CORPUS = Path(__file__).resolve().parents[2] / ".." / "shared" / "corpus"
LARGEST = 1_000_000  # one file of 4 MB repeats what its neighbours say

DOCUMENTS = ("850", "855", "856", "810", "860", "865", "ORDERS", "ORDRSP", "DESADV", "INVOIC", "ORDCHG")
NEAREST = {
    "004030": "x12/005010",
    "004060": "x12/005010",
    "0.96A": "edifact/d96a",  # a wholesaler's way to write D.96A
    "S.93A": "edifact/d01b",
    "D.93A": "edifact/d01b",
    "D.97A": "edifact/d01b",
    "D.97B": "edifact/d01b",
    "D.03B": "edifact/d01b",
    "D.10A": "edifact/d01b",
    "D.11A": "edifact/d01b",
}

# Why a document is refused, and what is said of it: by file, in the order of its documents.
REASONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "one control number twice in a group or an interchange": {
        "bots-plugins/850/850-004010-02.x12": (
            "message.duplicate", "group.duplicate", "group.duplicate message.duplicate",
        ),
        "bots-plugins/997/mailbag01.x12": (
            "message.duplicate", "group.duplicate", "group.duplicate message.duplicate", "element.conditional-missing",
        ),
        "bots-plugins/invoic/invoic01.edi": ("message.duplicate",),
    },
    "an interchange without UNB": {
        "edifact-rs/invoic/d01b_invoic_conforming.edi": ("interchange.structure",),
        "edifact-rs/invoic/d01b_invoic_malformed.edi": ("interchange.structure",),
        "edifact-rs/invoic/d96a_invoic_conforming.edi": ("interchange.structure",),
        "edifact-rs/invoic/d96a_invoic_malformed.edi": ("interchange.structure",),
        "edifact-rs/invoic/invoic_conforming.edi": ("interchange.structure",),
        "edifact-rs/orders/d01b_orders_conforming.edi": ("interchange.structure",),
        "edifact-rs/orders/d11a_conforming.edi": ("interchange.structure",),
        "edifact-rs/orders/d11a_malformed_component.edi": ("interchange.structure",),
        "edifact-rs/orders/d96a_orders_conforming.edi": ("interchange.structure",),
        "evergreen/orders/bergware.net.flat.order": ("interchange.structure",),
    },
    "a syntax version that does not exist": {"evergreen/ordrsp/ingram_437.ordrsp.edi": ("interchange.version",)},
    "SE or UNT do not belong to what stands before them": {
        "edi.net/850/x12.Issue101.edi": ("message.count segment.missing segment.unknown",),
        "edi.net/invoic/edifact.Issue188.edi": (
            "message.control-mismatch message.count segment.missing",
            "message.control-mismatch message.count message.duplicate segment.missing",
        ),
        "edi.net/invoic/edifact.Issue203.edi": (
            "element.date element.number message.control-mismatch message.count segment.missing",
        ),
        "edi.net/ordrsp/edifact.ORDRSP-formatted.edi": ("element.long message.control-mismatch message.count",),
        "edi.net/ordrsp/edifact.ORDRSP.edi": ("element.long message.control-mismatch message.count segment.order",),
        "evergreen/orders/stylus.flat.order": ("message.count",),
        "gozer/850/po850.txt": ("message.count",),
        "oboe/orders/orders.escape.edi": ("message.control-mismatch message.count",),
        "smooks-edi-cartridge/invoic/INVOIC_D.03B_Interchange_with_UNA.txt": ("message.count",),
        "smooks-edi-cartridge/orders/BAD_ORDERS_D.03B_Interchange.txt": ("message.count segment.repeat",),
        "smooks-examples/invoic/expected.txt": ("message.count",),
    },
    "IT102 and IT103 without IT104, which the standard has all or none": {
        "bots-plugins/810/810_3.x12": ("element.conditional-missing", "element.conditional-missing"),
    },
    "a century in DTM05, of a release before 004010": {
        "bots-plugins/850/850-004010-03.x12": ("element.conditional-missing",),
        "bots-plugins/850/850-004010-05-2.x12": ("element.conditional-missing",),
        "bots-plugins/850/850-004010-05.x12": ("element.conditional-missing",),
        "bots-plugins/850/850-004010.16.x12": ("element.conditional-missing",),
    },
    "12 digits under the format 102, which has 8": {
        "bots-plugins/orders/1.edi": ("element.date",),
        "bots-plugins/orders/orders02-2.edi": ("element.date",),
        "pydifact/invoic/invoice1.edi": ("element.date",),
        "pydifact/invoic/invoice_with_colon_at_end.edi": ("element.date",),
    },
    "a line break within a date, unless the partner is known to send `wrapped` lines": {
        "bots-plugins/orders/order02.edi": ("element.character",),
        "bots-plugins/orders/orders03.edi": ("element.character",),
    },
    "an ISA that names the character before each line break as component separator": {
        "edi.net/850/x12.850.issue135.edi": ("element.components", "element.components message.duplicate"),
    },
    "filled with words for every element, dates included": {
        "edireader/orders/ORDERS-D01B-UNOE.edi": ("element.code element.date",),
        "edireader/ordrsp/ORDERS-D01B-UNOC.edi": ("element.code element.date",),
        "edireader/ordrsp/ORDERS-D01B-UNOD.edi": ("element.code element.date",),
    },
    "segments that the message must have are left out": {
        "edireader/invoic/tiny-UNOA.edi": ("segment.missing",),
        "edireader/invoic/tiny-UNOE.edi": ("segment.missing",),
        "edireader/invoic/tiny-syntaxVariants-UNOA.edi": ("segment.missing",),
        "edireader/invoic/tiny-syntaxVariants-UNOE.edi": ("segment.missing",),
        "edireader/invoic/tiny-withUNA-UNOA.edi": ("segment.missing",),
        "edireader/invoic/tiny-withUNA-UNOE.edi": ("segment.missing",),
    },
    "broken by its authors, as its name says": {
        "ediengine/850/850.SyntaxNotes.ERR.edi": ("element.conditional-missing",),
        "oboe/orders/orders.missingMandatoryElements.edi": ("element.missing",),
        "oboe/orders/orders.missingMandatorySegments.edi": ("message.count segment.missing",),
        "php-edifact/orders/example_order_error.edi": ("element.components element.long",),
    },
    "longer than the directory allows; a partner's overlay may tolerate it": {
        "folio-data-import/invoic/AnneC-EBSCO-Access-Only.INV": ("element.long",),
        "folio-data-import/invoic/AnneC-EBSCO-Pkg-Item-prices.INV": ("element.long",),
        "folio-data-import/invoic/AnneC-EBSCO-Subns.INV": ("element.long",),
        "folio-data-import/invoic/DukeEBSCOSubns.INV": ("element.long",),
        "oboe/orders/orders.edi": ("element.long",),
        "oboe/orders/orders.withbadunbsegment.edi": ("element.long",),
        "php-edifact/desadv/D96ADESADV.edi": ("element.long",),
        "php-edifact/desadv/example_utf8.edi": ("element.character element.long",),
        "php-edifact/orders/example_order_ok.edi": ("element.long",),
    },
    "a street whose first line, the mandatory one, is empty; a partner's overlay may tolerate it": {
        "folio-data-import/invoic/TAMU-HRSW20200808072013.EDI": ("element.missing",) * 7,
    },
    "a code, a repetition or a place that the directory does not have": {
        "folio-data-import/invoic/CornAuxAm.1605541205.edi": ("element.code",),
        "smooks-edi-cartridge/invoic/invoic.txt": ("element.repeat",),
        "smooks-examples/orders/input-message.txt": ("element.components",),
        "underware.edifact/invoic/D96A_INVOIC.txt": ("element.long segment.order",),
    },
    "an answer that names no order: only its lines have `17621/1`, order and line in one text": {
        "evergreen/ordrsp/HOGJ-037.ack": ("map.required",),
        "evergreen/ordrsp/evergreen-6.ack": ("map.required",),
    },
}  # fmt: skip

# Of the X12 documents read, the segments or pairs with a value that nothing takes and nothing ignores: what matters
# to somebody and has no place in the event. People are shown it.
UNMAPPED = {
    "810": {"N1"},  # identifiers of kinds that have no scheme
    "850": {
        "CUR",  # the currency of somebody else
        "N1",
        "PO1/CTP",  # discounts in a price
        "PO1/PO1[N4]",  # the number of a drug
        "PO1/PO1[PR]",
        "PO1/SAC",  # a rate per unit
        "PO1/SLN",  # what a set is made of
        "PO1/SLN/PID",
        "TD3",
    },
    "855": {"PO1/PO1[PL]"},  # the number of the line once more
    "856": {
        "HL/LIN/LIN[N4]",
        "HL/LIN/LIN[XX]",
        "HL/N1",  # a party of one order
        "HL/N1/N3",
        "HL/N1/N4",
        "HL/REF",
        "HL/TD1",
        "HL/YNQ",
    },
}

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="no foreign documents at ../shared/corpus")


@cache
def results() -> dict[str, list[Result]]:
    """What became of every document of ours, by file."""
    nearest = tuple(
        Agreement(
            syntax="x12" if map_.startswith("x12") else "edifact",
            type=type_,
            version=version,
            direction="in",
            map=f"{map_}/{type_.lower()}",
        )
        for version, map_ in NEAREST.items()
        for type_ in DOCUMENTS
        if type_.isdigit() == map_.startswith("x12")
    )
    profile = Profile(partner="anybody", open=True, agreements=nearest)
    found: dict[str, list[Result]] = defaultdict(list)
    for entry in json.loads((CORPUS / "index.json").read_text()):
        if entry["bytes"] <= LARGEST and not set(DOCUMENTS).isdisjoint(entry["types"]):
            data = (CORPUS / entry["file"]).read_bytes()
            for result in edi.translate(data, profile).results:
                if result.message is not None and result.message.type in DOCUMENTS:
                    found[entry["file"]].append(result)
    return found


def reason(result: Result) -> str:
    """The codes of what made a document be refused, or be of no use."""
    assert result.interchange is not None
    said = [*result.interchange.faults, *(result.group.faults if result.group else ()), *result.faults]
    codes = {fault.code for fault in said if fault.severity == "reject"}
    return " ".join(sorted(codes or {fault.code for fault in said if fault.severity == "error"}))


def test_every_document_gives_an_event_or_has_a_reason() -> None:
    expected = {file: codes for files in REASONS.values() for file, codes in files.items()}
    refused = {file: tuple(reason(one) for one in found if one.event is None) for file, found in results().items()}
    assert {file: codes for file, codes in refused.items() if codes} == expected


def test_how_many_documents_are_read() -> None:
    read = Counter(
        one.message.type for found in results().values() for one in found if one.event is not None and one.message
    )
    assert read == {"810": 19, "850": 59, "855": 18, "856": 16, "DESADV": 15, "INVOIC": 29, "ORDERS": 110, "ORDRSP": 9}


def test_lines_of_orders_without_numbers_are_known_by_their_position() -> None:
    """Retailers leave PO101 out."""
    (result,) = results()["bots-plugins/850/850-004010-01.x12"]
    assert result.verdict == "accepted"
    assert result.reading is not None
    assert result.event is not None
    lines = result.event.data.model_dump()["lines"]
    assert [line["line_number"] for line in lines] == [str(number) for number in range(1, 9)]
    assert result.reading.trace["lines.7.line_number"].kind == "derived"


def test_what_of_the_documents_nobody_takes() -> None:
    found: dict[str, set[str]] = {name: set() for name in UNMAPPED}
    for result in (one for many in results().values() for one in many if one.event is not None):
        assert result.message is not None
        if result.message.type in found:
            found[result.message.type] |= {bare(left) for left in result.unmapped}
    assert found == UNMAPPED


def bare(left: Unmapped) -> str:
    """The place of a value without numbers, up to its segment or the kind of its pair."""
    path, _, element = re.sub(r"\[\d+\]", "", left.place).partition("/")[2].rpartition("/")
    tag = re.sub(r"\d\d(-\d)?$", "", element)
    return f"{path}/{tag}[{left.qualifier}]" if tag in ("PO1", "LIN") and left.qualifier else path
