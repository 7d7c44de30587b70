"""The message as text, each link with its share of the clicks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.model import EventKind, TrackedLink
from backend.tracking.clicks import clicks_by, named_by_message
from backend.tracking.facts import View
from backend.tracking.hot_clicks import heat_lines
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
