"""The checker against the slow interpreter on documents made from each shipped schema, damaged, and under a guide."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from generated_documents import damage, document, guide, message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_check_oracle import compare

from edi import resources
from edi.check import compile_check
from edi.schema import load_schema

FOLDER = resources.maps_folder()
SCHEMAS = sorted(str(path.relative_to(FOLDER)).removesuffix(".schema.yaml") for path in FOLDER.rglob("*.schema.yaml"))
SEEDS = st.integers(0, 2**32)
FEW = settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def una(identity: str, random: Random) -> str:
    return random.choice(("", "UNA:+.? '", "UNA:+,? '")) if identity.startswith("edifact") else ""


def test_every_schema_is_here() -> None:
    assert len(SCHEMAS) > 40
    assert Path(FOLDER / f"{SCHEMAS[0]}.schema.yaml").is_file()


@pytest.mark.parametrize("identity", SCHEMAS)
def test_a_document_made_from_the_schema_is_clean(identity: str) -> None:
    """Where the same segment may stand in several places, some made documents are not; the smallest one is."""
    schema = load_schema(identity)
    faults = [compile_check(schema).check(message(schema, document(schema, Random(seed)))).faults for seed in range(8)]
    assert [] in faults, faults[0][0].message


@pytest.mark.parametrize("identity", SCHEMAS)
@given(seed=SEEDS)
@FEW
def test_made_documents_are_checked_alike(identity: str, seed: int) -> None:
    random = Random(seed)
    schema = load_schema(identity)
    segments = document(schema, random)
    compare(schema, message(schema, segments, una(identity, random)))
    damage(segments, schema, random)
    compare(schema, message(schema, segments, una(identity, random)))


@given(identity=st.sampled_from(SCHEMAS), seed=SEEDS)
@settings(FEW, max_examples=40)
def test_guides_are_checked_alike(identity: str, seed: int) -> None:
    random = Random(seed)
    schema = guide(load_schema(identity), random)
    segments = document(schema, random)
    compare(schema, message(schema, segments))
    damage(segments, schema, random)
    compare(schema, message(schema, segments))
