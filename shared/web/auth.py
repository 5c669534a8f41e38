"""Authentication dependencies: the caller of a request, and the roles that an endpoint admits."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from shared import logs
from shared.actors import ROLES, Actor
from shared.errors import Unauthenticated
from shared.tokens import read_token

_bearer = HTTPBearer(auto_error=False, description="个人令牌，或接口密钥（th_live_…）")


async def current_actor(request: Request, _scheme: Annotated[Any, Depends(_bearer)]) -> Actor:
    """Return the caller. Raises Unauthenticated."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential:
        raise Unauthenticated()
    instance = request.app.state.instance
    if credential.startswith("th_live_"):
        actor: Actor = await instance.actor_of_api_key(credential)
    else:
        actor = read_token(credential, instance.settings, instance.clock)
    logs.context().subject = actor.subject
    return actor


SignedIn = Annotated[Actor, Depends(current_actor)]


class RoleCheck:
    """Dependency that admits holders of any of the given roles and returns the caller in the first role it holds."""

    def __init__(self, *roles: str) -> None:
        self.roles = roles

    async def __call__(self, actor: SignedIn, request: Request) -> Actor:
        """Return the caller in an admitted role. Raises Forbidden, also for a write with a read-only key."""
        acting = actor.as_role(self.roles)
        if request.method != "GET":
            acting.check_writes()
        request.state.actor = acting
        if session := getattr(request.state, "session", None):
            session.info["actor"] = acting
        return acting


Applicant = Annotated[Actor, Depends(RoleCheck("applicant"))]
DistrictOfficer = Annotated[Actor, Depends(RoleCheck("district_officer"))]
DistrictSupervisor = Annotated[Actor, Depends(RoleCheck("district_supervisor"))]
DistrictGovernment = Annotated[Actor, Depends(RoleCheck("district_government"))]
DistrictPush = Annotated[Actor, Depends(RoleCheck("district_officer", "system"))]
CityOfficer = Annotated[Actor, Depends(RoleCheck("city_officer"))]
CitySupervisor = Annotated[Actor, Depends(RoleCheck("city_supervisor"))]
CityOffice = Annotated[Actor, Depends(RoleCheck("city_officer", "city_supervisor", "auditor"))]
Finance = Annotated[Actor, Depends(RoleCheck("finance"))]
FinanceOrAuditor = Annotated[Actor, Depends(RoleCheck("finance", "auditor"))]
Inspector = Annotated[Actor, Depends(RoleCheck("inspector"))]
CityDesk = Annotated[Actor, Depends(RoleCheck("city_officer", "city_supervisor"))]
DistrictOrCity = Annotated[Actor, Depends(RoleCheck("district_officer", "city_officer"))]
ApplicantOrOfficer = Annotated[Actor, Depends(RoleCheck("applicant", "district_officer"))]
ApplicantOrSystem = Annotated[Actor, Depends(RoleCheck("applicant", "system"))]
CityOrInspector = Annotated[Actor, Depends(RoleCheck("city_officer", "inspector"))]
OfficerOrInspector = Annotated[Actor, Depends(RoleCheck("district_officer", "city_officer", "inspector"))]
CityOrApplicant = Annotated[
    Actor, Depends(RoleCheck("applicant", "city_officer", "city_supervisor", "finance", "inspector", "auditor"))
]
MaterialProvider = Annotated[Actor, Depends(RoleCheck("applicant", "district_officer", "district_government"))]
Official = Annotated[Actor, Depends(RoleCheck(*(role for role in ROLES if role not in ("applicant", "system"))))]
OfficialOrSystem = Annotated[Actor, Depends(RoleCheck(*(role for role in ROLES if role != "applicant")))]
Anyone = Annotated[Actor, Depends(RoleCheck(*ROLES))]
