"""The metrics of the studio."""

from __future__ import annotations

from chalicelib.kit.metrics import Alarm, Counter, Duration, NoAlarm

BATCH_SCHEDULES = ("studio-roll_over_quotas",)
"""The schedules that write `StepsFailed`."""

OLDEST_OPEN_PRINT = Duration(
    "OldestOpenPrint",
    Alarm(
        "studio-oldest-open-print",
        "A paid print has been pending for more than 30 minutes, "
        "or studio-recover_generations, which checks every minute, does not run.",
        above=1800,
        written_by="studio-recover_generations",
    ),
)
PRINTS_OPEN = Counter("PrintsOpen", NoAlarm("Open prints are normal; `OldestOpenPrint` reports one that waits."))
PRINTS_POSTPONED = Counter("PrintsPostponed", NoAlarm("A print is retried; `OldestOpenPrint` reports one that waits."))
WORK_RECOVERED = Counter(
    "WorkRecovered",
    NoAlarm("The work is queued again; `OldestOpenPrint` reports a print that still waits."),
    dimensions=("kind",),
)
MODEL_FAILURES = Counter(
    "ModelFailures",
    NoAlarm("A preview fails with its reason; a print is retried, and `OldestOpenPrint` reports one that waits."),
    dimensions=("kind",),
)
DECODER_CRASHES = Counter(
    "DecoderCrashes",
    NoAlarm("The image is refused and only the child process ends; nothing stops working."),
)
GENERATION_IDS_REFUSED = Counter(
    "GenerationIdsRefused",
    NoAlarm("A shopper's browser sends the id; an order line with another shop's id is ignored."),
)
