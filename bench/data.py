"""Made-up traffic of any size, the same every time: webhooks of messages, and the log of their scenarios.

Skewed as real traffic is: 200 scenarios by Zipf, a million contacts in 2,000 domains of which a few hold
most, opens and clicks hours after their sending. Lines come in order of time, at 1.5 a second: one million
are 7.6 days, ten million are 77.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from itertools import accumulate, islice
from pathlib import Path

START_MS = 1_760_000_000_000
SPACING_MS = 670
"""Mean time between two lines."""
LINES_PER_MESSAGE = 2.93
"""What one message brings in the end, the rows of its scenario among it."""
SCENARIOS = 200
STEPS = 7
DELIVERIES_EACH = 2
CONTACTS = 1_000_000
DOMAINS = 2_000
SHARE_OF_RUNS = 0.15
"""Messages with which a contact enters the scenario."""
DAY_S, HOUR_S = 86_400.0, 3_600.0

RARE, WHOLE, COMMON = "123456@", "person123456@", "example"
"""Parts of few addresses, of which the second is made of what all have in common, and of every address."""
MIDDLING = ("n12", "n123", "n1234", "7531")
"""Parts of some 10,000, 1,100, 110 and 500 addresses of the million."""

_FATES = ("delivered", "soft_bounce", "hard_bounce", "deferred", "blocked", "error")
_FATE_WEIGHTS = (94.0, 2.4, 1.2, 1.4, 0.8, 0.2)
_REASONS = ("mailbox full", "user unknown", "greylisted", "policy", "timeout", "spam content", "quota")
_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
)

WEBHOOKS, STEPS_LOG = "webhooks.ndjson", "steps.ndjson"

Line = tuple[int, int, bytes]
"""Time, a running number, and the line; what belongs to the scenario log begins as `_STEP_HEAD`."""
_STEP_HEAD = b'{"v":1,'


def write_definitions(path: Path) -> None:
    """The feed that joins each delivery to a step of a scenario."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(SCENARIOS * DELIVERIES_EACH):
            scenario = number // DELIVERIES_EACH
            file.write(
                '{"v":1,"record":"delivery","product":"brevo",'
                f'"template_id":"{number}","name":"Mail {number}",{_scenario(scenario)},'
                f'"step_id":"s{number % STEPS}","channel":"email"}}\n'
            )


def webhook_lines(events: int) -> Iterator[bytes]:
    """Brevo webhook bodies, one a line, in order of time."""
    return islice((line for line in traffic() if not line.startswith(_STEP_HEAD)), events)


def write_slices(
    folder: Path, events: int, slices: int, *, first: int = 0, start_ms: int = START_MS
) -> Iterator[list[Path]]:
    """The traffic cut into slices, each as two feeds that lie there until the next is asked for.

    first, start_ms: the number and the time of the first message, for traffic after other traffic.
    """
    lines = traffic(first, start_ms)
    paths = [folder / WEBHOOKS, folder / STEPS_LOG]
    for number in range(slices):
        size = events * (number + 1) // slices - events * number // slices
        with paths[0].open("wb") as webhooks, paths[1].open("wb") as steps:
            for line in islice(lines, size):
                (steps if line.startswith(_STEP_HEAD) else webhooks).write(line)
        yield paths


def traffic(first: int = 0, start_ms: int = START_MS) -> Iterator[bytes]:
    """All lines, without end."""
    dice = random.Random(7 + first)
    waiting: list[Line] = []
    weights = list(accumulate(1 / (place + 1) for place in range(SCENARIOS)))
    number = first
    while True:
        scenarios = dice.choices(range(SCENARIOS), cum_weights=weights, k=10_000)
        fates = dice.choices(_FATES, _FATE_WEIGHTS, k=10_000)
        for scenario, fate in zip(scenarios, fates, strict=True):
            number += 1
            now_ms = start_ms + int((number - first) * SPACING_MS * LINES_PER_MESSAGE)
            while waiting and waiting[0][0] <= now_ms:
                yield heapq.heappop(waiting)[2]
            for line in _message(dice, number, now_ms, scenario, fate):
                heapq.heappush(waiting, line)


def _message(dice: random.Random, number: int, now_ms: int, scenario: int, fate: str) -> Iterator[Line]:
    """One message with all that becomes of it, and the contact's way through the scenario."""
    contact = int(CONTACTS * dice.random())
    email = f"person{contact}@domain{domain_of(contact)}.example"
    delivery = scenario * DELIVERIES_EACH + number % DELIVERIES_EACH
    head = (
        f'"email":"{email}","id":77,"date":"2025-10-09 10:00:00",'
        f'"message-id":"<{number}.20251009.bench@smtp-relay.example>","subject":"An offer, number '
        f'{delivery}, made for you","template_id":{delivery},"tag":"bench","tags":["bench"],'
        f'"contact_id":{contact + 1},"sending_ip":"192.0.2.{delivery % 250}",'
        f'"X-Mailin-custom":"{{\\"order_id\\":{number},\\"shop\\":\\"s1\\"}}"'
    )
    at_ms = now_ms

    def line(word: str, later_s: float, more: str = "") -> Line:
        nonlocal at_ms
        at_ms += int(later_s * 1000) + 1
        clock = f'"ts":{at_ms // 1000},"ts_event":{at_ms // 1000},"ts_epoch":{at_ms}'
        return at_ms, number, f'{{"event":"{word}",{clock},{head}{more}}}\n'.encode()

    yield line("request", 0)
    if fate != "delivered":
        yield line(fate, 2 + 20 * dice.random(), f',"reason":"{_REASONS[number % len(_REASONS)]}"')
    else:
        yield line("delivered", 1 + 4 * dice.random())
        yield from _reactions(dice, line, number)
    if dice.random() < SHARE_OF_RUNS:
        yield from _run(dice, number, now_ms, scenario, email)


def _reactions(dice: random.Random, line: Callable[..., Line], number: int) -> Iterator[Line]:
    if dice.random() > 0.30:
        return
    agent = f',"user_agent":"{_AGENTS[number % 2]}","ip":"198.51.100.{number % 250}"'
    proxied = "unique_proxy_open" if number % 4 == 0 else "unique_opened"
    yield line(proxied, dice.expovariate(1 / (3 * HOUR_S)), agent)
    if dice.random() < 0.25:
        yield line("opened", dice.expovariate(1 / DAY_S), agent)
    if dice.random() < 0.22:
        url = f',"link":"https://shop.example/offer/{number % 300}?c=bench"'
        yield line("click", dice.expovariate(1 / 600), agent + url)
    chance = dice.random()
    if chance < 0.012:
        yield line("unsubscribed" if chance > 0.001 else "spam", 60, agent)


def _run(dice: random.Random, number: int, now_ms: int, scenario: int, email: str) -> Iterator[Line]:
    """A contact enters, goes some steps, and mostly leaves."""
    head = f'"product":"brevo","user_email":"{email}",{_scenario(scenario)},"run":"r{number}"'

    def line(kind: str, later_s: float, step: int) -> Line:
        at_ms = now_ms + int(later_s * 1000)
        text = f'{_STEP_HEAD.decode()}"record":"scenario_log","kind":"{kind}","date":{at_ms},{head},'
        return at_ms, number, f'{text}"step_id":"s{step}","message":"Step {step}: {kind}"}}\n'.encode()

    yield line("entered", -2, 0)
    yield line("action", -1, number % STEPS)
    left_s = dice.expovariate(1 / (2 * DAY_S))
    if dice.random() < 0.5:
        yield line("waiting", 10, STEPS - 2)
    if dice.random() < 0.9:
        yield line("exited", 20 + left_s, STEPS - 1)


def domain_of(contact: int) -> int:
    """The domain of a contact's address: a third of them in the first seventy."""
    return int(DOMAINS * ((contact * 7919 % 1_000_003) / 1_000_003) ** 3)


def _scenario(number: int) -> str:
    return f'"scenario_id":"{number + 1}","scenario":"Scenario {number + 1}"'
