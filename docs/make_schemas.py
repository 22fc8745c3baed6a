"""Writes the JSON Schema of every event to docs/schemas/<type>/<major.minor>.json: `python docs/make_schemas.py`.

A version once written is only added to: a change that takes something away is refused and needs a new major. Older
versions stay where they are. A test holds the files to the models.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from edi.documents import TYPES, event_schema
from edi.documents.compatibility import breaking_changes

FOLDER = Path(__file__).with_name("schemas")


def place(event_type: str) -> str:
    """`procurement.order.released/1.1.json`"""
    return f"{event_type.rpartition('.')[0]}/{TYPES[event_type][1]}.json"


def text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def earlier(event_type: str, folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """The committed versions of the major of an event, by their place."""
    major = event_type.rpartition(".v")[2]
    name = event_type.rpartition(".")[0]
    paths = sorted((folder / name).glob(f"{major}.*.json"), key=lambda path: int(path.stem.partition(".")[2]))
    return {f"{name}/{path.name}": json.loads(path.read_text(encoding="utf-8")) for path in paths}


def refused(event_type: str, schema: dict[str, Any], folder: Path = FOLDER) -> list[str]:
    """Why the schema cannot be a version of this major: sentences, or nothing."""
    return [
        f"{known}: {change}"
        for known, committed in earlier(event_type, folder).items()
        for change in breaking_changes(committed, schema)
    ]


def write(folder: Path = FOLDER) -> list[str]:
    """Write all schemas. Nothing is written if one is refused; the reasons are returned."""
    schemas = {event_type: event_schema(event_type) for event_type in TYPES}
    reasons = [reason for event_type, schema in schemas.items() for reason in refused(event_type, schema, folder)]
    if not reasons:
        for event_type, schema in schemas.items():
            path = folder / place(event_type)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text(schema), encoding="utf-8")
    return reasons


if __name__ == "__main__":
    problems = write()
    sys.exit("\n".join((*problems, "Such a change needs a new major version.")) if problems else 0)
