"""Checks of the settings before a process starts."""

from shared.events.bus.brokers import check_brokers
from shared.identity.signing_keys import check_keys
from shared.policy import interpretations
from shared.policy.errors import UnknownInterpretation
from shared.sealing.keys import check_seal_keys
from shared.settings import Settings


def check_settings(settings: Settings) -> None:
    """Raise ValueError for unreadable signing keys, brokers without logins, and unknown readings of the notice."""
    check_keys(settings)
    check_seal_keys(settings)
    if settings.bus == "kafka":
        check_brokers(settings)
    try:
        interpretations(settings.interpretations)
    except UnknownInterpretation as unknown:
        key, option = (unknown.extra[name] for name in ("key", "option"))
        raise ValueError(
            f"TENGHUAN_INTERPRETATIONS: no reading {key} = {option}; docs/policy.md lists them"
        ) from unknown
