"""The event catalogue as a page: HTML from page.html, no script, no external requests, fit for printing."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.contracts import event_class
from shared.contracts.delivery import MessageDeadLettered
from shared.contracts.pushes import LibraryUpdate, ResourceUpdate
from shared.events.bus.publishing import headers_of
from shared.events.bus.topics import LIBRARY_UPDATES, dead_letters_topic, events_topic
from shared.events.catalogue import entries, other, structures
from shared.events.catalogue.samples import example_message, example_update
from shared.events.catalogue.words import words

LONG_LINES = 24
"""An example with more lines is printed in two columns."""


@cache
def page() -> str:
    """Return the page. Every service serves the same one, so that links between services' events work."""
    sample = headers_of(example_message(event_class(words()["page"]["sample"])))
    return (
        _environment()
        .get_template("page.html")
        .render(
            services=words()["services"],
            entries=entries(),
            notice=other(MessageDeadLettered),
            updates=[other(model) for model in (ResourceUpdate, LibraryUpdate)],
            updates_topic=LIBRARY_UPDATES,
            structures=structures(),
            event_headers=words()["headers"],
            event_header_examples={name: value.decode() for name, value in sample},
            update_headers=words()["update_headers"],
            update_header_examples=example_update(ResourceUpdate)[0],
            long_lines=LONG_LINES,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "as_json": _as_json,
        "events_topic": events_topic,
        "dead_letters_topic": dead_letters_topic,
    }
    return environment


def _as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
