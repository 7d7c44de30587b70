"""The people of the demonstration: twelve thousand invented ones, at domains that cannot exist (RFC 2606).

Who somebody is follows from his number alone. Some have names that a console must take in its stride.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from backend.demo.clockwork import dice

HOW_MANY = 12_000
BREVO_PEOPLE = 8_000
"""Brevo knows the people below this number, Adobe those from AJO_FIRST: some are in both."""
AJO_FIRST = 4_000
AJO_PEOPLE = HOW_MANY - AJO_FIRST

FAILING_DOMAIN = "courriel.example"
"""The domain of the incident DOMAIN_DOWN."""


class Domain(NamedTuple):
    name: str
    share: int
    """Of a hundred addresses."""
    bad: float
    """Share of its addresses that bounce hard, on top of everybody's."""
    proxy: bool = False
    """Its mail is loaded by a proxy within minutes, read or not."""
    scanner: bool = False
    """A filter follows every link of half its mail within seconds."""


DOMAINS = (
    Domain("freemail.example", 32, 0.002),
    Domain("pomme.example", 17, 0.001, proxy=True),
    Domain("lettre.example", 14, 0.004),
    Domain(FAILING_DOMAIN, 11, 0.004),
    Domain("inbox.example", 9, 0.003),
    Domain("oldmail.example", 6, 0.060),
    Domain("naver.example", 4, 0.003),
    Domain("bücher.example", 3, 0.002),
    Domain("firma.example", 2, 0.010, scanner=True),
    Domain("studio-lumiere.example", 2, 0.010, scanner=True),
)

# Shown name, and what stands for it in an address.
_FIRST = (
    *("Marie|marie", "Zoë|zoe", "Jean-François|jf", "Łukasz|lukasz", "Anna|anna", "Søren|soren"),
    *("Inès|ines", "李娜|lina", "Βασιλική|vasiliki", "Ngọc|ngoc", "محمد|mohamed", "Дарья|daria"),
    *("Paul|paul", "Åsa|asa", "José|jose", "Chloé|chloe", "Noah|noah", "Emma|emma", "Björn|bjorn"),
    *("Siobhán|siobhan", "Max|max", "Camille|camille", "지우|jiwoo", "さくら|sakura", "Léa|lea", "Tom|tom"),
    *("Agnieszka|agnieszka", "Nuño|nuno", "Ava|ava", "Hugo|hugo", "ईशा|isha", "Luna 🌙|luna"),
)
_LAST = (
    *(
        "Durand|durand",
        "O’Connor|oconnor",
        "Dvořák|dvorak",
        "Müller|muller",
        "Lefèvre|lefevre",
        "Nguyễn|nguyen",
    ),
    *("García|garcia", "Kowalski|kowalski", "d'Aubigné|daubigne", "van der Berg|vdberg", "Smith|smith"),
    *("Öztürk|ozturk", "Χατζής|chatzis", "김|kim", "山本|yamamoto", "Иванова|ivanova", "Straße|strasse"),
    *("Bonnet|bonnet", "Rossi|rossi", "Þórsson|thorsson", "Martin|martin", "Lopez|lopez", "Petit|petit"),
    *("Nowak|nowak", "Fischer|fischer", "Roux|roux", "Haddad|haddad", "Weber|weber", "Bernard|bernard"),
    *("Sánchez-Ruiz|sanchezruiz", "Moreau|moreau", "Lind|lind", "Costa|costa", "Fontaine|fontaine"),
)
_PLATFORMS = ("ios", "android")


class Person(NamedTuple):
    """One contact with his ways. `number` decides everything else."""

    number: int
    first: str
    last: str
    email: str
    domain: Domain
    phone: str
    crm_id: str
    """What Adobe knows him by; Brevo's contact id is `number` + 1."""
    token: str
    platform: str
    suppressed: bool
    """On the suppression list: every sending leaves him out."""
    opted_out: bool
    gone: bool
    """The address is dead: whatever is sent bounces hard."""
    keen: float
    """How likely he is to open, compared to others: 0.2 to 1.8."""


@cache
def people() -> tuple[Person, ...]:
    """Everybody, by number."""
    roll = dice(0, 0).random
    by_share = tuple(domain for domain in DOMAINS for _ in range(domain.share))
    firsts = tuple(name.split("|") for name in _FIRST)
    lasts = tuple(name.split("|") for name in _LAST)
    everybody = []
    for number in range(HOW_MANY):
        # 7919 shares no divisor with 12000: every number gets a place of its own.
        place = number * 7919 % HOW_MANY
        first, first_text = firsts[place % len(firsts)]
        last, last_text = lasts[place // len(firsts) % len(lasts)]
        again = place // (len(firsts) * len(lasts))
        domain = by_share[int(roll() * len(by_share))]
        everybody.append(
            Person(
                number=number,
                first=first,
                last=last,
                email=f"{first_text}.{last_text}{again or ''}@{domain.name}",
                domain=domain,
                phone=f"336{39_980_000 + number:08}",
                crm_id=f"CRM-{100_000 + number}",
                token=f"{int(roll() * 2**52):013x}{number:06x}",
                platform=_PLATFORMS[roll() < 0.58],
                suppressed=roll() < 0.008,
                opted_out=roll() < 0.015,
                gone=roll() < 0.004 + domain.bad,
                keen=0.2 + 1.6 * roll(),
            )
        )
    return tuple(everybody)


def brevo_person(serial: int) -> Person:
    """Whom the story of that number is about: nobody comes again within 8000 stories."""
    return people()[serial * 3571 % BREVO_PEOPLE]


def ajo_person(serial: int) -> Person:
    """Likewise among Adobe's people."""
    return people()[AJO_FIRST + serial * 3571 % AJO_PEOPLE]
