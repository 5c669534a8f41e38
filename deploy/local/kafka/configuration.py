"""Configuration of a single node: listeners on loopback, replication factor 1, short timeouts after a kill."""

from collections.abc import Mapping

CONTAINER_IMAGE = "apache/kafka:4.3.0"
"""Container image of the release that pom.xml names."""
ADMIN = "admin"
"""Superuser of a node that requires logins."""
BROKER = "CN=tenghuan-broker"
"""Subject of the node's own certificate, under which it connects to itself."""
# A node that lives for minutes never regains the time of the second compiler.
JAVA_OPTIONS = (
    "-Xms96m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dorg.apache.logging.log4j.level=WARN",
)
_PLAIN = {
    "node.id": "1",
    "process.roles": "broker,controller",
    "log.dirs": "log",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "BROKER",
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    # A killed node may register again once its old registration has expired.
    "broker.session.timeout.ms": "2500",
    "broker.heartbeat.interval.ms": "400",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.dedupe.buffer.size": "4194304",
}
_GUARDED = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    "super.users": f"User:{ADMIN};User:{BROKER}",
    "sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.clients.scram-sha-512.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    "listener.name.broker.ssl.client.auth": "required",
    "listener.name.controller.ssl.client.auth": "required",
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": "tls/node.pem",
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": "tls/ca.pem",
}
_PROTOCOLS = {"CLIENTS": "PLAINTEXT", "BROKER": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"}
_GUARDED_PROTOCOLS = {"CLIENTS": "SASL_SSL", "BROKER": "SSL", "CONTROLLER": "SSL"}


def server_properties(
    port: int, own_ports: tuple[int, int], *, guarded: bool, more: Mapping[str, str] | None = None
) -> str:
    """Return the node's settings file; the node connects to itself at `own_ports`.

    Guarded: clients log in with SCRAM-SHA-512 over TLS and may do what access rules allow, which is nothing at first.
    """
    ports = dict(zip(_PROTOCOLS, (port, *own_ports), strict=True))
    protocols = _GUARDED_PROTOCOLS if guarded else _PROTOCOLS
    addresses = {name: f"{name}://127.0.0.1:{number}" for name, number in ports.items()}
    settings = {
        **_PLAIN,
        **(_GUARDED if guarded else {}),
        "listeners": ",".join(addresses.values()),
        "advertised.listeners": f"{addresses['CLIENTS']},{addresses['BROKER']}",
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{own_ports[1]}",
        **(more or {}),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
