"""Push an update of a district's ledger or library to Kafka and print the answer: `push_updates.py UPDATE.json [ID]`.

UPDATE.json is {"book": "resources", "mode": "atomic", "rows": […]}; see docs/library-updates.md. Environment variables:
TENGHUAN_API_KEY, and TENGHUAN_KAFKA_SERVERS, _SECURITY, _USERNAME, _PASSWORD, _CA_FILE. If no answer arrives, send
the same update again with the same ID: it is recorded once.
"""

import asyncio
import hashlib
import hmac
import json
import sys
import time
from os import environ
from pathlib import Path
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.helpers import create_ssl_context

MAX_RECORD_BYTES = 8 * 1024 * 1024 + 4096  # largest update and its headers
REQUESTED = "district.library_update_requested.v1"
BROKER = {
    "bootstrap_servers": environ.get("TENGHUAN_KAFKA_SERVERS", "127.0.0.1:9092"),
    "security_protocol": environ.get("TENGHUAN_KAFKA_SECURITY", "PLAINTEXT"),
    "sasl_mechanism": "SCRAM-SHA-512",
    "sasl_plain_username": environ.get("TENGHUAN_KAFKA_USERNAME", ""),
    "sasl_plain_password": environ.get("TENGHUAN_KAFKA_PASSWORD", ""),
    "ssl_context": create_ssl_context(cafile=environ.get("TENGHUAN_KAFKA_CA_FILE")),
}


def signed_headers(api_key: str, request_id: str, value: bytes) -> dict[str, str]:
    """Return the signed headers of an update. The signature proves possession of the key; the secret is not sent."""
    _, _, key_id, secret = api_key.split("_", 3)
    timestamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    content = f"{REQUESTED}\n{request_id}\n{timestamp}\n".encode() + value
    signature = hmac.new(hashlib.sha256(secret.encode()).digest(), content, hashlib.sha256).hexdigest()
    event = {"ce_specversion": "1.0", "ce_type": REQUESTED, "ce_source": f"/systems/{key_id}", "ce_id": request_id}
    return {**event, "ce_time": timestamp, "content-type": "application/json", "keyid": key_id, "signature": signature}


async def push(value: bytes, request_id: str) -> None:
    """Send the update and print every part of its answer."""
    headers = signed_headers(environ["TENGHUAN_API_KEY"], request_id, value)
    listening = AIOKafkaConsumer("intake.events", **BROKER)
    sending = AIOKafkaProducer(**BROKER, enable_idempotence=True, max_request_size=MAX_RECORD_BYTES)
    async with listening as consumer, sending as producer:
        await consumer.seek_to_end()
        encoded = [(name, text.encode()) for name, text in headers.items()]
        await producer.send_and_wait("district.library-updates", value, key=headers["keyid"].encode(), headers=encoded)
        parts = set()
        async for record in consumer:
            answer = json.loads(record.value)
            if answer.get("request_id") == request_id:
                print(json.dumps(answer, ensure_ascii=False), flush=True)
                # 401 may answer a forged record under our id, so keep waiting.
                if not answer["problem"] or answer["problem"]["status"] != 401:
                    parts.add(answer["part"])
                if len(parts) == answer["parts"]:
                    return


if __name__ == "__main__":
    update, own_id = Path(sys.argv[1]).read_bytes(), sys.argv[2] if len(sys.argv) > 2 else str(uuid4())
    asyncio.run(asyncio.wait_for(push(update, own_id), 60))
