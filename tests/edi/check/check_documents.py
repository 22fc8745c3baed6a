"""Messages and small schemas for the tests of the checker.

Messages are read by edi.syntax from text, so that offsets and numbers are the real ones.
"""

from __future__ import annotations

from pathlib import Path

from edi import syntax
from edi.model import Message
from edi.schema import Schema, load_schema

ISA = "ISA*00*          *00*          *01*123456789      *14*4012345000009  *261120*1030*U*00401*000000001*0*T*>~"


def x12(body: str, kind: str = "850", group: str = "PO", version: str = "004010") -> Message:
    """The message of a set body; ST and SE are put around it unless the body brings its own."""
    if not body.startswith("ST*"):
        body = f"ST*{kind}*0001~{body}"
        body += f"SE*{body.count('~') + 1}*0001~"
    text = f"{ISA}GS*{group}*A*B*20261120*1030*1*X*{version}~{body}GE*1*1~IEA*1*000000001~"
    return _only(text)


def edifact(body: str, kind: str = "ORDERS", una: str = "", convention: str = "") -> Message:
    """The message of a body; UNH and UNT are put around it unless the body brings its own."""
    if not body.startswith("UNH+"):
        tail = f":{convention}" if convention else ""
        body = f"UNH+1+{kind}:D:01B:UN{tail}'{body}"
        body += f"UNT+{body.count(chr(39)) + 1}+1'"
    return _only(f"{una}UNB+UNOC:3+4012345500004:14+4012345000009:14+261120:1030+1'{body}UNZ+1+1'")


def _only(text: str) -> Message:
    messages = [item for item in syntax.read(text.encode()) if isinstance(item, Message)]
    assert len(messages) == 1, text
    return messages[0]


ORDER = (
    "BEG*00*SA*P00042**20261120~CUR*BY*USD~REF*VR*10045~PER*BD*Jane Doe*TE*5551234~DTM*002*20261201~"
    "N9*ZZ*1~MSG*Handle with care~"
    "N1*ST*Main DC*92*WH-01~N3*1 Main Street~N4*Springfield*IL*62701*US~N1*BT*Head office*92*HQ~"
    "PO1*1*100*EA*12.5**BP*SKU-1*VN*AC-9~PID*F****Widget, blue~SCH*60*EA***002*20261201~SCH*40*EA***002*20261215~"
    "PO1*2*24*CA*48**BP*SKU-2~PID*F****Widget, red~CTT*2~AMT*TT*2402~"
)
ANSWER = (
    "BAK*00*AC*P00042*20261120****SO-7781*20261121~REF*VR*10045~N1*ST*Main DC*92*WH-01~"
    "PO1*1*100*EA*12.5**BP*SKU-1*VN*AC-9*UP*012345678905~ACK*IQ*80*EA*067*20261201~ACK*IB*20*EA*067*20261215~"
    "PO1*2*24*CA*48**BP*SKU-2*VN*AC-11~ACK*IS*24*CA*067*20261201**VN*AC-12~PO1*3*5*EA*9.99**BP*SKU-3~ACK*IR*5*EA~CTT*3~"
)
ORDERS = (
    "BGM+220+P00042+9'DTM+137:20261120:102'RFF+CT:4711'DTM+171:20260101:102'NAD+BY+4012345000009::9'"
    "CTA+PD+:Jane Doe'COM+jane@example.com:EM'NAD+SU+4012345500004::9'CUX+2:EUR:9'"
    "LIN+1++04012345000016:SRV'PIA+1+SUP-77:SA'IMD+F++:::Widget'QTY+21:100:PCE'DTM+2:20261201:102'PRI+AAA:12.50'"
    "LIN+2++04012345000023:SRV'QTY+21:24'PRI+AAA:48'UNS+S'CNT+2:2'"
)
RESPONSE = (
    "BGM+231+A-1+29+AC'DTM+137:20261121:102'RFF+ON:P00042'NAD+BY+4012345000009::9'NAD+SU+4012345500004::9'"
    "LIN+1+5+04012345000016:SRV'QTY+21:100'QTY+12:80'DTM+67:20261201:102'PRI+AAA:12.5'RFF+ON:P00042:10'UNS+S'CNT+2:1'"
)

HEAD = """
  ST: {title: start, elements: [{at: 01, name: set, type: ID 3..3, usage: M}, {at: 02, name: number, type: AN 4..9}]}
  SE: {title: end, elements: [{at: 01, name: count, type: N0 1..10}, {at: 02, name: number, type: AN 4..9}]}
"""

WHEN = (
    """
schema: x12/test/when
title: loops with one trigger
layout:
- {segment: ST, usage: M}
- {segment: BAK, usage: M}
- {loop: N1-ship, trigger: N1, when: N101 is "ST", usage: M, layout: [{segment: N1, usage: M}, {segment: N3, usage: M}]}
- {loop: N1-bill, trigger: N1, when: 'N101 in ["BT", "BY"]', max: 2, layout: [{segment: N1, usage: M}, {segment: N4}]}
- {loop: PO1, max: any, layout: [{segment: PO1, usage: M}, {segment: REF, max: 2}, {segment: ACK, usage: M}]}
- {segment: REF, max: 3}
- {segment: CTT, usage: M}
- {segment: SE, usage: M}
segments:
  BAK: {title: head, elements: [{at: 01, name: purpose, type: ID 2..2, usage: M}]}
  N1: {title: party, elements: [{at: 01, name: role, type: ID 2..3, usage: M}, {at: 02, name: name, type: AN 1..20}]}
  N3: {title: street, elements: [{at: 01, name: street, type: AN 1..20}]}
  N4: {title: town, elements: [{at: 01, name: town, type: AN 1..20}]}
  PO1: {title: line, elements: [{at: 01, name: number, type: AN 1..20}]}
  REF: {title: reference, elements: [{at: 01, name: kind, type: ID 2..3}]}
  ACK: {title: answer, elements: [{at: 01, name: status, type: ID 2..2, codes: [IA, IB]}]}
  CTT: {title: totals, elements: [{at: 01, name: lines, type: N0 1..6}]}
"""
    + HEAD
)

# One segment for each condition over four elements, and segments with every type, code list, composite and repetition.
ALL = (
    """
schema: x12/test/all
title: every rule of a segment
layout:
- {segment: ST, usage: M}
- {segment: P, usage: M, max: any}
- {segment: SE, usage: M}
segments:
"""
    + HEAD
)
CONDITIONS = ("P010203", "R0102", "E010203", "C010203", "L010203", "O010203", "X010203", "P0304", "C0401")
TYPES = """
  TYP:
    title: every type
    elements:
    - {at: 01, name: text, type: AN 2..5, usage: M}
    - {at: 02, name: code, type: ID 1..2, codes: closed}
    - {at: 03, name: open code, type: ID 1..3, codes: open}
    - {at: 04, name: whole, type: N2 2..4}
    - {at: 05, name: real, type: R 2..4}
    - {at: 06, name: date, type: DT 6..8}
    - {at: 07, name: time, type: TM 4..6}
    - {at: 08, name: bytes, type: B 1..4}
    - {at: 09, name: unused, type: AN 1..4, usage: N}
    - {at: 10, name: repeated, type: AN 1..2, repeat: 2}
    - at: 11
      name: composite
      repeat: any
      components:
      - {at: 01, name: kind, type: ID 2..2, usage: M, codes: closed}
      - {at: 02, name: value, type: R 1..3}
      - {at: 03, name: unused, type: AN 1..3, usage: N}
      - {at: 04, name: text, type: AN 1..3}
      conditions: [C0204]
    - {at: 12, name: short date, type: DT 6..6}
    conditions: [P0203, R0405, E0607]
"""
LISTS = """
codes:
  closed: {values: {A: one, BB: two, CCC: three}}
  open: {open: yes, values: {A: one, B: two}}
"""


def rules(folder: Path) -> Schema:
    """The schema with every rule: segments C1, C2 ... for CONDITIONS, and TYP."""
    parts = "".join(f"    - {{at: 0{n}, name: part {n}, type: AN 1..3}}\n" for n in range(1, 5))
    layout = segments = ""
    for number, condition in enumerate(CONDITIONS, 1):
        layout += f"- {{segment: C{number}, max: any}}\n"
        segments += f"  C{number}:\n    title: rule\n    elements:\n{parts}    conditions: [{condition}]\n"
    text = ALL.replace("- {segment: P, usage: M, max: any}\n", layout + "- {segment: TYP, max: any}\n")
    return own_schema(folder, "all", text + segments + TYPES + LISTS)


def own_schema(folder: Path, name: str, text: str) -> Schema:
    """The schema x12/test/NAME written from text."""
    path = folder / "x12" / "test" / f"{name}.schema.yaml"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return load_schema(f"x12/test/{name}", [folder])
