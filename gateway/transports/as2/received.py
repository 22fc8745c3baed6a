"""A message opened layer by layer (RFC 4130, 5402, 6362): decrypted, inflated, verified; its documents and its MIC.

Not here: HTTP, who the partner is, what is stored and answered. Rules protected: what is demanded is judged on what was
really decrypted and verified, not on what the headers say; layers come only in an order that the standard knows; what
was encrypted is one entity with nothing behind it; after a failure nothing of the content is used.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509

from gateway.transports.as2 import algorithms as known
from gateway.transports.as2 import cms_read, mime
from gateway.transports.as2.algorithms import Accepted
from gateway.transports.as2.ber import BerError
from gateway.transports.as2.certificates import in_time
from gateway.transports.as2.cms_read import CmsError, Decrypted, OwnKey, Verified
from gateway.transports.as2.mdn import Mic
from gateway.transports.as2.mime import Entity, Headers, MimeError
from gateway.window import Staging, TooLarge, Window

ENVELOPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature")
MOST_LAYERS = 10
EVERYBODY = Accepted()


@dataclass(frozen=True, slots=True)
class Rules:
    """What is demanded and accepted of a partner, and what its messages are opened with."""

    keys: tuple[OwnKey, ...]  # ours: current, next, previous
    certificates: tuple[x509.Certificate, ...]  # the partner's: current, next, previous
    signed: bool = True
    encrypted: bool = True
    accepted: Accepted = EVERYBODY
    largest: int = 100_000_000  # bytes after inflating
    now: dt.datetime | None = None  # what is signed after its certificate expired is refused; None: it is not looked at


@dataclass(frozen=True, slots=True)
class Attachment:
    """One document of a message. `name` is data, never a path."""

    name: str
    kind: str
    content: Window


@dataclass(slots=True)
class Received:
    """What was found. `mic` is by the algorithm the sender asked for; `covered` are the bytes it was taken of."""

    attachments: tuple[Attachment, ...] = ()
    mic: Mic | None = None
    digest: str = ""  # the sha256 of the same bytes, in hex
    covered: Window | None = None
    entity: Window | None = None  # what was encrypted
    signature: Window | None = None  # the SignedData
    decrypted: Decrypted | None = None
    verified: Verified | None = None
    compressed: bool = False


@dataclass(slots=True)
class Refused(Exception):
    """A message that cannot be accepted. `problem` is what its MDN says (`Error: decryption-failed`), `cause` is for
    our log, `found` what could be opened before."""

    problem: str
    cause: str
    found: Received = field(default_factory=Received)

    def __str__(self) -> str:
        return f"{self.problem}: {self.cause}"


def open_message(headers: Headers, body: Window, rules: Rules, staging: Staging, micalg: str = "") -> Received:
    """Open the body of a request. `micalg` is the algorithm a receipt was asked with; empty: that of the signature.
    What is found lasts as long as `staging`. Raises Refused."""
    found = open_entity(Entity(headers, body, body), rules, staging, micalg)
    lacking = [
        word
        for demanded, there, word in (
            (rules.encrypted, found.decrypted, "encrypted"),
            (rules.signed, found.verified, "signed"),
        )
        if demanded and there is None
    ]
    if lacking:
        found.attachments = ()
        raise Refused("Error: insufficient-message-security", f"it is not {' and not '.join(lacking)}", found)
    return found


def open_entity(entity: Entity, rules: Rules, staging: Staging, micalg: str = "") -> Received:
    """Take off the layers there are, whatever is demanded. Raises Refused."""
    found = Received()
    try:
        _Layers(rules, staging, micalg, found).open(entity)
    except CmsError as error:
        raise _refused(error.failure, str(error), found) from None
    except (MimeError, BerError, TooLarge) as error:
        raise _refused("unexpected-processing-error", str(error), found) from None
    return found


def _refused(failure: str, cause: str, found: Received) -> Refused:
    """What the sender is told. That what was encrypted does not open is one failure with a wrong key or padding: who
    sends again what somebody else encrypted, with other bytes behind it, learns nothing from the answer."""
    if found.decrypted and not found.verified and failure not in ("authentication-failed", "integrity-check-failed"):
        return Refused("Error: decryption-failed", f"within what was encrypted: {cause}")
    return Refused(f"Error: {failure}", cause, found)


class _Layers:
    def __init__(self, rules: Rules, staging: Staging, micalg: str, found: Received) -> None:
        self.rules, self.staging, self.micalg, self.found = rules, staging, micalg, found

    def open(self, entity: Entity) -> None:
        """Take off one layer after the other, then the documents."""
        for _ in range(MOST_LAYERS):
            inner = self._layer(entity)
            if inner is None:
                break
            entity = inner
        else:
            raise MimeError(f"more than {MOST_LAYERS} layers")
        if self.found.covered is None:
            self._cover(entity.whole, ())
        self.found.attachments = tuple(attachments(entity, self.staging))
        if not self.found.attachments:
            raise MimeError("a message without a document")

    def _layer(self, entity: Entity) -> Entity | None:
        """What is within a layer; None for what is no layer."""
        if entity.kind == "multipart/signed":
            return self._beside(entity)
        if entity.kind not in ENVELOPES:
            return None
        layer = mime.decoded(entity, self.staging)
        content = cms_read.opened(layer, "decryption-failed")
        if self.found.decrypted:
            mime.nothing_after(layer, content.end)
        if content.oid in (known.ENVELOPED, known.AUTH_ENVELOPED):
            return self._decrypted(content)
        if content.oid == known.COMPRESSED:
            return self._inflated(content)
        self.found.signature = layer
        return self._within(content)

    def _decrypted(self, content: cms_read.Content) -> Entity:
        if self.found.decrypted or self.found.verified or self.found.compressed:
            raise MimeError("encryption is the outermost layer")
        out = self.staging.file()
        self.found.decrypted = cms_read.decrypt(content, self.rules.keys, self.rules.accepted, out)
        self.found.entity = Window.all_of(out)
        return mime.entity(self.found.entity)

    def _inflated(self, content: cms_read.Content) -> Entity:
        if self.found.compressed:
            raise MimeError("compressed twice")
        out = self.staging.file()
        cms_read.decompress(content, out, largest=self.rules.largest)
        self.found.compressed = True
        return mime.entity(Window.all_of(out))

    def _beside(self, entity: Entity) -> Entity:
        """multipart/signed: the content and its signature beside it."""
        found = mime.parts(entity.body, entity.parameters.get("boundary", ""), alone=self.found.decrypted is not None)
        if len(found) != 2:
            raise MimeError("a signed message has two parts")
        beside = mime.entity(found[1])
        if beside.kind not in (*SIGNATURES, *ENVELOPES):
            raise MimeError(f"the signature is {beside.kind[:60]!r}")
        self.found.signature = mime.decoded(beside, self.staging)
        self._verified(cms_read.opened(self.found.signature, "authentication-failed"), found[0])
        return mime.entity(found[0])

    def _within(self, content: cms_read.Content) -> Entity:
        """SignedData that holds its content."""
        if content.oid != known.SIGNED:
            raise MimeError(f"{content.oid} is no layer of a message")
        inside = cms_read.encapsulated(content)
        if inside is None:
            raise MimeError("a signature without a content")
        out = self.staging.file()
        for chunk in inside.octets():
            out.write(chunk)
        window = Window.all_of(out)
        self._verified(content, window)
        return mime.entity(window)

    def _verified(self, content: cms_read.Content, signed: Window) -> None:
        if self.found.verified is not None:
            raise MimeError("signed twice")
        names = cms_read.digests_of(content, self.rules.accepted)
        digests = self._cover(signed, names)
        rules = self.rules
        verified = cms_read.verify(content, digests, rules.certificates, rules.accepted)
        self.found.verified = in_time(verified, rules.certificates, rules.now) if rules.now else verified

    def _cover(self, covered: Window, names: Sequence[str]) -> dict[str, bytes]:
        """Take the MIC and the other digests of the bytes that count, in one pass."""
        algorithm = self.micalg or next(iter(names), "sha-256")
        digests = cms_read.hashed(covered.chunks(), {*names, algorithm, "sha-256"})
        self.found.covered, self.found.digest = covered, digests["sha-256"].hex()
        self.found.mic = Mic(base64.b64encode(digests[algorithm]).decode(), algorithm)
        return digests


def attachments(entity: Entity, staging: Staging, depth: int = 0) -> list[Attachment]:
    """The documents of an entity; those of a multipart in order (RFC 6362)."""
    if not entity.kind.startswith("multipart/"):
        return [Attachment(entity.name, entity.kind, mime.decoded(entity, staging))]
    if depth >= mime.DEEPEST:
        raise MimeError(f"parts nested deeper than {mime.DEEPEST}")
    if entity.kind == "multipart/signed":
        raise MimeError("a signature within the content")
    found: list[Attachment] = []
    for part in mime.parts(entity.body, entity.parameters.get("boundary", "")):
        found += attachments(mime.entity(part), staging, depth + 1)
        if len(found) > mime.MOST_PARTS:
            raise MimeError(f"more than {mime.MOST_PARTS} documents")
    return found


def wanted_micalg(options: str) -> tuple[str, bool]:
    """What `Disposition-Notification-Options` asks for: the first algorithm we have (RFC 4130 7.3), empty if none is
    asked for; and whether some are required of which we have none."""
    for option in options.split(";"):
        name, _, value = option.partition("=")
        if name.strip().lower() != "signed-receipt-micalg":
            continue
        importance, *names = [word.strip() for word in value.split(",")]
        chosen = next((found for word in names if (found := known.digest_named(word))), "")
        return chosen, not chosen and importance.lower() == "required"
    return "", False


def wants_signed(options: str) -> bool:
    """Does `Disposition-Notification-Options` ask for a signed receipt?"""
    return any(
        option.partition("=")[0].strip().lower() == "signed-receipt-protocol" and "pkcs7-signature" in option.lower()
        for option in options.split(";")
    )
