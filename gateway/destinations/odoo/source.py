"""The poller: purchase orders of our partners, handed to the inlet when they are confirmed, changed and cancelled.

One call of `poll` is one round; a schedule calls it. Not here: the event (projection.py). Rules protected: by
measurement, write_date is the start of a transaction, cut to seconds, so a round looks back over an overlap, with `>=`,
and tells new from known by fingerprint, never by time; a line's planned date does not move the order's write_date, so
lines are asked as well; the cursor moves only when every page is stored; what an event tells is remembered with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import edi
from gateway import clock, log
from gateway.destinations.odoo import orders, source_state, values
from gateway.destinations.odoo.changes import Told, agreed_of
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.directory import Directory
from gateway.destinations.odoo.errors import OdooError
from gateway.destinations.odoo.orders import Row
from gateway.destinations.odoo.projection import Projector
from gateway.destinations.odoo.source_state import agreed_key, order_key, seen, told_key
from gateway.destinations.odoo.terms import PartnerTerms
from gateway.ports import Inlet, Submission

logger = log.get("odoo")
KEY_WARNINGS = frozenset({30, 14, 7, 3, 2, 1, 0})  # days left


class OdooSource:
    """The source of one Odoo. `name`, the destination, keys the state and gets notices. `partners` may be replaced;
    `agreed` has what answers confirm, by key of the state, until the ledger has it."""

    def __init__(
        self,
        name: str,
        connection: Connection,
        directory: Directory,
        partners: Mapping[str, PartnerTerms],
        agreed: dict[str, str],
    ) -> None:
        self.name, self.partners, self._agreed = name, partners, agreed
        self._connection, self._directory = connection, directory
        self._projector = Projector(connection, directory)
        self._key_checked: dt.date | None = None
        self._tidied: dt.date | None = None
        self.failure: OdooError | None = None  # of the last round

    async def poll(self, inlet: Inlet) -> int:
        """One round. Returns how many events were new. A failure of Odoo is logged and left to the next round."""
        try:
            partners = self.partners
            await self._connection.ready()
            await self._directory.prepare(partners)
            new = await self._round(inlet, partners)
        except OdooError as error:
            if self.failure is None or self.failure.meaning is not error.meaning:  # once, not at every round
                logger.warning("orders could not be read", destination=self.name, reason=str(error))
            self.failure = error
            return 0
        if self.failure is not None:
            logger.info("orders are read again", destination=self.name)
        self.failure = None
        self._watch_key()
        return new

    async def _round(self, inlet: Inlet, partners: Mapping[str, PartnerTerms]) -> int:
        known = (source_state.CURSOR, source_state.SINCE, *(source_state.PARTNER_SINCE + each for each in partners))
        state = await inlet.recall(self.name, known)
        started = self._connection.server_now()
        cursor, first = self._start(state, started, partners)
        if first:
            await inlet.submit(self.name, [], first)  # before anything can fail: a later start would hide orders
            state.update(first)
        new, complete = 0, True
        async for page in self._pages(cursor):
            keys = [make(row["id"]) for row in page for make in (order_key, told_key, agreed_key)]
            of_page = {**state, **await inlet.recall(self.name, keys), **self._agreed}
            submissions, remember, whole = await self._page(page, of_page, partners, started.date())
            complete &= whole
            if submissions or remember:
                new += await inlet.submit(self.name, submissions, remember)
                for key in remember:
                    self._agreed.pop(key, None)
        if complete:
            moved = {source_state.CURSOR: values.moment_text(started - self._overlap)}
            await inlet.submit(self.name, [], {**moved, **await self._forgotten(inlet, started.date())})
        return new

    async def _forgotten(self, inlet: Inlet, today: dt.date) -> dict[str, str]:
        """Once a day: the keys of orders nobody has touched for long."""
        if self._tidied == today:
            return {}
        self._tidied = today
        return source_state.forgotten(await inlet.recall(self.name, prefix=source_state.ORDER), today)

    @property
    def _overlap(self) -> dt.timedelta:
        return dt.timedelta(seconds=self._connection.settings.poll.overlap)

    def _start(
        self, state: Mapping[str, str], now: dt.datetime, partners: Mapping[str, PartnerTerms]
    ) -> tuple[dt.datetime, dict[str, str]]:
        """Since when to look, and what to remember first: from which confirmation on each partner's orders are sent.

        The first round takes `since` of the configuration, or now; so does one after `since` was moved back. A partner
        that came later starts when it came: its older orders reached the supplier in another way.
        """
        now = now.replace(microsecond=0)
        known, configured = values.moment(state.get(source_state.SINCE)), self._connection.settings.since
        cursor = values.moment(state.get(source_state.CURSOR))
        if known is None or (configured is not None and configured < known):
            start = configured or now
            since = values.moment_text(start)
            cursor = start - self._overlap
            first = {source_state.SINCE: since, source_state.CURSOR: values.moment_text(cursor)}
            return cursor, {**first, **{source_state.PARTNER_SINCE + partner: since for partner in partners}}
        late = [partner for partner in partners if source_state.PARTNER_SINCE + partner not in state]
        first = {source_state.PARTNER_SINCE + partner: values.moment_text(now) for partner in late}
        return cursor or known - self._overlap, first

    async def _pages(self, cursor: dt.datetime) -> AsyncIterator[list[Row]]:
        """Orders written since the cursor, or with a line written since, in pages by (write_date, id).

        write_date comes back cut to seconds: a page starts again at the second of the last row, without the rows seen
        in it.
        """
        vendors, settings = self._directory.vendors, self._connection.settings
        if not vendors:
            return
        start = values.moment_text(cursor)
        base: list[Any] = [
            ["state", "in", [*orders.RELEASED, "cancel"]],
            ["company_id", "=", settings.company],
            ["partner_id", "child_of", vendors],
            "|",
            ["write_date", ">=", start],
            ["order_line.write_date", ">=", start],
        ]
        more: list[Any] = []
        second, at_second = "", set[int]()
        while True:
            rows = await self._connection.search(
                "purchase.order",
                [*base, *more],
                orders.header_fields(self._connection),
                order="write_date,id",
                limit=settings.poll.page,
            )
            if rows:
                yield rows
            if len(rows) < settings.poll.page:
                return
            last = rows[-1]["write_date"]
            at_second = (at_second if last == second else set()) | {
                row["id"] for row in rows if row["write_date"] == last
            }
            second = last
            more = [["write_date", ">=", second], ["id", "not in", sorted(at_second)]]

    async def _page(
        self,
        page: Sequence[Row],
        state: Mapping[str, str],
        partners: Mapping[str, PartnerTerms],
        today: dt.date,
    ) -> tuple[list[Submission], dict[str, str], bool]:
        """What a page gives: events, what to remember, and whether every order could be read."""
        submissions: list[Submission] = []
        remember: dict[str, str] = {}
        whole = True
        wanted: list[tuple[Row, str]] = []
        for row in page:
            partner = await self._directory.partner_of(values.ref(row["partner_id"]))
            if partner in partners and self._concerns(row, state, partner):
                wanted.append((row, partner))
        for at in range(0, len(wanted), orders.BATCH):
            batch = wanted[at : at + orders.BATCH]
            lines = await orders.read_lines(self._connection, [row["id"] for row, _ in batch])
            for row, partner in batch:
                try:
                    submission, kept = await self._order(
                        row, lines[row["id"]], partner, partners[partner], state, today
                    )
                except (edi.EdiError, ValueError, KeyError, TypeError):
                    # Our mistake with one order. The others go on; the cursor stays, so that it is not lost.
                    logger.exception("an order could not be read", destination=self.name, order=row["name"])
                    whole = False
                    continue
                remember.update(kept)
                if submission is not None:
                    submissions.append(submission)
        return submissions, remember, whole

    @staticmethod
    def _concerns(row: Row, state: Mapping[str, str], partner: str) -> bool:
        """Known orders always; others when they are released and were confirmed since. Older ones are the baseline."""
        if order_key(row["id"]) in state:
            return True
        confirmed = values.moment(row["date_approve"] or row["date_order"])
        since = values.moment(state.get(source_state.PARTNER_SINCE + partner))
        if confirmed is None or since is None:
            return False
        return row["state"] in orders.RELEASED and confirmed >= since

    async def _order(
        self,
        row: Row,
        lines: list[Row],
        partner: str,
        terms: PartnerTerms,
        state: Mapping[str, str],
        today: dt.date,
    ) -> tuple[Submission | None, dict[str, str]]:
        """The event of one order, if it is new, and what to remember of it."""
        key = order_key(row["id"])
        print_ = orders.fingerprint(self._connection, row, lines, self._directory.zone(terms))
        known, fresh = state.get(key), seen(print_, today)
        if known == fresh:
            return None, {}
        if known is not None and source_state.fingerprint_of(known) == print_:
            return None, {key: fresh}
        event: edi.Event | None
        if known is None:
            what = "released"
            event, told = await self._projector.released(partner, terms, row, lines)
        else:
            what = "cancelled" if row["state"] == "cancel" else "changed"
            before = Told.of(state.get(told_key(row["id"])))
            agreed = agreed_of(state.get(agreed_key(row["id"])))
            event, told = await self._projector.changed(partner, terms, row, lines, before, agreed, print_)
        # What was agreed is part of what was told from here on; a later change is measured against that.
        remember = {key: fresh, told_key(row["id"]): told.text(), agreed_key(row["id"]): ""}
        if event is None:
            return None, remember
        logger.info(f"order {what}", order=row["name"], partner=partner)
        return Submission(event, partner, reply_to=self.name, reference=f"purchase.order,{row['id']}"), remember

    def _watch_key(self) -> None:
        """Say once a day when the API key comes to its end; nobody can make a new one over RPC."""
        today, ends = clock.now().date(), self._connection.settings.flows.purchase.key_expires
        if ends is None or self._key_checked == today:
            return
        self._key_checked = today
        left = (ends - today).days
        if left in KEY_WARNINGS or left < 0:
            logger.warning("the API key of Odoo expires", destination=self.name, days_left=left, on=ends.isoformat())
