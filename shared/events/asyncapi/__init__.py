"""AsyncAPI 3.0 document of a service, from the event classes and the settings."""

import json
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.events.asyncapi.channels import Channel, MessageType, Messaging, channels_of
from shared.events.bus.consuming import group_of
from shared.events.bus.topics import new_topic
from shared.events.catalogue import parts_of
from shared.events.catalogue.words import meaning, words
from shared.settings import Settings

Part = dict[str, Any]
_BINDING = {"bindingVersion": "0.5.0"}
_OPTIONAL = {"ce_district", "ce_applicantuscc", "ce_actor", "ce_role", "ce_requestid", "ce_traceparent", "ce_figures"}
_INFO = """\
{title}服务通过 Kafka 发布和接收的消息。消息采用 CloudEvents 1.0 二进制模式：属性在 `ce_*` 消息头，数据是 JSON。
消息键是事件所关于的对象，同一对象的事件按发生次序到达；每条消息至少送达一次，接收方按 `ce_id` 去重。
中文目录见 /docs/events，每种事件数据的 JSON Schema 见 /schemas/{{type}}。"""


def document(service: Messaging, settings: Settings) -> Part:
    """Return the document of one service. Its servers are the brokers of the settings, none without Kafka."""
    channels = channels_of(service)
    told = {message.data.__name__: message for channel in channels for message in channel.messages}
    return {
        "asyncapi": "3.0.0",
        "id": f"urn:tenghuan:{service.name}",
        "info": {
            "title": f"腾焕 · {service.title} · 事件",
            "version": "1.0.0",
            "description": _INFO.format(title=service.title),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": _servers(settings) if settings.bus == "kafka" else {},
        "channels": {channel.name: _channel(channel, settings) for channel in channels},
        "operations": {f"{channel.action}_{channel.name}": _operation(channel, service) for channel in channels},
        "components": {
            "messages": {name: _message(message) for name, message in sorted(told.items())},
            "messageTraits": {"CloudEvent": _cloud_event(), "SignedUpdate": _signed_update()},
            "schemas": _schemas(tuple(message.data for message in told.values())),
            "securitySchemes": _security(settings),
        },
    }


def _reference(*path: str) -> Part:
    return {"$ref": "#/" + "/".join(path)}


def _channel(channel: Channel, settings: Settings) -> Part:
    names = [message.data.__name__ for message in channel.messages]
    return {
        "address": channel.topic,
        "title": channel.title,
        "description": channel.description,
        "messages": {name: _reference("components", "messages", name) for name in names},
        "bindings": {"kafka": _topic(channel.topic, settings)},
    }


def _topic(topic: str, settings: Settings) -> Part:
    """Return the Kafka binding: the settings with which the topic is created."""
    made = new_topic(topic, settings)
    return {
        "topic": topic,
        "partitions": made.num_partitions,
        "replicas": made.replication_factor,
        "topicConfiguration": {name: json.loads(value) for name, value in made.topic_configs.items()},
        **_BINDING,
    }


def _operation(channel: Channel, service: Messaging) -> Part:
    names = [message.data.__name__ for message in channel.messages]
    group = {"groupId": {"type": "string", "enum": [group_of(service.name, channel.topic)]}}
    bindings = group if channel.action == "receive" else {}
    return {
        "action": channel.action,
        "channel": _reference("channels", channel.name),
        "title": f"{'发布' if channel.action == 'send' else '接收'}{channel.title}",
        "messages": [_reference("channels", channel.name, "messages", name) for name in names],
        "bindings": {"kafka": {**bindings, **_BINDING}},
    }


def _message(told: MessageType) -> Part:
    fixed = ("ce_type", "ce_source", "ce_aggregatetype") if told.trait == "CloudEvent" else ("ce_type",)
    return {
        "name": told.name,
        "title": told.title,
        "summary": told.when,
        "traits": [_reference("components", "messageTraits", told.trait)],
        "headers": {"type": "object", "properties": {name: {"const": told.headers[name]} for name in fixed}},
        "payload": _reference("components", "schemas", told.data.__name__),
        "examples": [{"name": "example", "headers": dict(told.headers), "payload": dict(told.example)}],
    }


def _cloud_event() -> Part:
    properties = _headers("headers")
    for name in ("ce_id", "ce_subject"):
        properties[name]["format"] = "uuid"
    properties["ce_sequence"]["pattern"] = "^[1-9][0-9]*$"
    key = {"type": "string", "format": "uuid", "description": "事件所关于的对象的标识，同 ce_subject"}
    return _trait(properties, key)


def _signed_update() -> Part:
    properties = _headers("update_headers")
    properties["ce_id"]["format"] = "uuid"
    properties["signature"]["pattern"] = "^[0-9a-f]{64}$"
    return _trait(properties, {"type": "string", "description": "接口密钥的编号，同 keyid"})


def _headers(section: str) -> Part:
    """Return the schemas of message headers, with their descriptions from words.toml."""
    properties: Part = {name: {"type": "string", "description": text} for name, text in words()[section].items()}
    properties["content-type"]["const"] = "application/json"
    properties["ce_specversion"]["const"] = "1.0"
    properties["ce_time"]["format"] = "date-time"
    return properties


def _trait(properties: Part, key: Part) -> Part:
    required = [name for name in properties if name not in _OPTIONAL]
    return {
        "headers": {"type": "object", "properties": properties, "required": required},
        "bindings": {"kafka": {"key": key, **_BINDING}},
    }


@cache
def _schemas(models: tuple[type[BaseModel], ...]) -> Part:
    """Return the JSON Schemas (draft 7) of the data, with the meaning of each field as its title."""
    _, made = models_json_schema(
        [(model, "serialization") for model in models], ref_template="#/components/schemas/{model}"
    )
    schemas: Part = made["$defs"]
    for model in {*models, *(part for whole in models for part in parts_of(whole))}:
        for name, field in schemas[model.__name__]["properties"].items():
            if "$ref" not in field:  # readers ignore members beside a reference
                field["title"] = meaning(model, name)
    return schemas


def _servers(settings: Settings) -> Part:
    secure = settings.kafka_security.endswith("SSL")
    login = [_reference("components", "securitySchemes", name) for name in _security(settings)]
    return {
        f"broker{number}": {
            "host": host.strip(),
            "protocol": "kafka-secure" if secure else "kafka",
            "description": "Kafka 集群的接入地址之一",
            **({"security": login} if login else {}),
        }
        for number, host in enumerate(settings.kafka_servers.split(","), 1)
    }


def _security(settings: Settings) -> Part:
    """Return the security schemes of the brokers."""
    schemes: Part = {}
    if settings.kafka_security.startswith("SASL"):
        schemes["login"] = {"type": "scramSha512", "description": "SASL/SCRAM-SHA-512 用户名和口令，由管理方发放"}
    elif settings.kafka_security == "SSL":
        schemes["certificate"] = {"type": "X509", "description": "客户端证书，由管理方签发"}
    return schemes
