"""TLS of the services: the certificate by setting, and the refusal to serve beyond this machine without protection."""

import asyncio
import ssl
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import structlog

from shared import logs
from shared.settings import Settings

log = structlog.get_logger()


class Unprotected(ValueError):
    """The settings would send tokens in clear over a network, or name no usable certificate; the message says what."""


def tls_options(settings: Settings) -> dict[str, Any]:
    """Return uvicorn's options for TLS; none where no certificate is set."""
    if settings.tls_certificate_file is None:
        return {}
    return {"ssl_certfile": str(settings.tls_certificate_file), "ssl_keyfile": str(settings.tls_key_file)}


async def follow_certificate(settings: Settings, context: ssl.SSLContext) -> None:
    """Read the certificate into the context anew whenever one of its files has changed; for ever.

    Connections under way keep theirs. Files that do not fit are reported and change nothing: a renewal that writes them
    one after the other is read when it is complete.
    """
    known = _state(settings)
    while True:
        await asyncio.sleep(settings.tls_check_seconds)
        if known != (found := _state(settings)):
            known = found
            _reload(settings, context)


def _reload(settings: Settings, context: ssl.SSLContext) -> None:
    try:
        _load(settings, (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), context))
    except (OSError, ValueError) as error:
        log.error("the changed certificate is not used", error=logs.describe(error))
    else:
        log.info("certificate read anew")


def _load(settings: Settings, contexts: Iterable[ssl.SSLContext]) -> None:
    """Load certificate and key; the first context is for trial, since a failure leaves one with half of them."""
    certificate, key = settings.tls_certificate_file, settings.tls_key_file
    assert certificate is not None
    for context in contexts:
        context.load_cert_chain(certificate, key)


def _state(settings: Settings) -> tuple[tuple[int, int, int], ...]:
    """Return what tells one version of the files from another; of a link, that of the file it leads to."""
    files = [file for file in (settings.tls_certificate_file, settings.tls_key_file) if file is not None]
    found = [file.stat() for file in files if file.exists()]
    return tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in found)


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
            _load(settings, [ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)])
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
