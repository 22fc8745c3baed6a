"""The README of a bundle: what it shows, what it does not, and how to check it with and without this program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography import x509

OPENSSL = (
    "openssl cms -verify -binary -inform DER -in openssl/{0}.p7s -content openssl/{0}.signed \\\n"
    "    -certfile certificates/{1}.pem -nointern -noverify -out /dev/null"
)
FILES = {
    "record-message.json": "what is known of the message, with the digests of its parts; a link of the chain covers it",
    "record-receipt.json": "the same with the receipt, once it had come",
    "chain.txt": "the chain from this exchange to its end when this bundle was made",
    "request/line.txt": "the request line",
    "request/headers.txt": "the HTTP headers, names as they were handed to us",
    "request/body.bin": "the HTTP body, as it went over the wire",
    "entity.bin": "what was encrypted in the body, with its MIME headers",
    "answer/line.txt": "the first line of the answer, or of the request that brought the receipt",
    "answer/headers.txt": "the HTTP headers of the receipt",
    "answer/body.bin": "the receipt (MDN), as it went over the wire",
    "certificates/signed_by.pem": "the certificate that signed the message",
    "certificates/decrypted_by.pem": "our certificate, for which the message was encrypted",
    "certificates/encrypted_for.pem": "the partner's certificate, for which we encrypted the message",
    "certificates/receipt_signed_by.pem": "the certificate that signed the receipt",
    "certificates/receipt_tls_peer.pem": "the TLS certificate of the server we sent the message to",
    "openssl/message.p7s": "the signature of the message by itself",
    "openssl/message.signed": "the bytes that signature was made of",
    "openssl/receipt.p7s": "the signature of the receipt by itself",
    "openssl/receipt.signed": "the bytes that signature was made of",
    "manifest.json": "every file with its size and SHA-256",
    "manifest.sha256": "the SHA-256 of manifest.json",
}


def readme(record: Mapping[str, Any], files: Mapping[str, bytes], certificates: Mapping[str, x509.Certificate]) -> str:
    """The text for one exchange."""
    ours = record["direction"] == "out"
    what = f"AS2 message {record['message_id']} from {record['as2_from']} to {record['as2_to']}"
    lines = [f"Evidence of {what}", "", "What happened", ""]
    lines += [f"  {name}: {text}" for name, text in _story(record, ours=ours) if text]
    lines += ["", "What is in this bundle", ""]
    lines += [f"  {name:36} {text}" for name, text in FILES.items() if name in files or name.startswith("manifest")]
    lines += [
        "",
        "Check it with this program, on any machine, without its database or configuration",
        "",
        "  gateway evidence verify BUNDLE.zip",
        "",
        "Check the signatures with OpenSSL alone, in the folder of the unpacked bundle",
        "",
    ]
    for name, role in (("message", "signed_by"), ("receipt", "receipt_signed_by")):
        if f"openssl/{name}.p7s" in files:
            lines += ["  " + OPENSSL.format(name, role), ""]
    lines += ["Certificates", ""]
    for role, certificate in certificates.items():
        lines.append(
            f"  {role}: {certificate.subject.rfc4514_string()}, issued by {certificate.issuer.rfc4514_string()}, "
            f"good from {certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}"
        )
        lines.append(f"    SHA-256 {record['facts'][role]}")
    lines += ["", "What it shows", ""]
    lines += [f"  {line}" for line in _shows(files, ours=ours)]
    return "\n".join(lines) + "\n"


def _story(record: Mapping[str, Any], *, ours: bool) -> list[tuple[str, str]]:
    facts = record["facts"]
    return [
        ("received" if not ours else "made", record["received_at"] or record["stored_at"]),
        ("stored", record["stored_at"]),
        ("posted", record["posted_at"] or ""),
        ("receipt received" if ours else "answered", record["answered_at"] or "not known"),
        ("state", record["state"] + (f": {record['note']}" if record["note"] else "")),
        ("peer", facts.get("peer", "") or facts.get("url", "")),
        ("encryption", " ".join(facts.get(name, "") for name in ("cipher", "key_transport")).strip() or "none"),
        ("MIC of the message", record["mic"] or "none"),
        ("MIC in the receipt", record["receipt_mic"] or "none"),
    ]


def _shows(files: Mapping[str, bytes], *, ours: bool) -> list[str]:
    signer, answerer = ("we", "the partner") if ours else ("the partner", "we")
    lines = []
    if "openssl/message.p7s" in files:
        lines += [f"The signature of the message shows that {signer} sent exactly these bytes."]
    else:
        lines += ["No signature that counts shows who sent the message."]
    if "openssl/receipt.p7s" in files:
        lines += [
            f"The receipt is signed: it shows what {answerer} said of the message it names. If it says that the",
            "message was stored, its MIC shows that it was these very bytes.",
        ]
    else:
        lines += ["There is no signed receipt: nothing here shows others that the message has arrived."]
    lines += [
        "Whose a certificate is must be known from elsewhere: compare its SHA-256 with what was exchanged.",
        "The chain shows that nothing was changed since: each link covers the one before. The end of the chain is",
        "written to the log of the gateway every day; `gateway evidence verify BUNDLE.zip --head NUMBER:DIGEST` checks",
        "that this bundle belongs to the chain of that day.",
    ]
    if "entity.bin" in files:
        lines += [
            "That the encrypted body holds entity.bin can only be shown with the private key it was encrypted for."
        ]
    return lines
