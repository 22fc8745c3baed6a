"""All models of one version, and calling their methods by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.sandbox.odoo import accounts, base, mail, products, purchase, stock
from gateway.sandbox.odoo.access import check
from gateway.sandbox.odoo.errors import AccessError, ArgumentMismatch, UnknownMethod
from gateway.sandbox.odoo.fields import Model
from gateway.sandbox.odoo.records import magic
from gateway.sandbox.odoo.session import Session

VERSIONS = (18, 19)


def models(version: int) -> Mapping[str, Model]:
    """Every model by name."""
    modules = (base, products, mail, stock, purchase, accounts)
    found = [model for module in modules for model in module.models(version)]
    return {model.name: replace(model, fields={**magic(model.name), **model.fields}) for model in found}


def method_kind(session: Session, model: str, method: str) -> str:
    """`model` or `record`. Raises UnknownModel, UnknownMethod, or AccessError for a private name."""
    records = session[model]
    if method.startswith("_"):
        raise AccessError(f"Private methods (such as '{model}.{method}') cannot be called remotely.")
    kind = getattr(getattr(records, method, None), "rpc", None)
    if kind is None:
        raise UnknownMethod(method)
    return str(kind)


def call(session: Session, model: str, method: str, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Call a method; ids come first for a record method. Raises what method_kind does, and ArgumentMismatch."""
    method_kind(session, model, method)
    function: Callable[..., Any] = getattr(session[model], method)
    try:
        bound = inspect.signature(function).bind(*arguments, **options)
    except TypeError as error:
        raise ArgumentMismatch(str(error)) from None
    check(session, model, method)
    return function(*bound.args, **bound.kwargs)
