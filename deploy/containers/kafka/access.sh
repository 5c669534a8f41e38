#!/bin/sh
# Set the logins and access rules of the broker at kafka:9092, as the administrator. Running it again sets changed
# passwords and adds new rules; nothing else changes.
set -eu
PATH="/opt/kafka/bin:$PATH"
servers=${KAFKA_SERVERS:-kafka:9092}
scripts=${KAFKA_SCRIPTS:-/etc/tenghuan/access}
umask 077
admin=$(mktemp)
login=$(mktemp)
trap 'rm -f "$admin" "$login"' EXIT

cat >"$admin" <<PROPERTIES
security.protocol=SASL_PLAINTEXT
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="${KAFKA_ADMIN_PASSWORD:?}";
PROPERTIES

set_login() {
    printf 'SCRAM-SHA-512=password=%s\n' "$2" >"$login"
    kafka-configs.sh --bootstrap-server "$servers" --command-config "$admin" --alter --entity-type users \
        --entity-name "$1" --add-config-file "$login"
}

set_login intake "${INTAKE_KAFKA_PASSWORD:?}"
set_login eligibility "${ELIGIBILITY_KAFKA_PASSWORD:?}"
set_login funding "${FUNDING_KAFKA_PASSWORD:?}"
set_login monitoring "${MONITORING_KAFKA_PASSWORD:?}"
KAFKA_ACLS="kafka-acls.sh --bootstrap-server $servers --command-config $admin" sh "$scripts/acls.sh"
