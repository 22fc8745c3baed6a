"""One Odoo database of the sandbox: its store, its keys, and one call from outside from start to commit."""

from __future__ import annotations

import datetime as dt
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.sandbox.odoo.catalogue import call, models
from gateway.sandbox.odoo.seed import plant
from gateway.sandbox.odoo.session import Recordset, Session
from gateway.sandbox.odoo.store import Store, utc_now

CALLS_KEPT = 5000
RELEASES = {18: "18.0-20250421", 19: "19.0"}


class Database:
    """Holds what the routes share. `keys` maps API keys to user ids."""

    def __init__(self, name: str, version: int, seed: Mapping[str, Any], state: Path | None = None) -> None:
        self.name = name
        self.version = version
        self.seed = seed
        self.calls: deque[dict[str, Any]] = deque(maxlen=CALLS_KEPT)
        self.counts: Counter[str] = Counter()
        self._state = state
        self.store = Store(version, models(version), utc_now, state)
        self.keys: dict[str, int] = plant(Store(version, models(version)), seed)
        if not self.store.load():
            plant(self.store, seed)

    def reset(self) -> None:
        """Back to the seed, calls forgotten."""
        if self._state is not None:
            self._state.unlink(missing_ok=True)
        self.store = Store(self.version, models(self.version), utc_now, self._state)
        plant(self.store, self.seed)
        self.calls.clear()
        self.counts.clear()

    def user(self, login: str, key: str) -> int | None:
        """The uid of a login with its key, or with the key of nobody: None."""
        uid = self.keys.get(key)
        return uid if uid is not None and self.store.rows("res.users")[uid]["login"] == login else None

    def session(self, uid: int, context: Mapping[str, Any] | None = None) -> Session:
        """A call that starts now."""
        return Session(self.store, uid, self.store.now(), dict(context or {}))

    def execute(
        self, session: Session, model: str, method: str, arguments: Sequence[Any], options: Mapping[str, Any]
    ) -> Any:
        """Run a method in its own transaction. The result is plain values and Recordsets."""
        with self.store.transaction():
            return call(session, model, method, arguments, options)

    def plain(self, result: Any) -> Any:
        """A result as a client gets it: records are a list of ids, on 18 a text such as `mail.activity(51,)`."""
        if not isinstance(result, Recordset):
            return result
        if self.version >= 19:
            return list(result.ids)
        inside = f"{result.ids[0]}," if len(result.ids) == 1 else ", ".join(map(str, result.ids))
        return f"{result.model}({inside})"

    def log(self, **facts: Any) -> None:
        """Remember a call: the last ones in full, all of them by number."""
        self.counts[f"{facts['model']}.{facts['method']}"] += 1
        self.calls.append(facts)

    def set_skew(self, seconds: float) -> None:
        """Move this server's clock away from the real one."""
        self.store.skew = dt.timedelta(seconds=seconds)
