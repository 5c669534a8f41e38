"""Authentication before the body is read: the caller of a request, and the roles that an endpoint admits."""

from collections.abc import Callable, Coroutine, Iterator
from ipaddress import ip_address
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from shared import logs
from shared.actors import ROLES, Actor
from shared.audiences import PUBLIC, read_by
from shared.errors import Unauthenticated
from shared.rates import Kind
from shared.runtime import Instance
from shared.web.rate_kinds import kind_of
from shared.web.routing import PrefixRoute
from shared.web.scopes import scope_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
STREAM = "/events/stream"
_bearer = HTTPBearer(auto_error=False, description="个人令牌，或接口密钥（th_live_…）")


def is_loopback(request: Request) -> bool:
    """Return whether the caller is on this machine, by the address that a trusted proxy names, if there is one."""
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def address_of(request: Request) -> str:
    """Return the address of the caller, which a trusted proxy may name; empty for a caller without one."""
    return request.client.host if request.client else ""


async def sign_in(request: Request) -> Actor:
    """Return the caller whom the request's token or key names.

    Raises Unauthenticated, or TooManyRequests when its address has failed too often.
    """
    instance: Instance = request.app.state.instance
    try:
        if "authorization" not in request.headers and (ticket := ticket_of(request)):
            actor = await instance.tickets.redeem(ticket)
        else:
            actor = await _identified(instance, _credential_of(request), address_of(request))
    except Unauthenticated:
        await instance.rates.count("sign_in_failures", address_of(request))
        raise
    logs.context().subject = actor.subject
    owner = request.headers.get("on-behalf-of")
    return actor if owner is None else await instance.agents.acting_for(actor, owner)


def ticket_of(request: Request) -> str:
    """Return the ticket in the address of an event stream; empty where there is none."""
    return request.query_params.get("ticket", "") if request.url.path == STREAM else ""


def _credential_of(request: Request) -> str:
    """Return the token or key of the header. Raises Unauthenticated."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential:
        raise Unauthenticated()
    return credential


async def _identified(instance: Instance, credential: str, address: str) -> Actor:
    """Return the caller. A wrong key costs no transaction at each try, nor does one of an address that tries many."""
    if not credential.startswith("th_live_"):
        return await instance.signed_in(credential)
    instance.wrong_keys.check(credential)
    if not instance.wrong_keys.was_accepted(credential):
        await instance.rates.check("sign_in_failures", address)
    try:
        actor = await instance.signed_in(credential)
    except Unauthenticated as refusal:
        instance.wrong_keys.refuse(credential, refusal.detail)
        raise
    instance.wrong_keys.accept(credential)
    return actor


async def current_actor(request: Request, _scheme: Annotated[Any, Depends(_bearer)]) -> Actor:
    """Return the caller, whom the route signed in before it read the body."""
    caller: Actor = request.state.caller
    return caller


SignedIn = Annotated[Actor, Depends(current_actor)]


class RoleCheck:
    """Dependency that admits holders of any of the given roles and returns the caller in the first role it holds."""

    def __init__(self, *roles: str) -> None:
        self.roles = roles

    async def __call__(self, _actor: SignedIn, request: Request) -> Actor:
        """Return the caller in the role in which the route admitted it."""
        acting: Actor = request.state.actor
        return acting

    def admit(self, actor: Actor, scope: str | None) -> Actor:
        """Return the caller in an admitted role. Raises Forbidden, also for an API key without the scope."""
        acting = actor.as_role(self.roles)
        acting.check_scope(scope)
        return acting


class AdmittingRoute(PrefixRoute):
    """A route that signs the caller in and checks its role before anything else of the request is looked at.

    The framework reads and parses the body before it resolves dependencies, which therefore only name whom the route
    admits: `request.state.caller` is the caller, `request.state.actor` the caller in the role in which it acts.
    """

    def get_route_handler(self) -> Handler:
        """Return the handler of admitted callers; a subclass adds its own work in `admitted_handler`."""
        handle, admit = self.admitted_handler(), _admission_of(self)

        async def handle_admitted(request: Request) -> Response:
            with read_by(await admit(request)):
                return await handle(request)

        return handle_admitted

    @property
    def key_scope(self) -> str | None:
        """Return the scope that the operation demands of an API key; None if it admits no system, or demands none."""
        admits = any(isinstance(call, RoleCheck) and "system" in call.roles for call in _calls(self.dependant))
        return scope_of(min(self.methods or ()), self.path) if admits else None

    def admitted_handler(self) -> Handler:
        """Return what answers a request whose caller was admitted."""
        return super().get_route_handler()


def _admission_of(route: APIRoute) -> Callable[[Request], Coroutine[Any, Any, Actor]]:
    """Return what admits the callers of a route, counts their requests, and returns the caller in its role."""
    called = set(_calls(route.dependant))
    checks = [call for call in called if isinstance(call, RoleCheck)]
    if len(checks) > 1:
        raise ValueError(f"{route.name} has {len(checks)} role checks; a request is made in one role")
    signed_in = current_actor in called
    kind = kind_of(route, signed_in=signed_in)
    scope = scope_of(min(route.methods or ()), route.path) if signed_in else None

    async def admit(request: Request) -> Actor:
        if not signed_in:
            await _count(request, kind, address_of(request))
            return PUBLIC
        request.state.caller = caller = await sign_in(request)
        await _count(request, kind, caller.subject)
        if not checks:
            return caller
        acting = checks[0].admit(caller, scope)
        request.state.actor = acting
        return acting

    return admit


async def _count(request: Request, kind: Kind | None, caller: str) -> None:
    if kind is not None:
        instance: Instance = request.app.state.instance
        await instance.rates.count(kind, caller)


def _calls(dependant: Dependant) -> Iterator[Any]:
    """Yield the functions that a route depends on, those of its dependencies included."""
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)


Applicant = Annotated[Actor, Depends(RoleCheck("applicant"))]
DistrictOfficer = Annotated[Actor, Depends(RoleCheck("district_officer"))]
DistrictSupervisor = Annotated[Actor, Depends(RoleCheck("district_supervisor"))]
DistrictDesk = Annotated[Actor, Depends(RoleCheck("district_officer", "district_supervisor"))]
DistrictGovernment = Annotated[Actor, Depends(RoleCheck("district_government"))]
DistrictPush = Annotated[Actor, Depends(RoleCheck("district_officer", "system"))]
CityOfficer = Annotated[Actor, Depends(RoleCheck("city_officer"))]
CitySupervisor = Annotated[Actor, Depends(RoleCheck("city_supervisor"))]
CityOffice = Annotated[Actor, Depends(RoleCheck("city_officer", "city_supervisor", "auditor"))]
Finance = Annotated[Actor, Depends(RoleCheck("finance"))]
FinanceOrAuditor = Annotated[Actor, Depends(RoleCheck("finance", "auditor"))]
CityOrFinance = Annotated[Actor, Depends(RoleCheck("finance", "city_officer", "city_supervisor", "auditor"))]
Inspector = Annotated[Actor, Depends(RoleCheck("inspector"))]
CityDesk = Annotated[Actor, Depends(RoleCheck("city_officer", "city_supervisor"))]
Reviewer = Annotated[Actor, Depends(RoleCheck("district_officer", "city_officer", "city_supervisor"))]
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
Person = Annotated[Actor, Depends(RoleCheck(*(role for role in ROLES if role != "system")))]
Anyone = Annotated[Actor, Depends(RoleCheck(*ROLES))]
