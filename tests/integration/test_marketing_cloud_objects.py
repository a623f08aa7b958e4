"""Objects, and what may be asked of them: Create, Update, Delete, Perform, Execute, Retrieve; and outcomes by choice."""

from datetime import timedelta
from typing import Any

import pytest

from simulator import Receiver, Simulator
from simulator.marketing_cloud.outcomes import Ruling
from tests.support.cloud import (
    PARTNER,
    WITHOUT_KEY,
    CloudClient,
    fields_xml,
    form_of,
    objects_xml,
    post_to,
    subscribers,
)


async def test_rows_of_a_data_extension(cloud: CloudClient) -> None:
    """A row is found by its keys, or by the primary key of an extension that is stored; its values are its properties."""
    fields = {"Field": [{"Name": "Id", "IsPrimaryKey": "true"}, {"Name": "Colour"}]}
    await cloud.call("Create", [{"CustomerKey": "DE", "Name": "Things", "Fields": fields}], "DataExtension")

    def row(number: int, colour: str) -> dict[str, Any]:
        pairs = [{"Name": "Id", "Value": number}, {"Name": "Colour", "Value": colour}]
        return {"CustomerKey": "DE", "Properties": {"Property": pairs}}

    made = await cloud.call("Create", [row(1, "red"), row(2, "blue"), {"CustomerKey": "DE"}], "DataExtensionObject")
    assert made.value("OverallStatus") == "Has Errors"
    assert made.values("Results/ErrorCode") == ["204"]
    changed = {"CustomerKey": "DE", "Keys": {"Key": {"Name": "Id", "Value": 1}}}
    colour = {"Properties": {"Property": {"Name": "Colour", "Value": "green"}}}
    assert (await cloud.call("Update", [changed | colour], "DataExtensionObject")).value("OverallStatus") == "OK"
    found = await cloud.retrieve("DataExtensionObject[DE]", "Colour", where=("Id", "1"))
    assert found.values("Results/Properties/Property/Value") == ["green"]
    assert len((await cloud.retrieve("DataExtensionObject[DE]", "Id")).all("Results")) == 2


async def test_properties_and_filters(cloud: CloudClient) -> None:
    """Retrieve answers with the properties that were asked for, of the objects that the filter lets through."""
    await cloud.call(
        "Create", [each | {"Status": "Active" if n % 2 else "Held"} for n, each in enumerate(subscribers(6))]
    )
    some = await cloud.retrieve("Subscriber", "EmailAddress", where=("Status", "Held"))
    assert some.values("Results/EmailAddress") == ["s0@example.com", "s2@example.com", "s4@example.com"]
    assert [child.tag.rpartition("}")[2] for child in some.all("Results")[0]] == ["EmailAddress"]

    async def complex_filter(operator: str, left: dict[str, Any], right: dict[str, Any]) -> list[str]:
        parts = fields_xml({"LeftOperand": left, "LogicalOperator": operator, "RightOperand": right})
        return (await cloud.retrieve("Subscriber", "ID", more=f"<Filter>{parts}</Filter>")).values("Results/ID")

    held = {"Property": "Status", "SimpleOperator": "equals", "Value": "Held"}
    above = {"Property": "ID", "SimpleOperator": "greaterThan", "Value": "2"}
    several = {"Property": "ID", "SimpleOperator": "IN", "Value": ["2", "4"]}
    assert await complex_filter("AND", held, above) == ["3", "5"]
    assert await complex_filter("OR", held, several) == ["1", "2", "3", "4", "5"]
    wrong = await cloud.retrieve(
        "Subscriber", more="<Filter><Property>ID</Property><SimpleOperator>equal</SimpleOperator></Filter>"
    )
    assert "did you mean 'equals'" in wrong.fault


async def test_a_property_that_a_result_does_not_have(cloud: CloudClient) -> None:
    """The overall status names it, with the nearest one."""
    reply = await cloud.retrieve("ResultMessage", "OverallStatus")
    assert reply.value("OverallStatus").startswith("Error: The Request Property(s) OverallStatus do not match")
    assert "'OverallStatusCode'" in reply.value("OverallStatus")


async def test_a_filter_by_what_a_result_does_not_have(cloud: CloudClient) -> None:
    """A misspelt property of a filter or a misspelt type is told: an empty answer would say that nothing is there."""
    reply = await cloud.retrieve("ResultMessage", "RequestID", where=("ReqID", "x"))
    assert "The Filter Property(s) ReqID do not match with the fields of ResultMessage" in reply.value("OverallStatus")
    assert "did you mean 'RequestID'" in reply.value("OverallStatus")
    reply = await cloud.retrieve("ResultMessag", "RequestID", where=("RequestID", "x"))
    assert "There is no object type 'ResultMessag', did you mean 'ResultMessage'" in reply.value("OverallStatus")
    for kind, where in (
        ("ResultItem", ("Client.ID", "1")),
        ("List", ("ListNam", "x")),
        ("ResultMessage", ("RequestID", "x")),
    ):
        assert (await cloud.retrieve(kind, where=where)).value("OverallStatus") == "OK"


async def test_many_results_come_batch_by_batch(cloud: CloudClient) -> None:
    """MoreDataAvailable, and a ContinueRequest for the rest; a request that cannot be continued is a fault."""
    await cloud.call("Create", subscribers(7))
    first = await cloud.retrieve("Subscriber", "ID", more="<Options><BatchSize>3</BatchSize></Options>")
    more = ""
    seen, reply = first.values("Results/ID"), first
    while reply.value("OverallStatus") == "MoreDataAvailable":
        more = f"<ContinueRequest>{reply.value('RequestID')}</ContinueRequest>"
        reply = await cloud.retrieve("", more=more)
        seen += reply.values("Results/ID")
    assert seen == [str(number) for number in range(1, 8)]
    assert "to continue" in (await cloud.retrieve("", more=more)).fault


async def test_results_are_kept_for_thirty_days(zuora: Simulator, cloud: CloudClient) -> None:
    """A ResultMessage is there for 30 days (documented), and gone after."""
    request_id = await cloud.submit(subscribers(1))
    await zuora.settle()
    await zuora.advance(days=30)
    assert len((await cloud.retrieve("ResultMessage", where=("RequestID", request_id))).all("Results")) == 1
    await zuora.advance(minutes=1)
    assert (await cloud.retrieve("ResultMessage", where=("RequestID", request_id))).all("Results") == []


async def test_tenants_never_meet(zuora: Simulator, cloud: CloudClient) -> None:
    """A tenant is an OAuth client: another one finds neither objects nor results."""
    request_id = await cloud.submit(subscribers(1))
    await zuora.settle()
    other = CloudClient(zuora, cloud.session)
    await other.log_in(client_id="somebody-else")
    assert (await other.retrieve("Subscriber")).all("Results") == []
    assert (await other.retrieve("ResultMessage", where=("RequestID", request_id))).all("Results") == []
    assert (await other.retrieve("ResultItem")).all("Results") == []


async def test_perform_starts_a_task(zuora: Simulator, cloud: CloudClient) -> None:
    """Perform answers with a task for each definition, asynchronously as any other call."""

    def perform(options: dict[str, Any]) -> str:
        definition = objects_xml([{"CustomerKey": "q"}], "QueryDefinition", "Definition")
        chosen = f"<Options>{fields_xml(options)}</Options>" if options else ""
        inner = f"{chosen}<Action>start</Action><Definitions>{definition}</Definitions>"
        return f'<PerformRequestMsg xmlns="{PARTNER}">{inner}</PerformRequestMsg>'

    now = await cloud.post(cloud.envelope(perform({})), "Perform")
    assert (now.value("OverallStatus"), now.value("Results/Result/Task/StatusCode")) == ("OK", "OK")
    assert now.value("Results/Result/StatusMessage") == "QueryDefinition perform called successfully"
    async with Receiver() as receiver:
        options = {"SendResponseTo": post_to(receiver.url), "RequestType": "Asynchronous"}
        later = await cloud.post(cloud.envelope(perform(options)), "Perform")
        await zuora.settle()
        assert dict(form_of(receiver.requests[0].body))["RequestID"] == later.value("RequestID")
        assert [callout.event for callout in zuora.callouts] == ["Asynchronous Perform"]


async def test_execute(cloud: CloudClient) -> None:
    """Execute runs what is described: LogUnsubEvent unsubscribes; another name is an error with the nearest."""

    async def run(name: str) -> Any:
        request = {"Requests": {"Name": name, "Parameters": [{"Name": "SubscriberKey", "Value": "s0@example.com"}]}}
        inner = f'<ExecuteRequestMsg xmlns="{PARTNER}">{fields_xml(request)}</ExecuteRequestMsg>'
        return await cloud.post(cloud.envelope(inner), "Execute")

    assert (await run("LogUnsubEvent")).value("Results/ErrorCode") == "12001"
    await cloud.call("Create", subscribers(1))
    assert (await run("LogUnsubEvent")).value("OverallStatus") == "OK"
    assert (await cloud.retrieve("Subscriber", "Status")).value("Results/Status") == "Unsubscribed"
    assert "did you mean 'LogUnsubEvent'?" in (await run("LogUnsub")).value("Results/StatusMessage")


async def test_what_the_result_xml_holds(zuora: Simulator, cloud: CloudClient) -> None:
    """Objects only with IncludeObjects, only their base fields with OnlyIncludeBase, nothing at all without IncludeResults."""
    async with Receiver() as receiver:
        wanted: list[dict[str, str]] = [
            {"IncludeObjects": "true"},
            {"IncludeResults": "true"},
            {"IncludeResults": "true", "IncludeObjects": "true"},
            {"IncludeResults": "1", "IncludeObjects": "1", "OnlyIncludeBase": "1"},
        ]
        await cloud.submit(subscribers(1), *(post_to(receiver.url, **each) for each in wanted))
        await zuora.settle()
        details = [dict(form_of(request.body)).get("ResultDetailXML", "") for request in receiver.requests]
    assert details[0] == ""
    assert ["<Object " in detail for detail in details] == [False, False, True, True]
    assert ["EmailAddress" in detail for detail in details] == [False, False, True, False]
    assert "<ObjectID>" in details[3]


async def test_outcomes_by_choice(zuora: Simulator, cloud: CloudClient) -> None:
    """A rule makes the second call fail, another never end; on the handle and on the control plane alike."""
    url = f"{zuora.url}/_simulator/marketing-cloud/outcomes"
    rules = [{"result": "fail", "nth": 2, "code": 12002, "message": "TriggeredSpamFilter"}]
    async with cloud.session.put(url, json={"outcomes": rules}) as response:
        assert (await response.json())["outcomes"][0] | {"seen": 0} == rules[0] | {"seen": 0}
    async with Receiver() as receiver:
        for each in subscribers(3):
            await cloud.submit([each], post_to(receiver.url))
        await zuora.settle()
        told = [dict(form_of(request.body)).get("ErrorCode") for request in receiver.requests]
        assert told == [None, "12002", None]
        zuora.marketing_cloud.outcome("never", method="Update")
        await cloud.submit(subscribers(1), post_to(receiver.url), action="Update")
        await zuora.drain()
        assert [request.state for request in zuora.requests] == ["succeeded", "failed", "succeeded", "never"]
        assert zuora.requests[1].error == "12002: TriggeredSpamFilter"
        zuora.marketing_cloud.outcome("succeed", type="Subscriber", after=timedelta(minutes=10))
        await cloud.submit(subscribers(1), post_to(receiver.url))
        await zuora.advance(minutes=9)
        assert len(receiver.requests) == 3
        await zuora.advance(minutes=1)
        assert len(receiver.requests) == 4
    async with cloud.session.put(url, json={"outcomes": [{"result": "fails"}]}) as response:
        assert (response.status, "did you mean 'fail'" in await response.text()) == (400, True)
    async with cloud.session.put(url, json={"outcome": []}) as response:
        assert (response.status, "did you mean 'outcomes'?" in await response.text()) == (400, True)
    async with cloud.session.get(url, params={"clientid": "x"}) as response:
        assert (response.status, "did you mean 'clientId'?" in await response.text()) == (400, True)


@pytest.mark.parametrize(
    "rule", [{"path": 5}, {"method": 7}, {"type": ["List"]}, {"message": {}}, {"path": "Service.asmx"}]
)
async def test_a_rule_that_meets_no_call(zuora: Simulator, cloud: CloudClient, rule: dict[str, Any]) -> None:
    """What can be no name of a call is refused when it is written, and never a fault of ours at the next call."""
    url = f"{zuora.url}/_simulator/marketing-cloud/outcomes"
    async with cloud.session.put(url, json={"outcomes": [{"result": "fail"} | rule]}) as response:
        assert (response.status, f"{next(iter(rule))} of an outcome" in await response.text()) == (400, True)
    await cloud.submit(subscribers(1))
    assert zuora.instance.dispatcher.broken == []


async def test_a_call_that_never_ends_holds_up_its_conversation(zuora: Simulator, cloud: CloudClient) -> None:
    """The calls after it wait; once it is decided by hand, they follow in order."""
    zuora.marketing_cloud.outcome("never", nth=1)
    where: dict[str, Any] = {"ConversationID": "c", "CallsInConversation": 2}
    first = await cloud.submit(subscribers(1), **where, SequenceCode=1)
    second = await cloud.submit([WITHOUT_KEY], **where, SequenceCode=2)
    await zuora.drain()
    assert [request.state for request in zuora.requests] == ["never", "never"]
    zuora.instance.cloud.decide(first, Ruling())
    await zuora.drain()
    assert [request.state for request in zuora.requests] == ["succeeded", "failed"]
    assert [outcome.request_id for outcome in zuora.marketing_cloud.results] == [first, second]


async def test_a_call_as_plain_data(zuora: Simulator, cloud: CloudClient) -> None:
    """What a scenario and a test say in JSON is the same call as its envelope, and is refused by the same rules."""
    handle = zuora.marketing_cloud
    async with Receiver() as receiver:
        request_id = handle.call("Create", subscribers(2), SendResponseTo=post_to(receiver.url))
        calls = f"{zuora.url}/_simulator/marketing-cloud/calls"
        given: dict[str, Any] = {
            "action": "Create",
            "objects": [WITHOUT_KEY],
            "options": {"RequestType": "Synchronous"},
        }
        async with cloud.session.post(calls, json=given) as response:
            answer = await response.json()
            assert (response.status, answer["OverallStatus"], answer["Results"][0]["ErrorCode"]) == (
                202,
                "Error",
                "12000",
            )
        for wrong, says in (
            ({"acton": "Create"}, "did you mean 'action'"),
            ({"action": "Creat", "objects": []}, "did you mean 'Create'"),
            ({"objects": []}, "at least one object"),
            ({"objects": [{"a b": 1}]}, "cannot be the name of a field"),
            ({"objects": [{}], "options": {"RespondWhen": "x"}}, "has no property 'RespondWhen'"),
        ):
            async with cloud.session.post(calls, json=wrong) as response:
                assert (response.status, says in await response.text()) == (400, True), await response.text()
        await zuora.settle()
        assert [dict(form_of(request.body))["RequestID"] for request in receiver.requests] == [request_id]
    assert "<EmailAddress>s1@example.com</EmailAddress>" in zuora.requests[0].body
    assert [len(outcome.results) for outcome in handle.results] == [2]
    perform = handle.call("Perform", [{"CustomerKey": "q"}], "QueryDefinition", RequestType="Synchronous")
    assert len(perform) == 36


def test_from_code_that_blocks() -> None:
    """The handle of a threaded simulator crosses to its thread, in every mode of delivery."""
    with Simulator.threaded(delivery="immediate") as zuora:
        handle = zuora.marketing_cloud
        handle.outcome("fail", nth=2)
        for each in subscribers(2):
            handle.call("Create", [each])
        zuora.settle()
        assert [outcome.failed for outcome in handle.results] == [False, True]
        assert handle.outbox == ()
        assert handle.headers["Authorization"].startswith("Bearer ")
