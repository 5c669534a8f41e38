"""Attacks by curious accounts: what an owner, a stranger or another district is told."""

import re

from attacks.acts import DRAFT, drafted
from attacks.registry import attack
from attacks.target import Succeeded, Target
from deploy.demo.personas import PEOPLE

STRANGER = {"applicant_uscc": "91110105MA0000007L", "applicant_name": "另一家示例公司"}


@attack("sight")
async def learn_who_handled_the_own_case(target: Target) -> None:
    """Learn as an owner who handled the case, from records and events"""
    officials = [word for person in PEOPLE.values() for word in (person.subject, person.name)]
    for case in target.cases.values():
        owner, own = target.owner_of(case), case["id"]
        for service, path in (
            ("eligibility", f"/v1/assessments/{own}"),
            ("eligibility", f"/v1/assessments/{own}/records"),
            ("funding", f"/v1/applications/{own}"),
            ("monitoring", f"/v1/files/{own}"),
            ("monitoring", f"/v1/files/{own}/evaluation/report"),
            ("monitoring", f"/v1/entities/{case['applicant_uscc']}/credit"),
            *((service, "/events?limit=1000") for service in target.clients),
        ):
            text = (await target.ask(service, "GET", path, owner)).text
            if named := [each for each in officials if each in text]:
                raise Succeeded(f"{service} {path} names {named[0]}")


@attack("sight")
async def read_another_owners_case(target: Target) -> None:
    """Read another owner's case in every service"""
    stranger = target.owner_of(STRANGER)
    for case in target.cases.values():
        for service, path in (
            ("intake", f"/v1/declarations/{case['id']}"),
            ("eligibility", f"/v1/assessments/{case['id']}"),
            ("funding", f"/v1/applications/{case['id']}"),
            ("monitoring", f"/v1/files/{case['id']}"),
        ):
            await target.refused(404, service, "GET", path, stranger)


@attack("sight")
async def probe_project_codes_with_empty_drafts(target: Target) -> None:
    """Learn with an empty draft whether a project code has an approval"""
    codes = [case["project_code"] for case in target.cases.values() if case.get("project_code")]
    answers = set()
    for code in [*codes, DRAFT["project_code"]]:
        case, owner = await drafted(target, **STRANGER, project_code=code)
        read = await target.ask("intake", "GET", f"/v1/declarations/{case}", owner)
        tag = {"if-match": read.headers.get("etag", "")}
        answer = await target.ask("intake", "POST", f"/v1/declarations/{case}/submit", owner, headers=tag)
        answers.add((answer.status_code, re.sub(r'"request_id":"\w+"', "", answer.text)))
    if len(answers) > 1:
        raise Succeeded(f"{len(answers)} different answers to empty drafts")
