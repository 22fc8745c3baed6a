"""A bundle judged again, by nothing but itself: no database, no configuration, no network.

    judge(path, head)   every check, in words

Not here: signatures (signatures.py). Rules protected: a file that is not exactly what it was is named; what no digest
covers is not believed; after a file was found changed nothing else is said of the content.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from cryptography import x509
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from gateway import clock
from gateway.evidence import bundle, chain, parts, signatures
from gateway.evidence.chain import Head
from gateway.evidence.signatures import Check
from gateway.transports.as2.cms_read import fingerprint


def _a_moment(text: str) -> str:
    clock.moment(text)
    return text


LARGEST = 4_000_000_000  # bytes of one file
KNOWN = "gateway evidence 1"
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"), AfterValidator(_a_moment)]


class _Manifest(BaseModel):
    class File(BaseModel):
        sha256: str

    files: dict[str, File]


class _Record(BaseModel):
    """What must be in a record to judge by it."""

    format: Literal["gateway evidence 1"]
    exchange: int
    direction: Literal["in", "out"]
    message_id: str
    mic: str
    receipt_mic: str
    state: str
    note: str
    facts: dict[str, str]
    digests: dict[str, str]
    received_at: Moment | None
    stored_at: Moment
    answered_at: Moment | None


class NotABundle(Exception):
    """The file is no bundle of evidence: one sentence for people."""


def judge(path: Path, head: Head | None = None) -> list[Check]:
    """All checks. `head`: a place of the chain from the log, which the chain must pass. Raises NotABundle."""
    files, damaged = read(path)
    if bundle.MANIFEST not in files and bundle.MANIFEST not in damaged:
        raise NotABundle(f"{path}: there is no {bundle.MANIFEST} in it; it is no bundle of evidence")
    checks = [Check(False, f"{name}: it cannot be read: {why}") for name, why in damaged.items()]
    checks += [Check(False, sentence) for sentence in changed(files)] if not damaged else []
    if checks:
        return checks
    checks.append(Check(True, f"all {len(files)} files are as the manifest says"))
    records: dict[str, bytes] = {n: files[n] for n in ("record-message.json", "record-receipt.json") if n in files}
    if "record-message.json" not in records:
        return [*checks, Check(False, "record-message.json: it is missing")]
    checks += _chained(files, records, head)
    if not all(check.good for check in checks):
        return checks
    try:
        several = [_Record.model_validate_json(data) for data in records.values()]
    except ValidationError as error:
        raise NotABundle(f"{path}: its record is none of {KNOWN!r}: {error.errors()[0]['msg']}") from None
    record = several[-1].model_dump()
    if several[0].exchange != several[-1].exchange:
        return [*checks, Check(False, "record-receipt.json: it is about another message than record-message.json")]
    certificates, about = _certificates(files, record)
    checks += [*_covered(files, record), *about]
    if all(check.good for check in checks):
        checks += signatures.message(files, record, certificates)
        checks += signatures.receipt(files, record, certificates)
        checks += _derived(files, record, certificates)
    return checks


def read(path: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files of a zip, and those that cannot be read. Raises NotABundle, OSError."""
    files: dict[str, bytes] = {}
    damaged: dict[str, str] = {}
    try:
        with zipfile.ZipFile(path) as opened:
            for info in opened.infolist():
                if info.file_size > LARGEST or info.filename in files:
                    raise NotABundle(f"{path}: {info.filename} stands twice in it, or is too large")
                try:
                    files[info.filename] = opened.read(info)
                except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
                    damaged[info.filename] = str(error)
    except (zipfile.BadZipFile, ValueError) as error:
        raise NotABundle(f"{path}: it is no zip: {error}") from None
    return files, damaged


def changed(files: Mapping[str, bytes]) -> Iterator[str]:
    """Whatever is not as the manifest says, by its name."""
    manifest = files[bundle.MANIFEST]
    if files.get(bundle.SEAL) != bundle.seal_of(manifest):
        yield f"{bundle.MANIFEST} is not what {bundle.SEAL} says: one of the two was changed"
        return
    try:
        listed = _Manifest.model_validate_json(manifest).files
    except ValidationError:
        yield f"{bundle.MANIFEST}: it is no list of files"
        return
    for name in sorted(listed.keys() - files.keys()):
        yield f"{name}: it is missing"
    for name in sorted(files.keys() - listed.keys() - {bundle.MANIFEST, bundle.SEAL}):
        yield f"{name}: the manifest does not know it"
    for name in sorted(listed.keys() & files.keys()):
        found = parts.digest(files[name])
        if found != listed[name].sha256:
            yield f"{name}: it was changed; its SHA-256 is {found}, and was {listed[name].sha256}"


def _chained(files: Mapping[str, bytes], records: Mapping[str, bytes], head: Head | None) -> Iterator[Check]:
    """The chain by itself, and that the records are links of it."""
    try:
        places = chain.places(files.get("chain.txt", b""))
    except ValueError as error:
        yield Check(False, f"chain.txt: the chain is broken: {error}")
        return
    last = places[max(places)][1]
    yield Check(True, f"the chain holds from link {min(places)} to link {last.number}, {len(places)} in all")
    by_content = dict(places.values())
    for name, data in records.items():
        place = by_content.get(parts.digest(data))
        where = f"it is link {place.number}" if place else "no link of chain.txt covers it"
        yield Check(place is not None, f"{name}: {where}")
    if head is None:
        yield Check(True, f"the chain ends with {last}: the log of the gateway must have led there")
        return
    passed = places.get(head.number)
    if passed is None:
        yield Check(False, f"chain.txt: link {head.number} is not in it, so that {head} cannot be compared")
    else:
        yield Check(passed[1] == head, f"chain.txt: link {head.number} has the digest {passed[1].digest}")


def _covered(files: Mapping[str, bytes], record: Mapping[str, Any]) -> Iterator[Check]:
    """The parts are those whose digests the record has."""
    wrong = False
    for name, digest in record["digests"].items():
        if name not in files:
            wrong = True
            yield Check(False, f"{name}: it is missing")
        elif parts.digest(files[name]) != digest:
            wrong = True
            yield Check(False, f"{name}: it is not what was stored; the record in the chain has another digest")
    for name in files:
        if name.startswith((f"{parts.REQUEST}/", f"{parts.ANSWER}/")) and name not in record["digests"]:
            wrong = True
            yield Check(False, f"{name}: the record in the chain does not know it")
    answered = any(name.startswith(f"{parts.ANSWER}/") for name in files)
    folders = (parts.REQUEST, parts.ANSWER) if answered else (parts.REQUEST,)
    for name in (f"{folder}/{file}" for folder in folders for file in ("line.txt", "headers.txt", "body.bin")):
        if name not in record["digests"]:
            wrong = True
            yield Check(False, f"{name}: the record in the chain lacks it")
    if not wrong:
        yield Check(True, "every part is what was stored: the record in the chain has its digest")


def _certificates(
    files: Mapping[str, bytes], record: Mapping[str, Any]
) -> tuple[dict[str, x509.Certificate], list[Check]]:
    """The certificates, each the one whose fingerprint the record has."""
    found: dict[str, x509.Certificate] = {}
    checks: list[Check] = []
    for role in bundle.ROLES:
        if role not in record["facts"]:
            continue
        name = bundle.certificate_file(role)
        try:
            certificate = x509.load_pem_x509_certificate(files.get(name, b""))
        except ValueError:
            checks.append(Check(False, f"{name}: it is missing, or no certificate"))
            continue
        same = fingerprint(certificate) == record["facts"][role]
        if same:
            found[role] = certificate
        else:
            checks.append(Check(False, f"{name}: it is another certificate than the record in the chain names"))
    if not checks and found:
        checks.append(Check(True, f"the {len(found)} certificate(s) are those the record in the chain names"))
    return found, checks


def _derived(
    files: Mapping[str, bytes], record: Mapping[str, Any], certificates: Mapping[str, x509.Certificate]
) -> Iterator[Check]:
    """What was made for openssl is made again."""
    again = bundle.derived(files, record, certificates)
    there = {name for name in files if name.startswith("openssl/")}
    wrong = sorted(name for name in there | again.keys() if files.get(name) != again.get(name))
    for name in wrong:
        yield Check(False, f"{name}: it is not what the other files give")
    if not wrong and again:
        yield Check(True, "the files for openssl are what the other files give")
