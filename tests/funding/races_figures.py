"""Races of the dated figures: a batch that is decided meanwhile, a case that is computed again. 二（四）2"""

from tests.funding.races import APPLICATION, REASON, Race, decided, records
from tests.funding.rows import RECORD

BATCH = f"series/batches/{RECORD}"
PROPOSED = records("series_batch", "proposed")
TAKEN_BACK = decided("series_batch", "withdrawn", decided_at="now()")
RETURNED = decided("series_batch", "returned", decided_at="now()")
RACES = {
    "confirm_figures": Race("city-officer-2", f"{BATCH}/confirm", None, "wrong_status", TAKEN_BACK, given=PROPOSED),
    "return_figures": Race("city-officer-2", f"{BATCH}/return", REASON, "wrong_status", TAKEN_BACK, given=PROPOSED),
    "withdraw_figures": Race("city-officer-1", f"{BATCH}/withdraw", REASON, "wrong_status", RETURNED, given=PROPOSED),
    "recompute_cases": Race(
        "city-officer-2", f"{BATCH}/recompute", lambda case: {"case_ids": [str(case)], **REASON}, 200, APPLICATION,
        given=records("series_batch", "confirmed"),
    ),
}  # fmt: skip
