"""The defects: each has cost somebody money or sleep; with the test that must see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """A piece of a file under functions/vending, which must be there exactly once."""

    file: str
    right: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Variant:
    """A defect, and the test that turns red."""

    name: str
    test: str
    edits: tuple[Edit, ...]


def _variant(name: str, test: str, *edits: tuple[str, str, str]) -> Variant:
    return Variant(name, f"tests/{test}", tuple(Edit(*edit) for edit in edits))


_SAID = """\
    import json
    said = json.loads(jwt.utils.base64url_decode(message.partition(b".")[0]))
"""  # what the header of the token says
VARIANTS = (
    _variant(
        "fail open: the token is given out though it could not be counted",
        "unit/test_vend.py::test_token_is_dropped_when_it_cannot_be_counted",
        (
            "vend.py",
            "        settled = await request.account.change(reading, counted)\n",
            (
                "        try:\n"
                "            settled = await request.account.change(reading, counted)\n"
                "        except Exception:\n"
                "            session = self._admit(request, reading)\n"
                "            return Vended(token.value, session, grant.charge, 0, reading)\n"
            ),
        ),
    ),
    _variant(
        "deliver before count",
        "unit/test_vend.py::test_token_is_counted_before_it_is_answered",
        (
            "vend.py",
            "            return await self._count(request, reading, orders, tokens)\n",
            (
                "            import asyncio\n"
                "            self.turns.later = asyncio.create_task(\n"
                "                self._count(request, reading, orders, tokens)\n"
                "            )\n"
                "            return Vended(\n"
                "                tokens[0].value, session, request.grant.charge, 0, reading\n"
                "            )\n"
            ),
        ),
    ),
    _variant(
        "blind write",
        "contract/test_ledgers.py::"
        "test_write_on_a_stale_version_is_a_conflict_and_changes_nothing[sqlite]",
        (
            "sqlite_ledger.py",
            "where user = ? and version = ?",
            "where user = ? and version >= ? - 9",
        ),
    ),
    _variant(
        "of two first writes both count",
        "contract/test_ledgers.py::test_second_of_two_first_writes_is_a_conflict[sqlite]",
        ("sqlite_ledger.py", "do nothing", "(user) do update set document = excluded.document"),
    ),
    _variant(
        "charged twice after a write whose outcome was unknown",
        "unit/test_vend.py::test_commit_that_succeeds_and_reports_failure_is_not_counted_twice",
        ("vend.py", "newest.usage.holds(grant.session, grant.charge) or ", ""),
    ),
    _variant(
        "only the fields that were set are locked (lock_additional_fields=[])",
        "unit/test_vend.py::test_order_locks_every_field_and_times_are_ours",
        ("vend.py", "Order(setup, LOCKED,", "Order(setup, tuple(setup),"),
    ),
    _variant(
        "nothing is locked (no field mask)",
        "unit/test_mint.py::test_mask_locks_every_field_and_the_setup_has_no_other",
        ("mint.py", '",".join(order.locked)', '""'),
    ),
    _variant(
        "the token says how it is verified: alg none",
        "attacks/test_algorithms.py",
        (
            "signed_claims.py",
            "if not isinstance(algorithm, str) or algorithm not in algorithms:",
            "if not isinstance(algorithm, str):",
        ),
        (
            "signed_claims.py",
            "key = await keys.find(kid, algorithm)",
            'key = await keys.find(kid, "RS256")',
        ),
        (
            "signature.py",
            "    verified: bool =",
            (f'{_SAID}    if said["alg"] == "none":\n        return True\n    verified: bool ='),
        ),
    ),
    _variant(
        "the token says how it is verified: HS256 with the public key",
        "attacks/test_algorithms.py",
        (
            "signed_claims.py",
            "if not isinstance(algorithm, str) or algorithm not in algorithms:",
            "if not isinstance(algorithm, str):",
        ),
        (
            "signed_claims.py",
            "key = await keys.find(kid, algorithm)",
            'key = await keys.find(kid, "RS256")',
        ),
        (
            "signature.py",
            "    verified: bool =",
            (
                f"{_SAID}"
                '    if said["alg"] == "HS256":\n'
                "        import hmac\n"
                "        from cryptography.hazmat.primitives import serialization as s\n"
                "        form = s.PublicFormat.SubjectPublicKeyInfo\n"
                "        pem = key.key.public_bytes(s.Encoding.PEM, form)\n"
                '        return hmac.digest(pem, message, "sha256") == signature\n'
                "    verified: bool ="
            ),
        ),
    ),
    _variant(
        "the key cache is wiped by a failed refresh",
        "unit/test_keys.py::test_failed_refresh_keeps_the_keys_for_ever",
        (
            "keys.py",
            "        except FetchFailed as error:\n",
            "        except FetchFailed as error:\n            self._keys = {}\n",
        ),
    ),
    _variant(
        "a list of audiences is taken when we are in it",
        "unit/test_hostile_tokens.py::test_hostile_token_is_refused_and_its_twin_is_not",
        (
            "authenticate.py",
            'if claims.get("aud") != issuer.audience:',
            'if issuer.audience not in claims.get("aud", ()):',
        ),
    ),
    _variant(
        "refund when the client ends the session",
        "unit/test_admit.py::test_ended_session_frees_its_slot_and_takes_no_more_tokens",
        ("admit.py", "(usage, last=now).with", "(usage, last=now, mints=usage.mints[:-1]).with"),
    ),
    _variant(
        "windows by calendar",
        "clock/test_calendar.py",
        ("admit.py", "if t > now - window]", "if t // window == now // window]"),
    ),
    _variant(
        "cooldown from the last refresh, too",
        "unit/test_admit.py::test_refresh_does_not_move_the_cooldown",
        (
            "admit.py",
            "if usage.mints and now - usage.mints[-1] < cooldown:",
            "if usage.mints and now - charges[-1] < cooldown:",
        ),
    ),
    _variant(
        "the clock may run backwards for a user",
        "clock/test_store_clock_steps.py",
        ("ledger.py", "max(clock_ms, usage.last)", "clock_ms"),
    ),
    _variant(
        "the API key in an exception",
        "unit/test_mint.py::test_neither_key_nor_token_is_in_an_exception",
        ("mint.py", 'detail.replace(self._api_key, "[key]")', "detail"),
    ),
    _variant(
        "a live token in the log",
        "attacks/test_request_fuzz.py",
        ("endpoints.py", "token_digest(vended.token)", "vended.token"),
    ),
    _variant(
        "an Idempotency-Key opens the token of anybody who used it",
        "unit/test_replay.py::test_other_key_user_or_request_opens_nothing",
        ("replay.py", "salt=user.encode()", 'salt=b""'),
        ("replay.py", "parts = (self.user, ", "parts = ("),
    ),
    _variant(
        "a blocked user may still replay",
        "unit/test_vend.py::test_blocked_user_gets_no_replay_either",
        ("vend.py", "            refuse_blocked(reading.usage, reading.now)\n", ""),
    ),
    _variant(
        "any origin is allowed",
        "unit/test_edge.py::test_stranger_is_told_nothing_whatever_is_asked",
        ("respond.py", "if origin is None or origin not in allowed:", "if origin is None:"),
    ),
    _variant(
        "unknown fields are ignored",
        "unit/test_body.py::test_unknown_field_is_said_to_be_none",
        ("api.py", 'extra="forbid"', 'extra="ignore"'),
    ),
    _variant(
        "of two Authorization headers the first counts",
        "unit/test_bearer.py::test_two_headers_are_an_invalid_request_even_when_they_agree",
        ("bearer.py", "if len(authorization) > 1:", "if not authorization:"),
    ),
    _variant(
        "App Check that cannot be checked is passed",
        "unit/test_app_check.py::test_without_keys_monitoring_lets_pass_and_enforcement_does_not",
        (
            "app_check.py",
            (
                '            if self._mode == "enforce":\n                raise\n'
                '            return "unavailable"\n        return "ok"\n\n'
            ),
            '            return "unavailable"\n        return "ok"\n\n',
        ),
    ),
    _variant(
        "leftmost X-Forwarded-For",
        "unit/test_address.py::test_client_is_where_our_own_proxies_saw_it",
        ("address.py", "entries[-hops]", "entries[0]"),
    ),
    _variant(
        "of several X-Forwarded-For fields the first counts",
        "unit/test_address.py",
        ("address.py", "len(forwarded) != 1 or", "not forwarded or"),
    ),
    _variant(
        "rulings that cannot be read are none",
        "unit/test_rulings.py",
        (
            "rulings.py",
            'raise StoreUnavailable("no rulings can be read", retry_after_s=RETRY_AFTER_S)',
            "pass",
        ),
    ),
    _variant(
        "an App Check token that is used up lets another mint through",
        "contract/test_consume.py::test_enforced_a_token_lets_one_mint_through",
        ("app_check.py", 'return "ok" if first else', 'return "ok" if self._consume else'),
    ),
    _variant(
        "anything that is not empty in the claim makes an admin",
        "attacks/test_admin_routes.py",
        (
            "authenticate.py",
            "claims.get(self._admin_claim) is True",
            "bool(claims.get(self._admin_claim))",
        ),
    ),
)
