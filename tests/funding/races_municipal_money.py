"""Races of other public money, bars on support, and referrals to banks. 二（五）, 四（二）2"""

from uuid import UUID

from tests.funding import rows
from tests.funding.races import APPLICATION, CASE, REASON, Race, both, decided, of_the_case, records
from tests.funding.rows import RECORD

SUPPORT = {"kind": "district_rent", "programme": "租金", "amount_yuan": "1.00", "granted_on": "2024-02-01"}
REFERRAL = {"bank": "银行", "owner_consent": True, "consent_document": "同意书", "wanted_yuan": "1.00"}
MONEY, WITHDRAWN = records("public_money", "other_municipal"), "UPDATE funding.public_money SET withdrawn_at = now()"
RAISED = {"money_id": str(RECORD), "evidence": "复函"}
FOUND = {"bar_id": str(RECORD), "evidence": "复函", "document_no": "函1号"}
BANK = (
    "INSERT INTO funding.bank_referral (id, application_id, district, applicant_uscc, bank, owner_consent,"
    " consent_document, wanted_yuan, referred_by, referred_at) SELECT"
    f" '{RECORD}', id, district, applicant_uscc, '银行', true, '同意书', 1, 'x', now() FROM funding.application"
)

RACES = {
    "record_co_support": Race("city-officer-6", f"{CASE}/co-support", SUPPORT, 201, APPLICATION),
    "withdraw_public_money": Race(
        "city-officer-6", f"municipal-money/{RECORD}/withdraw", REASON, "wrong_status",
        WITHDRAWN, given=records("public_money", "district_rent"),
    ),
    "raise_money_bar, bar": Race(
        "city-officer-6", f"{CASE}/raise-money-bar", RAISED, "duplicate", APPLICATION,
        of_the_case(rows.row("money_bar", UUID(int=0), "barred")), given=MONEY,
    ),
    "raise_money_bar, money": Race(
        "city-officer-6", f"{CASE}/raise-money-bar", RAISED, "wrong_status", WITHDRAWN, given=MONEY
    ),
    **{
        act: Race(
            "city-officer-6", f"{CASE}/{act.replace('_', '-')}", body, "wrong_status", APPLICATION,
            decided("money_bar", after), given=both(MONEY, records("money_bar", before)),
        )
        for act, body, before, after in (
            ("settle_money_bar", {**FOUND, "same_works": True}, "undetermined", "lifted"),
            ("propose_money_bar_lifting", FOUND, "barred", "lift_proposed"),
            ("decide_money_bar_lifting", {"bar_id": str(RECORD), "lift": True, **REASON}, "lift_proposed", "lifted"),
        )
    },
    "refer_to_bank": Race("city-officer-6", f"{CASE}/bank-referrals", REFERRAL, 201, APPLICATION),
    "record_referral_outcome": Race(
        "city-officer-6", f"bank-referrals/{RECORD}/outcome", {"outcome": "refused"}, "wrong_status",
        "UPDATE funding.bank_referral SET outcome = 'withdrawn'", given=lambda case: (BANK,),
    ),
}  # fmt: skip
