"""Rights of the roles of intake on its own tables, and their reasons."""

from shared.storage.access import ADD, Access

ACCESS = (
    Access("correction", "a request for correction is not taken back", app=ADD, sealer="SELECT"),
    Access(
        "declaration",
        "drafts are edited, later the case moves on; number, district, applicant and time of filing stay",
        app=(
            f"{ADD}, UPDATE (version, applicant_name, project_name, project_code, project_type, address, "
            "library_entry_id, operation_mode, loan_bank, loan_amount_yuan, loan_term_months, "
            "loan_annual_rate, facts, simulated, stage, round, undertaking_version, undertaken_by, "
            "undertaken_at, declared_on, submitted_on, accepted_on, forwarded_on, received_on, due_on, "
            "assessed, funds_held, updated_at)"
        ),
        sealer="SELECT",
    ),
    Access("declaration_counter", "last number of a district and year", app=f"{ADD}, UPDATE (last)"),
    Access("declaration_round", "what was submitted in a round stays", app=ADD, sealer="SELECT"),
    Access(
        "entity_credit",
        "the newest grade of an applicant",
        app=f"{ADD}, UPDATE (name, grade, decided_on)",
        sealer="SELECT",
    ),
    Access(
        "library_entry",
        "the row as last pushed; its history is library_entry_version",
        app=(
            f"{ADD}, UPDATE (quarter, content, content_sha256, version, change_reason, changed_at, "
            "changed_by, fixed_investment_yuan, renovated_area_m2)"
        ),
    ),
    Access("library_entry_version", "history grows", app=ADD, sealer="SELECT"),
    Access("library_resource", "links are drawn anew with each version of an entry", app=f"{ADD}, DELETE"),
    Access(
        "material",
        "a material is taken out of the file, never changed",
        app=f"{ADD}, UPDATE (removed_by, removed_at)",
        sealer="SELECT",
    ),
    Access(
        "municipal_fund_programme",
        "programmes are added, corrected and closed",
        app=f"{ADD}, UPDATE (name, name_form, authority, note, closed_at, version)",
        sealer="SELECT",
    ),
    Access(
        "municipal_funding_record",
        "a payment is corrected or withdrawn by another person; each version is in a sealed event",
        app=(
            f"{ADD}, UPDATE (programme_id, programme_name, project_code, entity_uscc, entity_name, address, "
            "entity_place, title_certificate_no, building_id, works, document_no, document_form, payment_key, "
            "amount_yuan, funded_on, source, repeat_reason, withdrawn_by, withdrawn_at, withdraw_reason, version)"
        ),
        sealer="SELECT",
    ),
    Access(
        "opinion",
        "an opinion that was asked for is given once",
        app=f"{ADD}, UPDATE (position, text, material_id, given_by, given_on, given_at)",
        sealer="SELECT",
    ),
    Access(
        "project_identity",
        "approval and end of the project that a declaration claims",
        app=f"{ADD}, UPDATE (project_code, entity_place, name_form, live, approval_no, approved_on)",
        sealer="SELECT",
    ),
    Access("quarter_snapshot", "what a district certified stays", app=ADD, sealer="SELECT"),
    Access(
        "quarter_submission",
        "the quarter moves to its certificate; district and quarter stay",
        app=(
            f"{ADD}, UPDATE (status, prepared_at, prepared_by, prepared_sha256, certified_at, "
            "certified_by, late, resource_count, library_count, snapshot_sha256, version)"
        ),
        sealer="SELECT",
    ),
    Access(
        "resource",
        "the row as last pushed; its history is resource_version",
        app=(
            f"{ADD}, UPDATE (quarter, content, content_sha256, version, change_reason, changed_at, "
            "changed_by, gross_floor_area_m2)"
        ),
    ),
    Access("resource_version", "history grows", app=ADD, sealer="SELECT"),
    Access("review_finding", "findings are added", app=ADD, sealer="SELECT"),
)
