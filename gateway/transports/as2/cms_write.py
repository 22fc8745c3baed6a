"""CMS (RFC 5652, 5083, 5084, 3274) as we send it, in DER: signed, enveloped, compressed.

Not here: MIME, and which of it a partner gets. Rule protected: the content goes through in chunks; lengths are known
before the first byte.
"""

from __future__ import annotations

import datetime as dt
import os
import zlib
from typing import BinaryIO, Literal

from cryptography import x509
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.transports.as2 import algorithms as known
from gateway.transports.as2 import ber
from gateway.transports.as2.ber import integer, octets, oid, sequence, set_of, tlv
from gateway.transports.as2.cms_read import TAG, OwnKey
from gateway.window import Window

NULL = tlv(ber.NULL)


def sign(digest: bytes, name: str, own: OwnKey, at: dt.datetime, *, scheme: Literal["pkcs1", "pss"] = "pkcs1") -> bytes:
    """A SignedData beside its content, of which `digest` is the hash called `name`; signed at `at` by `own`."""
    attributes = _attributes(digest, at)
    hash_ = known.HASHES[name]()
    signed = tlv(ber.SET, attributes)
    if isinstance(own.key, ec.EllipticCurvePrivateKey):
        algorithm, value = sequence(oid(known.ECDSA_SIGNS[name])), own.key.sign(signed, ec.ECDSA(hash_))
    elif scheme == "pss":
        algorithm = sequence(oid(known.PSS), _pss(name, hash_.digest_size))
        value = own.key.sign(signed, padding.PSS(padding.MGF1(known.HASHES[name]()), hash_.digest_size), hash_)
    else:
        # RFC 5754 3.2; some readers do not know plain rsaEncryption here
        algorithm = sequence(oid(known.RSA_SIGNS[name]), NULL)
        value = own.key.sign(signed, padding.PKCS1v15(), hash_)
    by = sequence(oid(known.DIGESTS[name]))
    signer = sequence(integer(1), _names(own.certificate), by, tlv(0xA0, attributes), algorithm, octets(value))
    data = sequence(
        integer(1),
        set_of(by),
        sequence(oid(known.DATA)),
        tlv(0xA0, own.certificate.public_bytes(Encoding.DER)),
        set_of(signer),
    )
    return sequence(oid(known.SIGNED), tlv(0xA0, data))


def _attributes(digest: bytes, at: dt.datetime) -> bytes:
    """The signed attributes, in the order of DER."""
    when = at.astimezone(dt.UTC)
    time = (
        tlv(0x17, f"{when:%y%m%d%H%M%S}Z".encode()) if when.year < 2050 else tlv(0x18, f"{when:%Y%m%d%H%M%S}Z".encode())
    )
    rows = (
        sequence(oid(known.CONTENT_TYPE), set_of(oid(known.DATA))),
        sequence(oid(known.MESSAGE_DIGEST), set_of(octets(digest))),
        sequence(oid(known.SIGNING_TIME), set_of(time)),
    )
    return b"".join(sorted(rows))


def _pss(name: str, salt: int) -> bytes:
    by = sequence(oid(known.DIGESTS[name]))
    return sequence(tlv(0xA0, by), tlv(0xA1, sequence(oid(known.MGF1), by)), tlv(0xA2, integer(salt)))


def _names(certificate: x509.Certificate) -> bytes:
    return sequence(certificate.issuer.public_bytes(), integer(certificate.serial_number))


def encrypt(
    content: Window,
    certificate: x509.Certificate,
    out: BinaryIO,
    *,
    cipher: str = "aes-256-cbc",
    oaep: str = "",
    gcm_in_enveloped: bool = False,
) -> None:
    """Write `content`, encrypted for `certificate`, to `out`: EnvelopedData, or AuthEnvelopedData with GCM.

    `oaep` names the digest of RSA-OAEP, empty for PKCS#1 v1.5. `gcm_in_enveloped`: GCM within EnvelopedData, for peers
    that know no other. Raises ValueError for a certificate that cannot be encrypted to.
    """
    kind = known.CIPHERS[cipher]
    secret, iv = os.urandom(kind.key), os.urandom(12 if kind.mode == "gcm" else kind.block)
    recipients = set_of(_recipient(secret, certificate, oaep))
    separate = kind.mode == "gcm" and not gcm_in_enveloped
    if kind.mode == "cbc":
        parameters, size = octets(iv), (len(content) // kind.block + 1) * kind.block
    else:
        parameters = sequence(octets(iv), integer(TAG)) if separate else octets(iv)  # the nonce alone, as libas2 has it
        size = len(content) + (0 if separate else TAG)
    algorithm = sequence(oid(kind.oid), parameters)
    inside = oid(known.DATA) + algorithm + ber.header(0x80, size)
    before = integer(0) + recipients + ber.header(ber.SEQUENCE, len(inside) + size) + inside
    after = 2 + TAG if separate else 0
    body = ber.header(ber.SEQUENCE, len(before) + size + after) + before
    kind_oid = oid(known.AUTH_ENVELOPED if separate else known.ENVELOPED)
    wrapped = kind_oid + ber.header(0xA0, len(body) + size + after) + body
    out.write(ber.header(ber.SEQUENCE, len(wrapped) + size + after) + wrapped)
    if kind.mode == "cbc":
        _cbc(content, kind, secret, iv, out)
        return
    encryptor = Cipher(AES(secret), modes.GCM(iv)).encryptor()
    for chunk in content.chunks():
        out.write(encryptor.update(chunk))
    out.write(encryptor.finalize())
    out.write(octets(encryptor.tag) if separate else encryptor.tag)


def _cbc(content: Window, kind: known.CipherKind, secret: bytes, iv: bytes, out: BinaryIO) -> None:
    encryptor = Cipher(kind.algorithm(secret), modes.CBC(iv)).encryptor()  # type: ignore[call-arg]  # all take a key
    padder = block_padding.PKCS7(kind.block * 8).padder()
    for chunk in content.chunks():
        out.write(encryptor.update(padder.update(chunk)))
    out.write(encryptor.update(padder.finalize()) + encryptor.finalize())


def _recipient(secret: bytes, certificate: x509.Certificate, oaep: str) -> bytes:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("only a certificate with an RSA key can be encrypted to")
    if oaep:
        by = sequence(oid(known.DIGESTS[oaep]))
        algorithm = sequence(oid(known.OAEP), sequence(tlv(0xA0, by), tlv(0xA1, sequence(oid(known.MGF1), by))))
        pad: padding.AsymmetricPadding = padding.OAEP(padding.MGF1(known.HASHES[oaep]()), known.HASHES[oaep](), None)
    else:
        algorithm, pad = sequence(oid(known.RSA), NULL), padding.PKCS1v15()
    return sequence(integer(0), _names(certificate), algorithm, octets(key.encrypt(secret, pad)))


def compress(content: Window, packed: BinaryIO, out: BinaryIO) -> None:
    """Write `content` as CompressedData to `out`; `packed` is a scratch file."""
    deflater = zlib.compressobj()
    for chunk in content.chunks():
        packed.write(deflater.compress(chunk))
    packed.write(deflater.flush())
    inner = Window.all_of(packed)
    size = len(inner)
    string = ber.header(ber.OCTETS, size)
    info = oid(known.DATA) + ber.header(0xA0, len(string) + size) + string
    body = integer(0) + sequence(oid(known.ZLIB)) + ber.header(ber.SEQUENCE, len(info) + size) + info
    explicit = ber.header(ber.SEQUENCE, len(body) + size) + body
    wrapped = oid(known.COMPRESSED) + ber.header(0xA0, len(explicit) + size) + explicit
    out.write(ber.header(ber.SEQUENCE, len(wrapped) + size) + wrapped)
    for chunk in inner.chunks():
        out.write(chunk)
