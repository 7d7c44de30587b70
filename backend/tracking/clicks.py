"""The tabs *URLs and click streams* (F103) and *Hot clicks* (F104)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from backend.model import Availability, Cell, EventKind, PaneData, TableRow, TrackedLink
from backend.reports.metrics import rate
from backend.tracking.facts import NOT_TOLD, DeliveryFacts, Platform, View
from backend.tracking.figures import (
    NO_SOURCE,
    NO_TEXT,
    TOO_MANY,
    count_figure,
    machine_note,
    ratio_figure,
    source_note,
    told_ratio,
)
from backend.tracking.hot_clicks import Unmarked, heat_lines, unmarked
from backend.tracking.indicators import indicators
from backend.tracking.message_links import links_of
from backend.tracking.reactions import Link, LinkCount
from backend.tracking.statistics import series_of

NO_CONTENT = "the message's HTML is not known here; ingest it: parcours ingest FOLDER-OF-HTML"


class Clicks(msgspec.Struct, frozen=True, kw_only=True):
    """Clicks on links that are one line."""

    name: str
    clicks: int
    recipients: int
    share: float | None


def clicks_by(links: Mapping[Link, LinkCount], view: View) -> list[Clicks]:
    """Lines of the click streams, most first. Opt-out and mirror page are left out (R29); equal labels, or
    equal addresses, are one line (R31)."""
    rows: dict[str, int] = {}
    messages: dict[str, set[int]] = {}
    for link, count in links.items():
        if count.kind is not EventKind.CLICKED:
            continue
        name = _name_of(link, view)
        rows[name] = rows.get(name, 0) + count.rows
        messages.setdefault(name, set()).update(count.messages)
    total = sum(rows.values())
    found = [
        Clicks(name=name, clicks=n, recipients=len(messages[name]), share=rate(n, total))
        for name, n in rows.items()
    ]
    return sorted(found, key=lambda one: (-one.clicks, one.name))


def named_by_message(links: Mapping[Link, LinkCount], html: str | None) -> Mapping[Link, LinkCount]:
    """Links that no list knows, called by what they say in the message."""
    unnamed = [link for link in links if link.url_id and not link.label and not link.url]
    if html is None or not unnamed:
        return links
    told = links_of(html)
    return {
        link._replace(label=_label(told.get(link.url_id))) if link in unnamed else link: count
        for link, count in links.items()
    }


def _label(link: TrackedLink | None) -> str:
    return "" if link is None else link.label or ""


def _name_of(link: Link, view: View) -> str:
    unnamed = f"link {link.url_id}" if link.url_id else NOT_TOLD
    if view is View.CATEGORY:
        return link.category or NOT_TOLD
    if view is View.URL:
        return link.url or unnamed
    return link.label or link.url or unnamed


def url_panes(facts: DeliveryFacts, view: View) -> tuple[PaneData, ...]:
    counts = facts.population
    found = indicators(facts.reactions, counts.to_deliver, facts.text)
    lines = clicks_by(named_by_message(facts.reactions.links, facts.html), view)
    clicked = facts.reactions.times.get(EventKind.CLICKED)
    return (
        PaneData(
            pane="reactivity",
            title="Reactivity",
            figures=(
                told_ratio(
                    *("reactivity", "Reactivity", found.estimated_reactivity),
                    *("recipients who clicked / estimated recipients who opened", NO_TEXT),
                ),
                ratio_figure(
                    "raw", "Raw reactivity", found.recipient_click, found.recipient_open, "of distinct opens"
                ),
                count_figure(
                    *("person_click", "Distinct clicks", found.person_click),
                    *(Availability.NO_FEED, source_note(found)),
                ),
                ratio_figure(
                    *(
                        "person_rate",
                        "Distinct clicks rate",
                        found.person_click,
                        counts.success,
                        "of success",
                    ),
                    Availability.NO_FEED if found.person_click is None else Availability.KNOWN,
                ),
                count_figure("recipient_click", "Recipient clicks", found.recipient_click),
                count_figure("total_click", "Cumulated clicks", found.total_recipient_click),
                ratio_figure(
                    *("total_rate", "Cumulated clicks rate", found.total_recipient_click),
                    *(counts.success, "of success"),
                ),
            ),
            note=machine_note(facts.reactions),
        ),
        _platform_pane(facts.platform),
        PaneData(
            pane="clicks",
            title=f"Clicks by {view}",
            columns=(
                view.capitalize() if view is not View.URL else "URL",
                "Recipients",
                "Clicks",
                "Clicks %",
            ),
            rows=tuple(
                TableRow(label=line.name, cells=(Cell(line.recipients), Cell(line.clicks), Cell(line.share)))
                for line in lines
            ),
            note="opt-out and mirror page clicks are left out",
        ),
        PaneData(
            pane="click_days",
            title="Clicks over time",
            series=(series_of(facts, "clicks", "Clicks", EventKind.CLICKED),) if clicked else (),
            availability=Availability.KNOWN if clicked else Availability.NOT_COLLECTED,
        ),
    )


def _platform_pane(platform: Platform | None) -> PaneData:
    pane, title = "platform", "Platform average of the last six months"
    if platform is None:
        return PaneData(pane=pane, title=title, availability=Availability.NOT_COLLECTED)
    whole = platform.success
    told = platform.person_click
    reactivity = rate(platform.recipient_click, platform.estimated_open)
    no_text, no_people = (TOO_MANY, TOO_MANY) if platform.is_counted_by_day else (NO_TEXT, NO_SOURCE)
    if platform.estimated_open == 0:
        no_text = "nobody opened"
    notes = (
        "all deliveries of this account on this channel; proofs and machines are left out",
        no_people if told is None else None,
    )
    return PaneData(
        pane=pane,
        title=title,
        figures=(
            told_ratio(
                *("platform_reactivity", "Reactivity", reactivity),
                *("recipients who clicked / estimated recipients who opened", no_text),
            ),
            ratio_figure(
                *("platform_people", "Distinct clicks rate", told, whole, "of success"),
                Availability.KNOWN if told is not None else Availability.NO_FEED,
            ),
            ratio_figure(
                *("platform_clicks", "Cumulated clicks rate", platform.total_click, whole, "of success"),
            ),
            ratio_figure(
                *("platform_recipients", "Recipient clicks rate", platform.recipient_click),
                *(whole, "of success"),
            ),
        ),
        note="; ".join(filter(None, notes)),
    )


def hot_clicks_pane(facts: DeliveryFacts) -> PaneData:
    pane, title = "hot_clicks", "Hot clicks"
    if facts.html is None:
        return PaneData(pane=pane, title=title, availability=Availability.NO_FEED, note=NO_CONTENT)
    lines = heat_lines(facts.html, facts.reactions.links, facts.listed)
    return PaneData(
        pane=pane,
        title=title,
        columns=("Message", "Clicks", "Clicks %"),
        rows=tuple(
            TableRow(
                label=line.text,
                cells=(Cell(""), Cell("")) if line.clicks is None else (Cell(line.clicks), Cell(line.share)),
                spans=line.spans,
            )
            for line in lines
        ),
        note=f"shares are of all clicks; {_undrawn(unmarked(facts.html, facts.reactions.links))}",
    )


def _undrawn(found: Unmarked) -> str:
    """What counts in the total and is not drawn, in words."""
    elsewhere = f", {found.elsewhere:,} on links that the message does not hold" if found.elsewhere else ""
    return f"counted and not drawn: opt-out {found.opt_out:,}, mirror page {found.mirror:,}{elsewhere}"
