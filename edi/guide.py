"""A guide for a partner: what to send and to expect, made from the merged map, the narrowed schema and the agreement.

    guide = guide_of(load_map("example/855@1", folder), folder)
    page = edi.guide_html.page(guide)

Not here: the parts (guide_layout.py, guide_elements.py, guide_exchange.py, guide_samples.py, guide_scenarios.py) and
how they look (guide_html.py, guide_markdown.py). Rule protected: what a guide says is what the validator enforces and
the agreement makes the gateway do; nothing is kept beside it that could drift.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edi import guide_exchange as exchange
from edi.expression_words import in_words, path_in_words
from edi.guide_layout import Layout
from edi.guide_model import Fact, Guide, Rule, Way
from edi.guide_samples import found, samples
from edi.guide_scenarios import scenarios
from edi.mapping import Map
from edi.partner_file import AgreementFile, PartnerFile, profile_of, read_partner_file
from edi.profile import Profile
from edi.yaml_source import Mapping_

_EFFECTS = {
    "reject": "a fault of this guide",
    "exception": "accepted, and a person looks at it",
    "warning": "accepted and noted",
}
_WAYS: dict[str, Way] = {"read": "in", "write": "out", "both": "both"}
_HEADINGS = {"in": "you send it, we receive it", "out": "we send it, you receive it", "both": "either side may send it"}


def guide_of(map_: Map, folder: Path | None = None, news: Sequence[str] = ()) -> Guide:
    """The guide of a map; with a partner's folder also of the agreement about it. `news`: what changed lately."""
    partner: PartnerFile | None = None
    profile: Profile | None = None
    if folder is not None and (folder / "partner.yaml").is_file():
        partner, _ = read_partner_file(folder)
        profile = profile_of(partner, folder)
    file = _agreed(map_, partner)
    agreement = file.agreement() if file is not None else None
    way: Way = agreement.direction if agreement is not None else _WAYS[map_.direction]
    layout = Layout(map_, way)
    made = Guide(
        title=map_.title,
        document=agreement.document if agreement is not None else map_.document,
        version=map_.version,
        way=way,
        partner=partner.name if partner is not None else "",
        intro=tuple(part.strip() for part in map_.declared.guide_intro.split("\n\n") if part.strip()),
        overview=tuple(_overview(map_, way, partner)),
        places=layout.places,
        unread=tuple(layout.unread),
        forbidden=tuple(layout.forbidden),
        rules=tuple(_rules(map_)),
        samples=tuple(samples(found(map_, folder), map_, profile, agreement)),
        contacts=tuple(_contacts(map_, partner)),
        versions=tuple(Fact(name, (version,)) for name, version in map_.declared.chain),
        news=tuple(news),
        code_tables=layout.code_tables,
    )
    if partner is None or profile is None or file is None or agreement is None:
        return made
    return dataclasses.replace(
        made,
        answers=tuple(exchange.answers(file, agreement)),
        policies=tuple(exchange.policies(partner, agreement)),
        scenarios=tuple(scenarios(map_, agreement)),
        identities=tuple(exchange.identities(profile, agreement)),
        wire=tuple(exchange.wire(profile, agreement, file)),
    )


def _agreed(map_: Map, partner: PartnerFile | None) -> AgreementFile | None:
    for file in partner.agreements if partner is not None else ():
        if file.map.partition("@")[0] == map_.identity and file.phase != "off":
            return file
    return None


def _overview(map_: Map, way: Way, partner: PartnerFile | None) -> Iterator[Fact]:
    yield Fact("document", (map_.schema.title,))
    yield Fact("direction", (_HEADINGS[way],))
    if partner is not None:
        yield Fact("partner", (partner.name or partner.partner,))
        if partner.timezone:
            yield Fact("time zone of times", (partner.timezone,))
    for row in map_.declared.also:
        yield Fact("becomes", (f"{row['event']}, if {in_words(str(row['when']))}",))
    yield Fact("otherwise becomes" if map_.declared.also else "becomes", (map_.event,))
    yield Fact("its JSON Schema", (f"edi schema {map_.event}",))


def _rules(map_: Map) -> Iterator[Rule]:
    for name, row in map_.declared.checks.items():
        text = in_words(str(row["test"]))
        if "when" in row:
            text = f"if {in_words(str(row['when']))}: {text}"
        if "each" in row:
            steps = str(row["each"]).replace("/**/", ".").split(".")
            text = f"{', '.join(f'each {path_in_words(step)}' for step in steps)}: {text}"
        yield Rule(name, _sentence(text), _EFFECTS[str(row["severity"])], str(row.get("example", "")))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _contacts(map_: Map, partner: PartnerFile | None) -> Iterator[Fact]:
    """Ours from the map, theirs from partner.yaml; only names, e-mail addresses, telephones and hours."""
    for row in map_.declared.guide_contacts:
        yield Fact(str(row["for"]), _person(row))
    if not map_.declared.guide_contacts and map_.declared.owner:
        yield Fact("questions about this guide", ("", map_.declared.owner, "", ""))
    for role, row in (partner.contacts if partner is not None else {}).items():
        if isinstance(row, dict):
            yield Fact(f"yours, {role}", _person(row))


def _person(row: Mapping_ | dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get(key, "")) for key in ("name", "email", "phone", "hours"))
