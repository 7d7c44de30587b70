"""Webhooks at a steady rate into a real server: is everything that was acknowledged there, and how soon.

`python -m bench.webhooks [SECONDS]` sends 1,000 events a second in batches of 100 (a minute unless told),
while a reader asks for a page every second.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bench.data import webhook_lines

RATE_PER_S, BATCH = 1_000, 100
PROGRAM = [sys.executable, "-c", "from tui.cli import main; main()"]


def main() -> int:
    """Answers 0 where nothing was lost and the answers were in time."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory(prefix="parcours-bench-") as folder:
        return asyncio.run(_measure(Path(folder) / "bench.db", seconds))


async def _measure(path: Path, seconds: int) -> int:
    feed = path.with_suffix(".ndjson")
    feed.write_bytes(next(iter(webhook_lines(1))) + b"\n")
    _run("ingest", str(feed), "--db", str(path))
    token = _run("token", "add", "--scope", "read,ingest", "--db", str(path)).strip()
    server = subprocess.Popen(
        [*PROGRAM, "serve", "--db", str(path), "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    assert server.stderr is not None
    address = server.stderr.readline().split(" at ")[1].strip()
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with httpx.AsyncClient(
            base_url=address, headers=headers, trust_env=False, timeout=30
        ) as client:
            return await _drive(client, seconds)
    finally:
        server.terminate()
        server.communicate(timeout=20)


async def _drive(client: httpx.AsyncClient, seconds: int) -> int:
    before = (await client.get("/v1/status")).json()["events"]
    lines = webhook_lines(seconds * RATE_PER_S + 1)
    next(lines)
    writes, reads, acknowledged = [], [], 0
    started_s = time.monotonic()
    for number in range(seconds * RATE_PER_S // BATCH):
        body = b"[" + b",".join(next(lines) for _ in range(BATCH)) + b"]"
        await asyncio.sleep(max(0.0, started_s + number * BATCH / RATE_PER_S - time.monotonic()))
        at_s = time.monotonic()
        answer = await client.post("/v1/feeds/brevo/main", content=body)
        writes.append(time.monotonic() - at_s)
        told = answer.json()
        acknowledged += told["new"] if answer.status_code == 200 else 0
        if number % (RATE_PER_S // BATCH) == 0:
            at_s = time.monotonic()
            await client.get("/v1/logs/event")
            reads.append(time.monotonic() - at_s)
    took_s = time.monotonic() - started_s
    stored = (await client.get("/v1/status")).json()["events"] - before
    figures = {
        "acknowledged": acknowledged,
        "stored": stored,
        "lost": acknowledged - stored,
        "per_s": round(acknowledged / took_s),
        "write_p99_ms": round(statistics.quantiles(writes, n=100)[-1] * 1000, 1),
        "read_p95_ms": round(statistics.quantiles(reads, n=20)[-1] * 1000, 1) if len(reads) > 1 else None,
    }
    print(json.dumps(figures))
    return 0 if figures["lost"] == 0 and acknowledged == seconds * RATE_PER_S else 1


def _run(*arguments: str) -> str:
    return subprocess.run([*PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
