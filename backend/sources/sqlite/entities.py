"""The things that rows name (words, URLs, scenarios, steps, campaigns, deliveries) as handles.

Get-or-insert with a memory of what was looked up. A name follows the latest row that tells one, so it
does not depend on the order of arrival. What a definition joins (a delivery to its scenario, a journey
version to its journey) is remembered as changed, for the writer to bring old rows along.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

import msgspec

from backend.record import (
    ContentRecord,
    DeliveryRecord,
    NamedBy,
    Ref,
    ScenarioRecord,
    StepRecord,
    TypeRecord,
    UrlRecord,
)
from backend.settling import Join
from backend.sources.sqlite.schema import CHANNEL_CODE, Word

DEFINED_MS = 1 << 61
"""The time of a name that a definition gives: it beats the name in any row."""


class Entities:
    """Handles of everything named in one store, for the one transaction that writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._accounts: dict[tuple[str, str], int] = {}
        self._words: dict[tuple[int, str], int] = {}
        self._urls: dict[tuple[int, str], int] = {}
        self._handles: dict[tuple[str, int, int, str], int] = {}
        self._names: dict[tuple[str, int], tuple[int, str]] = {}
        self._fresh_names: set[tuple[str, int]] = set()
        self._deliveries: dict[int, Join] = {}
        self._aliases: dict[int, int | None] = {}
        self._steps: dict[tuple[int, int], int] = {}
        self._successors: dict[int, dict[int, tuple[int, ...] | None]] = {}
        self.rejoined_deliveries: set[int] = set()
        """Deliveries whose join changed: their rows count elsewhere now."""
        self._type_names: dict[int, dict[str, str]] = {}
        self._renamed_types: dict[int, dict[int, int]] = {}
        self.aliased_scenarios: set[int] = set()
        """Journey versions that were joined to their journey."""
        self.redefined_scenarios: set[int] = set()
        """Scenarios whose path changed: where contacts are may be known better."""

    def forget_memory(self) -> None:
        """Drops everything remembered: after a rollback it may name rows that are not there."""
        self.__init__(self._db)  # type: ignore[misc]  # the constructor is the one list of what there is

    def account(self, product: str, account: str) -> int:
        known = self._accounts.get((product, account))
        if known is None:
            known = self._get_or_insert("account", ("product", "account"), (product, account))
            self._accounts[product, account] = known
        return known

    def word(self, kind: Word, text: str | None) -> int:
        """Handle of a word; 0 for none."""
        if not text:
            return 0
        known = self._words.get((kind, text))
        if known is None:
            known = self._get_or_insert("word", ("kind", "text"), (int(kind), text))
            if len(self._words) > 200_000:
                self._words.clear()
            self._words[kind, text] = known
        return known

    def type_word(self, account_id: int, type: str) -> int:
        """Handle of a row's type, by the name that the account has for it."""
        names = self._type_names.get(account_id)
        if names is None:
            sql = "SELECT type, name FROM type_name WHERE account_id = ?"
            names = self._type_names[account_id] = dict(self._db.execute(sql, (account_id,)).fetchall())
        return self.word(Word.TYPE, names.get(type, type))

    def url(self, account_id: int, url: str | None) -> int:
        if not url:
            return 0
        known = self._urls.get((account_id, url))
        if known is None:
            known = self._get_or_insert("url", ("account_id", "url"), (account_id, url))
            if len(self._urls) > 200_000:
                self._urls.clear()
            self._urls[account_id, url] = known
        return known

    def scenario(self, account_id: int, ref: Ref, at_ms: int) -> int:
        """The scenario a row names: itself, not yet followed to the journey of a version."""
        return self._entity("scenario", account_id, ref, at_ms)

    def campaign(self, account_id: int, ref: Ref, at_ms: int) -> int:
        return self._entity("campaign", account_id, ref, at_ms)

    def delivery(self, account_id: int, ref: Ref, at_ms: int) -> int:
        return self._entity("delivery", account_id, ref, at_ms)

    def step(self, scenario_id: int, ref: Ref, at_ms: int) -> int:
        return self._entity("step", scenario_id, ref, at_ms)

    def _entity(self, table: str, owner_id: int, ref: Ref, at_ms: int) -> int:
        place = (table, owner_id, int(ref.by), ref.key)
        handle = self._handles.get(place)
        if handle is None:
            owner = "scenario_id" if table == "step" else "account_id"
            handle = self._get_or_insert(table, (owner, "key_kind", "key"), place[1:])
            self._handles[place] = handle
        if ref.name:
            self._tell_name(table, handle, ref.name, at_ms)
        return handle

    def _tell_name(self, table: str, handle: int, name: str, at_ms: int) -> None:
        known = self._names.get((table, handle))
        if known is None:
            row = self._db.execute(f"SELECT name_ms, name FROM {table} WHERE id = ?", (handle,)).fetchone()
            known = (row[0], row[1])
            self._names[table, handle] = known
        if (at_ms, name) > known:
            self._names[table, handle] = (at_ms, name)
            self._fresh_names.add((table, handle))

    def _get_or_insert(self, table: str, columns: Sequence[str], values: Sequence[object]) -> int:
        found = self._db.execute(
            f"SELECT id FROM {table} WHERE " + " AND ".join(f"{name} = ?" for name in columns), values
        ).fetchone()
        if found:
            return int(found[0])
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table}({', '.join(columns)}) VALUES({marks})"
        return int(self._db.execute(sql, values).lastrowid or 0)

    def flush(self) -> None:
        """Writes the names that rows told."""
        for table, handle in sorted(self._fresh_names):
            name_ms, name = self._names[table, handle]
            self._db.execute(
                f"UPDATE {table} SET name_ms = ?, name = ? WHERE id = ?", (name_ms, name, handle)
            )
        self._fresh_names.clear()

    # --- what belongs to what ---------------------------------------------------------------------------

    def effective_scenario(self, scenario_id: int) -> int:
        """The journey where this is a version of one, else itself."""
        if scenario_id not in self._aliases:
            row = self._db.execute("SELECT alias_of FROM scenario WHERE id = ?", (scenario_id,)).fetchone()
            self._aliases[scenario_id] = row[0]
        return self._aliases[scenario_id] or scenario_id

    def effective_step(self, step_id: int, scenario_id: int) -> int:
        """The step of the same key in the scenario that its own scenario stands for."""
        known = self._steps.get((step_id, scenario_id))
        if known is None:
            row = self._db.execute(
                "SELECT scenario_id, key_kind, key, name, name_ms FROM step WHERE id = ?", (step_id,)
            ).fetchone()
            known = step_id
            if row[0] != scenario_id:
                known = self.step(scenario_id, Ref(row[2], NamedBy(row[1]), row[3]), row[4])
            self._steps[step_id, scenario_id] = known
        return known

    def join_of(self, delivery_id: int) -> Join:
        known = self._deliveries.get(delivery_id)
        if known is None:
            row = self._db.execute(
                "SELECT key_kind, scenario_id, step_id, campaign_id FROM delivery WHERE id = ?",
                (delivery_id,),
            ).fetchone()
            known = self._deliveries[delivery_id] = Join(*row)
        return known

    def see_channel(self, delivery_id: int, channel: int) -> None:
        """Notes the channel that a delivery's rows use, once."""
        place = ("channel", delivery_id, channel, "")
        if place not in self._handles:
            self._handles[place] = 1
            self._db.execute(
                "UPDATE delivery SET channel = min(coalesce(channel, ?), ?) WHERE id = ?",
                (channel, channel, delivery_id),
            )

    def successors(self, scenario_id: int) -> dict[int, tuple[int, ...] | None]:
        """step -> the steps that may follow it; None where its definition does not tell."""
        known = self._successors.get(scenario_id)
        if known is None:
            rows = self._db.execute(
                "SELECT id, key, next FROM step WHERE scenario_id = ?", (scenario_id,)
            ).fetchall()
            by_key = {key: handle for handle, key, _ in rows}
            known = {handle: following_steps(text, by_key) for handle, _, text in rows}
            self._successors[scenario_id] = known
        return known

    # --- definitions ------------------------------------------------------------------------------------

    def define_scenario(self, record: ScenarioRecord) -> bool:
        account_id = self.account(record.product, record.account)
        handle = self.scenario(account_id, record.scenario, DEFINED_MS)
        before = self._db.total_changes
        self._db.execute(
            "UPDATE scenario SET state = ?1 WHERE id = ?2 AND state IS NOT ?1 AND ?1 IS NOT NULL",
            (record.state, handle),
        )
        if record.version:
            version = self.scenario(account_id, Ref(record.version, NamedBy.VERSION), 0)
            if self.effective_scenario(version) != handle:
                self._db.execute("UPDATE scenario SET alias_of = ? WHERE id = ?", (handle, version))
                self._aliases[version] = handle
                self.aliased_scenarios.add(version)
        return self._db.total_changes > before

    def define_step(self, record: StepRecord) -> bool:
        account_id = self.account(record.product, record.account)
        scenario = self.effective_scenario(self.scenario(account_id, record.scenario, 0))
        handle = self.step(scenario, record.step, DEFINED_MS)
        follow = None if record.next is None else msgspec.json.encode(record.next).decode()
        changed = self._db.execute(
            "UPDATE step SET type = coalesce(?1, type), position = coalesce(?2, position), "
            "next = coalesce(?3, next) WHERE id = ?4 AND (type IS NOT coalesce(?1, type) OR "
            "position IS NOT coalesce(?2, position) OR next IS NOT coalesce(?3, next))",
            (record.type, record.position, follow, handle),
        ).rowcount
        self._successors.pop(scenario, None)
        if changed and follow is not None:
            self.redefined_scenarios.add(scenario)
        return changed > 0

    def define_delivery(self, record: DeliveryRecord) -> bool:
        account_id = self.account(record.product, record.account)
        handle = self.delivery(account_id, record.delivery, DEFINED_MS)
        scenario = record.scenario and self.effective_scenario(self.scenario(account_id, record.scenario, 0))
        step = self.step(scenario, record.step, 0) if scenario and record.step else None
        campaign = record.campaign and self.campaign(account_id, record.campaign, 0)
        channel = CHANNEL_CODE[record.channel] if record.channel else None
        tracking = None if record.tracking is None else int(record.tracking)
        values = (record.subject, channel, scenario, step, campaign, tracking)
        columns = ("subject", "channel", "scenario_id", "step_id", "campaign_id", "tracking")
        assign = ", ".join(f"{name} = coalesce(?{i}, {name})" for i, name in enumerate(columns, 1))
        differs = " OR ".join(f"{name} IS NOT coalesce(?{i}, {name})" for i, name in enumerate(columns, 1))
        changed = self._db.execute(
            f"UPDATE delivery SET {assign} WHERE id = ?7 AND ({differs})", (*values, handle)
        ).rowcount
        if changed:
            self._deliveries.pop(handle, None)
            self.rejoined_deliveries.add(handle)
        return changed > 0

    def define_url(self, record: UrlRecord) -> bool:
        account_id = self.account(record.product, record.account)
        handle = self.url(account_id, record.url)
        delivery = record.delivery and self.delivery(account_id, record.delivery, 0)
        changed = self._db.execute(
            "UPDATE url SET url_key = coalesce(?1, url_key), label = coalesce(?2, label), "
            "type = coalesce(?3, type), category = coalesce(?4, category), "
            "delivery_id = coalesce(?5, delivery_id) WHERE id = ?6",
            (record.url_id, record.label, record.type, record.category, delivery, handle),
        ).rowcount
        if record.url_id is not None:
            self._db.execute(
                "INSERT INTO tracked_url(account_id, url_key, delivery_id, url_id, label, type, category) "
                "VALUES(?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET url_id = excluded.url_id, "
                "label = coalesce(excluded.label, label), type = coalesce(excluded.type, type), "
                "category = coalesce(excluded.category, category)",
                (
                    *(account_id, record.url_id, delivery or 0, handle),
                    *(record.label, record.type, record.category),
                ),
            )
        return changed > 0

    def define_content(self, record: ContentRecord) -> bool:
        account_id = self.account(record.product, record.account)
        handle = self.delivery(account_id, record.delivery, 0)
        changed = self._db.execute(
            "INSERT INTO delivery_content(delivery_id, html) VALUES(?, ?) ON CONFLICT DO UPDATE "
            "SET html = excluded.html WHERE html IS NOT excluded.html",
            (handle, record.html),
        ).rowcount
        return changed > 0

    def define_type(self, record: TypeRecord) -> bool:
        """Names a type; `rename_types` then names the rows that are there already."""
        account_id = self.account(record.product, record.account)
        before = self.type_word(account_id, record.type)
        self._db.execute(
            "INSERT INTO type_name(account_id, type, name) VALUES(?, ?, ?) "
            "ON CONFLICT DO UPDATE SET name = excluded.name",
            (account_id, record.type, record.name),
        )
        self._type_names[account_id][record.type] = record.name
        now = self.type_word(account_id, record.type)
        if now == before:
            return False
        renamed = self._renamed_types.setdefault(account_id, {})
        renamed.update({word: now for word, later in renamed.items() if later == before})
        renamed[before] = now
        return True

    def rename_types(self) -> None:
        """Gives rows the names that were just told: one walk through the log for each account."""
        for account_id, words in self._renamed_types.items():
            self._db.execute(
                "UPDATE event_log SET type_id ="
                " (SELECT value FROM json_each(?1) WHERE CAST(key AS INT) = type_id)"
                " WHERE account_id = ?2 AND type_id IN (SELECT CAST(key AS INT) FROM json_each(?1))",
                (msgspec.json.encode({str(word): now for word, now in words.items()}).decode(), account_id),
            )
        self._renamed_types.clear()


def following_steps(text: str | None, by_key: Mapping[str, int]) -> tuple[int, ...] | None:
    """The steps that a step's own words say may come after it; None: it says nothing."""
    if text is None:
        return None
    return tuple(by_key[key] for key in msgspec.json.decode(text) if key in by_key)
