"""The JSON Schema for editors says what the reader says."""

from simulator.replay.schema import scenario_schema
from simulator.replay.story import VERBS


def test_schema_names_every_key() -> None:
    """Keys are those of the file, a step has exactly one verb, unknown keys are refused."""
    schema = scenario_schema()
    parts = schema["$defs"]
    assert parts["Scenario"]["required"] == ["title"]
    assert "maxAttempts" in parts["Settings"]["properties"]
    assert [choice["required"] for choice in parts["Step"]["oneOf"]] == [[verb] for verb in VERBS]
    assert set(parts["Step"]["properties"]) == {*VERBS, "as"}
    assert all(part.get("additionalProperties") is False for part in parts.values())
