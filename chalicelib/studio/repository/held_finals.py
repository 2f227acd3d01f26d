"""Held finals: pending until the merchant accepts their crop, without open work."""

from __future__ import annotations

from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.tables import update_if
from chalicelib.studio.domain.print_size import PrintSize
from chalicelib.studio.models import Generation, GenerationStatus, UpscaleStatus
from chalicelib.studio.repository.generation_queries import state_actions
from chalicelib.studio.repository.generations import GenerationEnded, pending_actions


def hold_final(row: Generation, reason: str, size: PrintSize) -> None:
    """Release the lease and hold the final with its print size, which a remake accepts. Raises GenerationEnded."""
    actions: list[Action] = [
        *pending_actions(row),
        Generation.hold_reason.set(reason),
        Generation.final_width.set(size.width),
        Generation.final_height.set(size.height),
        Generation.open_work.remove(),
        Generation.lease_until.remove(),
        Generation.error_message.remove(),
        Generation.updated_at.set(clock.now()),
    ]
    if not update_if(row, actions, Generation.open_work.exists() & (Generation.attempts == row.attempts)):
        raise GenerationEnded


def fail_held_final(row: Generation, reason: str) -> bool:
    """Fail a held final. Returns False if it is not held any more."""
    actions: list[Action] = [
        *state_actions(row, GenerationStatus.FAILED),
        *state_actions(row, UpscaleStatus.FAILED),
        Generation.error_message.set(reason),
        Generation.hold_reason.remove(),
        Generation.updated_at.set(clock.now()),
    ]
    return update_if(row, actions, Generation.hold_reason.exists())


def is_crop_accepted(row: Generation, size: PrintSize) -> bool:
    """Return whether the merchant accepted the crop at this print size, or an earlier attempt printed it."""
    return (row.final_width, row.final_height) == size.as_tuple


def move_file(row: Generation, url: str) -> None:
    """Set the URL of the print file, in place of the one from `start_attempt`. Raises GenerationEnded."""
    ours = Generation.open_work.exists() & (Generation.attempts == row.attempts)
    if not update_if(row, [Generation.final_image_url.set(url)], ours):
        raise GenerationEnded
