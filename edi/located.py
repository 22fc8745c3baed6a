"""Configuration files checked by pydantic models, with every complaint naming file, line and key.

Not here: reading YAML (edi/yaml_source.py), what the keys mean (the model). Used for partner.yaml and gateway.yaml
alike.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

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
            "\n".join(_complaint(tree, entry["loc"], entry["msg"]) for entry in error.errors())
        ) from None


def _complaint(tree: Tree, path: tuple[int | str, ...], message: str) -> str:
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
    sentence = {
        "Extra inputs are not permitted": "there is no such key",
        "Field required": "this key is missing",
    }.get(message, message.removeprefix("Value error, "))
    return f"{tree.file}:{line}: {'.'.join(known) or 'file'}: {sentence}"
