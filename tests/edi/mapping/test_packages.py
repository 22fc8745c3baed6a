"""What is said of a package beside its goods: weights, volume, length, width, height, how many and of what kind.

Not here: packages in packages (test_hierarchy.py, test_nest.py), whole documents (test_samples.py).
"""

from __future__ import annotations

from typing import Any

import pytest

from edi.mapping import load_map
from tests.edi.mapping.wire import json_of, read_body, segments_of

X12 = "BSN*00*SH1*20261201*1030*0001~HL*1**S*1~HL*2*1*O*1~PRF*P1~HL*3*2*{}*1~{}HL*4*3*I*0~LIN*1*BP*S~SN1**1*EA~CTT*4~"
EDIFACT = "BGM+351+SH1+9'DTM+137:202612011030:203'CPS+1{}'{}"
MEASURES = {
    "gross_weight": ("412.5", "KGM"),
    "net_weight": ("380", "KGM"),
    "volume": ("1.4", "MTQ"),
    "length": ("120", "CMT"),
    "width": ("80", "CMT"),
    "height": ("145", "CMT"),
}
X12_MEASURES = (
    "MEA*PD*G*412.5*KG~MEA*PD*N*380*KG~MEA*PD*VOL*1.4*CR~MEA*PD*LN*120*CM~MEA*PD*WD*80*CM~MEA*PD*HT*145*CM~TD1*PLT*1~"
)
EDIFACT_MEASURES = (
    "PAC+1++PX'MEA+PD+AAD+KGM:412.5'MEA+PD+AAC+KGM:380'MEA+PD+AAW+MTQ:1.4'"
    "MEA+PD+LN+CMT:120'MEA+PD+WD+CMT:80'MEA+PD+HT+CMT:145'"
)


def measures(package: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {name: (package[name]["value"], package[name]["uom"]["value"]) for name in MEASURES if name in package}


@pytest.mark.parametrize(
    ("reference", "body", "level"),
    [
        ("x12/004010/856@1", X12.format("T", X12_MEASURES), "pallet"),
        ("x12/005010/856@1", X12.format("P", X12_MEASURES), "case"),
        ("edifact/d96a/desadv@2", EDIFACT.format("++3", EDIFACT_MEASURES), "pallet"),
        ("edifact/d01b-eancom/desadv@2", EDIFACT.format("++2", EDIFACT_MEASURES), "case"),
    ],
)
def test_a_package_has_weights_and_sizes_both_ways(reference: str, body: str, level: str) -> None:
    map_ = load_map(reference)
    reading, _ = read_body(map_, body)
    assert ([fault.message for fault in reading.faults], reading.unmapped) == ([], [])
    (package,) = json_of(reading)["packages"]
    assert (package["level"], package["count"], package["type"]["value"]) == (level, 1, "pallet")
    assert measures(package) == MEASURES
    assert reading.data is not None
    assert map_.write(reading.data) == segments_of(body, map_.schema.syntax)


def test_other_ways_to_say_the_weight_of_a_case_and_its_tracking() -> None:
    body = X12.format("P", "PO4*6*4*EA*CTN*G*12.4*KG*0.2*CR~REF*2I*1Z999~")
    reading, _ = read_body(load_map("x12/004010/856@1"), body)
    assert ([fault.message for fault in reading.faults], reading.unmapped) == ([], [])
    (package,) = json_of(reading)["packages"]
    assert measures(package) == {"gross_weight": ("12.4", "KGM"), "volume": ("0.2", "MTQ")}
    assert package["tracking"] == "1Z999"


def test_the_weight_of_what_is_in_a_case_is_not_its_gross_weight() -> None:
    reading, _ = read_body(load_map("x12/004010/856@1"), X12.format("P", "PO4*6****N*12.4*KG~"))
    assert measures(json_of(reading).get("packages", [{}])[0]) == {}


def test_the_head_of_a_ship_notice_has_the_vendor_and_the_parcel() -> None:
    body = X12.replace("HL*2*1*O", "REF*2I*1Z999~REF*IA*10045~HL*2*1*O").format("P", "")
    reading, _ = read_body(load_map("x12/005010/856.industrial@1"), body)
    data = json_of(reading)
    assert data["shipment"]["tracking"] == "1Z999"
    assert data["supplier"]["ids"] == [{"scheme": "buyer", "value": "10045"}]
