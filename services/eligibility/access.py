"""Rights of the roles of eligibility on its own tables, and their reasons."""

from shared.storage.access import ADD, Access

ACCESS = (
    Access("assessment", "each assessment stays as it was made", app=ADD, sealer="SELECT"),
    Access("conflict_declaration", "a declaration of interests stays", app=ADD, sealer="SELECT"),
    Access(
        "district_programme",
        "what was entered stays; an entry is decided, ended and replaced",
        app=(
            f"{ADD}, UPDATE (status, valid_to, decided_by, decided_by_name, decided_at, decision_reason, ended_by, "
            "ended_by_name, ended_at, end_reason, version)"
        ),
        sealer="SELECT",
    ),
    Access("district_standard", "a standard is followed by a newer one", app=ADD, sealer="SELECT"),
    Access(
        "library_project",
        "copy of the newest version of a library entry",
        app=f"{ADD}, UPDATE (project_name, facts, left_on, version)",
    ),
    Access(
        "pool_entry",
        "place in the ranking, entry and leaving; project and applicant stay",
        app=(
            f"{ADD}, UPDATE (project_name, applicant_name, year, score, rank, declared_investment_yuan, "
            "assessed_investment_yuan, entered_on, left_on)"
        ),
        sealer="SELECT",
    ),
    Access("recognised_investment", "each recognition stays as it was made", app=ADD, sealer="SELECT"),
    Access(
        "review",
        "a new round brings new content; district, applicant and number stay",
        app=(
            f"{ADD}, UPDATE (project_name, applicant_name, project, facts, round, accepted_on, "
            "library_exception_reason, stage, decision, received_on, construction_status, "
            "chosen_edition, concluded_on, conclusion_reason, exceptions, version)"
        ),
        sealer="SELECT",
    ),
    Access("ruleset", "the text of a rule set stays", app=ADD, sealer="SELECT"),
    Access("score_sheet", "each score sheet stays as it was given", app=ADD, sealer="SELECT"),
    Access("standard_decision", "each decision on a standard stays as it was made", app=ADD, sealer="SELECT"),
    Access("settlement", "each settlement stays as it was made", app=ADD, sealer="SELECT"),
    Access("stock_resource", "copy of the newest version of a resource", app=f"{ADD}, UPDATE (facts, version)"),
)
