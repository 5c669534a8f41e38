"""Compatibility check of published event schemas: only optional fields may be added to a type."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from shared.contracts import event_types
from shared.contracts.facts import FORMER_CODES

SCHEMAS = Path(__file__).parent / "schemas"
RENAMED = FORMER_CODES
"""Codes that have a new name. Readers of a type are told both names by the code lists and the changelog."""


def current() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of every event class, by type name."""
    return {event.type: event.model_json_schema(mode="serialization") for event in event_types()}


def stored() -> dict[str, dict[str, Any]]:
    """Return the published schemas, by type name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(SCHEMAS.glob("*.json"))}


def incompatibilities(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return the changes that break readers of the old schema; empty for a compatible schema."""
    return _incompatibilities(old, new, old.get("$defs", {}), new.get("$defs", {}), "", frozenset())


def _incompatibilities(
    old: Any, new: Any, old_defs: dict[str, Any], new_defs: dict[str, Any], path: str, seen: frozenset[str]
) -> list[str]:
    if "$ref" in old and "$ref" in new:
        if old["$ref"] in seen:
            return []
        seen = seen | {old["$ref"]}
    old, new = _target(old, old_defs), _target(new, new_defs)
    faults = [
        f"{path or '/'}: {word} was {old.get(word)!r}, is {new.get(word)!r}"
        for word in ("type", "format", "pattern", "const", "enum")
        if _told(old, word) != _told(new, word)
    ]
    faults += [f"{path}/{name}: removed" for name in old.get("properties", {}) if name not in new.get("properties", {})]
    faults += [
        f"{path}/{name}: newly required"
        for name in set(new.get("required", [])) ^ set(old.get("required", []))
        if name in old.get("properties", {}) or name in new.get("required", [])
    ]
    for name, part in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            faults += _incompatibilities(part, new["properties"][name], old_defs, new_defs, f"{path}/{name}", seen)
    for word in ("anyOf", "prefixItems"):
        ours, theirs = old.get(word, []), new.get(word, [])
        if len(ours) != len(theirs):
            faults.append(f"{path}: {word} has {len(theirs)} branches, had {len(ours)}")
        for number, (part, other) in enumerate(zip(ours, theirs, strict=False)):
            faults += _incompatibilities(part, other, old_defs, new_defs, f"{path}/{word}/{number}", seen)
    if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
        faults += _incompatibilities(old["items"], new["items"], old_defs, new_defs, f"{path}/items", seen)
    return faults


def _told(schema: dict[str, Any], word: str) -> Any:
    """Return what a schema says, with the names of today for renamed codes; the order of codes means nothing."""
    said = schema.get(word)
    return sorted({RENAMED.get(code, code) for code in said}) if word == "enum" and said else said


def _target(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = defs[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    return found


def check() -> list[str]:
    """Return all incompatible changes of published types, and the types without a published schema."""
    published, ours = stored(), current()
    faults = [f"{name}: published but gone" for name in published if name not in ours]
    faults += [f"{name}: not stored; run python -m shared.contracts.compat store" for name in ours.keys() - published]
    for name in published.keys() & ours.keys():
        faults += [f"{name}{fault}" for fault in incompatibilities(published[name], ours[name])]
    return sorted(faults)


def store() -> None:
    """Write the schemas of all events; run it after a compatible change only."""
    for name, schema in current().items():
        (SCHEMAS / f"{name}.json").write_text(json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m shared.contracts.compat", description=__doc__)
    parser.add_argument("act", choices=["check", "store"])
    if parser.parse_args().act == "check":
        faults = check()
        sys.stderr.writelines(f"{fault}\n" for fault in faults)
        return 3 if faults else 0
    faults = [fault for fault in check() if "not stored" not in fault]
    if faults:
        sys.stderr.writelines(f"{fault}\n" for fault in faults)
        return 3
    store()
    return 0


if __name__ == "__main__":
    sys.exit(main())
