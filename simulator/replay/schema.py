"""The JSON Schema of a scenario file, for editors: generated from the types of `story`, and nothing beside them."""

import json
from typing import Any

import msgspec

from simulator.replay.story import VERBS, Scenario


def scenario_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a scenario file."""
    schema = msgspec.json.schema(Scenario)
    parts = schema["$defs"]
    parts["Step"]["oneOf"] = [{"required": [verb]} for verb in VERBS]
    # A step that takes nothing may be written with nothing after its colon.
    parts["Nothing"]["type"] = ["object", "null"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Zuora simulator scenario",
        **schema,
    }


def schema_text() -> str:
    """As `zuora-simulator scenario schema` prints it."""
    return json.dumps(scenario_schema(), indent=2) + "\n"
