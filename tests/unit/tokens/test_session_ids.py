"""Session ids can be recognised as their user's, by no other user's."""

from __future__ import annotations

import re

from support.fakes.memory import USER
from vending.tokens.session_ids import SessionIds

IDS = SessionIds("a key")


def test_id_is_recognised_by_any_instance_as_its_users_and_nobody_elses() -> None:
    made = IDS.new(USER)

    assert SessionIds("a key").was_given(made, USER)
    assert not IDS.was_given(made, "4e" * 20)
    assert not SessionIds("another key").was_given(made, USER)


def test_ids_are_24_hex_digits_and_differ() -> None:
    made = {IDS.new(USER) for _ in range(1000)}

    assert len(made) == 1000
    assert all(re.fullmatch("[0-9a-f]{24}", each) for each in made)


def test_any_digit_changed_is_nobodys() -> None:
    made = IDS.new(USER)

    for at, digit in enumerate(made):
        other = made[:at] + ("0" if digit != "0" else "1") + made[at + 1 :]
        assert not IDS.was_given(other, USER)
    assert not IDS.was_given("", USER)
