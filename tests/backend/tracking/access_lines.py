"""Lines of access logs for tests."""

from __future__ import annotations

from datetime import UTC, datetime

START_S = 1_795_168_800  # 2026-11-20T10:00:00Z
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36"


def line(
    message: int,
    url: int,
    at_s: int = 0,
    *,
    delivery: int = 682,
    agent: str = BROWSER,
    method: str = "GET",
    status: int = 302,
    ip: str = "192.0.2.7",
) -> str:
    """A hit `at_s` seconds after the start."""
    at = datetime.fromtimestamp(START_S + at_s, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    link = f"/r/?id=h{message:x},{delivery:x},{url:x}"
    return f'{ip} - - [{at}] "{method} {link} HTTP/1.1" {status} 0 "-" "{agent}"\n'
