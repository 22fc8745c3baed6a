"""The samples of a guide: real documents, every value beside its meaning, and what becomes of them.

Not here: explaining a segment (edi/explain.py). Rule protected: verdict, faults and answer are those of the same code
that serves the partner; nothing is written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edi import resources
from edi.check import compile_check
from edi.explain import annotated
from edi.faults import Fault, visible
from edi.guide_model import Sample, SampleSegment
from edi.map_samples import documents_of
from edi.mapping import Map
from edi.model import Message
from edi.profile import Agreement, Profile
from edi.translate import translate
from edi.yaml_source import Mapping_, fail

_OUTCOMES = {
    "accepted": "Accepted.",
    "accepted_with_errors": "Accepted with errors; the errors are named in the acknowledgement.",
    "rejected": "Rejected.",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sample file with its title and what the map says about it."""

    path: Path
    title: str
    text: str = ""


def found(map_: Map, folder: Path | None) -> list[Chosen]:
    """The samples of a map: those `guide:` names, else all of its document that lie in `samples` of the partner or, for
    a base map, of the installation."""
    if map_.declared.guide_examples:
        return [_named(row) for row in map_.declared.guide_examples]
    document = map_.identity.rpartition("/")[2]
    if folder is not None:
        paths = sorted((folder / "samples").glob(f"{document}_*.edi"))
    else:
        place = resources.maps_folder().parent / "samples" / map_.schema.syntax / document
        paths = [path for path in sorted(place.glob("*.edi")) if path.with_suffix(".json").exists()]
    return [Chosen(path, _spoken(path)) for path in paths]


def _named(row: Mapping_) -> Chosen:
    path = file_of(row)
    return Chosen(path, str(row.get("title", "")) or _spoken(path), str(row.get("text", "")))


def file_of(row: Mapping_) -> Path:
    """The file an example names, beside the map."""
    path = Path(row.file).parent / str(row["file"])
    if not path.is_file():
        raise fail(row["file"], "guide.no_file", f"there is no {path}; correct the name or add the sample")
    return path


def _spoken(path: Path) -> str:
    """`855_bad_code` as `Bad code`."""
    text = path.stem.partition("_")[2] if path.stem.partition("_")[0].isalnum() and "_" in path.stem else path.stem
    return text.replace("_", " ").capitalize()


def samples(
    chosen: Sequence[Chosen], map_: Map, profile: Profile | None, agreement: Agreement | None
) -> Iterator[Sample]:
    """Each sample that is of the map's document, annotated."""
    for one in chosen:
        data = one.path.read_bytes()
        message = next(documents_of(map_, data), None)
        if message is not None:
            yield _sample(one, data, message, map_, profile, agreement)


def _sample(
    one: Chosen, data: bytes, message: Message, map_: Map, profile: Profile | None, agreement: Agreement | None
) -> Sample:
    checked = compile_check(map_.schema).check(message)
    faults: Sequence[Fault] = [*message.faults, *map_.tolerated(checked.faults)]
    outcome, answer = "", ""
    if profile is not None and agreement is not None and agreement.direction == "in":
        made = translate(data, profile)
        result = made.results[0]
        faults = result.faults
        outcome = _OUTCOMES[result.verdict]
        if result.verdict != "rejected" and any(fault.severity == "exception" for fault in faults):
            outcome += " A person looks at it, because of what is marked below."
        answer = "\n".join(ack.decode("utf-8", "replace").strip() for ack in made.acks)
    elif not any(fault.severity == "reject" for fault in faults):
        faults = [*faults, *map_.read(message, checked).faults]
    rows = []
    general: list[str] = []
    for found_ in annotated(message, map_.schema, checked, faults):
        if isinstance(found_, Fault):
            general.append(found_.message)
            continue
        rows.append(SampleSegment(
            number=found_.number,
            depth=len(found_.indent) // 2,
            path=found_.path,
            title=found_.title,
            raw=found_.raw,
            values=tuple((line.label, line.name, line.text) for line in found_.lines),
            faults=tuple(fault.message for fault in (*found_.before, *found_.after)),
        ))  # fmt: skip
    text = " ".join(part for part in (one.text, *general) if part)
    return Sample(one.path.name, one.title, visible(text, 2000), outcome, tuple(rows), answer)
