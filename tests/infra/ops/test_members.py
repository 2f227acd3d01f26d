"""Operator commands about members: state, perks, reports of partners."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from chalicelib.kit import clock
from chalicelib.together.enums import ConversationKind, PerkKind
from chalicelib.together.schemas.bookings import BookingCreate
from chalicelib.together.schemas.conversations import ConversationCreate
from chalicelib.together.schemas.partners import PartnerPut
from chalicelib.together.schemas.perks import PerkClaim
from chalicelib.together.service import bookings, conversations, partners, perk_fulfilment, perks
from tests.infra.ops.conftest import Ops
from tests.together.members import new_couple, new_member
from tests.together.offers import partner_body, subscribe


def test_member_shows_a_state_without_content(ops: Ops) -> None:
    one, two = new_couple()
    result = ops("member", one.email.upper())
    assert result.code == 0
    assert json.loads(result.out)["id"] == one.id
    for secret in (one.email, one.display_name, two.id, two.display_name):
        assert secret not in result.out + result.err
    missing = ops("member", "nobody@example.com")
    assert (missing.code, missing.out) == (1, "")
    assert "nobody@" not in missing.err


def test_perks_are_exported_with_their_addresses(ops: Ops, tmp_path: Path) -> None:
    user = new_member()
    subscribe(user, "premium_plus")
    perks.claim_perk(user, PerkClaim(kind=PerkKind.SURPRISE_BOX, address="1 Long Street,\nLyon"), None)
    [row] = csv.DictReader(io.StringIO(ops("perks", "--csv").out))
    assert (row["user_id"], row["address"], row["status"]) == (user.id, "1 Long Street,\nLyon", "requested")
    [item] = json.loads(ops("perks").out)
    assert item["address"] == "1 Long Street,\nLyon"
    assert json.loads(ops("perks", "--status", "done").out) == []
    out = tmp_path / "perks.csv"
    assert ops("perks", "--csv", "--out", str(out)).code == 0
    assert "Long Street" in out.read_text()


def test_a_report_is_imported_twice_with_the_same_result(ops: Ops, tmp_path: Path) -> None:
    partners.put_partner(PartnerPut.model_validate(partner_body()))
    click = bookings.add_booking(new_member(), BookingCreate(partner_id="bistro"), None).id
    line = {"click_id": click, "external_id": "e", "status": "completed", "at": clock.iso(clock.now())}
    file = tmp_path / "report.jsonl"
    file.write_text(json.dumps(line) + "\n")
    assert json.loads(ops("import-bookings", "bistro", str(file)).out)["changed"] == 1
    second = ops("import-bookings", "bistro", str(file))
    assert (second.code, json.loads(second.out)["unchanged"]) == (0, 1)
    file.write_text(json.dumps(line) + "\nbroken\n")
    third = ops("import-bookings", "bistro", str(file))
    assert third.code == 1
    assert json.loads(third.out)["refused"] == [{"line": 2, "reason": "not a JSON object"}]
    assert ops("import-bookings", "nobody", str(file)).code == 1


def test_rotated_keys_open_notes_and_addresses_and_old_keys_are_dropped(ops: Ops, key_file: Path) -> None:
    user = new_member()
    subscribe(user, "premium_plus")
    perk = perks.claim_perk(user, PerkClaim(kind=PerkKind.SURPRISE_BOX, address="1 Long Street"), None)
    talk = conversations.add_conversation(user, ConversationCreate(kind=ConversationKind.OTHER, notes="ours"), None)
    before = set(json.loads(key_file.read_text())["keys"])
    assert ops("rotate-secrets", "--new-key").code == 0
    assert ops("rotate-secrets", "--drop-old").code == 0
    assert not before & set(json.loads(key_file.read_text())["keys"])
    assert conversations.get_conversation(user, talk.id).notes == "ours"
    assert perk_fulfilment.get_perk(perk.id).address == "1 Long Street"
