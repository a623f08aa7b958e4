"""Notification definitions, callout templates, triggers and profiles: registered, listed, changed, removed, obeyed."""

from typing import Any

import pytest

from simulator import Receiver, Simulator
from tests.support.client import SUCCEEDED, Client

DEFINITIONS = "/notifications/notification-definitions"
TEMPLATES = "/notifications/callout-templates"
TRIGGERS = "/events/event-triggers"
GUIDES: dict[str, Any] = {
    "callout": {
        "active": True,
        "calloutAuth": {
            "domain": "example_domain",
            "password": "example_password",
            "preemptive": True,
            "username": "example_user",
        },
        "calloutBaseurl": "https://www.example.com/callout/123456",
        "calloutRetry": True,
        "eventTypeName": "Async Request Succeeded",
        "httpMethod": "POST",
        "name": "Callout for Async Request Succeeded",
        "requiredAuth": True,
    },
    "calloutActive": True,
    "communicationProfileId": "6e569e1e05f040eda51a927b140c0ac5",
    "description": "Notification sent out when an async request succeeds",
    "eventTypeName": "Async Request Succeeded",
}
KEYS = [
    "id", "createdBy", "createdOn", "updatedBy", "updatedOn", "eventTypeNamespace", "eventTypeName", "name",
    "description", "communicationProfileId", "communicationProfileIds", "active", "emailTemplateId", "callout",
    "calloutTemplateIds", "filterRule", "filterRuleParams", "emailActive", "calloutActive", "associatedAccount",
]  # fmt: skip
TEMPLATE_KEYS = [
    "id", "createdBy", "createdOn", "updatedBy", "updatedOn", "eventTypeName", "eventTypeNamespace", "name",
    "description", "active", "calloutBaseurl", "calloutParams", "calloutHeaders", "httpMethod", "requiredAuth",
    "calloutAuth", "requiredOauth2", "oauth2ProviderId", "calloutRetry", "contentType", "useCustomRequestBody",
    "customRequestBody", "certificate", "hmacKey", "hmacValue", "hmacData", "hmacAlgorithm", "hmacSecret",
    "hmacOutputFormat",
]  # fmt: skip
CALLOUT = {"name": "c", "calloutBaseurl": "https://www.example.com/x", "httpMethod": "POST", "requiredAuth": False}


def definition(**given: Any) -> dict[str, Any]:
    return {"name": "d", "eventTypeName": SUCCEEDED, "calloutActive": True, "callout": CALLOUT, **given}


async def create(client: Client, path: str = DEFINITIONS, **given: Any) -> dict[str, Any]:
    status, made = await client.call("POST", path, json=given)
    assert status == 200, made
    found: dict[str, Any] = made
    return found


async def test_the_guides_sample_is_taken_as_it_stands(client: Client) -> None:
    """200 with the documented keys in the documented order, the callout's name for want of another, no password."""
    made = await create(client, **GUIDES)
    assert list(made) == KEYS
    assert made["name"] == "Callout for Async Request Succeeded"
    assert made["createdOn"] == "2026-01-01T00:00:00.000 UTC"
    assert made["communicationProfileIds"] == ["6e569e1e05f040eda51a927b140c0ac5"]
    assert made["callout"]["calloutAuth"] == {**GUIDES["callout"]["calloutAuth"], "password": "******"}
    assert await client.call("GET", f"{DEFINITIONS}/{made['id']}") == (200, made)


async def test_the_strict_knob_asks_for_a_name(zuora: Simulator, client: Client) -> None:
    """With `strictDefinitions` the guide's own sample is refused."""
    zuora.instance.change_settings({"quirks": {"strictDefinitions": True}}, None, "test")
    status, body = await client.call("POST", DEFINITIONS, json=GUIDES)
    assert (status, body["code"]) == (400, "ConstraintViolated")


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"name": None, "callout": None}, "ConstraintViolated", "name"),
        ({"eventCategory": 1210}, "ConstraintViolated", "exactly one"),
        ({"eventTypeName": None}, "ConstraintViolated", "exactly one"),
        ({"calloutTemplateIds": ["0" * 32]}, "ConstraintViolated", "exclude"),
        ({"callout": {**CALLOUT, "calloutBaseurl": "ftp://x.example/y"}}, "ConstraintViolated", "calloutBaseurl"),
        ({"callout": {**CALLOUT, "calloutBaseurl": "https://x"}}, "ConstraintViolated", "calloutBaseurl"),
        ({"callout": {**CALLOUT, "calloutBaseurl": "https://x.example/" + "y" * 1000}}, "ConstraintViolated", "1000"),
        ({"callout": {**CALLOUT, "calloutBaseurl": "http://x.example/y"}}, "ConstraintViolated", "plain http"),
        ({"callout": {**CALLOUT, "httpMethod": "FETCH"}}, "ConstraintViolated", "httpMethod"),
        ({"callout": {**CALLOUT, "requiredAuth": True}}, "ConstraintViolated", "calloutAuth"),
        ({"callout": {**CALLOUT, "requiredOauth2": True}}, "ConstraintViolated", "oauth2ProviderId"),
        ({"callout": {**CALLOUT, "eventTypeName": "Async Request Failed"}}, "ConstraintViolated", "that of the"),
        ({"callout": {"name": "c"}}, "ConstraintViolated", "calloutBaseurl"),
        ({"callout": []}, "ConstraintViolated", "callout"),
        ({"eventTypeName": "Async Request Suceeded"}, "ObjectNotFound", "Async Request Succeeded"),
        ({"eventTypeName": "AccountEdit"}, "ObjectNotFound", "made by POST /events/event-triggers"),
        ({"description": "x" * 256}, "ConstraintViolated", "255"),
        ({"name": "x" * 256}, "ConstraintViolated", "255"),
        ({"emailActive": True}, "ConstraintViolated", "emailTemplateId"),
        ({"active": "yes"}, "ConstraintViolated", "active"),
        ({"associatedAccount": "x"}, "ConstraintViolated", "associatedAccount"),
        ({"filterRule": {"condition": "a"}}, "ConstraintViolated", "parameters"),
    ],
)
async def test_what_is_refused(client: Client, given: dict[str, Any], code: str, words: str) -> None:
    """400 with a flat pair; nothing is stored."""
    status, body = await client.call("POST", DEFINITIONS, json=definition(**given))
    assert (status, body["code"]) == (400, code), body
    assert words in body["message"]
    assert (await client.call("GET", DEFINITIONS))[1] == {"data": [], "next": None}


async def test_names_are_unique(client: Client) -> None:
    """A definition's within its profile, a callout's among all; a name that was deleted may come again."""
    made = await create(client, **definition())
    again = definition(callout={**CALLOUT, "name": "other"})
    assert (await client.call("POST", DEFINITIONS, json=again))[0] == 400
    assert (await client.call("POST", DEFINITIONS, json=definition(name="other")))[0] == 400
    await create(client, **again, communicationProfileId="a" * 32)
    assert (await client.call("DELETE", f"{DEFINITIONS}/{made['id']}"))[0] == 204
    await create(client, **definition())


async def test_merge_fields_in_the_host_are_not_checked(client: Client) -> None:
    """What they will be is not known; `<...>` in the path or behind it neither."""
    for number, url in enumerate(
        (
            "https://<DataSource.Account.Host__c>/x",
            "{{DataSource.Account.Url__c}}",
            "https://x.example/<Account.Id>?a b",
        )
    ):
        await create(
            client, **definition(name=f"{number}", callout={**CALLOUT, "name": f"{number}", "calloutBaseurl": url})
        )


async def test_a_partial_put_is_merged(client: Client) -> None:
    """What is not given stays; `callout` makes a new template, whose password stays where the masked one is sent back."""
    made = await create(client, **GUIDES)
    path = f"{DEFINITIONS}/{made['id']}"
    status, changed = await client.call("PUT", path, json={"description": "new"})
    assert (status, changed) == (200, {**made, "description": "new"})
    status, changed = await client.call("PUT", path, json={"callout": {**made["callout"], "calloutRetry": False}})
    assert changed["callout"]["id"] != made["callout"]["id"]
    assert changed["callout"]["calloutRetry"] is False
    (stored,) = client.zuora.instance.tenants[client.zuora.client_id].definitions.values()
    assert stored.callout is not None
    assert stored.callout.callout_auth is not None
    assert stored.callout.callout_auth.password == "example_password"
    assert (await client.call("PUT", path, json={"eventTypeName": "Async Request Failed"}))[0] == 400
    assert (await client.call("PUT", path, json=made))[0] == 200
    status, body = await client.call("PUT", f"{DEFINITIONS}/{'0' * 32}", json={})
    assert (status, body["code"]) == (404, "ObjectNotFound")


async def test_delete(zuora: Simulator, client: Client) -> None:
    """204 and empty; unknown: 400 `ObjectNotFound`; retries that wait are dropped, history stays."""
    async with Receiver(answers=[503]) as receiver:
        made = await client.listen(receiver.url)
        await client.submit()
        await zuora.settle()
        assert await client.call("DELETE", f"{DEFINITIONS}/{made['id']}") == (204, None)
        await zuora.drain()
        assert len(receiver.requests) == 1
    status, body = await client.call("DELETE", f"{DEFINITIONS}/{made['id']}")
    words = f"The notification definition with id {made['id']} does not exist"
    assert (status, body) == (400, {"code": "ObjectNotFound", "message": words})
    assert len((await client.call("GET", "/v1/notification-history/callout"))[1]["calloutHistories"]) == 1
    assert (await client.call("GET", f"{TEMPLATES}/{made['callout']['id']}"))[0] == 200


async def test_the_list_is_paged_as_documented(client: Client) -> None:
    """`start` 0 like 1; `next` is the documented literal, followed as given; the alias of its path is served."""
    for number in range(25):
        await create(client, name=f"{number}", eventTypeName=SUCCEEDED)
    for start in ("", "?start=0", "?start=1"):
        _, page = await client.call("GET", DEFINITIONS + start)
        assert [one["name"] for one in page["data"]] == [str(n) for n in range(20)]
        assert page["next"] == "/notification-definitions?start=21&limit=20"
    _, page = await client.call("GET", page["next"])
    assert ([one["name"] for one in page["data"]], page["next"]) == ([str(n) for n in range(20, 25)], None)
    for query in ("limit=0", "limit=101", "limit=x", "start=-1", "eventCategory=1&eventTypeName=x"):
        assert (await client.call("GET", f"{DEFINITIONS}?{query}"))[0] == 400
    _, page = await client.call("GET", f"{DEFINITIONS}?eventTypeName=AsyncRequestFailed")
    assert page["data"] == []


async def test_a_list_is_stable_while_things_change(client: Client) -> None:
    """What is deleted or added between two pages makes the next one neither skip nor repeat."""
    made = [await create(client, name=f"{number}", eventTypeName=SUCCEEDED) for number in range(6)]
    _, page = await client.call("GET", f"{DEFINITIONS}?limit=2")
    for gone in (0, 1, 3):
        await client.call("DELETE", f"{DEFINITIONS}/{made[gone]['id']}")
    await create(client, name="new", eventTypeName=SUCCEEDED)
    names = []
    while page["next"]:
        _, page = await client.call("GET", page["next"])
        names += [one["name"] for one in page["data"]]
    assert names == ["2", "4", "5", "new"]
    _, page = await client.call("GET", f"{DEFINITIONS}?start=2&limit=1")
    assert [one["name"] for one in page["data"]] == ["4"], "after the last page positions are offsets again"


async def test_a_list_of_templates_is_stable_too(client: Client) -> None:
    """Made by themselves, or with a definition: what goes from the page before skips nothing, what comes repeats nothing."""
    own = [
        await create(client, name=f"d{number}", eventTypeName=SUCCEEDED, callout={**CALLOUT, "name": f"own{number}"})
        for number in range(3)
    ]
    made = [await create(client, TEMPLATES, **{**CALLOUT, "name": f"{number}"}) for number in range(3)]
    _, page = await client.call("GET", f"{TEMPLATES}?limit=2")
    names = [one["name"] for one in page["data"]]
    await client.call("DELETE", f"{TEMPLATES}/{made[0]['id']}")
    await client.call("DELETE", f"{DEFINITIONS}/{own[0]['id']}")
    await create(client, TEMPLATES, **{**CALLOUT, "name": "new"})
    while page["next"]:
        _, page = await client.call("GET", page["next"])
        names += [one["name"] for one in page["data"]]
    assert names == ["0", "1", "2", "own0", "own1", "own2", "new"]
    _, page = await client.call("GET", f"{TEMPLATES}?start=2&limit=1")
    assert [one["name"] for one in page["data"]] == ["2"]


async def test_a_masked_secret_that_comes_back_is_the_stored_one(client: Client) -> None:
    """Clients that keep a template as code send all of what they read; the type of the content is answered only."""
    made = await create(client, TEMPLATES, **CALLOUT, hmacSecret="s3cret", contentType="TEXT_XML")
    assert (made["hmacSecret"], made["contentType"]) == ("******", "APPLICATION_JSON")
    tenant = client.zuora.instance.tenants[client.zuora.client_id]
    for given, secret in (({**made, "description": "new"}, "s3cret"), ({"hmacSecret": "other"}, "other")):
        assert (await client.call("PUT", f"{TEMPLATES}/{made['id']}", json=given))[0] == 200
        assert tenant.templates[made["id"]].hmac_secret == secret


async def test_what_is_null_in_credentials_says_nothing(client: Client) -> None:
    """Clients made from the specification write every field: a null leaves the default, or what is stored, as it is."""
    auth = {"username": "u", "password": "p", "domain": None, "preemptive": None}
    made = await create(client, TEMPLATES, **{**CALLOUT, "requiredAuth": True, "calloutAuth": auth})
    assert made["calloutAuth"] == {"username": "u", "password": "******", "domain": None, "preemptive": False}
    for preemptive in (True, None):
        given = {"calloutAuth": {"preemptive": preemptive}}
        _, changed = await client.call("PUT", f"{TEMPLATES}/{made['id']}", json=given)
        assert changed["calloutAuth"] == {**made["calloutAuth"], "preemptive": True}


async def test_the_event_of_a_template_stays(client: Client) -> None:
    """Another one is refused, by a change and by an import; one that has none is given one, which must exist."""
    made = await create(client, TEMPLATES, **CALLOUT, eventCategory=2110)
    path = f"{TEMPLATES}/{made['id']}"
    for same in (made, {"eventTypeName": "PaymentDeclined"}, {"eventCategory": 2110}, {"eventTypeName": None}):
        status, changed = await client.call("PUT", path, json=same)
        assert (status, changed["eventTypeName"], changed["eventCategory"]) == (200, "Payment Declined", 2110)
    for other in ({"eventTypeName": "Payment Processed"}, {"eventCategory": 2120}, {"eventTypeName": 5}):
        assert (await client.call("PUT", path, json=other))[0] == 400
        given = {"calloutTemplates": [{**CALLOUT, **other}]}
        assert (await client.call("POST", f"{TEMPLATES}/import", json=given))[0] == 400
    free = await create(client, TEMPLATES, **{**CALLOUT, "name": "free"})
    path = f"{TEMPLATES}/{free['id']}"
    assert (await client.call("PUT", path, json={"eventTypeName": "Nothing Known"}))[0] == 400
    assert (await client.call("PUT", path, json={"eventTypeName": SUCCEEDED}))[1]["eventTypeName"] == SUCCEEDED


@pytest.mark.parametrize("path", [DEFINITIONS, TEMPLATES])
@pytest.mark.parametrize(
    ("query", "found"),
    [("eventCategory=2110", 1), ("eventCategory=2110.0", 1), ("eventCategory=1210", 0)],
)
async def test_a_category_is_a_number(client: Client, path: str, query: str, found: int) -> None:
    """In a list's filter however a generated client spells it; what is none is refused, like a limit out of its range."""
    await create(client, path, **CALLOUT, eventCategory=2110)
    assert len((await client.call("GET", f"{path}?{query}"))[1]["data"]) == found
    for wrong in ("eventCategory=x", "eventCategory=NaN", "limit=101", "limit=0"):
        status, body = await client.call("GET", f"{path}?{wrong}")
        assert (status, body.get("code") or body["reasons"][0]["code"]) == (400, "ConstraintViolated")


async def test_callout_templates_and_their_fan_out(zuora: Simulator, client: Client) -> None:
    """Documented keys in order; one definition links two templates, and each is sent to; an inactive one is not."""
    async with Receiver() as receiver:
        ids, base = [], receiver.url.rstrip("/") + "/"
        for name in ("one", "two", "three"):
            given = {
                **CALLOUT,
                "name": name,
                "calloutBaseurl": base + name,
                "eventTypeName": SUCCEEDED,
            }
            template = await create(client, TEMPLATES, **given, active=name != "three")
            assert list(template) == TEMPLATE_KEYS
            ids.append(template["id"])
        await create(client, name="d", eventTypeName=SUCCEEDED, calloutActive=True, calloutTemplateIds=ids)
        await client.submit()
        await zuora.settle()
        assert [request.path for request in receiver.requests] == ["/one", "/two"]
    _, page = await client.call("GET", f"{TEMPLATES}?limit=2")
    assert page["next"] == f"{TEMPLATES}?start=3&limit=2"
    path = f"{TEMPLATES}/{ids[0]}"
    assert (await client.call("PUT", path, json={"description": "new"}))[1]["description"] == "new"
    assert (await client.call("DELETE", path))[0] == 204
    status, body = await client.call("GET", path)
    assert (status, body["reasons"][0]["code"]) == (404, "ObjectNotFound")
    status, body = await client.call("POST", TEMPLATES, json={**CALLOUT, "eventTypeName": "Nothing Known"})
    assert (status, body["reasons"][0]["code"]) == (400, "ObjectNotFound")


async def test_importing_templates(client: Client) -> None:
    """All or none, unless partial success is allowed; what exists by name is updated."""
    good, bad = {**CALLOUT, "name": "good"}, {"name": "bad"}
    status, body = await client.call("POST", f"{TEMPLATES}/import", json={"calloutTemplates": [good, bad]})
    assert (status, len(body["reasons"])) == (400, 1)
    assert (await client.call("GET", TEMPLATES))[1]["data"] == []
    given = {"calloutTemplates": [good, bad], "allowPartialSuccess": True}
    status, body = await client.call("POST", f"{TEMPLATES}/import", json=given)
    assert (status, len(body["reasons"])) == (200, 1)
    given = {"calloutTemplates": [{**good, "description": "new"}]}
    assert await client.call("POST", f"{TEMPLATES}/import", json=given) == (200, {"reasons": []})
    assert [one["description"] for one in (await client.call("GET", TEMPLATES))[1]["data"]] == ["new"]


@pytest.mark.parametrize(
    ("condition", "fields", "heard"),
    [
        (
            "Account.Balance >= _LIMIT && Account.Status == _STATUS",
            {"Account.Balance": "100", "Account.Status": "A"},
            1,
        ),
        ("Account.Balance >= _LIMIT && Account.Status == _STATUS", {"Account.Balance": "99", "Account.Status": "A"}, 0),
        ("Account.Balance > 9", {"Account.Balance": "10"}, 1),
        ("Account.Name == 'x' || !(Account.Name != 'y')", {"Account.Name": "y"}, 1),
        ("Account.Missing == 'x'", {"Account.Name": "y"}, 0),
        ("not Account.AutoPay", {"Account.AutoPay": False}, 1),
        ("size(Account.Name) > 3 ? true : false", {"Account.Name": "y"}, 1),
    ],
)
async def test_filter_rules_are_obeyed(
    zuora: Simulator, client: Client, condition: str, fields: dict[str, Any], heard: int
) -> None:
    """Simple comparisons decide; a field that is missing never matches; what is more is stored and lets all pass."""
    parameters = {name: {"displayName": name, "valueType": "STRING"} for name in ("_LIMIT", "_STATUS")}
    made = await create(
        client,
        **definition(
            eventTypeName=None,
            eventCategory=1210,
            filterRule={"condition": condition, "parameters": parameters},
            filterRuleParams={"_LIMIT": 100.0, "_STATUS": "A"},
        ),
    )
    assert made["filterRuleParams"] == {"_LIMIT": "100.0", "_STATUS": "A"}
    assert (made["eventTypeName"], made["eventCategory"]) == ("Subscription Created", 1210)
    assert made["filterRule"]["condition"] == condition
    await client.call("POST", "/_simulator/events", json={"event": "Subscription Created", "fields": fields})
    assert len(zuora.callouts) == heard


async def test_a_trigger_registers_its_event(zuora: Simulator, client: Client) -> None:
    """Unknown before, known after; the example's own shape; 404 in the documented words."""
    example = {
        "baseObject": "Invoice",
        "condition": "changeType == 'UPDATE' && Invoice.Status == 'Posted'",
        "eventType": {
            "name": "LargeInvoicePosted",
            "displayName": "Large Invoice Posted",
            "namespace": "user.notification",
        },
        "active": True,
    }
    wanted = definition(eventTypeName="LargeInvoicePosted")
    assert (await client.call("POST", DEFINITIONS, json=wanted))[0] == 400
    made = await create(client, TRIGGERS, **example)
    assert {**example, "id": made["id"]} == made
    await create(client, **wanted)
    status, _ = await client.call(
        "POST", "/_simulator/events", json={"event": "LargeInvoicePosted", "fields": {"Invoice": {"Id": "1"}}}
    )
    assert status == 202
    assert len(zuora.callouts) == 1
    assert (await client.call("PUT", f"{TRIGGERS}/{made['id']}", json={"active": False}))[1]["active"] is False
    assert (await client.call("GET", f"{TRIGGERS}?active=true"))[1]["data"] == []
    assert (await client.call("DELETE", f"{TRIGGERS}/{made['id']}"))[0] == 204
    reason = {"code": "ObjectNotFound", "message": "no event trigger found with the given id"}
    assert await client.call("GET", f"{TRIGGERS}/{made['id']}") == (404, {"reasons": [reason]})
    assert (await client.call("POST", TRIGGERS, json={"baseObject": "Invoice"}))[0] == 400


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"eventType": {"name": "Large Invoice", "displayName": "x"}}, "eventType.name must match"),
        ({"eventType": {"name": "1Large", "displayName": "x"}}, "eventType.name must match"),
        ({"eventType": {"name": "Large"}}, "eventType.displayName is required"),
        ({"eventType": {"name": "Large", "displayName": "x" * 501}}, "at most 500"),
        ({"eventType": {"name": "Large", "displayName": "x", "description": "x" * 1001}}, "1000"),
        ({"eventType": "Large"}, "eventType with a name"),
        ({"description": "x" * 1001}, "1000"),
        ({"condition": ""}, "condition is required"),
        ({"active": "yes"}, "active"),
    ],
)
async def test_what_a_trigger_must_have(client: Client, wrong: dict[str, Any], words: str) -> None:
    """The reference's names and lengths; a change may give a part of the event, and the rest is as it was."""
    event = {"name": "Large", "displayName": "x"}
    good = {"baseObject": "Invoice", "condition": "true", "eventType": event}
    status, body = await client.call("POST", TRIGGERS, json={**good, **wrong})
    assert (status, body["reasons"][0]["code"]) == (400, "ConstraintViolated")
    assert words in body["reasons"][0]["message"]
    made = await create(client, TRIGGERS, **good)
    assert made["eventType"] == {"namespace": "user.notification", **event}
    _, changed = await client.call("PUT", f"{TRIGGERS}/{made['id']}", json={"eventType": {"displayName": "new"}})
    assert changed["eventType"] == {**made["eventType"], "displayName": "new"}


async def test_a_muted_profile_sends_nothing(zuora: Simulator, client: Client) -> None:
    """Muted by `active: false`; awake again it sends."""
    async with Receiver() as receiver:
        _, profile = await client.call("POST", "/settings/communication-profiles", json={"profileName": "EU"})
        await client.listen(receiver.url)
        made = (await client.call("GET", DEFINITIONS))[1]["data"][0]
        await client.call("PUT", f"{DEFINITIONS}/{made['id']}", json={"communicationProfileId": profile["id"]})
        for active, heard in ((False, 0), (True, 1)):
            path = f"/settings/communication-profiles/{profile['id']}"
            assert (await client.call("PUT", path, json={"active": active}))[1]["active"] is active
            await client.submit()
            await zuora.settle()
            assert len(receiver.requests) == heard
