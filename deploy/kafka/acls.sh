#!/bin/sh
# Access rules of the brokers, by login and topic. Everything else is denied; running it again changes nothing.
#
#   KAFKA_ACLS="kafka-acls.sh --bootstrap-server HOST:PORT --command-config admin.properties" \
#   DISTRICTS="district-110101 district-110102" DASHBOARDS="dashboard" sh deploy/kafka/acls.sh
#
# Each service logs in under its own name. KAFKA_ACLS is any command that takes kafka-acls.sh's arguments, such as
# java -cp 'DIRECTORY/*' org.apache.kafka.tools.AclCommand …; DISTRICTS and DASHBOARDS are logins, none at first.
set -euf
: "${KAFKA_ACLS:?is the command that sets access rules, with its --bootstrap-server}"

allow() {
    login=$1 operation=$2
    shift 2
    # KAFKA_ACLS is a command with arguments.
    # shellcheck disable=SC2086
    $KAFKA_ACLS --add --allow-principal "User:$login" --operation "$operation" "$@"
}

# Arguments: a service and the sources of its events, as in its handlers (tests/broker/test_access.py compares).
service() {
    name=$1
    shift
    allow "$name" Write --topic "$name.events" --topic "$name.dead-letters" --topic seal.checkpoints
    allow "$name" Read --resource-pattern-type prefixed --group "tenghuan.$name"
    for topic in "$@"; do
        set -- "$@" --topic "$topic"
        shift
    done
    allow "$name" Read --topic seal.checkpoints "$@"
}

service intake eligibility.events funding.events monitoring.events district.library-updates
service eligibility intake.events funding.events
service funding intake.events eligibility.events monitoring.events
service monitoring eligibility.events funding.events

for district in ${DISTRICTS-}; do
    allow "$district" Write --topic district.library-updates
done

for dashboard in ${DASHBOARDS-}; do
    allow "$dashboard" Read --topic intake.events --topic eligibility.events --topic funding.events --topic monitoring.events
    allow "$dashboard" Read --resource-pattern-type prefixed --group "$dashboard."
done
