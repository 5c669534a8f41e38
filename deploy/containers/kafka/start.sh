#!/bin/sh
# Start the broker. The first start makes its data, with the administrator's login; later starts keep both.
set -eu
: "${KAFKA_ADMIN_PASSWORD:?is the password of the login admin}"
PATH="/opt/kafka/bin:$PATH"
properties=${KAFKA_PROPERTIES:-/etc/tenghuan/kafka/server.properties}

kafka-storage.sh format --ignore-formatted --standalone --cluster-id dGVuZ2h1YW4tY29tcG9zZQ --config "$properties" \
    --add-scram "SCRAM-SHA-512=[name=admin,password=$KAFKA_ADMIN_PASSWORD]"
unset KAFKA_ADMIN_PASSWORD
exec kafka-server-start.sh "$properties"
