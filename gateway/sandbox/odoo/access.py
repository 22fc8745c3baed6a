"""Who may do what: the groups a user needs, as measured. The call from outside is judged, not what it causes."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.sandbox.odoo.base import external_ids
from gateway.sandbox.odoo.errors import AccessError
from gateway.sandbox.odoo.session import Session

ADMIN = "base.group_system"
PURCHASE = "purchase.group_purchase_user"
STOCK = "stock.group_stock_user"
INVOICING = "account.group_account_invoice"
SALES = "sales_team.group_sale_salesman_all_leads"
GROUPS: Mapping[str, str] = {
    ADMIN: "Administration/Settings",
    "base.group_erp_manager": "Administration/Access Rights",
    "base.group_partner_manager": "Extra Rights/Contact Creation",
    "base.group_user": "User types/Internal User",
    PURCHASE: "Purchase/User",
    STOCK: "Inventory/User",
    INVOICING: "Invoicing/Billing",
    SALES: "Sales/User: All Documents",
}
OPERATIONS = {"create": "create", "unlink": "delete", "read": "access", "write": "modify"}
READS = frozenset(
    {
        "read",
        "search",
        "search_read",
        "search_count",
        "web_search_read",
        "fields_get",
        "exists",
        "check_object_reference",
    }
)
ANYBODY = frozenset(GROUPS)
NOBODY: frozenset[str] = frozenset()
_ORDERS = {
    "access": frozenset({PURCHASE, STOCK, INVOICING}),
    "modify": frozenset({PURCHASE, INVOICING}),
    "create": frozenset({PURCHASE}),
    "delete": frozenset({PURCHASE}),
}
_PICKINGS = dict.fromkeys(("access", "modify", "create", "delete"), frozenset({PURCHASE, STOCK, INVOICING, SALES}))
_MASTER = {"access": ANYBODY, "modify": NOBODY, "create": NOBODY, "delete": NOBODY}
RULES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "purchase.order": _ORDERS,
    "purchase.order.line": _ORDERS,
    "stock.picking": _PICKINGS,
    "stock.move": _PICKINGS,
    "stock.move.line": _PICKINGS,
    "stock.package": {**_MASTER, **dict.fromkeys(("create", "modify"), frozenset({STOCK}))},
    "stock.quant.package": {**_MASTER, **dict.fromkeys(("create", "modify"), frozenset({STOCK}))},
    "account.move": dict.fromkeys(OPERATIONS.values(), frozenset({PURCHASE, INVOICING})),
    "account.move.line": dict.fromkeys(OPERATIONS.values(), frozenset({PURCHASE, INVOICING})),
    "sale.order": dict.fromkeys(OPERATIONS.values(), frozenset({SALES})),
    "sale.order.line": dict.fromkeys(OPERATIONS.values(), frozenset({SALES})),
    "res.partner": {**_MASTER, "create": frozenset({"base.group_partner_manager"})},
    "ir.model.data": {
        **_MASTER,
        **dict.fromkeys(("create", "modify", "delete"), frozenset({"base.group_erp_manager"})),
    },
    # Creating one by hand reads ir.model, which only administrators may.
    "mail.activity": {"access": ANYBODY, "modify": ANYBODY, "create": NOBODY, "delete": ANYBODY},
    "mail.message": {"access": ANYBODY, "modify": NOBODY, "create": ANYBODY, "delete": NOBODY},
    "ir.attachment": dict.fromkeys(OPERATIONS.values(), ANYBODY),
}


def check(session: Session, model: str, method: str) -> None:
    """Raises AccessError unless a group of the user allows the call. Administrators may do everything."""
    operation = OPERATIONS.get(method, "create" if method == "load" else "access" if method in READS else "modify")
    held = _held(session)
    allowed = RULES.get(model, _MASTER)[operation]
    if ADMIN in held or held & allowed or (method == "has_group" and model == "res.users"):
        return
    words = session.store.model(model).description
    target = f"'{words}' ({model})"
    if model == "mail.activity":
        target = "'Models' (ir.model)"
        operation, allowed = "access", frozenset({"base.group_erp_manager"})
    names = sorted(GROUPS[group] for group in allowed)
    if session.store.version >= 19:
        names = [name.rpartition("/")[2] for name in names]
    groups = "".join(f"\t- {name}\n" for name in names)
    reason = (
        f"This operation is allowed for the following groups:\n{groups}"
        if names
        else "No group currently allows this operation.\n"
    )
    raise AccessError(
        f"You are not allowed to {operation} {target} records.\n\n{reason}\n"
        "Contact your administrator to request access if necessary."
    )


def _held(session: Session) -> set[str]:
    known = external_ids(session)
    mine = session.value("res.users", session.uid, session.store.names.user_groups)
    held = {group for group in GROUPS if (target := known.reference(group)) and target[1] in mine}
    return held | {"base.group_user"}
