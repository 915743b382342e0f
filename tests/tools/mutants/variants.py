"""The defects: each has cost somebody money or sleep; with the test that must see it."""

from __future__ import annotations

from tools.mutants.firestore_variants import FIRESTORE
from tools.mutants.variant import variant

_SAID = """\
    said = jwt.get_unverified_header(token)  # what the header of the token says
    unverified = jwt.decode(token, options={"verify_signature": False})
"""
_OPTIONS = "    spellings = [said for"
_ANY_ALGORITHM = (
    (
        "identity/id_token.py",
        "        return SPELLINGS[named]\n",
        "        return SPELLINGS[named]\n    return str(named)\n",
    ),
    (
        "identity/id_token.py",
        "find = partial(keys.find, kid, algorithm,",
        'find = partial(keys.find, kid, SPELLINGS.get(algorithm, "RS256"),',
    ),
    ("identity/id_token.py", "if algorithm not in believed.algorithms:", "if False:"),
)
VARIANTS = (
    variant(
        "fail open: the token is given out though it could not be counted",
        "unit/tokens/test_vend.py::test_token_is_dropped_when_it_cannot_be_counted",
        "DID NOT RAISE StoreUnavailable",
        (
            "tokens/vend.py",
            "            settled = await self._count(request, minted)\n",
            (
                "            try:\n"
                "                settled = await self._count(request, minted)\n"
                "            except Exception:\n"
                "                token, charge = minted.tokens[0].value, request.grant.charge_id\n"
                "                return Vended(token, session, charge, 0, reading)\n"
            ),
        ),
    ),
    variant(
        "deliver before count",
        "unit/tokens/test_vend.py::test_token_is_counted_before_it_is_answered",
        "assert () == (1790000000000,)",
        (
            "tokens/vend.py",
            "            settled = await self._count(request, minted)\n",
            (
                "            self.queue.later = asyncio.create_task(self._count(request, minted))\n"
                "            token, charge = minted.tokens[0].value, request.grant.charge_id\n"
                "            return Vended(token, session, charge, 0, reading)\n"
            ),
        ),
    ),
    variant(
        "blind write",
        "contract/test_ledgers.py::"
        "test_write_on_a_stale_version_is_a_conflict_and_changes_nothing[sqlite]",
        "DID NOT RAISE Conflict",
        (
            "store/sqlite_ledger.py",
            "where user = ? and version = ?",
            "where user = ? and version >= ? - 9",
        ),
    ),
    variant(
        "of two first writes both count",
        "contract/test_ledgers.py::test_second_of_two_first_writes_is_a_conflict[sqlite]",
        "DID NOT RAISE Conflict",
        (
            "store/sqlite_ledger.py",
            "do nothing",
            "(user) do update set document = excluded.document",
        ),
    ),
    variant(
        "charged twice after a write whose outcome was unknown",
        "unit/tokens/test_vend.py::test_commit_that_succeeds_and_reports_failure_is_not_counted_twice",
        "(1790000000000, 1790000000000) == (1790000000000,)",
        (
            "tokens/token_request.py",
            "answered or usage.holds(self.grant.session_id, self.grant.charge_id)",
            "answered",
        ),
    ),
    variant(
        "only the fields that were set are locked (lock_additional_fields=[])",
        "unit/tokens/test_vend_orders.py::test_order_locks_every_field_and_times_are_ours",
        "== {'historyConfig'}",
        ("tokens/vend.py", "Order(setup, locked,", "Order(setup, tuple(setup),"),
    ),
    variant(
        "nothing is locked (no field mask)",
        "unit/gemini/test_auth_tokens.py::test_mask_locks_every_field_and_the_setup_has_no_other",
        "assert ('',) == ('model'",
        ("gemini/auth_tokens.py", '",".join(order.locked)', '""'),
    ),
    variant(
        "a mint that was lost is sent again",
        "unit/gemini/test_auth_tokens.py::test_mint_is_sent_once_whatever_comes_of_it",
        "assert 2 == 1",
        ("gemini/auth_tokens.py", "HttpRetryOptions(attempts=1)", "HttpRetryOptions(attempts=2)"),
    ),
    variant(
        "a mint follows a redirect, the API key with it",
        "unit/gemini/test_auth_tokens.py::test_redirect_is_not_followed",
        "/else",
        ("gemini/auth_tokens.py", '"allow_redirects": False', '"allow_redirects": True'),
    ),
    variant(
        "a mint is answered with what a connection said before it was asked",
        "contract/test_http_client.py",
        "assert (200, b'hi') == (200, b'01')",
        ("outbound/connections.py", " and not protocol.should_close", ""),
    ),
    variant(
        "the token says how it is verified: alg none",
        "security/attacks/test_algorithms.py",
        "('none', 'RS256', 'RSA')",
        *_ANY_ALGORITHM,
        (
            "identity/signature.py",
            _OPTIONS,
            f'{_SAID}    if said["alg"] == "none":\n        return unverified\n{_OPTIONS}',
        ),
    ),
    variant(
        "the token says how it is verified: HS256 with the public key",
        "security/attacks/test_algorithms.py",
        "('HS256', 'HS256', 'RSA PEM')",
        *_ANY_ALGORITHM,
        (
            "identity/signature.py",
            _OPTIONS,
            (
                f"{_SAID}"
                '    if said["alg"] == "HS256":\n'
                "        import hmac\n"
                "        from cryptography.hazmat.primitives import serialization as s\n"
                "        form = s.PublicFormat.SubjectPublicKeyInfo\n"
                "        pem = key.key.public_bytes(s.Encoding.PEM, form)\n"
                '        message, _, signature = token.rpartition(".")\n'
                '        ours = hmac.digest(pem, message.encode(), "sha256")\n'
                "        if ours == jwt.utils.base64url_decode(signature):\n"
                "            return unverified\n"
                f"{_OPTIONS}"
            ),
        ),
    ),
    variant(
        "the key cache is wiped by a failed refresh",
        "unit/identity/test_jwks.py::test_failed_refresh_keeps_the_keys_for_ever",
        "IdentityUnavailable: no keys of",
        (
            "identity/jwks.py",
            "        except FetchFailed as error:\n",
            "        except FetchFailed as error:\n            self._known = KeySet()\n",
        ),
    ),
    variant(
        "a list of audiences is taken when we are in it, whoever else is",
        "unit/identity/test_hostile_tokens.py::test_hostile_token_is_refused_and_its_twin_is_not",
        "DID NOT RAISE Unauthenticated",
        ("identity/id_token.py", "if others and party not in audiences:", "if others < 0:"),
    ),
    variant(
        "refund when the client ends the session",
        "unit/limits/test_admit.py::test_ended_session_frees_its_slot_and_takes_no_more_tokens",
        "assert () == (1790000000000,)",
        (
            "limits/admit.py",
            "ended=True), last=now)",
            "ended=True), last=now, mints=usage.mints[:-1])",
        ),
    ),
    variant(
        "windows by calendar",
        "security/clock/test_calendar.py",
        "says='hour day cooldown'",
        ("limits/counts.py", "(log, now - window)", "(log, now // window * window - 1)"),
    ),
    variant(
        "cooldown from the last refresh, too",
        "unit/limits/test_admit.py::test_refresh_does_not_move_the_cooldown",
        "where False = is_admitted(",
        (
            "limits/counts.py",
            "return usage.mints[-1] + limits.cooldown_minutes * MINUTE_MS if usage.mints else 0",
            (
                'return usage.charged_at("tokens")[-1] + limits.cooldown_minutes * MINUTE_MS '
                "if usage.mints else 0"
            ),
        ),
    ),
    variant(
        "the clock may run backwards for a user",
        "security/clock/test_store_clock_steps.py",
        "assert 90300 == ",
        ("limits/reading.py", "max(clock_ms, usage.last)", "clock_ms"),
    ),
    variant(
        "the API key in an exception",
        "unit/gemini/test_auth_tokens.py::test_neither_key_nor_token_is_in_an_exception",
        "assert 'AQ.canary-of-the-api-key-0123456789' not in ",
        ("gemini/auth_tokens.py", 'detail.replace(self._api_key, "[key]")', "detail"),
    ),
    variant(
        "a live token in the log",
        "security/attacks/test_request_fuzz.py",
        "assert 'auth_tokens/' not in ",
        ("operations/talks.py", "token_digest(vended.token)", "vended.token"),
    ),
    variant(
        "an Idempotency-Key opens the token of anybody who used it",
        "unit/tokens/test_idempotency.py::test_other_key_user_or_request_opens_nothing",
        "DID NOT RAISE ReplayExpired",
        ("tokens/idempotency.py", "salt=user.encode()", 'salt=b""'),
        ("tokens/idempotency.py", "parts = (self.user, ", "parts = ("),
    ),
    variant(
        "a blocked user may go on",
        "security/attacks/test_tokens_over_http.py::"
        "test_blocked_user_gets_nothing_with_a_valid_token",
        "[(201, ''), (201, '')] == [(403, 'blocked'), (403, 'blocked')]",
        (
            "operations/dispatch.py",
            "        self.guard.refuse_blocked(snapshot, caller.user)\n",
            "",
        ),
    ),
    variant(
        "a refresh is not counted as a talk, whenever it is asked for",
        "unit/limits/test_slots.py::test_refresh_near_the_end_takes_no_slot_and_one_before_takes_another",
        "assert 1 == 2",
        ("limits/violations.py", "if since is None or self.now < since:", "if since is None:"),
    ),
    variant(
        "of the keys whose token lives only eight are kept",
        "security/attacks/test_idempotency_abuse.py::"
        "test_no_key_is_pushed_out_by_others_while_its_token_lives",
        f"At index 0 diff: 'auth_tokens/{0xA:064x}' != 'auth_tokens/{1:064x}'",
        (
            "limits/retention.py",
            'sealed="") for r in kept)',
            'sealed="") for r in [*kept][-8:])',
        ),
    ),
    variant(
        "a report of several talks is capped at one",
        "unit/limits/test_report.py::test_report_counts_for_as_many_talks_as_the_tokens_can_hold",
        "assert ",
        (
            "limits/report.py",
            "session.talked_ms(now)",
            "(min(now, session.expires) - session.started)",
        ),
    ),
    variant(
        "of more than a hundred live sessions the oldest is dropped",
        "unit/limits/test_admit.py::"
        "test_session_whose_token_lives_is_never_forgotten_but_a_new_one_refused",
        "DID NOT RAISE QuotaExceeded",
        (
            "limits/violations.py",
            "until.append(_room_at(ends, now, SESSIONS_KEPT, len(case.grant.all)))",
            "pass",
        ),
        (
            "limits/retention.py",
            "return tuple(s for s in sessions if s.id not in dropped)",
            "return tuple(s for s in sessions if s.id not in dropped)[-SESSIONS_KEPT:]",
        ),
    ),
    variant(
        "any origin is allowed",
        "unit/http/test_edge.py::test_stranger_is_told_nothing_whatever_is_asked",
        "assert not ['access-control-allow-origin'",
        ("http/problems.py", "if origin is None or origin not in allowed:", "if origin is None:"),
    ),
    variant(
        "unknown fields are ignored",
        "unit/http/test_body.py::test_unknown_field_is_said_to_be_none",
        "DID NOT RAISE InvalidRequest",
        ("strict_model.py", 'extra="forbid",\n', 'extra="ignore",\n'),
    ),
    variant(
        "of two Authorization headers the first counts",
        "unit/identity/test_bearer.py::test_two_headers_are_an_invalid_request_even_when_they_agree",
        "DID NOT RAISE Unauthenticated",
        ("identity/bearer.py", "if len(authorization) > 1:", "if not authorization:"),
    ),
    variant(
        "App Check that cannot be checked is passed",
        "unit/identity/test_app_check.py::test_without_keys_monitoring_lets_pass_and_enforcement_does_not",
        "DID NOT RAISE IdentityUnavailable",
        (
            "identity/app_check.py",
            (
                '            if self._mode == "enforce":\n                raise\n'
                '            return "unavailable"\n        return "ok"\n\n'
            ),
            '            return "unavailable"\n        return "ok"\n\n',
        ),
    ),
    variant(
        "leftmost X-Forwarded-For",
        "unit/guard/test_networks.py::test_client_is_where_our_own_proxies_saw_it",
        "assert '83b20c642efdf8d4' == '655053a7b33746b4'",
        ("guard/networks.py", "entries[-hops]", "entries[0]"),
    ),
    variant(
        "of several X-Forwarded-For fields the first counts",
        "unit/guard/test_networks.py",
        "assert '655053a7b33746b4' == 'unknown'",
        ("guard/networks.py", "len(forwarded) != 1 or", "not forwarded or"),
    ),
    variant(
        "rulings that cannot be read are none",
        "unit/guard/test_ruling_store.py",
        "DID NOT RAISE StoreUnavailable",
        (
            "guard/ruling_store.py",
            'raise StoreUnavailable("no rulings can be read", retry_after_s=STORE_RETRY_AFTER_S)',
            "pass",
        ),
    ),
    variant(
        "an App Check token that is used up lets another mint through",
        "contract/test_consume.py::test_enforced_a_token_lets_one_mint_through",
        "DID NOT RAISE AppCheckFailed",
        ("identity/app_check.py", 'return "ok" if first else', 'return "ok" if self._consume else'),
    ),
    variant(
        "App Check is not asked at the mint",
        "security/attacks/test_app_tokens.py::test_enforced_only_a_good_app_token_mints_and_only_once",
        "(201, '') == (403, 'app-check-failed')",
        (
            "operations/dispatch.py",
            "await self.app_check.check([attested] if attested else [])",
            '"unavailable"',
        ),
    ),
    variant(
        "an App Check token is not used up by the mint",
        "security/attacks/test_app_tokens.py::test_enforced_only_a_good_app_token_mints_and_only_once",
        "assert (201, '', ",
        ("operations/talks.py", "await self.app_check.use_up(context.attested)", '"ok"'),
    ),
    variant(
        "anything that is not empty in the claim makes an admin",
        "security/attacks/test_admin_routes.py",
        "1, None: GET",
        (
            "identity/authenticate.py",
            "claims.get(self._admin_claim) is True",
            "bool(claims.get(self._admin_claim))",
        ),
    ),
    variant(
        "health is blind: nobody tries whether the store takes charges",
        "unit/operations/test_health.py"
        "::test_while_writing_fails_it_is_tried_once_a_second_and_clears_with_the_first",
        "assert ['ok', 'ok',",
        ("operations/public.py", "return await _works(self._probe())", 'return "ok"'),
    ),
    variant(
        "health is blind: a charge that was given up is not noticed",
        "unit/operations/test_health.py::test_charge_that_was_given_up_shows_for_five_seconds",
        "assert {1.0: 'ok'",
        ("store/ledger.py", "            self._writes.failed()\n", ""),
    ),
    variant(
        "reads are unbounded",
        "security/attacks/test_reads.py::test_usage_asked_for_1500_times_is_read_once",
        "assert Counter({200: 1500}) ==",
        (
            "operations/sessions.py",
            'self.reads.admit(user, "reads", context.limits.reads_per_minute)',
            "pass",
        ),
    ),
    variant(
        "what was read before a token was counted is told after it",
        "security/attacks/test_reads.py"
        "::test_reading_under_way_when_a_token_is_counted_is_not_told_afterwards",
        "assert 0 == 1",
        ("operations/dispatch.py", "self.reads.forget(user)", "pass"),
    ),
    variant(
        "a change that comes to nothing reads as often as it is asked for",
        "security/attacks/test_reads.py::test_flood_at_once_reads_no_more_than_one_by_one",
        "{('sessions',): 300}",
        (
            "operations/dispatch.py",
            "self.reads.in_vain(user, context.limits.reads_per_minute)",
            "pass",
        ),
    ),
    *FIRESTORE,
)
