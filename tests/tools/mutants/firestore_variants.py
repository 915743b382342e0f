"""Defects of the calls to Firestore, where production counts."""

from __future__ import annotations

from tools.mutants.variant import variant

_LEDGERS, _CLIENT = "contract/test_ledgers.py", "contract/test_firestore_client.py"
_FAILURE = f"{_CLIENT}::test_failure_is_named_as_the_ledger_does_never_sent_again_and_over_soon"
_WITH_VERSION = """\
            if if_version != ANY_VERSION:
                write.current_document.update_time.CopyFrom(if_version)
"""
_SEND = "        await self._call(send, timeout_s)\n\n    async def _call("
_SEND_AGAIN = """\
        try:
            await self._call(send, timeout_s)
        except OutcomeUnknown:
            await self._call(send, timeout_s)

    async def _call("""
_MASK = """\
            write.update_mask.field_paths.extend(FieldPath(name).to_api_repr() for name in fields)
"""
_ANOTHER = """\
            if (answer.found.name if there else answer.missing) != name:
                raise ValueError("another document")
"""
_FIRST_ACCESS = """\
access = getattr(self, "first", None) or await self._channel.access()
                self.first = access
"""
FIRESTORE = (
    variant(
        "Firestore: an update without a precondition (no currentDocument)",
        f"{_LEDGERS}::test_write_on_a_stale_version_is_a_conflict_and_changes_nothing[cloud]",
        "DID NOT RAISE Conflict",
        ("store/firestore_client.py", _WITH_VERSION, ""),
    ),
    variant(
        "Firestore: a first write that replaces another (no exists: false)",
        f"{_LEDGERS}::test_second_of_two_first_writes_is_a_conflict[cloud]",
        "DID NOT RAISE Conflict",
        ("store/firestore_client.py", "write.current_document.exists = False", "pass"),
    ),
    variant(
        "Firestore: a commit whose outcome is unknown is sent again",
        f"{_FAILURE}[UNAVAILABLE]",
        "== (0 + 1)",
        ("store/firestore_client.py", _SEND, _SEND_AGAIN),
    ),
    variant(
        "Firestore: the client repeats what failed, as it does unless told not to",
        f"{_FAILURE}[UNAVAILABLE]",
        "== (0 + 1)",
        ("store/firestore_client.py", '{"retry": None, "timeout"', '{"timeout"'),
    ),
    variant(
        "Firestore: gRPC sends by itself again what the server says it has not looked at",
        f"{_FAILURE}[GOAWAY, not looked at]",
        "assert 2 == (0 + 1)",
        ("store/firestore_channel.py", '("grpc.enable_retries", 0)', '("grpc.enable_retries", 1)'),
    ),
    variant(
        "Firestore: an aborted commit is taken for a conflict",
        f"{_FAILURE}[ABORTED]",
        "Conflict: firestore: ABORTED",
        (
            "store/firestore_client.py",
            "StatusCode.ALREADY_EXISTS, StatusCode.NOT_FOUND}",
            "StatusCode.ALREADY_EXISTS, StatusCode.NOT_FOUND, StatusCode.ABORTED}",
        ),
    ),
    variant(
        "Firestore: a failure that comes after a good answer is overlooked",
        f"{_FAILURE}[answer, then UNAVAILABLE]",
        "DID NOT RAISE OutcomeUnknown",
        (
            "store/firestore_client.py",
            "            if len(kept) > most:\n",
            "            if kept:\n                break\n            if len(kept) > most:\n",
        ),
    ),
    variant(
        "Firestore: a write is done whatever the answer says",
        f"{_FAILURE}[an empty message]",
        "DID NOT RAISE OutcomeUnknown",
        ("store/firestore_client.py", "(_,) = done.write_results", "return"),
    ),
    variant(
        "Firestore: the document of another is taken for the one asked for",
        f"{_CLIENT}::test_document_of_another_name_is_none_of_ours",
        "DID NOT RAISE OutcomeUnknown",
        ("store/firestore_client.py", _ANOTHER, ""),
    ),
    variant(
        "Firestore: the fields of a newer revision are thrown away (no update_mask)",
        f"{_LEDGERS}::test_fields_of_a_newer_revision_survive_a_write[cloud]",
        "KeyError: 'future'",
        ("store/firestore_client.py", _MASK, ""),
    ),
    variant(
        "Firestore: a name with a dot in it is taken for a path",
        f"{_CLIENT}::test_map_is_written_as_a_whole_and_odd_names_are_names",
        "StoreUnavailable: firestore: INVALID_ARGUMENT",
        ("store/firestore_client.py", "FieldPath(name).to_api_repr()", "name"),
    ),
    variant(
        "Firestore: this instance's clock in place of the store's",
        f"{_CLIENT}::test_time_is_firestores_own",
        "== 1795264200123",
        (
            "store/firestore_client.py",
            'ms_of(_given(answer, "read_time"))',
            'int(__import__("time").time() * 1000)',
        ),
    ),
    variant(
        "Firestore: a sum that cannot be read is nothing spent",
        f"{_CLIENT}::test_sum_that_is_not_whole_is_no_sum",
        "DID NOT RAISE OutcomeUnknown",
        ("store/firestore_client.py", 'raise ValueError("a sum that is not whole")', "return 0"),
    ),
    variant(
        "Firestore: the first access token is used for ever",
        f"{_CLIENT}::test_call_goes_with_the_access_of_the_account",
        "['one', 'one', 'one'] == ['one', 'one', 'two']",
        (
            "store/firestore_client.py",
            "access = await self._channel.access()\n",
            _FIRST_ACCESS,
        ),
    ),
    variant(
        "Firestore: pauses between attempts to connect grow as gRPC lets them",
        f"{_CLIENT}::test_store_that_is_away_is_looked_for_each_second",
        "< 1.7",
        ("store/firestore_channel.py", '    ("grpc.max_reconnect_backoff_ms", 1000),\n', ""),
        ("store/firestore_channel.py", "LOST_S = 5.0", "LOST_S = 1e9"),
    ),
    variant(
        "Firestore: a line that nobody holds is tried again and again",
        f"{_CLIENT}::test_line_that_nobody_holds_costs_those_on_it_one_attempt",
        "OutcomeUnknown: firestore: no answer in 0.3 s",
        ("store/firestore_channel.py", "return self.used_at > deadline - _EARLY_S", "return False"),
    ),
    variant(
        "Firestore: a connection that takes long to be made is never made",
        f"{_CLIENT}::test_connection_that_takes_long_to_be_made_is_made",
        "== 1",
        (
            "store/firestore_channel.py",
            "return self.used_at - self.connected_at > LOST_S",
            "return self.used_at > deadline - _EARLY_S",
        ),
    ),
    variant(
        "Firestore: gRPC is left to itself however long it pauses",
        f"{_CLIENT}::test_channel_that_pauses_for_long_is_replaced",
        "TimeoutError",
        (
            "store/firestore_channel.py",
            "return self.used_at - self.connected_at > LOST_S",
            "return False",
        ),
    ),
    variant(
        "Firestore: what slept with a frozen instance is used as if it were awake",
        f"{_CLIENT}::test_line_that_slept_is_not_used_again",
        "OutcomeUnknown: firestore: no answer in 1.0 s",
        ("store/firestore_channel.py", "> CHANNEL_IDLE_S:", "> CHANNEL_IDLE_S * 1e9:"),
    ),
    variant(
        "Firestore: a new channel takes over the old connection",
        f"{_CLIENT}::test_line_that_nobody_holds_costs_those_on_it_one_attempt",
        "OutcomeUnknown: firestore: no answer in 0.3 s",
        ("store/firestore_channel.py", '("grpc.use_local_subchannel_pool", 1)', '("grpc.a", 1)'),
    ),
)
