"""From segments to an interchange in bytes: envelopes, counts, escaping, character set.

Not here: which segments a document has (edi/mapping.py), numbers and time (the caller's), reading back
(edi/translate.py). Rule protected: same input, same bytes; a character that cannot be written stops the document and
is never replaced.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from edi.errors import RenderError
from edi.model import COMPONENT, REPEAT, Delimiters, Identity, Segment, Syntax
from edi.syntax.charset import EDIFACT_CODECS, LEVEL_A, LEVEL_B, check_codec
from edi.syntax.slices import BINARY
from edi.syntax.x12 import FUNCTIONAL_GROUPS


@dataclass(frozen=True)
class Envelope:
    """Everything around the messages. `at` must be aware; its own time zone is written.

    `version` is ISA12 (`00401`) or UNB S001 (`UNOC:3`). X12: `group_type` is GS01 (empty = by set type),
    `group_version` GS08 (empty = version of the set), `group_sender` and `group_receiver` GS02/GS03 (empty =
    interchange ids). EDIFACT: a `group_type` asks for UNG, `group_version` is then `D:01B`. `charset` is the
    partner's, where the syntax declares none; `characters` are the only ones he takes (empty = all of the charset).
    """

    syntax: Syntax
    sender: Identity
    receiver: Identity
    control: int
    at: datetime
    test: bool = False
    ack_requested: bool = False
    version: str = ""
    delimiters: Delimiters | None = None
    group_type: str = ""
    group_sender: str = ""
    group_receiver: str = ""
    group_control: int = 0
    group_version: str = ""
    charset: str = ""
    characters: str = ""


@dataclass(frozen=True)
class Outgoing:
    """A message without ST/SE or UNH/UNT; of type `TA1`, the one TA1 segment. `version` is `004010` or `D.01B`;
    segments are canonical (edi/model.py)."""

    type: str
    version: str
    control: int
    segments: Sequence[Segment]
    convention: str = ""


def default_delimiters(syntax: Syntax, version: str) -> Delimiters:
    """The usual service characters for an ISA12 (`00501`) or a syntax identifier (`UNOC:3`)."""
    if syntax == "x12":
        return Delimiters("*", ">", "~", repeat="^" if version >= "00402" else "")
    return Delimiters("+", ":", "'", repeat="*" if version.partition(":")[2] >= "4" else "", release="?")


def write(messages: Sequence[Outgoing], envelope: Envelope) -> bytes:
    """One interchange.

    Raises RenderError naming the element: `write.delimiter` a separator in the data, `write.charset` a character that
    cannot be written, `write.too-long` an identity or number that does not fit, `write.required` an empty interchange.
    """
    if envelope.at.utcoffset() is None:
        raise RenderError("the time of an interchange must be aware", code="write.required")
    if not messages:
        raise RenderError("an interchange needs a message", code="write.required")
    return (_write_x12 if envelope.syntax == "x12" else _write_edifact)(messages, envelope)


def unwritable(text: str, envelope: Envelope) -> str:
    """The characters of a text that this interchange cannot carry, each once."""
    return _wire(envelope).unwritable(text)


class _Wire:
    """Turns canonical segments into wire bytes and checks every character on the way."""

    def __init__(self, envelope: Envelope, version: str) -> None:
        self.wire = envelope.delimiters or default_delimiters(envelope.syntax, version)
        level = version.partition(":")[0] if envelope.syntax == "edifact" else ""
        self.codec = check_codec(envelope.charset) or "ascii"
        if EDIFACT_CODECS.get(level, "ascii") != "ascii":
            self.codec = EDIFACT_CODECS[level]
        self._forbidden = re.compile("|".join(_forbidden(level, envelope.characters)))
        wire = self.wire
        crossed = {
            COMPONENT: wire.element + wire.terminator + wire.repeat,
            REPEAT: wire.element + wire.terminator + wire.component,
        }
        if any(canonical in others for canonical, others in crossed.items()):
            raise RenderError("U+001E and U+001F can only separate repetitions and components", code="write.delimiter")
        service = wire.element + wire.component + wire.terminator + wire.repeat + wire.release
        service = service.replace(COMPONENT, "").replace(REPEAT, "")
        self._service = re.compile(f"[{re.escape(service)}]")
        self._end = wire.terminator + wire.newline
        self._empty_ends = [
            inner + outer for inner in (COMPONENT, REPEAT) for outer in (wire.element, REPEAT, wire.terminator)
        ]

    def encode(self, segments: Sequence[Segment]) -> bytes:
        """The segments of one message; trailing empties are left out (X12.6 section 10.6, ISO 9735-1 section 8.7)."""
        if any(segment[0] in BINARY for segment in segments):
            return b"".join(
                self._binary(segment) if segment[0] in BINARY else self.encode([segment]) for segment in segments
            )
        wire = self.wire
        plain = "".join(map("".join, segments))
        if self._forbidden.search(plain) or not plain.isascii():
            self._each(segments, self._check_characters)
        if (COMPONENT in plain and not wire.component) or (REPEAT in plain and not wire.repeat):
            self._each(segments, self._check_structure)
        if self._service.search(plain):
            segments = self._released(segments) if wire.release else self._each(segments, self._escaped)
        text = self._joined(segments)
        if COMPONENT in plain or REPEAT in plain:
            if any(end in text for end in self._empty_ends):
                text = self._joined([[_trimmed(value) for value in segment] for segment in segments])
            text = text.replace(COMPONENT, wire.component).replace(REPEAT, wire.repeat)
        return text.encode(self.codec)

    def field(self, value: str, name: str, most: int = 0) -> str:
        """A value of an envelope segment, checked and escaped."""
        if most and len(value) > most:
            raise RenderError(
                f"{name}: {value!r} is longer than {most} characters", code="write.too-long", element=name
            )
        self._check_characters(value, name)
        return self._escaped(value, name)

    def _joined(self, segments: Sequence[Segment]) -> str:
        lines = []
        for segment in segments:
            if segment[-1] == "":
                segment = segment[: next((i for i in range(len(segment), 0, -1) if segment[i - 1]), 1)]
            lines.append(self.wire.element.join(segment))
        return self._end.join(lines) + self._end

    def _each(self, segments: Sequence[Segment], check: Callable[[str, str], str]) -> list[Segment]:
        """Applies a check or an escape to every element, with the name of its place."""
        occurrence: Counter[str] = Counter()
        result = []
        for segment in segments:
            tag = segment[0]
            occurrence[tag] += 1
            where = f"{tag}[{occurrence[tag]}]"
            result.append([check(value, f"{where}/{tag}{at:02d}" if at else where) for at, value in enumerate(segment)])
        return result

    def unwritable(self, value: str) -> str:
        """The characters of a value that cannot be written, each once, the first first."""
        bad = self._forbidden.findall(value)
        if not value.isascii():
            bad += [character for character in value if not self._encodes(character)]
        return "".join(sorted(set(bad), key=value.index))

    def _encodes(self, character: str) -> bool:
        try:
            character.encode(self.codec)
        except UnicodeEncodeError:
            return False
        return True

    def _check_characters(self, value: str, name: str) -> str:
        character = self.unwritable(value)[:1]
        if character:
            raise RenderError(
                f"{name}: {value!r} contains {character!r}, which cannot be written", code="write.charset", element=name
            )
        return value

    def _check_structure(self, value: str, name: str) -> str:
        for canonical, wire, word in (
            (COMPONENT, self.wire.component, "components"),
            (REPEAT, self.wire.repeat, "repetitions"),
        ):
            if canonical in value and not wire:
                raise RenderError(
                    f"{name}: {word} cannot be written without a separator", code="write.delimiter", element=name
                )
        return value

    def _escaped(self, value: str, name: str) -> str:
        found = self._service.search(value)
        if not found:
            return value
        if not self.wire.release:
            raise RenderError(
                f"{name}: {value!r} contains the separator {found[0]!r}", code="write.delimiter", element=name
            )
        return self._service.sub(lambda match: self.wire.release + match[0], value)

    def _released(self, segments: Sequence[Segment]) -> list[Segment]:
        """Every service character in the data behind the release character, all at once. U+0000
        and U+0001 are in no data: they were refused."""
        text = "\0".join(["\1".join(segment) for segment in segments])
        text = self._service.sub(lambda match: self.wire.release + match[0], text)
        return [segment.split("\1") for segment in text.split("\0")]

    def _binary(self, segment: Segment) -> bytes:
        """BIN and BDS: the length before the data decides, so the data is not escaped (X12 data element 784)."""
        *head, data = segment
        if not head[1:] or head[-1] != str(len(data)):
            raise RenderError(f"{segment[0]}: the length must be {len(data)}", code="write.required", element=head[0])
        start = self.wire.element.join(head) + self.wire.element
        return start.encode(self.codec) + data.encode("latin-1") + self._end.encode(self.codec)


def _forbidden(level: str, characters: str) -> Iterator[str]:
    """Patterns of single characters that a syntax level or the partner does not take."""
    repertoires = [LEVEL_A if level == "UNOA" else LEVEL_B] if level in ("UNOA", "UNOB") else []
    for repertoire in (*repertoires, *filter(None, [characters])):
        yield f"[^{re.escape(repertoire)}{COMPONENT}{REPEAT}]"
    if not repertoires:
        yield "[\x00-\x1d\x7f-\x9f]"


def _wire(envelope: Envelope, version: str = "") -> _Wire:
    if envelope.syntax == "x12":
        return _Wire(envelope, envelope.version or version)
    identifier, _, number = (envelope.version or "UNOC:3").partition(":")
    return _Wire(envelope, f"{identifier}:{number}")


def _trimmed(value: str) -> str:
    return REPEAT.join(part.rstrip(COMPONENT) for part in value.split(REPEAT)).rstrip(REPEAT)


def _write_x12(messages: Sequence[Outgoing], envelope: Envelope) -> bytes:
    version = envelope.version or messages[0].version[1:]
    text = _wire(envelope, version)
    wire, at = text.wire, envelope.at
    sender, receiver = envelope.sender, envelope.receiver
    control = f"{envelope.control:09d}"
    isa = [
        "ISA", "00", " " * 10, "00", " " * 10,
        f"{text.field(sender.qualifier, 'ISA05', 2):2}", f"{text.field(sender.id, 'ISA06', 15):15}",
        f"{text.field(receiver.qualifier, 'ISA07', 2):2}", f"{text.field(receiver.id, 'ISA08', 15):15}",
        f"{at:%y%m%d}", f"{at:%H%M}", (version >= "00402" and wire.repeat) or "U",
        f"{text.field(version, 'ISA12', 5):5}",
        _within(control, 9, "ISA13"), "1" if envelope.ack_requested else "0", "T" if envelope.test else "P",
        wire.component,
    ]  # fmt: skip
    parts = [(wire.element.join(isa) + wire.terminator + wire.newline).encode(text.codec)]
    # TA1 stands between ISA and the first GS (X12.5).
    notes = [message for message in messages if message.type == "TA1"]
    parts += [text.encode(note.segments) for note in notes]
    sets_only = [message for message in messages if message.type != "TA1"]
    groups = 0
    for (kind, group_version), members in groupby(sets_only, lambda message: _group_of(message, envelope)):
        group_control = str((envelope.group_control or 1) + groups)
        groups += 1
        long = group_version >= "004"  # GS04 has eight digits from 004010 on
        header = [
            "GS", kind, envelope.group_sender or sender.id, envelope.group_receiver or receiver.id,
            f"{at:%Y%m%d}" if long else f"{at:%y%m%d}", f"{at:%H%M}", _within(group_control, 9, "GS06"), "X",
            group_version,
        ]  # fmt: skip
        parts.append(text.encode([header]))
        sets = list(members)
        for message in sets:
            set_control = _within(f"{message.control:04d}", 9, "ST02")
            convention = message.convention if message.version >= "005" else ""
            trailer = ["SE", str(len(message.segments) + 2), set_control]
            parts.append(text.encode([["ST", message.type, set_control, convention], *message.segments, trailer]))
        parts.append(text.encode([["GE", str(len(sets)), group_control]]))
    parts.append(text.encode([["IEA", str(groups), control]]))
    return b"".join(parts)


def _group_of(message: Outgoing, envelope: Envelope) -> tuple[str, str]:
    kind = envelope.group_type or FUNCTIONAL_GROUPS.get(message.type, "")
    if not kind:
        raise RenderError(f"GS01: the group of set {message.type} is not known", code="write.required", element="GS01")
    suffix = message.convention if message.version < "005" else ""
    return kind, envelope.group_version or message.version + suffix


def _write_edifact(messages: Sequence[Outgoing], envelope: Envelope) -> bytes:
    identifier, _, number = (envelope.version or "UNOC:3").partition(":")
    text = _wire(envelope)
    wire, at = text.wire, envelope.at
    control = _within(str(envelope.control), 14, "UNB05")
    when = COMPONENT.join((f"{at:%Y%m%d}" if number >= "4" else f"{at:%y%m%d}", f"{at:%H%M}"))
    unb = [
        "UNB", COMPONENT.join((identifier, number)), _party(envelope.sender), _party(envelope.receiver), when, control,
        "", "", "", "1" if envelope.ack_requested else "", "", "1" if envelope.test else "",
    ]  # fmt: skip
    una = f"UNA{wire.component}{wire.element}{wire.decimal}{wire.release or ' '}{wire.repeat or ' '}{wire.terminator}"
    parts = [(una + wire.newline).encode(text.codec), text.encode([unb])]
    group_control = str(envelope.group_control or 1)
    if envelope.group_type:
        version = envelope.group_version or messages[0].version.replace(".", ":")
        ung = [
            "UNG", envelope.group_type, envelope.group_sender or envelope.sender.id,
            envelope.group_receiver or envelope.receiver.id, when, group_control, "UN", version.replace(":", COMPONENT),
        ]  # fmt: skip
        parts.append(text.encode([ung]))
    for message in messages:
        reference = _within(str(message.control), 14, "UNH01")
        name = [message.type, *message.version.split("."), "UN"]
        if message.convention:
            name.append(message.convention)
        trailer = ["UNT", str(len(message.segments) + 2), reference]
        parts.append(text.encode([["UNH", reference, COMPONENT.join(name)], *message.segments, trailer]))
    if envelope.group_type:
        parts.append(text.encode([["UNE", str(len(messages)), group_control]]))
    parts.append(text.encode([["UNZ", "1" if envelope.group_type else str(len(messages)), control]]))
    return b"".join(parts)


def _party(identity: Identity) -> str:
    return COMPONENT.join((identity.id, identity.qualifier)) if identity.qualifier else identity.id


def _within(number: str, most: int, name: str) -> str:
    if len(number) > most or number.startswith("-"):
        raise RenderError(f"{name}: {number} does not fit into {most} digits", code="write.too-long", element=name)
    return number
