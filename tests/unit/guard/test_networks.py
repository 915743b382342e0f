"""A client's network is what our own proxies saw, whatever the client claims."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vending.guard.networks import HERE, MOST_CHARS, MOST_ENTRIES, UNKNOWN, PrefixNames

PEER = "169.254.1.1"
FORGED = "6.6.6.6"
V4, V6 = "203.0.113.0/24", "2001:db8:1:2::/64"
NAMES = {hops: PrefixNames(hops, "a key") for hops in range(9)}
MANY = ", ".join([FORGED] * (MOST_ENTRIES - 1) + ["203.0.113.7"])

TABLE: list[tuple[int, list[str], str | None]] = [
    # the socket's own peer: no header is believed
    (0, [], "169.254.1.0/24"),
    (0, ["203.0.113.7"], "169.254.1.0/24"),
    (0, ["203.0.113.7", FORGED], "169.254.1.0/24"),
    (0, ["nonsense"], "169.254.1.0/24"),
    # one proxy of ours: the last entry
    (1, ["203.0.113.7"], V4),
    (1, ["203.0.113.255"], V4),
    (1, ["203.0.114.0"], "203.0.114.0/24"),
    (1, [f"{FORGED}, 203.0.113.7"], V4),
    (1, [f"{FORGED},203.0.113.7"], V4),
    (1, [f"{FORGED} , \t203.0.113.7 "], V4),
    (1, [f"{FORGED}, 7.7.7.7, 203.0.113.7"], V4),
    (1, ["nonsense, 203.0.113.7"], V4),
    (1, [", , 203.0.113.7"], V4),
    (1, ["127.0.0.1, 203.0.113.7"], V4),
    (1, [f"{FORGED}, unknown"], None),
    (1, [f"{FORGED}, _hidden"], None),
    (1, [f"{FORGED}, "], None),
    (1, [""], None),
    (1, [","], None),
    (1, [], None),
    (1, ["203.0.113.7", FORGED], None),
    (1, [FORGED, "203.0.113.7"], None),
    (1, ["203.0.113.7", "203.0.113.7"], None),
    (1, [MANY], V4),
    (1, [f"{FORGED}, {MANY}"], None),
    (1, [f"{'6' * MOST_CHARS}, 203.0.113.7"], None),
    # how an address may be written, and how not
    (1, ["2001:db8:1:2:3:4:5:6"], V6),
    (1, ["2001:DB8:1:2::"], V6),
    (1, ["2001:0db8:0001:0002:ffff:ffff:ffff:ffff"], V6),
    (1, ["2001:db8:1:3::1"], "2001:db8:1:3::/64"),
    (1, ["::ffff:203.0.113.7"], V4),
    (1, ["::ffff:cb00:7107"], V4),
    (1, ["::203.0.113.7"], "::/64"),
    (1, ["fe80::1%eth0"], None),
    (1, ["2001:db8::1%1"], None),
    (1, ["[2001:db8:1:2::1]"], None),
    (1, ["[2001:db8:1:2::1]:443"], None),
    (1, ["203.0.113.7:443"], None),
    (1, ["203.0.113.07"], None),
    (1, ["203.0.113"], None),
    (1, ["203.0.113.7.1"], None),
    (1, ["203.0.113.256"], None),
    (1, ["3405803783"], None),
    (1, ["0xcb.0x00.0x71.0x07"], None),
    (1, ["203.0.113.7/32"], None),
    (1, ['"203.0.113.7"'], None),
    (1, ["for=203.0.113.7"], None),
    (1, ["\uff12\uff10\uff13.0.113.7"], None),
    (1, ["203.0.113.7\x00"], None),
    (1, ["203.0.113.7;6.6.6.6"], None),
    (1, ["203.0.113.7 6.6.6.6"], None),
    # the load balancer before it: the last but one
    (2, ["203.0.113.7, 35.191.0.1"], V4),
    (2, [f"{FORGED}, 203.0.113.7, 35.191.0.1"], V4),
    (2, [f"{FORGED}, 7.7.7.7, 203.0.113.7, nonsense"], V4),
    (2, ["2001:db8:1:2::1, 35.191.0.1"], V6),
    (2, ["203.0.113.7"], None),
    (2, ["nonsense, 35.191.0.1"], None),
    (2, ["203.0.113.7", "35.191.0.1"], None),
    (2, [], None),
    (8, ["1.1.1.1, 2.2.2.2, 3.3.3.3, 4.4.4.4, 5.5.5.5, 6.6.6.6, 7.7.7.7, 8.8.8.8"], "1.1.1.0/24"),
    (8, ["2.2.2.2, 3.3.3.3, 4.4.4.4, 5.5.5.5, 6.6.6.6, 7.7.7.7, 8.8.8.8"], None),
]


def named(prefix: str | None) -> str:
    """The name of a network, by an address in it."""
    return NAMES[0].name([], str(ip_network(prefix)[0])) if prefix else UNKNOWN


@pytest.mark.parametrize(("hops", "forwarded", "expected"), TABLE)
def test_client_is_where_our_own_proxies_saw_it(
    hops: int, forwarded: list[str], expected: str | None
) -> None:
    assert NAMES[hops].name(forwarded, PEER) == named(expected)


@given(supplied=st.text(), hops=st.integers(1, 3))
def test_nothing_a_client_says_changes_its_network(supplied: str, hops: int) -> None:
    """It may lose it, by too many entries, but never choose it."""
    ours = ["203.0.113.7", "35.191.0.1", "35.191.0.2"][:hops]

    name = NAMES[hops].name([",".join([supplied, *ours])], PEER)

    assert name in (UNKNOWN, named(V4))


@given(st.ip_addresses(), st.ip_addresses())
def test_neighbours_and_only_they_have_one_network(one: object, other: object) -> None:
    def key(address: object) -> tuple[int, int]:
        parsed = ip_address(str(address))
        mapped = getattr(parsed, "ipv4_mapped", None) or parsed
        return mapped.version, int(mapped) >> (8 if mapped.version == 4 else 64)

    alike = NAMES[1].name([str(one)], "") == NAMES[1].name([str(other)], "")

    assert alike == (key(one) == key(other))


def test_name_tells_no_address_and_needs_the_secret() -> None:
    mine, another = PrefixNames(1, "a key"), PrefixNames(1, "another key")

    name = mine.name(["203.0.113.7"], PEER)

    assert len(name) == 16
    assert int(name, 16) >= 0
    assert name == mine.name([f"{FORGED}, 203.0.113.9"], PEER)
    assert name != another.name(["203.0.113.7"], PEER)
    assert name != mine.name(["203.0.114.7"], PEER)
    assert mine.name([FORGED, "203.0.113.7"], PEER) == UNKNOWN


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_itself_is_no_network(peer: str) -> None:
    assert PrefixNames(0, "a key").name([], peer) == HERE
    assert PrefixNames(1, "a key").name([peer], PEER) not in (HERE, UNKNOWN)


@pytest.mark.parametrize(
    ("secret", "v4", "v6"),
    [
        ("a key", "655053a7b33746b4", "7d98197eb4c8098c"),
        ("\u00fcn\u00efcode key", "5c5be133c1173057", "af13e4ac6cb60526"),
        ("", "2997c25db11f19c1", "814e1e6d89620089"),
    ],
)
def test_name_stays_what_it_was(secret: str, v4: str, v6: str) -> None:
    """Blocks and strikes are kept by it: from before the key came from a library."""
    names = PrefixNames(1, secret)

    assert names.name(["203.0.113.7"], PEER) == v4
    assert names.name(["2001:db8:1:2::1"], PEER) == v6
