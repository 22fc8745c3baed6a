"""A small shipment event and small maps for tests of `nest` and `hierarchy`: what a tree needs, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from edi import documents
from edi.documents.types import Code, Data, DateWindow, ItemRef, OrderRef, Quantity, Text
from edi.mapping import Map, load_map

EVENT = "test.shipment.v1"


class Goods(Data):
    line_number: Text | None = None
    item: ItemRef | None = None
    shipped: Quantity | None = None
    order: OrderRef | None = None
    lots: tuple[Text, ...] = ()
    best_before: dt.date | None = None
    package_ids: tuple[Text, ...] = ()


class Pack(Data):
    level: Text | None = None
    type: Code | None = None
    count: int | None = None
    ssccs: tuple[Text, ...] = ()
    packages: tuple[Pack, ...] = ()
    items: tuple[Goods, ...] = ()


class Consignment(Data):
    number: Text
    bill_of_lading: Text | None = None


class Dispatched(Data):
    shipment: Consignment
    order: OrderRef | None = None
    window: DateWindow | None = None
    packages: tuple[Pack, ...] = ()
    items: tuple[Goods, ...] = ()


@contextmanager
def known() -> Iterator[None]:
    """While this lasts, maps may carry the small event."""
    with mock.patch.dict(documents.TYPES, {EVENT: (Dispatched, "1.0")}):
        yield


X12 = """map: x12/004010/856
version: 1.0.0
document: X12 856 004010
event: test.shipment.v1
title: Levels
tables:
  uom: {EA: EA, CA: CA}
layout:
- segment: BSN
  usage: required
  BSN01: const "00"
  BSN02: shipment.number
  BSN03: const "20261201"
  BSN04: const "1030"
- hierarchy: HL
  shape: SHAPE
  code_element: BSN05
  levels:
    S:
      is: shipment
      layout:
      - segment: REF
        when: REF01 is "BM"
        REF02: shipment.bill_of_lading
    O:
      is: order
      layout:
      - segment: PRF
        PRF01: order.number
        PRF04: order.date as date
    T:
      is: package
      set: {level: pallet}
      layout:
      - segment: MAN
        when: MAN01 is "GM"
        MAN02: ssccs as sscc ai
    P:
      is: package
      set: {level: case}
      layout:
      - segment: MAN
        when: MAN01 is "GM"
        MAN02: ssccs as sscc ai
    I:
      is: item
      layout:
      - segment: LIN
        LIN01: line_number
        pairs: {start: LIN02, BP: item.ids.buyer, UP: item.ids.gtin as gtin14 width 12}
      - segment: SN1
        SN102: shipped.value as decimal
        SN103: shipped.uom via uom
      - segment: REF
        when: REF01 is "LT"
        REF02: lots
- segment: CTT
  CTT01: count hl
not_carried: [packages.type, packages.count]
"""

EDIFACT = """map: edifact/d01b/desadv
version: 1.0.0
document: EDIFACT DESADV D:01B:UN
event: test.shipment.v1
title: Packing levels
tables:
  pack: {"201": pallet, CT: carton}
  uom: {PCE: C62}
layout:
- segment: BGM
  usage: required
  BGM01-1: const "351"
  BGM02-1: shipment.number
- loop: RFF
  when: RFF01-1 is "ON"
  layout:
  - segment: RFF
    RFF01-2: order.number
- loop: CPS
  into: packages
  nest: {id: CPS01, parent: CPS02, children: packages}
  layout:
  - segment: CPS
    usage: required
  - loop: PAC-pack
    layout:
    - segment: PAC
      PAC01: count as integer
      PAC03-1: type via pack
    - loop: PCI-pack-packages
      when: PCI01 is "17"
      layout:
      - segment: PCI
        write_if: ssccs
      - loop: GIN-pack-packages-marks
        when: GIN01 is "BJ"
        layout:
        - segment: GIN
          GIN02*: ssccs as sscc
  - loop: LIN-pack
    into: items
    layout:
    - segment: LIN
      usage: required
      LIN01: line_number
      pairs: {qualifier: LIN03-2, value: LIN03-1, SRV: item.ids.gtin as gtin14}
    - segment: QTY
      when: QTY01-1 is "12"
      QTY01-2: shipped.value as decimal
      QTY01-3: shipped.uom via uom default "PCE"
    - segment: DTM
      when: DTM01-1 is "361"
      DTM01-2: best_before as dtm 102
- segment: CNT
  CNT01-1: const "2"
  CNT01-2: count packages/**/items
"""


def levels_map(folder: Path, shape: str = "S > O > T > P > I", text: str = X12) -> Map:
    return _loaded(folder, "x12/004010/856", text.replace("SHAPE", shape))


def nest_map(folder: Path, text: str = EDIFACT) -> Map:
    return _loaded(folder, "edifact/d01b/desadv", text)


def _loaded(folder: Path, identity: str, text: str) -> Map:
    path = folder / f"{identity}.map.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    with known():
        return load_map(identity, folders=[folder])
