"""Which identities are one contact: a pure function of all links ever seen, so the order does not matter.

A record of one person links its identities. Different product ids never merge; an e-mail belongs to the
product id it is linked to (the smallest where there are several); a phone or token joins contacts only
where at most one of them has an e-mail and at most one has a product id, else it stands alone. What is
linked to more than HUB others (a shop's own phone number) says nothing of a person and stands alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from backend.record import Identity

HUB = 50
"""An identity other than a product id with more links than this identifies nobody."""

STRENGTH: dict[str, int] = {"id": 0, "email": 1, "phone": 2, "token": 3}
"""Which identity of a row decides whose row it is: the strongest that the row carries."""
SHOWN: dict[str, int] = {"email": 0, "phone": 1, "id": 2, "token": 3}
"""Which identity of a row a person sees as its contact."""
NONE_VALUES = frozenset({"", "0", "null", "none"})
_LONGEST_NONE = max(map(len, NONE_VALUES))

N = TypeVar("N", bound=Hashable)


def fold_value(identity: Identity) -> str:
    """The form in which two spellings of an identity are compared; "" is none."""
    value = identity.value.strip()
    if len(value) <= _LONGEST_NONE and value.lower() in NONE_VALUES:
        return ""
    return value.casefold() if identity.namespace == "email" else value


def is_hub(namespace: str, links: int) -> bool:
    return namespace != "id" and links > HUB


def group_identities(
    names: Mapping[N, tuple[str, str]], links: Mapping[N, Sequence[N]]
) -> dict[N, frozenset[N]]:
    """The contact of each identity, as the set of identities that it has.

    names: identity -> (namespace, folded value), a whole connected component or several.
    links: identity -> identities it was seen with, hubs left out, both directions given.
    """
    owner: dict[N, N] = {}
    order = sorted(names, key=lambda node: (STRENGTH.get(names[node][0], 0), names[node]))
    for node in order:
        namespace = names[node][0]
        linked = [other for other in links.get(node, ()) if other in owner]
        if STRENGTH.get(namespace, 0) == 0:
            owner[node] = node
        elif namespace == "email":
            ids = [other for other in linked if STRENGTH.get(names[other][0], 0) == 0]
            owner[node] = min(ids, key=lambda other: names[other]) if ids else node
        else:
            _join_weak(node, linked, owner, names)
    members: dict[N, set[N]] = {}
    for node in order:
        members.setdefault(owner[node], set()).add(node)
    return {node: frozenset(members[owner[node]]) for node in order}


def _join_weak(node: N, linked: Sequence[N], owner: dict[N, N], names: Mapping[N, tuple[str, str]]) -> None:
    """Gives a phone or token to its contact, joining two contacts where that is allowed."""
    heads = sorted(
        {owner[other] for other in linked}, key=lambda head: (STRENGTH.get(names[head][0], 0), names[head])
    )
    if not heads:
        owner[node] = node
        return
    if len(heads) > 1 and not _may_join(heads, owner, names):
        owner[node] = node
        return
    for other, head in list(owner.items()):
        if head in heads:
            owner[other] = heads[0]
    owner[node] = heads[0]


def _may_join(heads: Sequence[N], owner: Mapping[N, N], names: Mapping[N, tuple[str, str]]) -> bool:
    with_id = {
        head for other, head in owner.items() if head in heads and STRENGTH.get(names[other][0], 0) == 0
    }
    with_email = {head for other, head in owner.items() if head in heads and names[other][0] == "email"}
    return len(with_id) <= 1 and len(with_email) <= 1
