"""Defects of the calls to Firestore, where production counts."""

from __future__ import annotations

from mutants.variant import variant

_LEDGERS, _CALLS = "contract/test_ledgers.py", "contract/test_firestore_calls.py"
_NAMED = f"{_CALLS}::test_failure_is_named_as_the_ledger_does_and_never_sent_again"
_WITH_VERSION = """\
            if if_version is not ANYTHING:
                write["currentDocument"] = {"updateTime": if_version}
"""
_SEND = """\
            done = await self._call("commit", {"writes": [write]}, timeout_s)
"""
_SEND_AGAIN = """\
            try:
                done = await self._call("commit", {"writes": [write]}, timeout_s)
            except Doubt:
                done = await self._call("commit", {"writes": [write]}, timeout_s)
"""
FIRESTORE = (
    variant(
        "Firestore: an update without a precondition (no currentDocument)",
        f"{_LEDGERS}::test_write_on_a_stale_version_is_a_conflict_and_changes_nothing[cloud]",
        "DID NOT RAISE Conflict",
        ("firestore_calls.py", _WITH_VERSION, ""),
    ),
    variant(
        "Firestore: a first write that replaces another (no exists: false)",
        f"{_LEDGERS}::test_second_of_two_first_writes_is_a_conflict[cloud]",
        "DID NOT RAISE Conflict",
        ("firestore_calls.py", 'write["currentDocument"] = {"exists": False}', "pass"),
    ),
    variant(
        "Firestore: a commit whose outcome is unknown is sent again",
        f"{_LEDGERS}::test_failed_call_is_in_doubt_and_sent_once[UNAVAILABLE]",
        "DID NOT RAISE Doubt",
        ("firestore_calls.py", _SEND, _SEND_AGAIN),
    ),
    variant(
        "Firestore: any 409 is taken for a conflict",
        f"{_NAMED}[crowded]",
        "Conflict: firestore: 409 ABORTED",
        (
            "firestore_calls.py",
            "if status in _CONFLICTS:",
            "if status in _CONFLICTS or http_status == HTTPStatus.CONFLICT:",
        ),
    ),
    variant(
        "Firestore: a failure that comes late in a good answer is overlooked",
        f"{_NAMED}[late, in a stream]",
        "DID NOT RAISE Doubt",
        (
            "firestore_calls.py",
            "if errors or answer.status != HTTPStatus.OK:",
            "if answer.status != HTTPStatus.OK:",
        ),
    ),
    variant(
        "Firestore: a write is done whatever the answer says",
        f"{_CALLS}::test_answer_without_sense_is_a_doubt",
        "DID NOT RAISE Doubt",
        ("firestore_calls.py", '(_,) = done["writeResults"]', "return"),
    ),
    variant(
        "Firestore: the document of another is taken for the one asked for",
        f"{_CALLS}::test_document_of_another_name_is_none_of_ours",
        "DID NOT RAISE Doubt",
        (
            "firestore_calls.py",
            '                raise ValueError("another document")\n',
            "                pass\n",
        ),
    ),
    variant(
        "Firestore: the fields of a newer revision are thrown away (no updateMask)",
        f"{_LEDGERS}::test_fields_of_a_newer_revision_survive_a_write[cloud]",
        "KeyError: 'future'",
        ("firestore_calls.py", 'write["updateMask"] = {"fieldPaths": list(fields)}', "pass"),
    ),
    variant(
        "Firestore: this instance's clock in place of the store's",
        f"{_CALLS}::test_time_is_firestores_own",
        "== 1795264200123",
        (
            "firestore_calls.py",
            'ms_of(answer["readTime"]),\n            )',
            'int(__import__("time").time() * 1000),\n            )',
        ),
    ),
    variant(
        "Firestore: a sum that cannot be read is nothing spent",
        f"{_CALLS}::test_sum_that_is_not_whole_is_no_sum",
        "DID NOT RAISE Doubt",
        ("firestore_calls.py", 'raise ValueError("a sum that is not whole")', "return 0"),
    ),
    variant(
        "Firestore: the first access token is used for ever",
        f"{_CALLS}::test_call_goes_to_google_with_the_access_of_the_account",
        "['one', 'one', 'one'] == ['one', 'one', 'two']",
        (
            "firestore_calls.py",
            "if access != self._targets[0]:",
            "if not self._targets[0]:",
        ),
    ),
)
