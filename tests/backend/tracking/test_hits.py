"""What a line of an access log tells."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import DecodeError
from backend.feeds.campaign.tracked_url import TrackedUrl, encode_tracked_url
from backend.tracking.hits import read_hit
from tests.backend.tracking.access_lines import BROWSER, START_S, line


def test_a_hit_carries_what_the_line_says() -> None:
    hit = read_hit(line(0x617FF, 2).encode().rstrip())
    assert hit is not None
    assert (hit.at_ms, hit.method, hit.ip, hit.user_agent) == (START_S * 1000, "GET", "192.0.2.7", BROWSER)
    assert (hit.link.message_id, hit.link.delivery_id, hit.link.url_id) == (399_359, 682, 2)


@pytest.mark.parametrize(
    "text",
    [
        '192.0.2.7 - - [20/Nov/2026:10:00:00 +0000] "GET /index.html HTTP/1.1" 200 5 "-" "x"',
        '192.0.2.7 - - [20/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "http://t/r/?id=h1,2,3" "x"',
        "nothing of the kind",
        "",
    ],
)
def test_other_requests_are_no_hits(text: str) -> None:
    assert read_hit(text.encode()) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (line(1, 2, status=404), "the web server answered with an error"),
        (line(1, 2, method="POST"), "a request that follows no link"),
        (line(1, 2).replace("h1,", "h1;"), "a tracked link that is damaged"),
        (line(1, 2).replace("Nov", "Foo"), "no line of the combined log format"),
        (line(1, 2).replace(' "-" ', " "), "no line of the combined log format"),
        (line(1, 2, agent="x" * 70_000), "a line of more than 64 KiB"),
    ],
)
def test_what_should_be_a_hit_and_is_none_says_why(text: str, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        read_hit(text.encode().rstrip())


def test_zones_escapes_foreign_bytes_and_escaped_commas_are_read() -> None:
    head = b"2001:db8::1 - joe [20/Nov/2026:11:00:00 +0100] "
    text = head + rb'"GET /r/?id=t10%2C2aa%2c1 HTTP/1.1" 200 - "-" "a \"b\" \xe9 '
    hit = read_hit(text + "é".encode() + b'"')
    assert hit is not None
    assert (hit.at_ms, hit.ip, hit.link.is_html) == (START_S * 1000, "2001:db8::1", False)
    assert hit.user_agent is not None and hit.user_agent.startswith('a "b" ')


@given(
    st.builds(
        TrackedUrl,
        message_id=st.integers(1, 2**63),
        delivery_id=st.integers(1, 2**63),
        url_id=st.integers(1, 2**63),
        is_html=st.booleans(),
        parameters=st.lists(
            st.tuples(
                st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
                st.text(max_size=9),
            ),
            max_size=3,
        ).map(tuple),
    )
)
@settings(max_examples=60)
def test_every_tracked_link_is_read_back_from_a_log(link: TrackedUrl) -> None:
    text = line(1, 2).replace("/r/?id=h1,2aa,2", encode_tracked_url(link))
    hit = read_hit(text.encode("utf-8", "surrogatepass").rstrip(b"\n"))
    assert hit is not None
    assert hit.link == link


@given(st.binary(max_size=80))
@settings(max_examples=100)
def test_no_bytes_end_in_another_exception(noise: bytes) -> None:
    for text in (noise, b"/r/?id=" + noise, line(1, 2).encode()[:60] + noise):
        try:
            read_hit(text)
        except DecodeError:
            continue
