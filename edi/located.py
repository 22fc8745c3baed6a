"""Configuration files checked by pydantic models, with every complaint naming file, line and key.

Not here: reading YAML (edi/yaml_source.py), what the keys mean (the model). Used for partner.yaml and gateway.yaml
alike.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from edi.errors import ProfileError
from edi.yaml_source import Mapping_, Sequence_, Tree, load

__all__ = ["Tree", "load_config", "parse_config"]

M = TypeVar("M", bound=BaseModel)

load_config = load


def parse_config(model: type[M], tree: Tree, context: object = None) -> M:
    """The model of a YAML mapping. Raises ProfileError with one line per complaint: `file:line: key: sentence`."""
    try:
        return model.model_validate(tree, context=context)
    except ValidationError as error:
        raise ProfileError(
            "\n".join(_complaint(tree, entry["loc"], _sentence(entry)) for entry in error.errors())
        ) from None


def _sentence(entry: ErrorDetails) -> str:
    """The complaint of the model in the words of the file."""
    known = {
        "extra_forbidden": "there is no such key",
        "missing": "this key is missing",
        "bool_parsing": "write yes or no",
        "bool_type": "write yes or no",
        "string_type": "one value is expected here",
        "list_type": "a list is expected here",
        "dict_type": "a mapping of keys to values is expected here",
        "model_type": "a mapping of keys to values is expected here",
        "string_too_short": "this is empty",
    }
    if entry["type"] == "literal_error":
        return f"write {entry['ctx']['expected']}"
    return known.get(entry["type"], entry["msg"].removeprefix("Value error, "))


def _complaint(tree: Tree, path: tuple[int | str, ...], sentence: str) -> str:
    node: Tree = tree
    line, known = tree.line, []
    for step in path:
        if isinstance(node, Mapping_) and isinstance(step, str) and step in node:
            line, node = node.key_line(step), node[step]
        elif isinstance(node, Sequence_) and isinstance(step, int) and step < len(node):
            node = node[step]
            line = node.line
        elif not isinstance(step, str) or step.startswith(("function-", "is-instance")):
            continue
        known.append(str(step))
    return f"{tree.file}:{line}: {'.'.join(known) or 'file'}: {sentence}"
