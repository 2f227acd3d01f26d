"""The functions of the steps, for all kinds of jobs."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.platform.domain.provisioning import Step
from chalicelib.platform.service import provisioning_places, provisioning_steps, store_removal
from chalicelib.platform.service.backups import check, export, load
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves import comparison, copy, freeze, sources, switch, targets

STEPS: dict[Step, Callable[[JobRun], None]] = {
    Step.TEST: sources.test_servers,
    Step.PLACE: provisioning_places.prepare_place,
    Step.INSPECT: targets.inspect_target,
    Step.CREATE: provisioning_steps.create_tables,
    Step.MIGRATE: provisioning_steps.record_revision,
    Step.SEED: provisioning_steps.add_seeds,
    Step.ACTIVATE: provisioning_steps.activate_store,
    Step.CHECK: check.check_backup,
    Step.LOAD: load.load_rows,
    Step.EXPORT: export.export_store,
    Step.COPY: copy.copy_rows,
    Step.FREEZE: freeze.freeze_store,
    Step.COMPARE: comparison.compare_copies,
    Step.SWITCH: switch.switch_store,
    Step.DROP: store_removal.drop_places,
}
"""Each step is idempotent: it checks what an earlier worker completed."""
