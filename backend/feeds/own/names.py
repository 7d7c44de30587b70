"""The names of our own format: what each record that keeps unknown fields knows by name.

Reading leaves these out of a row's `fields`; writing never gives one of them to a product's own field.
"""

from __future__ import annotations

HEAD_TEXT = "v record product account format received_at repeat implied skew domain fields"
HEAD = frozenset(HEAD_TEXT.split())
"""On every record. From received_at on: told by the JSON output for its reader, found again when read."""

EMAIL = ("email", "email_id", "user_email")
CONTACT_ID = ("contact_id",)
PHONE = ("phone", "sms")
TOKEN = ("token",)
CONTACT = HEAD | {"contact", "contact_namespace", *EMAIL, *CONTACT_ID, *PHONE, *TOKEN}

EVENT_TIMES = ("created_at", "at", "date", "time", "timestamp")
STEP_TIMES = ("date", "at", "created_at", "time", "timestamp")
DELIVERY_IDS = ("template_id",)
CAMPAIGN_IDS = ("camp_id",)

ROW_TEXT = """
event_id content_key kind type test run reason origin data
scenario scenario_name scenario_id scenario_key step step_name step_id step_key
delivery delivery_name delivery_id delivery_key
"""
EVENT_TEXT = """
sib_type class channel machine message_id message_key campaign campaign_name campaign_id campaign_key
name url link platform ip user_agent
"""
STEP_TEXT = "message start_id workflow_points until once"
MESSAGE_TEXT = "outcome outcome_at targeted_at sent_at opened_at clicked_at unsubscribed_at complained_at"

ROW = CONTACT | {*ROW_TEXT.split(), *EVENT_TIMES, *DELIVERY_IDS}
EVENT = ROW | {*EVENT_TEXT.split(), *CAMPAIGN_IDS}
SCENARIO_ROW = ROW | {*STEP_TEXT.split()}
MESSAGE = EVENT | {*MESSAGE_TEXT.split()}
FOLDERS = ("data.", "fields.")
"""Columns that stand for a part of an object."""
