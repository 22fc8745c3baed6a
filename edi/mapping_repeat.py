"""Several items in one segment (SDQ: a place and a quantity, up to ten times): the row of the map, and how they are
written.

    - segment: SDQ
      into: splits
      repeat: {start: SDQ03, elements: 2}     # SDQ03 and SDQ04 are one item, SDQ05 and SDQ06 the next
      SDQ01: quantity.uom via uom             # outside of them: of every item
      SDQ03: site
      SDQ04: quantity.value as decimal

Not here: reading (edi/mapping_read.py). Rules protected: the schema says how often the elements repeat; items share a
segment only if all that stands outside of them is the same.
"""

from __future__ import annotations

from edi.mapping_bindings import address_of
from edi.mapping_nodes import Repeat, SegmentNode, is_list
from edi.mapping_runtime import Refused, trim
from edi.model import Segment
from edi.structure import SegmentDef
from edi.yaml_source import Mapping_, as_text, check_keys, fail, required


def repeat_of(row: Mapping_, node: SegmentNode) -> Repeat:
    """The `repeat` of a segment. Raises MapError: map.bad_repeat, map.bad_address, map.unknown_element."""
    check_keys(row, ("start", "elements"), "repeat")
    definition = node.entry.definition
    first = address_of(as_text(required(row, "start", "repeat"), "start"), definition).element
    text = as_text(required(row, "elements", "repeat"), "elements")
    size = int(text) if text.isascii() and text.isdigit() else 0
    last = _last(definition, first, size) if size else 0
    if last < first + 2 * size - 1 or not size:
        sentence = f"elements is how many belong to one item, and the same ones must follow; {text!s} do not repeat"
        raise fail(text, "map.bad_repeat", f"{sentence} from {definition.tag}{first:02d} on")
    found = Repeat(first, size, last)
    _fits(row, node, found)
    return Repeat(first, size, _used(definition, found))


def _last(definition: SegmentDef, first: int, size: int) -> int:
    """The last element of the runs that are like the first one."""
    kinds = [(one.ref, one.kind) for one in definition.elements]
    run, last = kinds[first - 1 : first - 1 + size], first - 1
    while len(run) == size and kinds[last : last + size] == run:
        last += size
    return last


def _used(definition: SegmentDef, repeat: Repeat) -> int:
    """The last element of the runs the guide of a partner leaves."""
    for start in range(repeat.first, repeat.last + 1, repeat.size):
        run = definition.elements[start - 1 : start - 1 + repeat.size]
        if start > repeat.first and any(one.effective_usage == "not_used" for one in run):
            return start - 1
    return repeat.last


def _fits(row: Mapping_, node: SegmentNode, repeat: Repeat) -> None:
    """What a segment of several items cannot have beside them."""
    start = f"{node.tag}{repeat.first:02d}"
    if node.into is None or not node.into.many or node.into.skip:
        raise fail(row, "map.bad_repeat", "repeat needs into, the list its items belong to, and no skip")
    if node.index == 0:
        raise fail(row, "map.bad_repeat", f"{node.tag} opens a loop; write into at the loop, and no repeat")
    if node.pairs is not None or node.derived:
        raise fail(row, "map.bad_repeat", "a segment with repeat has neither pairs nor derive_write")
    for test in node.when:
        if repeat.holds(test.address):
            raise fail(row, "map.bad_repeat", f"when cannot look at {test.address}, which is different in every item")
    for binding in node.bindings:
        made = binding.converter
        if binding.kind not in ("field", "const") or is_list(binding):
            raise fail(binding.row, "map.bad_repeat", f"{binding.address} is a list or a count, which has no item")
        if repeat.holds(binding.address) and (
            binding.kind == "const" or (made is not None and made.beside[-2:].isdigit())
        ):
            sentence = f"{binding.address} is repeated; bind it to a field, with no other element beside it"
            raise fail(binding.row, "map.bad_repeat", sentence)
    if not any(repeat.holds(binding.address) for binding in node.bindings):
        raise fail(row, "map.bad_repeat", f"nothing is bound to the elements that repeat; bind {start}")


def gathered(out: list[Segment], mark: int, repeat: Repeat, most: int | None, row: int) -> None:
    """Joins the segments from `mark` on, each with one item, where they differ in nothing else.

    Raises Refused for `row` if more than `most` are left.
    """
    made: list[Segment] = []
    common: tuple[Segment, Segment] | None = None
    at, empty = 0, [""] * (repeat.last + 1 - repeat.first)
    for segment in out[mark:]:
        whole = segment + [""] * (repeat.last + 1 - len(segment))
        around = whole[: repeat.first], whole[repeat.last + 1 :]
        if around != common or at > repeat.last:
            common, at = around, repeat.first
            made.append([*around[0], *empty, *around[1]])
        made[-1][at : at + repeat.size] = whole[repeat.first : repeat.first + repeat.size]
        at += repeat.size
    if most is not None and len(made) > most:
        raise Refused("write.too-long", row, "", f"at most {most} segments")
    out[mark:] = map(trim, made)
