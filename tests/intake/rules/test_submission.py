"""Tests of the completeness check before submission."""

from services.intake.rules.submission import gaps


def test_a_building_project_cannot_consist_of_infrastructure_alone() -> None:
    facts = {
        "project_type": "inefficient_building",
        "components": [{"kind": "infrastructure", "fixed_investment_yuan": "1.00"}],
    }
    names = ("project_code", "address", "operation_mode", "loan_bank", "loan_amount_yuan", "loan_term_months")
    found = gaps({**dict.fromkeys(names), "facts": facts}, ())
    assert ("/facts/components", "二（一）1") in {(gap.subject, gap.clause) for gap in found}
