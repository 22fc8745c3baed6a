"""An exchange as a zip that others can check without us: raw bytes, certificates, the chain, and words.

    bundle(c, row, now)   the files, by name
    write(path, files)    the zip

Not here: checking it (verify.py). Rule protected: every file is as it was stored, or made of such files by a rule that
`verify` repeats.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway import clock
from gateway.evidence import chain, parts, signatures
from gateway.evidence.chain import EMPTY, Head
from gateway.evidence.words import readme
from gateway.ledger.queries import evidence, exchanges

ROLES = ("signed_by", "decrypted_by", "encrypted_for", "receipt_signed_by", "receipt_tls_peer")
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
SIGNED_DATA, CONTENT = "{}.p7s", "{}.signed"
MESSAGE, RECEIPT = "openssl/message", "openssl/receipt"


class NoBundle(Exception):
    """An exchange of which there is no bundle: one sentence for people."""


def bundle(c: Any, row: Any, now: dt.datetime) -> dict[str, bytes]:
    """The files of one exchange (a row of the ledger), made at `now`. Raises NoBundle."""
    links = evidence.links_of(c, row.id)
    if row.sealed is None:
        raise NoBundle(f"exchange {row.id} was stored before evidence was kept")
    if not links:
        raise NoBundle(
            f"exchange {row.id} is not in the chain yet; `gateway run` puts it there within a minute, then try again"
        )
    record = chain.parse(links[-1].record)
    files = {name: data for name, data in _stored(c, row).items() if name in record["digests"]}
    certificates = _certificates(c, record["facts"])
    for role, certificate in certificates.items():
        files[certificate_file(role)] = certificate.public_bytes(Encoding.PEM)
    files |= {f"record-{link.step}.json": link.record.encode() for link in links}
    files["chain.txt"] = _segment(c, links[0].number)
    files |= derived(files, record, certificates)
    files["README.txt"] = readme(record, files, certificates).encode()
    return sealed(files, row.id, now)


def derived(
    files: Mapping[str, bytes], record: Mapping[str, Any], certificates: Mapping[str, x509.Certificate]
) -> dict[str, bytes]:
    """What is made of the other files for openssl: the signatures, and what they were made of."""
    made: dict[str, bytes] = {}
    for name, signature in (
        (MESSAGE, signatures.message_signature(files, record, certificates)),
        (RECEIPT, signatures.receipt_signature(files, certificates)),
    ):
        if signature is not None:
            made[SIGNED_DATA.format(name)] = signature.signed_data
            made[CONTENT.format(name)] = signature.content
    return made


def certificate_file(role: str) -> str:
    return f"certificates/{role}.pem"


def sealed(files: Mapping[str, bytes], number: int, now: dt.datetime) -> dict[str, bytes]:
    """The files with the two that name and cover all of them."""
    listed = {name: {"sha256": parts.digest(data), "size": len(data)} for name, data in sorted(files.items())}
    values = {"format": "gateway evidence 1", "exchange": number, "made_at": clock.stamp(now), "files": listed}
    manifest = chain.record(values).encode()
    return {**files, MANIFEST: manifest, SEAL: seal_of(manifest)}


def seal_of(manifest: bytes) -> bytes:
    """What manifest.sha256 holds, as `sha256sum -c` reads it."""
    return f"{parts.digest(manifest)}  {MANIFEST}\n".encode()


def write(path: Path, files: Mapping[str, bytes]) -> None:
    """Raises OSError, also if the file is there already."""
    with path.open("xb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in sorted(files.items()):
            made.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def _stored(c: Any, row: Any) -> dict[str, bytes]:
    files = parts.files(parts.REQUEST, exchanges.request(c, row))
    answer = exchanges.answer(c, row)
    if answer is not None:
        files |= parts.files(parts.ANSWER, answer)
    if parts.ENTITY in row.digests:
        files[parts.ENTITY] = exchanges.entity(c, row)
    return files


def _certificates(c: Any, facts: Mapping[str, str]) -> dict[str, x509.Certificate]:
    """Those the record names, by what they were used for."""
    known = evidence.certificates(c, {facts[role] for role in ROLES if role in facts})
    return {role: x509.load_der_x509_certificate(known[facts[role]]) for role in ROLES if facts.get(role) in known}


def _segment(c: Any, first: int) -> bytes:
    before = evidence.link_at(c, first - 1)
    place = Head(before.number, before.digest) if before is not None else EMPTY
    return chain.segment(place, evidence.contents_from(c, first))
