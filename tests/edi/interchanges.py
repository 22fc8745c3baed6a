"""Interchanges of the two example partners as text, with every envelope value free to be wrong."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import edi

ROOT = Path(__file__).resolve().parents[2]
ACME = edi.load_profile(ROOT / "partners/acme")
NORDWERK = edi.load_profile(ROOT / "partners/nordwerk")
GOOD_ACK = "ACK*IA*100*EA*067*20261201~"
BAD_ACK = "ACK*IA*TEN*EA*067*20261301~"


def with_policy(profile: edi.Profile, **changes: Any) -> edi.Profile:
    """The profile with other values in its business agreements."""
    agreements = tuple(
        dataclasses.replace(a, **changes) if a.type in ("855", "ORDRSP") else a for a in profile.agreements
    )
    return dataclasses.replace(profile, agreements=agreements)


def x12(
    *groups: str,
    isa14: str = "0",
    flag: str = "P",
    version: str = "00401",
    control: str = "000000007",
    sender: str = "123456789",
    qualifier: str = "01",
    iea: str | None = None,
) -> bytes:
    """ISA to IEA; `iea` replaces the trailer."""
    standard = "U" if version < "00402" else "^"
    head = (
        f"ISA*00*          *00*          *{qualifier}*{sender:15}*14*4012345000009  *261120*1030*{standard}*{version}"
        f"*{control}*{isa14}*{flag}*>~"
    )
    trailer = f"IEA*{len(groups)}*{control}~" if iea is None else iea
    return (head + "".join(groups) + trailer).encode()


def group(*sets: str, control: str = "1", kind: str = "PR", version: str = "004010", ge: str | None = None) -> str:
    """GS to GE; `ge` replaces the trailer."""
    head = f"GS*{kind}*123456789*4012345000009*20261120*1030*{control}*X*{version}~"
    return head + "".join(sets) + (f"GE*{len(sets)}*{control}~" if ge is None else ge)


def s855(
    control: str = "0001", *, ack: str = GOOD_ACK, extra: str = "", kind: str = "855", order: str = "P1", se: str = ""
) -> str:
    """One 855 with one line; `ack` replaces the answer to it, `extra` stands behind it, `se` replaces the trailer."""
    body = f"BAK*00*AD*{order}*20261120****SO-1~PO1*1*100*EA*12.5**BP*SKU-1~{ack}{extra}CTT*1~"
    return f"ST*{kind}*{control}~{body}" + (se or f"SE*{body.count('~') + 2}*{control}~")


def s997(about: str = "AK1*PO*17~AK9*A*1*1*1~") -> str:
    return f"ST*997*0001~{about}SE*{about.count('~') + 2}*0001~"


def edifact(
    *messages: str,
    syntax: str = "UNOC:3",
    control: str = "7",
    sender: str = "4012345500004:14",
    unb: str = "",
    unz: str | None = None,
    una: str = "UNA:+.? '",
) -> bytes:
    """UNB to UNZ; `unb` follows the reference (`++++1` asks for an answer), `unz` replaces the trailer."""
    date = "20261120" if syntax.endswith(":4") else "261120"
    head = f"{una}UNB+{syntax}+{sender}+4012345000009:14+{date}:1030+{control}{unb}'"
    trailer = f"UNZ+{len(messages)}+{control}'" if unz is None else unz
    return (head + "".join(messages) + trailer).encode("latin-1")


def ordrsp(
    control: str = "1",
    *,
    name: str = "ORDRSP:D:01B:UN:EAN009",
    quantity: str = "100",
    extra: str = "",
    bgm: str = "BGM+231+SO-1+29+AP'",
    unt: str = "",
) -> str:
    """One ORDRSP with one line."""
    body = (
        f"{bgm}DTM+137:20261121:102'RFF+ON:P1'NAD+BY+4012345000009::9'NAD+SU+4012345500004::9'CUX+2:EUR:9'"
        f"LIN+1+5+4012345000016:SRV'QTY+21:100:PCE'QTY+113:{quantity}:PCE'DTM+69:20261201:102'PRI+AAA:12.5'{extra}"
        "UNS+S'CNT+2:1'"
    )
    return f"UNH+{control}+{name}'{body}" + (unt or f"UNT+{body.count(chr(39)) + 2}+{control}'")


def contrl(uci: str = "UCI+17+4012345000009:14+4012345500004:14+7'", control: str = "1") -> str:
    return f"UNH+{control}+CONTRL:D:3:UN'{uci}UNT+{uci.count(chr(39)) + 2}+{control}'"


def rows(data: bytes, *tags: str) -> list[str]:
    """The segments with these tags (all, if none is named), without terminators."""
    end = "~" if data.startswith(b"ISA") else "'"
    text = data.decode("latin-1").removeprefix("UNA:+.? '")
    found = [row.strip() for row in text.split(end) if row.strip()]
    return [row for row in found if not tags or row[:3] in tags or row[:2] in tags]
