"""The message as text, each link with its share of the clicks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.model import EventKind, TrackedLink
from backend.tracking.clicks import clicks_by, named_by_message
from backend.tracking.facts import View
from backend.tracking.hot_clicks import Unmarked, heat_lines, unmarked
from backend.tracking.message_links import links_of
from backend.tracking.reactions import Link, LinkCount

HTML = """<html><head><style>a{}</style></head><body><h1>Spring</h1>
<p>See <a href="http://t/r/?id=h0,2aa,2">our <b>offer</b></a> or <a href="http://t/r/?id=h0,2aa,5">shop</a></p>
<p><a href="http://t/r/?id=h0,2aa,3">Opt out</a></p><script>alert(1)</script></body></html>"""
LINKS = {
    Link("https://x/offer", "Offer", "", "2"): LinkCount(EventKind.CLICKED, 6),
    Link("https://x/out", "Out", "", "3"): LinkCount(EventKind.UNSUBSCRIBED, 2),
}


def test_links_carry_their_share_and_opt_out_counts_but_is_not_marked() -> None:
    lines = heat_lines(HTML, LINKS)
    assert [line.text for line in lines if line.text] == [
        "Spring",
        "See [our offer 75.0 %] or [shop 0.0 %]",
        "Opt out",
    ]
    marked = [(line.clicks, line.share) for line in lines if line.clicks is not None]
    assert marked == [(6, 0.75)]


def test_the_list_of_urls_tells_what_is_not_marked_even_without_clicks() -> None:
    listed = {"5": TrackedLink(url="https://x/mirror", type="mirror page")}
    text = "\n".join(line.text for line in heat_lines(HTML, {}, listed))
    assert "[our offer no clicks] or shop" in text


TRACKED = "http://t/r/?id=h0,2aa,"
LONG = "How our readers opened a shop, and what the browser of a museum has to say on that, by Ada"
KINDS = f"""<p><a href="{TRACKED}2" _label="Main offer">our offer</a></p>
<p><a href="{TRACKED}3" _type="optout">stop</a></p><p><a href="{TRACKED}4" _type="mirrorPage">here</a></p>
<p><a href="{TRACKED}5">Se d\u00e9sabonner</a> <a href="{TRACKED}6">View in your browser</a></p>
<p><a href="https://n/webApp/unsub?id=1">bye</a> <a href="https://n/nl/jsp/m.jsp?c=1">see</a>
<a href="mailto:a@b">write</a> <a href="{TRACKED}7">{LONG}</a></p>"""


def test_the_message_tells_what_a_link_is() -> None:
    """By Campaign's own attributes, else by the address, else by a few words."""
    found = links_of(KINDS)
    assert {key: (link.label, link.type) for key, link in found.items() if key in "234"} == {
        "2": ("Main offer", None),
        "3": ("stop", "opt-out"),
        "4": ("here", "mirror page"),
    }
    assert [found[key].type for key in "567"] == ["opt-out", "mirror page", None]
    text = "\n".join(line.text for line in heat_lines(KINDS, {}))
    assert "[our offer no clicks]" in text and text.count("[") == 2  # nor the other addresses, nor mail
    assert "bye see write [How our readers" in text


def test_the_list_of_urls_wins_over_the_message() -> None:
    listed = {"5": TrackedLink(url="https://x/shop", type="email click")}
    assert "[Se d\u00e9sabonner no clicks]" in "\n".join(line.text for line in heat_lines(KINDS, {}, listed))


def test_what_counts_and_is_not_drawn_is_told() -> None:
    links = {
        **LINKS,
        Link("", "", "", "4"): LinkCount(EventKind.LINK, 1),
        Link("https://offers", "", "", "77"): LinkCount(EventKind.CLICKED, 3),
    }
    assert unmarked(HTML, links) == Unmarked(opt_out=2, mirror=1, elsewhere=3)


def test_each_link_of_a_line_has_its_place_and_share() -> None:
    (line,) = [one for one in heat_lines(HTML, LINKS) if one.spans]
    assert [(line.text[span.start : span.end], span.share) for span in line.spans] == [
        ("[our offer 75.0 %]", 0.75),
        ("[shop 0.0 %]", 0.0),
    ]


def test_links_that_are_not_tracked_are_told_apart_by_their_address() -> None:
    html = '<p><a href="https://x/offer">here</a></p>'
    (line,) = heat_lines(html, {Link("https://x/offer", "", "", ""): LinkCount(EventKind.CLICKED, 3)})
    assert (line.text, line.clicks, line.share) == ("[here 100.0 %]", 3, 1.0)


def test_a_link_that_no_list_knows_is_called_by_what_it_says() -> None:
    links = {
        Link("", "", "", "2"): LinkCount(EventKind.CLICKED, 6),
        Link("", "", "", "9"): LinkCount(EventKind.CLICKED, 1),
        Link("https://x/shop", "", "", "5"): LinkCount(EventKind.CLICKED, 2),
    }
    named = [one.name for one in clicks_by(named_by_message(links, HTML), View.LABEL)]
    assert named == ["our offer", "https://x/shop", "link 9"]
    assert named_by_message(links, None) == links


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_is_rendered_or_is_empty(noise: str) -> None:
    for html in (noise, f"<a href='{noise}'>{noise}</a>", HTML[: len(noise) * 5] + noise):
        heat_lines(html, LINKS)
