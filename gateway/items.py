"""Whether two sides mean the same item, by what they call it. Pure.

Rule protected: one name both use is enough to be the same; names of one scheme that all differ mean another item; names
of different schemes say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from edi.documents.types import Id, ItemRef


def same_item(ids: tuple[Id, ...], item: ItemRef | None) -> bool:
    return item is not None and bool(_names(ids) & _names(item.ids))


def other_item(ids: tuple[Id, ...], item: ItemRef | None) -> bool:
    """Whether both name the item under one scheme and nothing agrees."""
    if item is None or same_item(ids, item):
        return False
    return bool({each.scheme for each in ids} & {each.scheme for each in item.ids})


def item_words(ids: Iterable[Id]) -> str:
    """The names of an item for a sentence."""
    return ", ".join(f"{each.scheme} {each.value}" for each in ids) or "no item"


def _names(ids: Iterable[Id]) -> set[tuple[str, str]]:
    """(scheme, value) pairs that compare: capital letters, a GTIN in its 14-digit form."""
    return {
        (each.scheme, each.value.strip().upper().zfill(14) if each.scheme == "gtin" else each.value.strip().upper())
        for each in ids
    }
