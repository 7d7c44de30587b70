"""The layout of the store: its tables, what the codes in them mean, and the steps between versions.

speed.md's measurements decide the shape: integer codes, a UNIQUE(ts, h) key that doubles as the time
index, dimensions kept beside the facts, trigram search on identities only. 0 stands for "none" in
`rollup`, NULL everywhere else. A change here is a new entry of MIGRATIONS, never an edit of an old one.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

from backend.facts import EVENT_RANK, STEP_RANK
from backend.facts import RowFlag as RowFlag  # the bits of the flags columns
from backend.model import BounceClass, Channel, EventKind, Origin, Outcome, RosterState, StepKind

APPLICATION_ID = 0x70726372  # "prcr"
SCHEMA_VERSION = 2

EVENT_KINDS: tuple[EventKind, ...] = tuple(EventKind)
STEP_KINDS: tuple[StepKind, ...] = tuple(StepKind)
CLASSES: tuple[BounceClass, ...] = tuple(BounceClass)
CHANNELS: tuple[Channel, ...] = tuple(Channel)
ORIGINS: tuple[Origin, ...] = tuple(Origin)
OUTCOMES: tuple[Outcome, ...] = tuple(Outcome)
STATES: tuple[RosterState, ...] = tuple(RosterState)

# A stored code is 1 + the place in the tuple, so that 0 can mean "none".
EVENT_CODE = EVENT_RANK
STEP_CODE = STEP_RANK
CLASS_CODE = {value: place for place, value in enumerate(CLASSES, 1)}
CHANNEL_CODE = {value: place for place, value in enumerate(CHANNELS, 1)}
ORIGIN_CODE = {value: place for place, value in enumerate(ORIGINS, 1)}
OUTCOME_CODE = {value: place for place, value in enumerate(OUTCOMES, 1)}
STATE_CODE = {value: place for place, value in enumerate(STATES, 1)}


class RollupFlag(IntFlag):
    """Bits of `flags` in rollup: the part of a row's flags that panes tell apart."""

    MACHINE = 1
    TEST = 2
    FIRST = 4
    CAMPAIGN = 8
    TRANSACTIONAL = 16


class SubjectCode(IntEnum):
    ALL = 0
    SCENARIO = 1
    CAMPAIGN = 2
    DELIVERY = 3


class Facet(IntEnum):
    """What `value_id` of a rollup row is: nothing (plain counts), or a word or url id."""

    EVENT = 0
    EVENT_REASON = 1
    """bounced, error, excluded, deferred; value: word of kind REASON, 0 where none was told."""
    EVENT_DOMAIN = 2
    """opened, bounced; value: word of kind DOMAIN."""
    EVENT_PLATFORM = 3
    """channel push, every kind; value: word of kind PLATFORM."""
    EVENT_URL = 4
    """clicked; value: url id."""
    STEP = 10
    """Plain counts of the scenario log (`kind` is a StepKind code)."""
    STEP_REASON = 11
    """action_error, failed, discarded; value: word of kind REASON."""
    STEP_ORIGIN = 12
    """event; value: word of kind ORIGIN."""


class Grain(IntEnum):
    HOUR = 0
    DAY = 1


class Word(IntEnum):
    """Which dictionary a row of `word` belongs to."""

    FORMAT = 1
    TYPE = 2
    REASON = 3
    DOMAIN = 4
    PLATFORM = 5
    NAME = 6
    TEXT = 7
    """Message texts of the scenario log."""
    AGENT = 8
    ORIGIN = 9


SCHEMA_1 = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE account(id INTEGER PRIMARY KEY, product TEXT NOT NULL, account TEXT NOT NULL,
  UNIQUE(product, account)) STRICT;
CREATE TABLE word(id INTEGER PRIMARY KEY, kind INT NOT NULL, text TEXT NOT NULL, UNIQUE(kind, text)) STRICT;

CREATE TABLE contact(id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INT NOT NULL,
  merged_into INT, forgotten INT NOT NULL DEFAULT 0, fields TEXT) STRICT;
CREATE INDEX contact_merged ON contact(merged_into) WHERE merged_into IS NOT NULL;
-- value is case-folded for e-mail, shown is as first written; contact_id is derived from identity_link
CREATE TABLE identity(id INTEGER PRIMARY KEY, account_id INT NOT NULL, namespace TEXT NOT NULL,
  value TEXT NOT NULL, shown TEXT NOT NULL, contact_id INT NOT NULL,
  UNIQUE(account_id, namespace, value)) STRICT;
CREATE INDEX identity_contact ON identity(contact_id);
CREATE TABLE identity_link(a INT NOT NULL, b INT NOT NULL, PRIMARY KEY(a, b)) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE identity_fts USING fts5(value, content='identity', content_rowid='id',
  tokenize='trigram', detail=none);

-- key_kind: record.NamedBy; name_ms: time of the row that gave the name, the latest wins;
-- alias_of: the scenario that a journey version belongs to
CREATE TABLE scenario(id INTEGER PRIMARY KEY, account_id INT NOT NULL, key_kind INT NOT NULL,
  key TEXT NOT NULL, name TEXT NOT NULL DEFAULT '', name_ms INT NOT NULL DEFAULT 0,
  version TEXT, state TEXT, alias_of INT,
  UNIQUE(account_id, key_kind, key)) STRICT;
CREATE TABLE step(id INTEGER PRIMARY KEY, scenario_id INT NOT NULL, key_kind INT NOT NULL, key TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '', name_ms INT NOT NULL DEFAULT 0, type TEXT, position INT, next TEXT,
  UNIQUE(scenario_id, key_kind, key)) STRICT;
CREATE TABLE campaign(id INTEGER PRIMARY KEY, account_id INT NOT NULL, key_kind INT NOT NULL,
  key TEXT NOT NULL, name TEXT NOT NULL DEFAULT '', name_ms INT NOT NULL DEFAULT 0,
  UNIQUE(account_id, key_kind, key)) STRICT;
CREATE TABLE delivery(id INTEGER PRIMARY KEY, account_id INT NOT NULL, key_kind INT NOT NULL,
  key TEXT NOT NULL, name TEXT NOT NULL DEFAULT '', name_ms INT NOT NULL DEFAULT 0, subject TEXT, channel INT,
  scenario_id INT, step_id INT, campaign_id INT, tracking INT, UNIQUE(account_id, key_kind, key)) STRICT;
CREATE TABLE url(id INTEGER PRIMARY KEY, account_id INT NOT NULL, url TEXT NOT NULL, url_key TEXT,
  label TEXT, type TEXT, category TEXT, delivery_id INT, UNIQUE(account_id, url)) STRICT;
-- The product's own list of tracked links, where one address may stand many times; delivery_id 0: not told.
CREATE TABLE tracked_url(account_id INT NOT NULL, url_key TEXT NOT NULL, delivery_id INT NOT NULL,
  url_id INT NOT NULL, label TEXT, type TEXT, category TEXT,
  PRIMARY KEY(account_id, url_key, delivery_id)) STRICT, WITHOUT ROWID;
CREATE TABLE delivery_content(delivery_id INTEGER PRIMARY KEY, html TEXT NOT NULL) STRICT;

-- what rows of an account call by a number, by its name; event_log.type_id is the name's word
CREATE TABLE type_name(account_id INT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY(account_id, type)) STRICT, WITHOUT ROWID;

-- One row per fact. identity_id: the contact as the row shows it; owner_id: the identity that decides whose
-- row it is. named_*: what the row itself names, never changed. delivery_id, scenario_id, step_id,
-- campaign_id, contact_id and the upper bits of flags: what it counts as, derived from all stored rows.
CREATE TABLE event_log(id INTEGER PRIMARY KEY AUTOINCREMENT, ts INT NOT NULL, h INT NOT NULL,
  received INT NOT NULL, account_id INT NOT NULL, format_id INT NOT NULL, kind INT NOT NULL, class INT,
  channel INT, origin INT, flags INT NOT NULL, type_id INT NOT NULL, identity_id INT, owner_id INT,
  contact_id INT, message_id INT, delivery_id INT, scenario_id INT, step_id INT, campaign_id INT,
  named_delivery INT, named_scenario INT, named_step INT, named_campaign INT,
  reason_id INT, domain_id INT, platform_id INT, name_id INT, url_id INT, agent_id INT, ip TEXT, run TEXT,
  fields TEXT, data TEXT, raw INT, UNIQUE(ts, h)) STRICT;
CREATE INDEX event_kind ON event_log(kind, ts, h);
CREATE INDEX event_scenario ON event_log(scenario_id, kind, ts, h) WHERE scenario_id IS NOT NULL;
CREATE INDEX event_campaign ON event_log(campaign_id, kind, ts, h) WHERE campaign_id IS NOT NULL;
CREATE INDEX event_delivery ON event_log(delivery_id, kind, ts, h) WHERE delivery_id IS NOT NULL;
CREATE INDEX event_contact ON event_log(contact_id, ts, h) WHERE contact_id IS NOT NULL;
CREATE INDEX event_message ON event_log(message_id) WHERE message_id IS NOT NULL;
CREATE INDEX event_skew ON event_log(ts) WHERE flags & 64;
-- Formats without a zone: the raw time read as UTC, so that another --tz finds the same row again.
CREATE TABLE zoneless_key(ts INT NOT NULL, h INT NOT NULL, PRIMARY KEY(ts, h)) STRICT, WITHOUT ROWID;

CREATE TABLE message(id INTEGER PRIMARY KEY, account_id INT NOT NULL, h INT NOT NULL, key TEXT NOT NULL,
  message_id TEXT, pruned INT NOT NULL DEFAULT 0, identity_id INT, owner_id INT, contact_id INT,
  delivery_id INT, scenario_id INT, step_id INT, campaign_id INT, test INT NOT NULL DEFAULT 0,
  outcome INT, class INT, reason_id INT, outcome_ms INT, targeted_ms INT, sent_ms INT,
  open_ms INT, machine_open_ms INT, click_ms INT, machine_click_ms INT,
  unsubscribed_ms INT, complained_ms INT, UNIQUE(account_id, h)) STRICT;
CREATE INDEX message_contact ON message(contact_id, sent_ms);
CREATE INDEX message_delivery ON message(delivery_id, sent_ms);
CREATE INDEX message_text ON message(message_id) WHERE message_id IS NOT NULL;

CREATE TABLE scenario_log(id INTEGER PRIMARY KEY AUTOINCREMENT, ts INT NOT NULL, h INT NOT NULL,
  received INT NOT NULL, account_id INT NOT NULL, format_id INT NOT NULL, kind INT NOT NULL,
  flags INT NOT NULL, type_id INT NOT NULL, text_id INT, identity_id INT, owner_id INT, contact_id INT,
  scenario_id INT NOT NULL, step_id INT, named_scenario INT NOT NULL, named_step INT, named_delivery INT,
  run TEXT NOT NULL DEFAULT '', reason_id INT, origin_id INT, start_id TEXT, workflow_points TEXT,
  until INT, once INT, fields TEXT, data TEXT, raw INT, UNIQUE(ts, h)) STRICT;
CREATE INDEX scenario_kind ON scenario_log(kind, ts, h);
CREATE INDEX scenario_scenario ON scenario_log(scenario_id, kind, ts, h, contact_id, run);
CREATE INDEX scenario_contact ON scenario_log(contact_id, ts, h) WHERE contact_id IS NOT NULL;
CREATE INDEX scenario_once ON scenario_log(once) WHERE once IS NOT NULL;
CREATE INDEX scenario_skew ON scenario_log(ts) WHERE flags & 64;

-- The contacts inside a scenario: the fold of scenario_log and roster_line, kept by every writer.
-- name: what identity_id is shown as, case-folded, to sort by
CREATE TABLE roster(scenario_id INT NOT NULL, contact_id INT NOT NULL, run TEXT NOT NULL, identity_id INT,
  step_id INT, state INT NOT NULL, entered_ms INT NOT NULL, step_ms INT NOT NULL, until_ms INT,
  name TEXT NOT NULL DEFAULT '', PRIMARY KEY(scenario_id, contact_id, run)) STRICT, WITHOUT ROWID;
CREATE INDEX roster_entered ON roster(entered_ms, scenario_id, contact_id, run);
CREATE INDEX roster_scenario ON roster(scenario_id, entered_ms, contact_id, run);
CREATE INDEX roster_step ON roster(scenario_id, step_id, entered_ms, contact_id, run);
CREATE INDEX roster_contact ON roster(contact_id);
CREATE INDEX roster_name ON roster(name, scenario_id, contact_id, run);
CREATE INDEX roster_since ON roster(step_ms, scenario_id, contact_id, run);
CREATE INDEX roster_stay ON roster(scenario_id, step_id, step_ms);
CREATE TABLE inside(scenario_id INT NOT NULL, step_id INT NOT NULL, state INT NOT NULL, n INT NOT NULL,
  PRIMARY KEY(scenario_id, step_id, state)) STRICT, WITHOUT ROWID;
CREATE TABLE roster_line(scenario_id INT NOT NULL, identity_id INT NOT NULL, run TEXT NOT NULL,
  as_of_ms INT NOT NULL, owner_id INT NOT NULL, contact_id INT NOT NULL, step_id INT, state INT NOT NULL,
  entered_ms INT NOT NULL,
  until_ms INT, declared INT NOT NULL, named_scenario INT NOT NULL, named_step INT,
  PRIMARY KEY(scenario_id, identity_id, run, as_of_ms)) STRICT, WITHOUT ROWID;
CREATE INDEX roster_line_contact ON roster_line(contact_id);
CREATE TABLE roster_complete(scenario_id INT NOT NULL, as_of_ms INT NOT NULL,
  PRIMARY KEY(scenario_id, as_of_ms)) STRICT, WITHOUT ROWID;

CREATE TABLE suppression(id INTEGER PRIMARY KEY, account_id INT NOT NULL, identity_id INT NOT NULL,
  reason_id INT NOT NULL, since_ms INT, until_ms INT, UNIQUE(identity_id, reason_id, since_ms)) STRICT;
CREATE TABLE workflow_run(id INTEGER PRIMARY KEY, account_id INT NOT NULL, workflow TEXT NOT NULL,
  started_ms INT NOT NULL, ended_ms INT, status TEXT NOT NULL, read INT, written INT, rejected INT,
  error TEXT, log TEXT, UNIQUE(account_id, workflow, started_ms)) STRICT;

-- Removals from scenarios: what was asked once (by key), who did it (append-only), what to tell the product
CREATE TABLE removal(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE,
  body_sha256 TEXT NOT NULL, at_ms INT NOT NULL, actor TEXT NOT NULL, scenario_id INT NOT NULL,
  answer TEXT NOT NULL) STRICT;
CREATE TABLE audit(id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INT NOT NULL, actor TEXT NOT NULL,
  action TEXT NOT NULL, removal_id INT NOT NULL, scenario_id INT NOT NULL, contact_id INT NOT NULL,
  outcome TEXT NOT NULL) STRICT;
CREATE TRIGGER audit_never_updated BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_never_deleted BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
-- row_ts, row_h: the removal's row in scenario_log; refuted_ms: a later complete list shows the contact
CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, removal_id INT NOT NULL, identity_id INT NOT NULL,
  step_id INT, row_ts INT NOT NULL, row_h INT NOT NULL, attempts INT NOT NULL DEFAULT 0,
  next_try_ms INT NOT NULL DEFAULT 0, error TEXT, told_ms INT, confirmed_ms INT, refuted_ms INT,
  UNIQUE(row_ts, row_h)) STRICT;
CREATE INDEX outbox_untold ON outbox(id) WHERE told_ms IS NULL;
CREATE INDEX outbox_removal ON outbox(removal_id);
CREATE TABLE lease(name TEXT PRIMARY KEY, holder TEXT NOT NULL, until_ms INT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE rollup(subject INT NOT NULL, subject_id INT NOT NULL, facet INT NOT NULL, grain INT NOT NULL,
  bucket INT NOT NULL, kind INT NOT NULL, class INT NOT NULL, channel INT NOT NULL, delivery_id INT NOT NULL,
  step_id INT NOT NULL, flags INT NOT NULL, value_id INT NOT NULL, n INT NOT NULL,
  PRIMARY KEY(subject, subject_id, facet, grain, bucket, kind, class, channel, delivery_id, step_id, flags,
  value_id)) STRICT, WITHOUT ROWID;
-- whether a subject ever had a channel (facet EVENT, grain DAY), however long it has been there
CREATE INDEX rollup_channel ON rollup(subject, subject_id, channel) WHERE facet = 0 AND grain = 1;

-- Raw records, compressed together; raw of a log row = block id * 65536 + place in the block.
CREATE TABLE raw_block(id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT;
CREATE TABLE feed(account_id INT NOT NULL, format_id INT NOT NULL, records INT NOT NULL,
  rejected INT NOT NULL, newest_ms INT, first_received_ms INT, last_received_ms INT,
  PRIMARY KEY(account_id, format_id)) STRICT, WITHOUT ROWID;
CREATE TABLE rejected(id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INT NOT NULL, account_id INT NOT NULL,
  format_id INT NOT NULL, reason TEXT NOT NULL, place TEXT NOT NULL, size INT NOT NULL,
  sha256 TEXT NOT NULL, sample BLOB NOT NULL, UNIQUE(format_id, sha256, place)) STRICT;
CREATE INDEX rejected_reason ON rejected(format_id, reason);
"""

SERVER_TABLES = """
-- Who may use a server on this store: digests only. proof_seen: one-time proofs of webhooks, and what
-- came with them.
CREATE TABLE IF NOT EXISTS token(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
  digest BLOB NOT NULL UNIQUE, scopes TEXT NOT NULL, created_ms INT NOT NULL, expires_ms INT,
  last_used_ms INT, revoked_ms INT) STRICT;
CREATE TABLE IF NOT EXISTS proof_seen(proof BLOB PRIMARY KEY, body BLOB NOT NULL,
  at_ms INT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS proof_seen_at ON proof_seen(at_ms);
"""
"""What a server needs; made where a store has none yet. No reader relies on them."""


def _newest_1(subject: int, table: str, log: str, kinds: int) -> str:
    """The newest counted row of each subject, as rows are laid out in version 1: a seek for each kind."""
    prefix, column = log.removesuffix("_log"), f"{table}_id"
    codes = list(range(1, kinds + 1))
    return (
        f"SELECT {subject}, s.id, {int(log == 'scenario_log')}, "
        f"(SELECT max((SELECT t.ts FROM {log} AS t INDEXED BY {prefix}_{table} WHERE t.{column} = s.id "
        "AND t.kind = k.value AND NOT t.flags & 80 ORDER BY t.ts DESC, t.h DESC LIMIT 1)) "
        f"FROM json_each('{codes}') AS k) AS ts FROM {table} AS s"
    )


_SUBJECTS_1 = (
    *((1, "scenario", "event_log", 23), (2, "campaign", "event_log", 23), (3, "delivery", "event_log", 23)),
    (1, "scenario", "scenario_log", 12),
)
SCHEMA_2 = f"""
-- The own time of each subject's newest counted row; log: 0 the event log, 1 the scenario log
CREATE TABLE newest(subject INT NOT NULL, subject_id INT NOT NULL, log INT NOT NULL, ts INT NOT NULL,
  PRIMARY KEY(subject, subject_id, log)) STRICT, WITHOUT ROWID;
INSERT INTO newest SELECT * FROM ({" UNION ALL ".join(_newest_1(*each) for each in _SUBJECTS_1)})
  WHERE ts IS NOT NULL;
"""

MIGRATIONS: tuple[str, ...] = (SCHEMA_1 + SERVER_TABLES, SCHEMA_2)
"""MIGRATIONS[n] leads from version n to n + 1."""

TABLES: frozenset[str] = frozenset(
    {
        *("meta", "account", "word", "contact", "identity", "identity_link", "identity_fts"),
        *("scenario", "step", "campaign", "delivery", "url", "type_name", "event_log", "zoneless_key"),
        "message",
        *("tracked_url", "delivery_content"),
        *("scenario_log", "roster", "inside", "roster_line", "roster_complete", "suppression"),
        *("workflow_run", "rollup", "newest", "raw_block", "feed", "rejected"),
        *("removal", "audit", "outbox", "lease"),
    }
)
"""Every name a reader relies on; each must be a table, never a view."""
