"""Signatures and envelopes against `openssl cms`, which nobody here wrote: it opens ours, we open its."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.transports.as2 import ber, cms_write
from gateway.transports.as2.algorithms import CIPHERS, DIGESTS, Accepted
from gateway.transports.as2.cms_read import (
    CmsError,
    Decrypted,
    OwnKey,
    Verified,
    decompress,
    decrypt,
    digests_of,
    encapsulated,
    hashed,
    opened,
    verify,
)
from gateway.window import Window
from tests.transports.as2.peers import NOON, openssl, own

TEXT = b"Content-Type: application/edi-x12\r\n\r\nISA*00*          ~\x1a\x00\xff"
EVERYTHING = Accepted(ciphers=frozenset(CIPHERS), digests=frozenset(DIGESTS), rsa_bits=1024)
SIZES = [b"", b"x", TEXT, TEXT * 20_000]


def decrypted(data: bytes, *keys: OwnKey, accepted: Accepted = EVERYTHING) -> tuple[bytes, Decrypted]:
    out = io.BytesIO()
    facts = decrypt(opened(Window.of(data), "decryption-failed"), keys, accepted, out)
    return out.getvalue(), facts


def verified(data: bytes, content: bytes, *partners: OwnKey, accepted: Accepted = EVERYTHING) -> Verified:
    signed = opened(Window.of(data), "authentication-failed")
    digests = hashed([content], digests_of(signed, accepted))
    return verify(signed, digests, [partner.certificate for partner in partners], accepted)


# --- we open what openssl makes

OPENSSL_CIPHERS = {"aes-128-cbc": "-aes128", "aes-192-cbc": "-aes192", "aes-256-cbc": "-aes256", "3des": "-des3"}
# It does not stream GCM.
OPENSSL_CIPHERS |= {f"aes-{bits}-gcm": f"-aes-{bits}-gcm" for bits in (128, 192, 256)}


@pytest.mark.parametrize(
    ("cipher", "form"),
    [
        (cipher, form)
        for cipher in OPENSSL_CIPHERS
        for form in ([], ["-stream", "-indef"])
        if not (form and "gcm" in cipher)
    ],
)
def test_what_openssl_encrypts_we_decrypt(tmp_path: Path, cipher: str, form: list[str]) -> None:
    us = own("us")
    for text in SIZES:
        arguments = ["-encrypt", "-in", "FILE", "-outform", "DER", *form, OPENSSL_CIPHERS[cipher], "CERT"]
        data = openssl(tmp_path, text, *arguments, who=us)
        content, facts = decrypted(data, own("other"), us)
        assert content == text
        assert (facts.cipher, facts.transport, facts.certificate) == (cipher, "rsa", us.certificate)


@pytest.mark.parametrize("digest", DIGESTS)
def test_oaep_sha512_in(tmp_path: Path, digest: str) -> None:
    us = own("us")
    md = digest.replace("-", "")
    options = ["rsa_padding_mode:oaep", f"rsa_oaep_md:{md}", f"rsa_mgf1_md:{md}"]
    arguments = ["-encrypt", "-in", "FILE", "-outform", "DER", "-aes256", "-recip", "CERT"]
    data = openssl(tmp_path, TEXT, *arguments, *(word for option in options for word in ("-keyopt", option)), who=us)
    content, facts = decrypted(data, us)
    assert content == TEXT
    assert facts.transport == f"rsa-oaep/{digest}"


def test_by_key_identifier(tmp_path: Path) -> None:
    us = own("us")
    data = openssl(tmp_path, TEXT, "-encrypt", "-in", "FILE", "-outform", "DER", "-keyid", "-aes128", "CERT", who=us)
    assert decrypted(data, us)[0] == TEXT
    arguments = ("-sign", "-in", "FILE", "-outform", "DER", "-keyid", "-signer", "CERT", "-inkey", "KEY")
    assert verified(openssl(tmp_path, TEXT, *arguments, who=us), TEXT, us).certificate == us.certificate


def test_recipient_second(tmp_path: Path) -> None:
    us, other = own("us"), own("other")
    arguments = ("-encrypt", "-in", "FILE", "-outform", "DER", "-aes128", "OTHER", "CERT")
    data = openssl(tmp_path, TEXT, *arguments, who=us, others=other)
    assert decrypted(data, us)[0] == decrypted(data, other)[0] == TEXT


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize(
    ("kind", "form"),
    [("rsa", []), ("rsa", ["-stream", "-indef"]), ("pss", []), ("ec", []), ("ec", ["-stream", "-indef"])],
)
def test_what_openssl_signs_we_verify(tmp_path: Path, digest: str, kind: str, form: list[str]) -> None:
    partner = own("partner", "ec" if kind == "ec" else "rsa")
    arguments = ["-sign", "-in", "FILE", "-outform", "DER", "-md", digest.replace("-", ""), "-signer", "CERT"]
    arguments += ["-inkey", "KEY", *form, *(("-keyopt", "rsa_padding_mode:pss") if kind == "pss" else ())]
    data = openssl(tmp_path, TEXT, *arguments, who=partner)
    assert verified(data, TEXT, own("us"), partner) == Verified(partner.certificate, digest)
    with pytest.raises(CmsError) as changed:
        verified(data, TEXT + b" ", partner)
    assert changed.value.failure == "integrity-check-failed"


def test_a_content_within_its_signature(tmp_path: Path) -> None:
    partner = own("partner")
    for text in SIZES[1:]:  # openssl does not stream nothing
        arguments = ("-sign", "-nodetach", "-in", "FILE", "-outform", "DER", "-stream", "-signer", "CERT")
        data = openssl(tmp_path, text, *arguments, "-inkey", "KEY", who=partner)
        signed = opened(Window.of(data), "authentication-failed")
        inside = encapsulated(signed)
        assert inside is not None
        assert b"".join(inside.octets()) == text
        assert verified(data, text, partner).digest == "sha-256"


def test_compressed_and_inflated() -> None:
    packed, made = io.BytesIO(), io.BytesIO()
    cms_write.compress(Window.of(TEXT), packed, made)
    out = io.BytesIO()
    decompress(opened(Window.of(made.getvalue()), "decompression-failed"), out, largest=1000)
    assert out.getvalue() == TEXT


# --- openssl opens what we make


@pytest.mark.parametrize("cipher", CIPHERS)
def test_what_we_encrypt_openssl_decrypts(tmp_path: Path, cipher: str) -> None:
    partner = own("partner")
    for text in SIZES:
        out = io.BytesIO()
        cms_write.encrypt(Window.of(text), partner.certificate, out, cipher=cipher)
        arguments = ("-decrypt", "-in", "FILE", "-inform", "DER", "-inkey", "KEY", "-recip", "CERT")
        assert openssl(tmp_path, out.getvalue(), *arguments, who=partner) == text
        assert decrypted(out.getvalue(), partner)[1].cipher == cipher


@pytest.mark.parametrize("digest", DIGESTS)
def test_oaep_on_the_wire(tmp_path: Path, digest: str) -> None:
    partner = own("partner")
    out = io.BytesIO()
    cms_write.encrypt(Window.of(TEXT), partner.certificate, out, oaep=digest)
    arguments = ("-decrypt", "-in", "FILE", "-inform", "DER", "-inkey", "KEY", "-recip", "CERT")
    assert openssl(tmp_path, out.getvalue(), *arguments, who=partner) == TEXT
    assert decrypted(out.getvalue(), partner)[1].transport == f"rsa-oaep/{digest}"


@pytest.mark.parametrize("cipher", ["aes-128-gcm", "aes-256-gcm"])
def test_gcm_in_enveloped(cipher: str) -> None:
    partner = own("partner")
    for text in SIZES:
        out = io.BytesIO()
        cms_write.encrypt(Window.of(text), partner.certificate, out, cipher=cipher, gcm_in_enveloped=True)
        assert decrypted(out.getvalue(), partner)[0] == text


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("kind", ["pkcs1", "pss", "ec"])
def test_what_we_sign_openssl_verifies(tmp_path: Path, digest: str, kind: str) -> None:
    us = own("us", "ec" if kind == "ec" else "rsa")
    data = cms_write.sign(
        hashed([TEXT], [digest])[digest], digest, us, NOON, scheme="pss" if kind == "pss" else "pkcs1"
    )
    (tmp_path / "SIGNATURE").write_bytes(data)
    arguments = ("-verify", "-in", str(tmp_path / "SIGNATURE"), "-inform", "DER", "-content", "FILE")
    openssl(tmp_path, TEXT, *arguments, "-CAfile", "CERT", "-purpose", "any", who=us)
    assert verified(data, TEXT, us) == Verified(us.certificate, digest)


# --- what is refused


def test_zero_signers_refused(tmp_path: Path) -> None:
    arguments = ("-data_create", "-in", "FILE", "-outform", "DER")
    with pytest.raises(CmsError, match="not CMS"):
        verified(openssl(tmp_path, TEXT, *arguments, who=own("us")), TEXT, own("us"))
    signed = cms_write.sign(hashed([TEXT], ["sha-256"])["sha-256"], "sha-256", own("us"), NOON)
    without = _without_signers(signed)
    with pytest.raises(CmsError, match="nobody has signed"):
        verified(without, TEXT, own("us"))


def test_unknown_signer_refused() -> None:
    signed = cms_write.sign(hashed([TEXT], ["sha-256"])["sha-256"], "sha-256", own("stranger"), NOON)
    with pytest.raises(CmsError, match="not signed by a certificate of this partner") as refused:
        verified(signed, TEXT, own("partner"))
    assert refused.value.failure == "authentication-failed"


def test_extra_signer_ignored_only_beside_a_known_one(tmp_path: Path) -> None:
    partner, stranger = own("partner"), own("stranger")
    arguments = ("-sign", "-in", "FILE", "-outform", "DER", "-signer", "CERT", "-inkey", "KEY")
    one = openssl(tmp_path, TEXT, *arguments, who=stranger)
    (tmp_path / "ONE").write_bytes(one)
    again = ("-resign", "-in", str(tmp_path / "ONE"), "-inform", "DER", "-outform", "DER", "-signer", "CERT")
    both = openssl(tmp_path, TEXT, *again, "-inkey", "KEY", who=partner)
    assert verified(both, TEXT, partner).certificate == partner.certificate
    with pytest.raises(CmsError):
        verified(both, TEXT, own("us"))


def test_algorithms_by_policy(tmp_path: Path) -> None:
    us = own("us")
    weak = openssl(tmp_path, TEXT, "-encrypt", "-in", "FILE", "-outform", "DER", "-des3", "CERT", who=us)
    with pytest.raises(CmsError, match="3des is not accepted"):
        decrypted(weak, us, accepted=Accepted())
    arguments = ("-sign", "-in", "FILE", "-outform", "DER", "-signer", "CERT", "-inkey", "KEY", "-md")
    for digest, sentence in (("sha1", "sha-1 is not accepted"), ("md5", "is not known")):
        signed = openssl(tmp_path, TEXT, *arguments, digest, who=us)
        with pytest.raises(CmsError, match=sentence):
            verified(signed, TEXT, us, accepted=Accepted())
    short = own("short", "rsa-1024")
    signed = cms_write.sign(hashed([TEXT], ["sha-256"])["sha-256"], "sha-256", short, NOON)
    with pytest.raises(CmsError, match="1024 bits is too short"):
        verified(signed, TEXT, short, accepted=Accepted())


def test_same_answer_for_every_crypto_failure() -> None:
    """Nobody learns from the answer what was wrong (Bleichenbacher, padding oracles)."""
    us = own("us")
    for cipher in ("aes-256-cbc", "aes-256-gcm"):
        out = io.BytesIO()
        cms_write.encrypt(Window.of(TEXT), us.certificate, out, cipher=cipher)
        data = out.getvalue()
        for place in range(0, len(data), 7):
            spoiled = data[:place] + bytes((data[place] ^ 0x55,)) + data[place + 1 :]
            failure, content = "", TEXT
            try:
                content, _ = decrypted(spoiled, us)
            except CmsError as error:
                failure = error.failure
            assert failure in ("", "decryption-failed")
            assert cipher == "aes-256-cbc" or content == TEXT  # CBC alone does not notice every change


def test_zip_bomb() -> None:
    packed, made, out = io.BytesIO(), io.BytesIO(), io.BytesIO()
    cms_write.compress(Window.of(bytes(200_000_000)), packed, made)
    assert len(made.getvalue()) < 250_000
    with pytest.raises(CmsError, match="more than is allowed"):
        decompress(opened(Window.of(made.getvalue()), "decompression-failed"), out, largest=10**9)
    assert len(out.getvalue()) <= 200 * len(made.getvalue())


def _without_signers(signed: bytes) -> bytes:
    """A SignedData whose set of signers is empty."""
    body = opened(Window.of(signed), "authentication-failed").body
    parts = [part.raw() for part in body.children[:-1]]
    return ber.sequence(ber.oid("1.2.840.113549.1.7.2"), ber.tlv(0xA0, ber.sequence(*parts, ber.tlv(ber.SET))))


def test_der_certificates_stay_whole() -> None:
    us = own("us")
    signed = cms_write.sign(bytes(32), "sha-256", us, NOON)
    assert us.certificate.public_bytes(Encoding.DER) in signed
