"""TLS of the services: the certificate by setting, and the refusal to serve beyond this machine without protection."""

import ssl
from ipaddress import ip_address
from typing import Any

from shared.settings import Settings


class Unprotected(ValueError):
    """The settings would send tokens in clear over a network, or name no usable certificate; the message says what."""


def tls_options(settings: Settings) -> dict[str, Any]:
    """Return uvicorn's options for TLS; none where no certificate is set."""
    if settings.tls_certificate_file is None:
        return {}
    return {"ssl_certfile": str(settings.tls_certificate_file), "ssl_keyfile": str(settings.tls_key_file)}


def scheme(settings: Settings) -> str:
    """Return the scheme of the services' addresses."""
    return "https" if settings.tls_certificate_file else "http"


def check_exposure(settings: Settings) -> None:
    """Raise Unprotected for a host beyond this machine without TLS and without a named proxy, or a bad certificate."""
    certificate, key = settings.tls_certificate_file, settings.tls_key_file
    if (certificate is None) != (key is None):
        raise Unprotected("set both TENGHUAN_TLS_CERTIFICATE_FILE and TENGHUAN_TLS_KEY_FILE, or neither")
    if certificate is not None and key is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        except (OSError, ValueError) as error:
            raise Unprotected(f"TENGHUAN_TLS_CERTIFICATE_FILE and TENGHUAN_TLS_KEY_FILE do not fit: {error}") from None
    elif not is_local(settings.host) and not settings.trusted_proxies:
        raise Unprotected(
            f"TENGHUAN_HOST={settings.host} is reached from other machines, and tokens would travel in clear: set "
            "TENGHUAN_TLS_CERTIFICATE_FILE and TENGHUAN_TLS_KEY_FILE, or name the proxy that does TLS in "
            "TENGHUAN_TRUSTED_PROXIES"
        )


def is_local(host: str) -> bool:
    """Return whether only this machine reaches a listening address. A name other than localhost may lead anywhere."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
