"""CMS (RFC 5652, 5083, 5084, 3274) of untrusted senders: what is enveloped is decrypted, what is signed is verified.

    kind = opened(window)                   what it is, with its parts
    decrypt(kind, keys, accepted, out)      the content goes to `out`
    verify(kind, content, certificates, accepted)

Not here: MIME, and what must be signed or encrypted at all. Rules protected: a signature counts only if one of the
partner's own certificates made it, never one the message brought along; every failure of a key, a cipher or a signature
is one of few kinds, whose cause is for our log and never for the sender; weak algorithms are refused unless the
partner's file says otherwise.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from gateway.transports.as2 import algorithms as known
from gateway.transports.as2 import ber
from gateway.transports.as2.algorithms import Accepted
from gateway.transports.as2.ber import BerError, Element
from gateway.window import CHUNK, Window

Failure: TypeAlias = Literal[
    "decryption-failed", "authentication-failed", "integrity-check-failed", "decompression-failed"
]
MOST_RECIPIENTS = MOST_SIGNERS = 20
TAG = 16  # bytes of the tag of GCM
ALWAYS_INFLATED = 10_000_000  # bytes, whatever the ratio


class CmsError(Exception):
    """It cannot be opened. `failure` is what the sender may know (RFC 4130 7.4.3), the text is for our own log."""

    def __init__(self, failure: Failure, cause: str) -> None:
        super().__init__(cause)
        self.failure: Failure = failure


@dataclass(frozen=True, slots=True)
class OwnKey:
    """One of our certificates with its private key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Content:
    """A ContentInfo: the object identifier of what it holds, that, and the offset at which it ends."""

    oid: str
    body: Element
    end: int


@dataclass(frozen=True, slots=True)
class Decrypted:
    """How it was encrypted, and for which of our certificates."""

    cipher: str
    transport: str
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed it, how, and when, as the signer says."""

    certificate: x509.Certificate
    digest: str
    at: dt.datetime | None = field(default=None, compare=False)


def opened(window: Window, failure: Failure) -> Content:
    """The outermost ContentInfo. Raises CmsError(failure)."""
    try:
        outer = ber.parse(window)
        kind, wrapped = outer.children[:2]
        return Content(kind.oid(), wrapped.children[0], outer.end)
    except (BerError, ValueError, IndexError) as error:
        raise CmsError(failure, f"not CMS: {error}") from None


# --- encryption


def decrypt(content: Content, keys: Sequence[OwnKey], accepted: Accepted, out: BinaryIO) -> Decrypted:
    """Decrypt EnvelopedData or AuthEnvelopedData to `out`. Raises CmsError(decryption-failed) for every failure; what
    `out` holds then must not be used."""
    try:
        return _decrypt(content, keys, accepted, out)
    except (BerError, ValueError, IndexError, InvalidTag) as error:
        raise CmsError("decryption-failed", str(error) or type(error).__name__) from None


def _decrypt(content: Content, keys: Sequence[OwnKey], accepted: Accepted, out: BinaryIO) -> Decrypted:
    if content.oid not in (known.ENVELOPED, known.AUTH_ENVELOPED):
        raise ValueError(f"{content.oid} is not enveloped data")
    parts = [part for part in content.body.children[1:] if part.tag != 0xA0]  # without version and originator
    recipients, info = parts[0], parts[1]
    algorithm = info.children[1]
    cipher = known.CIPHER_NAMES.get(algorithm.children[0].oid())
    if cipher is None or cipher not in accepted.ciphers:
        raise ValueError(f"the cipher {cipher or algorithm.children[0].oid()} is not accepted")
    kind = known.CIPHERS[cipher]
    own, transport, secret = _content_key(recipients, keys, kind.key)
    encrypted = info.children[2]
    if kind.mode == "cbc":
        if content.oid == known.AUTH_ENVELOPED:
            raise ValueError("authenticated data with a cipher that authenticates nothing")
        _cbc(encrypted, kind, secret, algorithm.children[1].string(), out)
    elif content.oid == known.AUTH_ENVELOPED:
        rest = parts[2:]
        associated = b""
        if rest[0].tag == 0xA1:  # the authenticated attributes, as the SET they are
            associated = b"\x31" + rest.pop(0).raw()[1:]
        _gcm(encrypted, secret, _nonce(algorithm.children[1]), out, tag=rest[0].string(), associated=associated)
    else:
        _gcm(encrypted, secret, _nonce(algorithm.children[1]), out)
    return Decrypted(cipher, transport, own.certificate)


def _content_key(recipients: Element, keys: Sequence[OwnKey], size: int) -> tuple[OwnKey, str, bytes]:
    """The content key from the first RecipientInfo that is for one of our keys."""
    for recipient in recipients.children[:MOST_RECIPIENTS]:
        if recipient.tag != ber.SEQUENCE:
            continue  # agreement of keys, passwords: not ours
        _, rid, algorithm, encrypted = recipient.children[:4]
        for own in keys:
            if isinstance(own.key, rsa.RSAPrivateKey) and _names(rid, own.certificate):
                transport, pad = _transport(algorithm)
                return own, transport, _unwrapped(own.key, encrypted.string(), pad, size)
    raise ValueError("it is not encrypted for any of our certificates")


def _unwrapped(key: rsa.RSAPrivateKey, encrypted: bytes, pad: padding.AsymmetricPadding, size: int) -> bytes:
    """The content key. One that cannot be had is a random one: what follows fails in the same way and time, so that no
    sender learns from us how a key was wrong (Bleichenbacher)."""
    instead = os.urandom(size)
    try:
        found = key.decrypt(encrypted, pad)
    except ValueError:
        return instead
    return found if len(found) == size else instead


def _transport(algorithm: Element) -> tuple[str, padding.AsymmetricPadding]:
    oid = algorithm.children[0].oid()
    if oid == known.RSA:
        return "rsa", padding.PKCS1v15()
    if oid != known.OAEP:
        raise ValueError(f"the key transport {oid} is not accepted")
    digest = mask = "sha-1"  # the defaults of RFC 8017 A.2.1
    for part in algorithm.children[1].children if len(algorithm.children) > 1 else ():
        inner = part.children[0]
        if part.tag == 0xA0:
            digest = _digest(inner)
        elif part.tag == 0xA1:
            mask = _mask(inner)
        elif part.tag == 0xA2 and len(inner.children) > 1 and inner.children[1].string():
            raise ValueError("OAEP with a label")
    names = known.HASHES
    return f"rsa-oaep/{digest}", padding.OAEP(padding.MGF1(names[mask]()), names[digest](), None)


def _digest(algorithm: Element) -> str:
    oid = algorithm.children[0].oid()
    if oid not in known.DIGEST_NAMES:
        raise ValueError(f"the digest {oid} is not known")
    return known.DIGEST_NAMES[oid]


def _mask(algorithm: Element) -> str:
    if algorithm.children[0].oid() != known.MGF1:
        raise ValueError("a mask that is not MGF1")
    return _digest(algorithm.children[1])


def _cbc(encrypted: Element, kind: known.CipherKind, secret: bytes, iv: bytes, out: BinaryIO) -> None:
    decryptor = Cipher(kind.algorithm(secret), modes.CBC(iv)).decryptor()  # type: ignore[call-arg]  # all take a key
    unpadder = block_padding.PKCS7(kind.block * 8).unpadder()
    for chunk in encrypted.octets():
        out.write(unpadder.update(decryptor.update(chunk)))
    out.write(unpadder.update(decryptor.finalize()))
    out.write(unpadder.finalize())


def _gcm(
    encrypted: Element, secret: bytes, nonce: bytes, out: BinaryIO, *, tag: bytes | None = None, associated: bytes = b""
) -> None:
    """GCM; without a `tag` of its own it is the last 16 bytes of the content (GCM within EnvelopedData)."""
    decryptor = Cipher(AES(secret), modes.GCM(nonce)).decryptor()
    decryptor.authenticate_additional_data(associated)
    behind = b""
    for chunk in encrypted.octets():
        if tag is None:
            chunk = behind + chunk
            chunk, behind = chunk[:-TAG], chunk[-TAG:]
        out.write(decryptor.update(chunk))
    tag = behind if tag is None else tag
    if not 12 <= len(tag) <= TAG:
        raise ValueError("a tag that is too short")
    out.write(decryptor.finalize_with_tag(tag))


def _nonce(parameters: Element) -> bytes:
    """GCMParameters, or the nonce alone, as some senders write it."""
    return parameters.children[0].string() if parameters.tag == ber.SEQUENCE else parameters.string()


# --- signatures


def encapsulated(content: Content) -> Element | None:
    """What a SignedData carries within itself; None if it is signed beside it."""
    info = content.body.children[2]
    return info.children[1] if len(info.children) > 1 else None


def digests_of(content: Content, accepted: Accepted) -> tuple[str, ...]:
    """The digests by which anybody signed that may be used. Raises CmsError(authentication-failed)."""
    try:
        if content.oid != known.SIGNED:
            raise ValueError(f"{content.oid} is not signed data")
        oids = {signer.children[2].children[0].oid() for signer in _signers(content)}
    except (BerError, ValueError, IndexError) as error:
        raise CmsError("authentication-failed", str(error)) from None
    names = sorted(known.DIGEST_NAMES[oid] for oid in oids if oid in known.DIGEST_NAMES)
    return tuple(name for name in names if name in accepted.digests)


def hashed(chunks: Iterable[bytes], names: Iterable[str]) -> dict[str, bytes]:
    """The digests of some content, each by its name, in one pass."""
    states = {name: hashlib.new(name.replace("-", "")) for name in names}
    for chunk in chunks:
        for state in states.values():
            state.update(chunk)
    return {name: state.digest() for name, state in states.items()}


def verify(
    content: Content, digests: dict[str, bytes], certificates: Sequence[x509.Certificate], accepted: Accepted
) -> Verified:
    """Who of `certificates` signed a content with these digests. Signers beside a known one are ignored. Raises
    CmsError: integrity-check-failed if the known signer signed something else, else authentication-failed."""
    wrong: CmsError | None = None
    try:
        for signer in _signers(content):
            for certificate in certificates:
                if not _names(signer.children[1], certificate):
                    continue
                try:
                    return _verified(signer, digests, certificate, accepted)
                except CmsError as error:
                    wrong = wrong or error
    except (BerError, ValueError, IndexError) as error:
        raise CmsError("authentication-failed", str(error)) from None
    raise wrong or CmsError("authentication-failed", "it is not signed by a certificate of this partner")


def _signers(content: Content) -> Sequence[Element]:
    infos = content.body.children[-1]
    if infos.tag != ber.SET or not infos.children:
        raise ValueError("nobody has signed it")
    return infos.children[:MOST_SIGNERS]


def _verified(
    signer: Element, digests: dict[str, bytes], certificate: x509.Certificate, accepted: Accepted
) -> Verified:
    digest = _digest(signer.children[2])
    if digest not in accepted.digests:
        raise CmsError("authentication-failed", f"a signature by {digest} is not accepted")
    attributes, *rest = signer.children[3:]
    if attributes.tag != 0xA0 or not attributes.definite:
        raise ValueError("a signature without signed attributes")
    signed = b"\x31" + attributes.raw()[1:]
    _signature(certificate, rest[0], rest[1].string(), signed, digest, accepted)
    values = _attributes(attributes)
    if values.get(known.CONTENT_TYPE) is None or known.MESSAGE_DIGEST not in values:
        raise ValueError("the signed attributes lack the kind of content or its digest")
    if values[known.MESSAGE_DIGEST].string() != digests.get(digest):
        raise CmsError("integrity-check-failed", f"the {digest} of the content is not the signed one")
    return Verified(certificate, digest, values[known.SIGNING_TIME].moment() if known.SIGNING_TIME in values else None)


def _attributes(attributes: Element) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for attribute in attributes.children:
        oid, values = attribute.children[0].oid(), attribute.children[1].children
        if oid in found:
            raise ValueError("a signed attribute stands twice")
        if len(values) == 1:
            found[oid] = values[0]
    return found


def _signature(
    certificate: x509.Certificate, algorithm: Element, value: bytes, signed: bytes, digest: str, accepted: Accepted
) -> None:
    """Check a signature over the signed attributes. Raises ValueError or CmsError."""
    oid = algorithm.children[0].oid()
    key = certificate.public_key()
    hash_ = known.HASHES[digest]()
    named = known.RSA_WITH.get(oid) or known.ECDSA_WITH.get(oid) or digest
    if named != digest:
        raise ValueError("the signature and its digest name different algorithms")
    try:
        if isinstance(key, rsa.RSAPublicKey):
            if key.key_size < accepted.rsa_bits:
                raise ValueError(f"a key of {key.key_size} bits is too short")
            key.verify(value, signed, _padding(oid, algorithm, digest), hash_)
        elif isinstance(key, ec.EllipticCurvePublicKey) and oid in known.ECDSA_WITH:
            key.verify(value, signed, ec.ECDSA(hash_))
        else:
            raise ValueError(f"the signature {oid} does not fit the certificate")
    except InvalidSignature:
        raise CmsError("authentication-failed", "the signature is wrong") from None


def _padding(oid: str, algorithm: Element, digest: str) -> padding.AsymmetricPadding:
    if oid == known.RSA or oid in known.RSA_WITH:
        return padding.PKCS1v15()
    if oid != known.PSS:
        raise ValueError(f"the signature {oid} is not accepted")
    main = mask = "sha-1"  # the defaults of RFC 8017 A.2.3
    salt = 20
    for part in algorithm.children[1].children if len(algorithm.children) > 1 else ():
        inner = part.children[0]
        if part.tag == 0xA0:
            main = _digest(inner)
        elif part.tag == 0xA1:
            mask = _mask(inner)
        elif part.tag == 0xA2:
            salt = inner.integer()
    if main != digest or not 0 <= salt <= 256:
        raise ValueError("the signature and its digest name different algorithms")
    return padding.PSS(padding.MGF1(known.HASHES[mask]()), salt)


def _names(identifier: Element, certificate: x509.Certificate) -> bool:
    """Does a SignerIdentifier or RecipientIdentifier mean this certificate?"""
    if identifier.tag == ber.SEQUENCE:
        issuer, serial = identifier.children[:2]
        return serial.integer() == certificate.serial_number and issuer.raw() == certificate.issuer.public_bytes()
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return False
    return identifier.string() == extension.value.digest


# --- compression


def decompress(content: Content, out: BinaryIO, *, largest: int, ratio: int = 200) -> None:
    """Inflate CompressedData (RFC 3274) to `out`. Raises CmsError(decompression-failed): also beyond `largest` bytes,
    or `ratio` times what was sent (a little is always allowed)."""
    try:
        if content.oid != known.COMPRESSED or content.body.children[1].children[0].oid() != known.ZLIB:
            raise ValueError("it is not compressed by zlib")
        packed = content.body.children[2].children[1]
        size = sum(stop - start for start, stop in packed.ranges())
        left = min(largest, max(size * ratio, ALWAYS_INFLATED))
        inflater = zlib.decompressobj()
        for chunk in packed.octets():
            while chunk:
                plain = inflater.decompress(chunk, CHUNK)
                left -= len(plain)
                if left < 0:
                    raise ValueError("it inflates to more than is allowed")
                out.write(plain)
                chunk = inflater.unconsumed_tail
        if not inflater.eof:
            raise ValueError("it is cut off")
    except (BerError, ValueError, IndexError, zlib.error) as error:
        raise CmsError("decompression-failed", str(error)) from None


def fingerprint(certificate: x509.Certificate) -> str:
    """The SHA-256 of a certificate, as people compare it: `AB:CD:...`."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()
