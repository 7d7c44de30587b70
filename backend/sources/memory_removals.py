"""Removals of a source that is kept in memory: the same rules as a store's, told with plain lists."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from backend.errors import NothingFound
from backend.keys import key_hash
from backend.model import StepKind
from backend.record import Decoded, Identity, Ref, ScenarioRow
from backend.removals.removal import (
    REMOVAL_FORMAT,
    REMOVAL_POINT,
    REMOVAL_TEXT,
    REMOVAL_TYPE,
    RemovalAnswer,
    RemovalLine,
    body_hash,
    check_request,
    refuse_duplicates,
    refuse_gone,
    refuse_other_body,
    state_of,
)
from backend.sources.book import Book
from backend.sources.memory_rows import MemoryRows


class MemoryRemovals:
    """What was removed from a book, by key and in order."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._answers: dict[str, tuple[str, RemovalAnswer]] = {}
        self._lines: list[tuple[RemovalLine, tuple[int, int]]] = []

    def answer(self, key: str) -> RemovalAnswer | None:
        kept = self._answers.get(key)
        return kept[1] if kept else None

    def lines(self, after: int, limit: int) -> tuple[RemovalLine, ...]:
        followed = {(one.row.ts, one.row.h): one for one in self._book.followed}
        found = []
        for line, place in self._lines:
            told = followed.get(place)
            confirmed, refuted = (told.confirmed_ms, told.refuted_ms) if told else (None, None)
            found.append(
                msgspec.structs.replace(
                    line,
                    confirmed_ms=confirmed,
                    refuted_ms=refuted,
                    state=state_of(None, confirmed, refuted),
                )
            )
        return tuple(line for line in found if line.id > after)[:limit]

    def remove(
        self, rows: MemoryRows, scenario_id: int, contacts: Sequence[int], key: str, actor: str, now_ms: int
    ) -> RemovalAnswer:
        """Takes the contacts out; raises with the exact reason where it does not."""
        check_request(contacts, key, actor)
        body = body_hash(scenario_id, contacts)
        kept = self._answers.get(key)
        if kept is not None:
            refuse_other_body(kept[0], body, key)
            return msgspec.structs.replace(kept[1], replayed=True)
        shown = {contact: found.shown for contact in contacts if (found := rows.contact(contact))}
        unknown = [str(contact) for contact in contacts if contact not in shown]
        if unknown:
            raise NothingFound(f"there is no contact {', '.join(unknown)}; nothing was removed")
        refuse_duplicates(contacts, shown)
        if scenario_id not in self._book.entities["scenario"]:
            raise NothingFound(f"there is no scenario {scenario_id}; nothing was removed")
        inside = {row.contact_id for row in rows.roster if row.scenario_id == scenario_id}
        refuse_gone([shown[contact] for contact in contacts if contact not in inside], len(contacts))
        answer = RemovalAnswer(
            id=len(self._answers) + 1,
            key=key,
            scenario_id=scenario_id,
            at_ms=now_ms,
            actor=actor,
            contacts=tuple(contacts),
        )
        for contact in contacts:
            self._take_out(rows, answer, contact)
        self._answers[key] = (body, answer)
        return answer

    def _take_out(self, rows: MemoryRows, answer: RemovalAnswer, contact: int) -> None:
        entity = self._book.entities["scenario"][answer.scenario_id]
        product, account = next(
            names for names, owner in self._book.accounts.items() if owner == entity.owner
        )
        place = max(
            (row for row in rows.roster if (row.scenario_id, row.contact_id) == (entity.id, contact)),
            key=lambda row: row.step_ms,
        )
        latest = max(
            (
                row.at_ms
                for row in rows.steps
                if (row.scenario_id, row.contact_id) == (entity.id, contact) and not row.skew
            ),
            default=place.step_ms,
        )
        step = self._book.entities["step"].get(place.step_id or 0)
        known = rows.contact(contact)
        assert known is not None, "checked before"
        record = ScenarioRow(
            product=product,
            account=account,
            key=("removal", answer.key, str(contact)),
            has_id=True,
            at_ms=max(answer.at_ms, latest, place.step_ms),
            kind=StepKind.REMOVED,
            type=REMOVAL_TYPE,
            message=REMOVAL_TEXT,
            scenario=Ref(entity.key, entity.by),
            step=Ref(step.key, step.by) if step else None,
            identities=(Identity(*known.identities[0]),),
            workflow_points=REMOVAL_POINT,
            fields={"removed_by": answer.actor, "removal": answer.key},
        )
        self._book.add([Decoded(format=REMOVAL_FORMAT, raw=b"", records=(record,))])
        line = RemovalLine(
            id=len(self._lines) + 1,
            removal_id=answer.id,
            key=answer.key,
            at_ms=answer.at_ms,
            actor=answer.actor,
            product=product,
            account=account,
            scenario_id=entity.id,
            scenario=entity.name or entity.key,
            scenario_key=f"{entity.by.name.lower()}:{entity.key}",
            contact_id=contact,
            contact=known.shown,
            identities=tuple(sorted(known.identities)),
            step=place.step,
        )
        self._lines.append((line, (record.at_ms, key_hash(product, account, record.key))))
