"""The official JSON Schema of AsyncAPI 3.0 from the npm package pinned in specs/, installed if it is missing."""

import json
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from jsonschema.protocols import Validator

from deploy.sdk.npm import NpmFailed, installed

FOLDER = Path(__file__).parent / "specs"


@cache
def asyncapi_validator() -> Validator:
    """Return a validator of AsyncAPI 3.0 documents. Fails the test with a hint if npm is missing."""
    try:
        modules = installed(FOLDER)
    except NpmFailed as error:
        pytest.fail(str(error), False)
    schema = json.loads((modules / "@asyncapi" / "specs" / "schemas" / "3.0.0.json").read_text())
    return Draft7Validator(schema)
