"""Keys of checkpoints as the settings give them: a service's signing key, and the public keys of all services."""

from functools import lru_cache

from shared.sealing.note import Keys, PublicKey, SigningKey, keys_by_name, lines_of
from shared.settings import Settings


def signing_key(settings: Settings, service: str) -> SigningKey | None:
    """Return the key of a service, whose name ends with the service's; the last one given counts. None without one.

    Raises UnreadableNote or OSError for a setting that gives no keys.
    """
    keys = [SigningKey.read(line) for line in lines_of(settings.seal_keys.get_secret_value())]
    return next((key for key in reversed(keys) if key.name.rpartition("/")[2] == service), None)


def public_keys(settings: Settings) -> Keys:
    """Return the public keys by name: those of the setting, and those of the signing keys that this process has."""
    return _public_keys(settings.seal_public_keys, settings.seal_keys.get_secret_value())


@lru_cache(maxsize=8)
def _public_keys(public: str, private: str) -> Keys:
    own = [SigningKey.read(line).public for line in lines_of(private)]
    given = [PublicKey.read(line) for line in lines_of(public)]
    return keys_by_name(dict.fromkeys([*given, *own]))


def check_seal_keys(settings: Settings) -> None:
    """Raise ValueError for settings of keys that give none."""
    try:
        public_keys(settings)
    except (OSError, ValueError) as error:
        raise ValueError(f"TENGHUAN_SEAL_KEYS or _SEAL_PUBLIC_KEYS gives no keys: {error}") from error
