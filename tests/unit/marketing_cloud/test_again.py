"""A call told again is the same call."""

from typing import Any

import pytest

from simulator.marketing_cloud.again import plain_of
from simulator.marketing_cloud.calls import Action, Call
from simulator.marketing_cloud.plain import plain_call
from simulator.marketing_cloud.soap import Node

ASKED = {"ResponseType": "HTTPPost", "ResponseAddress": "http://localhost:3000/x", "RespondWhen": "OnError"}
CALLS: list[dict[str, Any]] = [
    {"action": "Create", "type": "Subscriber", "objects": [{"EmailAddress": "a@b.c"}, {"EmailAddress": "d@e.f"}]},
    {
        "action": "Update",
        "type": "DataExtensionObject",
        "objects": [
            {"CustomerKey": "k", "Properties": {"Property": [{"Name": "a", "Value": "1"}, {"Name": "b", "Value": ""}]}}
        ],
        "options": {
            "SendResponseTo": [
                ASKED,
                ASKED | {"IncludeResults": True, "IncludeObjects": True, "OnlyIncludeBase": True},
            ],
            "SaveOptions": {"SaveOption": {"SaveAction": "UpdateAdd"}},
        },
    },
    {
        "action": "Delete",
        "type": "List",
        "objects": [{"CustomerKey": "k"}],
        "options": {
            "SendResponseTo": {"ResponseType": "email", "ResponseAddress": "a@b.c", "RespondWhen": "Always"},
            "ConversationID": "c",
            "SequenceCode": 0,
            "CallsInConversation": 2,
            "CorrelationID": "mine",
            "QueuePriority": "High",
            "ScheduledTime": "2026-01-02T00:00:00+00:00",
        },
    },
    {"action": "Perform", "type": "ImportDefinition", "objects": [{"CustomerKey": "k"}]},
]


@pytest.mark.parametrize("given", CALLS)
def test_there_and_back(given: dict[str, Any]) -> None:
    """Objects and options come back as they were, each address where it is led."""
    call, _ = plain_call(given)
    told = plain_of(call, str)
    assert told is not None
    assert plain_call(told)[0] == call
    led = plain_of(call, lambda _: "there")
    assert led is not None
    addresses = [asked["ResponseAddress"] for asked in led["options"].get("SendResponseTo", [])]
    assert addresses == [
        "there" if asked.type == "HTTPPost" else asked.address for asked in call.options.send_response_to
    ]


@pytest.mark.parametrize(
    "call",
    [
        Call(Action.CREATE, (Node("Objects", kind="List"), Node("Objects", kind="Subscriber"))),
        Call(Action.CREATE, (Node("Objects", "", (Node("a-b", "1"),), "List"),)),
        Call(Action.PERFORM, (Node("Definition", kind="ImportDefinition"),), verb="stop"),
    ],
)
def test_what_cannot_be_said(call: Call) -> None:
    """Plain data has one type, names that are identifiers, and one thing to perform."""
    assert plain_of(call, str) is None
