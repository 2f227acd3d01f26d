"""Rotate the keys that encrypt stored tokens, while they are in use. An interrupted rotation resumes."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from chalicelib.analytics.service import visitor_salts
from chalicelib.kit import audit, config, secrets
from chalicelib.kit.auth import Account
from chalicelib.platform.service import key_rotation as platform_rotation
from chalicelib.shops.service import key_rotation
from chalicelib.shops.service.key_rotation import EncryptedTable
from chalicelib.together.service import key_rotation as together_rotation
from infra.ops import actor, output, table_scan
from infra.ops.checkpoints import Run, one_at_a_time
from infra.ops.errors import CommandRefused
from infra.ops.signals import resumable

LOCK = "shops/rotate-secrets"
AGAIN = "Resume with: backroom ops rotate-secrets"
BUSY_SECONDS = 35
"""How long to retry a row that another process has locked: slightly longer than its lock lasts."""
_PAUSE = 0.5
ENCRYPTED_TABLES = (
    *key_rotation.ENCRYPTED_TABLES,
    *together_rotation.ENCRYPTED_TABLES,
    *platform_rotation.ENCRYPTED_TABLES,
)
"""New tables go to the end: an interrupted rotation resumes by the position."""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("rotate-secrets", help="encrypt every stored token with the current key")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--new-key", action="store_true", help="first add a new current key to SECRETS_KEY_FILE")
    which.add_argument("--drop-old", action="store_true", help="finally drop keys that no stored value uses")
    parser.set_defaults(run=rotate)


def rotate(arguments: Namespace) -> int:
    """Encrypt every token with the current key. Return 1 if a row was busy or a token could not be decrypted.

    Raises CommandRefused if KMS holds the keys and the key file is to be changed.
    """
    if config.settings().kms_key_id and (arguments.new_key or arguments.drop_old):
        raise CommandRefused("KMS holds the keys, not a file; see docs/runbook.md for key changes in KMS")
    account = actor.operator()
    with resumable(AGAIN), one_at_a_time(LOCK) as run, output.lines(arguments) as write:
        if arguments.new_key:
            _add_key(run, account)
        _reseal(run)
        _reseal_salts(run)
        _conclude(run, account, write)
        if arguments.drop_old:
            _drop_old(run, account, write)
        elif not run.counts["unreadable"] + run.counts["busy"]:
            output.say("Every token is encrypted with it; older keys may be dropped (--drop-old).")
    return 1 if run.counts["unreadable"] + run.counts["busy"] else 0


def _add_key(run: Run, account: Account) -> None:
    if run.is_in_progress:
        raise CommandRefused(f"the last rotation is not complete. {AGAIN}; then start another")
    key_id = secrets.add_key(_key_file())
    output.say(f"New tokens are now encrypted with key {key_id}.")
    audit.publish_operator_action(account, "shops.add_key", key_id)


def _reseal(run: Run) -> None:
    about = {"key": key_rotation.current_key_id()}
    if run.is_in_progress and run.about == about:
        output.say(f"Resuming after {run.counts['rows']:,} rows.")
    else:
        run.begin(**about)
    total = sum(table_scan.row_count(kind.table) for kind in ENCRYPTED_TABLES)
    with output.bar("rows", total, run.counts["rows"]) as bar:
        while run.step < len(ENCRYPTED_TABLES):
            kind = ENCRYPTED_TABLES[run.step]
            for page in table_scan.pages(kind.table, run.after):
                _reseal_page(run, kind, page.rows)
                run.counts["rows"] += page.scanned
                run.advance(page.last_key)
                bar.update(page.scanned)


def _reseal_page(run: Run, kind: EncryptedTable, rows: list[Any]) -> None:
    waiting = [row for row in rows if not _reseal_row(run, kind, row)]
    until = time.monotonic() + BUSY_SECONDS
    while waiting and time.monotonic() < until:
        time.sleep(_PAUSE)
        run.keep_lock()
        waiting = [row for row in waiting if not _reseal_row(run, kind, row)]
    run.counts["busy"] += len(waiting)


def _reseal_row(run: Run, kind: EncryptedTable, row: Any) -> bool:
    outcome = key_rotation.reencrypt_row(kind, row)
    run.counts["resealed"] += outcome.reencrypted
    run.counts["unreadable"] += len(outcome.undecryptable)
    for column in outcome.undecryptable:
        output.say(f"cannot be decrypted: {kind.table.__name__}.{column} of {_owner_of(kind, row)}")
    return not outcome.is_busy


def _owner_of(kind: EncryptedTable, row: Any) -> str:
    """Return the shop and app of a row, or the key of a row of members."""
    return f"{row.shop}, {row.app}" if hasattr(row, "shop") else ", ".join(kind.key(row))


def _reseal_salts(run: Run) -> None:
    """Encrypt the salts of visitors: one for each of the last days."""
    written, undecryptable = visitor_salts.reencrypt_salts()
    run.counts["resealed"] += written
    run.counts["unreadable"] += len(undecryptable)
    for day in undecryptable:
        output.say(f"cannot be decrypted: the salt of visitors of {day}")


def _conclude(run: Run, account: Account, write: output.WriteRow) -> None:
    key, counts = run.about["key"], {name: run.counts[name] for name in ("resealed", "unreadable", "busy")}
    write(
        {"key": key, "rows": run.counts["rows"], **counts},
        f"{run.counts['rows']:,} rows: {counts['resealed']:,} values encrypted with {key}, "
        f"{counts['unreadable']:,} could not be decrypted, {counts['busy']:,} rows were busy.",
    )
    audit.publish_operator_action(
        account, "shops.rotate_secrets", key, **{name: str(count) for name, count in counts.items()}
    )


def _drop_old(run: Run, account: Account, write: output.WriteRow) -> None:
    """Drop the keys that no stored value uses, after reading every value.

    A value that cannot be decrypted keeps its key, because it cannot be repaired without it.
    """
    used = visitor_salts.key_ids()
    for kind in ENCRYPTED_TABLES:
        for page in table_scan.pages(kind.table):
            used = used.union(*(key_rotation.key_ids_of_row(kind, row) for row in page.rows))
            run.keep_lock()
    path = _key_file()
    held = json.loads(path.read_text())
    for key_id in sorted(held["keys"].keys() - {held["current"]}):
        if f"file:{key_id}" in used:
            write({"key": key_id, "is_dropped": False}, f"Key {key_id} kept: stored values still use it.")
            continue
        secrets.drop_key(path, key_id)
        audit.publish_operator_action(account, "shops.drop_key", key_id)
        write({"key": key_id, "is_dropped": True}, f"Key {key_id} dropped: no stored value uses it.")


def _key_file() -> Path:
    return Path(config.settings().secrets_key_file or "")
