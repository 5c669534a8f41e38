"""Check of the brokers' addresses, apart from the client: it loads no aiokafka."""

from shared.settings import LOOPBACK, Settings


def check_brokers(settings: Settings) -> None:
    """Raise ValueError if brokers of another machine are spoken to without a login."""
    hosts = [each.rpartition(":")[0].strip("[] ") for each in settings.kafka_servers.split(",")]
    elsewhere = [host for host in hosts if host not in LOOPBACK]
    if settings.kafka_security == "PLAINTEXT" and elsewhere:
        raise ValueError(
            f"TENGHUAN_KAFKA_SECURITY: PLAINTEXT is for brokers on this machine, and {elsewhere[0]} is another: "
            "set SASL_SSL with a login (docs/deployment.md, Brokers with logins)"
        )
