"""The services of the suite: one folder each beside this file, discovered by its main.py."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.runtime import Service

_PORT_ORDER = ("intake", "eligibility", "funding", "monitoring")


def _discover() -> tuple[str, ...]:
    """Return the names of the service folders: first those of the port order, then others by name."""
    found = {main.parent.name for main in Path(__file__).parent.glob("*/main.py")}
    return (*(name for name in _PORT_ORDER if name in found), *sorted(found.difference(_PORT_ORDER)))


SERVICES = _discover()


def load(name: str) -> "Service":
    """Import the service's main.py and return its Service object. Raises ModuleNotFoundError for an unknown name."""
    service: Service = import_module(f"{__name__}.{name}.main").service
    return service


def load_all() -> "tuple[Service, ...]":
    """Return the Service objects of all services, in the order of SERVICES."""
    return tuple(load(name) for name in SERVICES)
