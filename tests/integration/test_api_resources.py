"""The effects of requests: what was created asynchronously can be retrieved, changed and removed, and twins agree."""

from typing import Any

import aiohttp
import pytest

from simulator import Receiver, Simulator
from tests.support.client import SUCCEEDED, Client

FAILED = "Async Request Failed"
ACME = {"name": "Acme", "currency": "USD", "billToContact": {"firstName": "A", "lastName": "B", "country": "US"}}


async def done(client: Client, path: str, body: Any = None, method: str = "POST") -> dict[str, Any]:
    """Submit, let the work be done, and answer with the payload that a receiver heard."""
    async with Receiver() as receiver:
        for event in (SUCCEEDED, FAILED):
            await client.listen(receiver.url, event, name=f"{event} {receiver.url}")
        await client.submit(path, body, method)
        await client.zuora.settle()
        payload: dict[str, Any] = receiver.requests[-1].json
        return payload


async def test_an_account_that_was_created_can_be_retrieved(client: Client) -> None:
    """By id and by number, by REST and by CRUD: "authenticate back with Zuora to retrieve additional information"."""
    payload = await done(client, "/v1/async/accounts", ACME)
    account = payload["data"]["id"]
    for key in (account, "A00000001"):
        status, body = await client.call("GET", f"/v1/accounts/{key}")
        assert status == 200
        assert body["basicInfo"] == {"id": account, "status": "Active", "name": "Acme", "accountNumber": "A00000001"}
        assert body["billToContact"]["lastName"] == "B"
        assert body["success"] is True
        status, body = await client.call("GET", f"/v1/object/account/{key}")
        assert (status, body["Id"], body["Name"], body["AccountNumber"]) == (200, account, "Acme", "A00000001")


async def test_a_request_without_a_body_makes_an_empty_resource(client: Client) -> None:
    """A body is asked for by no rule of the framework; what was made can be retrieved and listed like any other."""
    async with client.session.post(client.zuora.url + "/v1/async/accounts", headers=client.headers) as answer:
        assert answer.status == 202
    await client.zuora.settle()
    _, body = await client.call("GET", "/v1/accounts")
    assert [one["accountNumber"] for one in body["accounts"]] == ["A00000001"]
    _, body = await client.call("GET", "/v1/accounts/A00000001")
    assert body["basicInfo"]["status"] == "Active"


async def test_put_merges_and_delete_removes(client: Client) -> None:
    """By the asynchronous CRUD paths, on what the REST path made; the payload names the same id."""
    account = (await done(client, "/v1/async/accounts", ACME))["data"]["id"]
    path = f"/v1/async/object/account/{account}"
    assert (await done(client, path, {"Name": "New"}, "PUT"))["data"] == {"id": account}
    _, body = await client.call("GET", f"/v1/accounts/{account}")
    assert (body["basicInfo"]["name"], body["billingAndPayment"]["currency"]) == ("New", "USD")
    assert (await done(client, path, None, "DELETE"))["data"] == {"id": account}
    _, body = await client.call("GET", f"/v1/accounts/{account}")
    assert body["reasons"] == [{"code": 50000040, "message": f"Cannot find entity by key: '{account}'."}]
    status, body = await client.call("GET", f"/v1/object/account/{account}")
    assert (status, body) == (404, {"done": True, "records": [], "size": 0})


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("PUT", "/v1/async/accounts/nobody", {"name": "x"}, "50000040"),
        ("DELETE", "/v1/async/accounts/nobody", None, "50000040"),
        ("DELETE", "/v1/async/object/account/nobody", None, "50000040"),
        ("POST", "/v1/async/journal-runs", {"transactionTypes": [{"type": "Invoice"}]}, "50000022"),
        ("POST", "/v1/async/object/order", {}, "50000022"),
    ],
)
async def test_what_cannot_be_done_ends_in_the_failed_event(
    client: Client, method: str, path: str, body: Any, code: str
) -> None:
    """With a code as text, words and a process id; the submission itself was accepted."""
    payload = await done(client, path, body, method)
    assert payload["state"] == "failed"
    assert payload["reasons"][0]["code"] == code
    assert len(payload["processId"]) == 16


async def test_strict_fields_ask_for_more() -> None:
    """An account needs name, currency and a bill-to contact, asynchronously and not; the CRUD calls know no contact in it."""
    async with Simulator(strict_fields=True) as zuora, aiohttp.ClientSession() as session:
        client = Client(zuora, session)
        await client.log_in()
        payload = await done(client, "/v1/async/accounts", {"name": "Acme"})
        assert "'currency'" in payload["reasons"][0]["message"]
        named: dict[str, Any] = {"name": "Acme", "currency": "USD"}
        contact: dict[str, Any]
        for contact in ({}, {"billToContact": {}}):
            _, refused = await client.call("POST", "/v1/accounts", json=named | contact)
            assert "'billToContact'" in refused["reasons"][0]["message"]
        crud = {"Name": "Acme", "Currency": "USD"}
        assert (await client.call("POST", "/v1/object/account", json=crud))[1]["Success"] is True
        assert (await client.call("POST", "/v1/object/account", json={"Name": "Acme"}))[1]["Success"] is False
        _, body = await client.call("POST", "/v1/accounts", json={"name": "Acme"})
        assert body["reasons"][0]["code"] == 50000022
        assert (await client.call("POST", "/v1/accounts", json=ACME))[1]["success"] is True


@pytest.mark.parametrize(
    ("path", "number", "value"),
    [
        ("accounts", "accountNumber", "A00000001"),
        ("subscriptions", "subscriptionNumber", "A-S00000001"),
        ("invoices", "invoiceNumber", "INV00000001"),
        ("payments", "number", "P-00000001"),
        ("creditmemos", "number", "CM00000001"),
        ("contacts", "id", None),
        ("catalog/products", "productNumber", "PC-00000001"),
        ("rateplans", "id", None),
        ("anything-else", "id", None),
    ],
)
async def test_the_synchronous_twins(client: Client, path: str, number: str, value: str | None) -> None:
    """POST, GET, PUT, GET, DELETE answer 200 with `success`; kinds that Zuora numbers are numbered."""
    body = {"name": "One", "nested": {"deep": [1, 2]}}
    status, made = await client.call("POST", f"/v1/{path}", json=body)
    assert (status, made["success"]) == (200, True)
    assert value is None or made[number] == value
    key = made[number]
    assert (await client.call("PUT", f"/v1/{path}/{key}", json={"name": "Two"}))[1]["success"] is True
    status, shown = await client.call("GET", f"/v1/{path}/{key}")
    fields = shown.get("basicInfo", shown)
    assert (fields["name"], fields["nested"]) == ("Two", {"deep": [1, 2]})
    assert (await client.call("DELETE", f"/v1/{path}/{key}"))[1]["success"] is True
    _, gone = await client.call("GET", f"/v1/{path}/{key}")
    assert gone["success"] is False


async def test_crud_twins(client: Client) -> None:
    """`Success` and `Id`; what is not there is an `Errors` pair with 200."""
    status, made = await client.call("POST", "/v1/object/product", json={"Name": "P", "Own__c": 1})
    assert (status, made["Success"]) == (200, True)
    _, shown = await client.call("GET", f"/v1/object/product/{made['Id']}")
    assert (shown["Name"], shown["Own__c"], shown["ProductNumber"]) == ("P", 1, "PC-00000001")
    status, failed = await client.call("PUT", "/v1/object/product/x", json={})
    assert status == 200
    assert failed["Success"] is False
    assert failed["Errors"][0]["Code"] == "INVALID_ID"


async def test_an_order_makes_its_subscriptions(client: Client) -> None:
    """`orderDate` is required; each subscription of an order is a resource with a number."""
    assert (await client.call("POST", "/v1/orders", json={}))[1]["success"] is False
    order = {"orderDate": "2026-01-01", "existingAccountNumber": "A1", "subscriptions": [{"orderActions": []}]}
    _, made = await client.call("POST", "/v1/orders", json=order)
    assert (made["orderNumber"], made["subscriptionNumbers"]) == ("O-00000001", ["A-S00000001"])
    _, shown = await client.call("GET", "/v1/subscriptions/A-S00000001")
    assert shown["accountNumber"] == "A1"
    _, shown = await client.call("GET", "/v1/orders/O-00000001")
    assert shown["order"]["orderDate"] == "2026-01-01"
    _, done = await client.call("PUT", "/v1/subscriptions/A-S00000001/cancel", json={"cancellationPolicy": "EndOfTerm"})
    assert done["success"] is True
    _, shown = await client.call("GET", "/v1/subscriptions/A-S00000001")
    assert (shown["status"], shown["cancellationPolicy"]) == ("Cancelled", "EndOfTerm")


async def test_pages_of_resources_neither_skip_nor_repeat(zuora: Simulator, client: Client) -> None:
    """`nextPage` is an absolute URL; what is deleted meanwhile from the page before skips nothing."""
    for number in range(5):
        await client.call("POST", "/v1/invoices", json={"n": number})
    _, page = await client.call("GET", "/v1/invoices?pageSize=2")
    assert [one["n"] for one in page["invoices"]] == [0, 1]
    await client.call("DELETE", f"/v1/invoices/{page['invoices'][0]['id']}")
    _, page = await client.call("GET", page["nextPage"].removeprefix(zuora.url))
    assert [one["n"] for one in page["invoices"]] == [2, 3]
    _, page = await client.call("GET", page["nextPage"].removeprefix(zuora.url))
    assert [one["n"] for one in page["invoices"]] == [4]
    assert "nextPage" not in page


async def test_whoever_deletes_what_a_page_shows_comes_to_the_end(zuora: Simulator, client: Client) -> None:
    """A script that empties a tenant follows `nextPage` from a page of which nothing is left; its own parameters stay."""
    for number in range(5):
        await client.call("POST", "/v1/invoices", json={"n": number})
    path, seen = "/v1/invoices?pageSize=2&status=Draft", []
    while path:
        _, page = await client.call("GET", path)
        for one in page["invoices"]:
            seen.append(one["n"])
            await client.call("DELETE", f"/v1/invoices/{one['id']}")
        path = page.get("nextPage", "").removeprefix(zuora.url)
        assert not path or "status=Draft" in path
    assert seen == [0, 1, 2, 3, 4]


async def test_one_that_is_named_under_another(client: Client) -> None:
    """Is read, changed and removed itself, and what it stands under stays as it is; an unknown one is not found."""
    _, account = await client.call("POST", "/v1/accounts", json={"name": "Acme"})
    above = f"/v1/accounts/{account['accountId']}"
    _, contact = await client.call("POST", f"{above}/contacts", json={"firstName": "A"})
    path = f"{above}/contacts/{contact['id']}"
    assert await client.call("GET", path) == (200, contact)
    before = await client.call("GET", above)
    payload = await done(client, path.replace("/v1/", "/v1/async/"), {"lastName": "B"}, "PUT")
    assert payload["data"] == {"id": contact["id"]}
    assert (await client.call("GET", path))[1]["lastName"] == "B"
    assert await client.call("GET", above) == before
    for method in ("GET", "PUT", "DELETE"):
        _, refused = await client.call(method, f"{above}/contacts/nobody")
        assert refused["reasons"][0]["message"] == "Cannot find entity by key: 'nobody'."
    _, refused = await client.call("PUT", "/v1/invoices/INV-1/post")
    assert refused["reasons"][0]["message"] == "Cannot find entity by key: 'INV-1'."
    assert (await client.call("DELETE", f"{above}/contacts"))[1]["success"] is False
    assert (await client.call("DELETE", path))[1] == {"success": True, "id": contact["id"]}
    assert (await client.call("GET", path))[1]["success"] is False
    assert await client.call("GET", above) == before


async def test_a_part_of_a_contact_is_merged(client: Client) -> None:
    """What of it is not given stays, like whatever else of the account is not given; a list is replaced."""
    _, made = await client.call("POST", "/v1/accounts", json={**ACME, "tagging": [1, 2]})
    path = f"/v1/accounts/{made['accountId']}"
    await client.call("PUT", path, json={"billToContact": {"lastName": "C", "country": None}, "tagging": [3]})
    _, account = await client.call("GET", path)
    assert account["billToContact"] == {"firstName": "A", "lastName": "C", "country": None}
    assert account["basicInfo"]["tagging"] == [3]


async def test_strict_fields_give_a_number_to_one() -> None:
    """A second account of it is refused, and the order that would make one; a PUT gives another free one."""
    async with Simulator(strict_fields=True) as zuora, aiohttp.ClientSession() as session:
        client = Client(zuora, session)
        await client.log_in()
        account = {"name": "Acme", "currency": "USD", "billToContact": {"lastName": "B"}}
        _, first = await client.call("POST", "/v1/accounts", json={**account, "accountNumber": "A-1"})
        payload = await done(client, "/v1/async/accounts", {**account, "accountNumber": "A-1"})
        reason = {"code": "50000030", "message": "The value 'A-1' of field 'accountNumber' is in use already."}
        assert payload["reasons"] == [reason]
        order = {"orderDate": "2026-01-01", "newAccount": {**account, "accountNumber": "A-1"}}
        assert (await client.call("POST", "/v1/orders", json=order))[1]["success"] is False
        assert (await client.call("GET", "/v1/orders"))[1]["orders"] == []
        await client.call("POST", "/v1/accounts", json={**account, "accountNumber": "A-2"})
        _, refused = await client.call("PUT", "/v1/accounts/A-1", json={"accountNumber": "A-2"})
        assert refused["success"] is False
        for number in ("A-1", "A-3"):
            put = await client.call("PUT", "/v1/accounts/A-1", json={"accountNumber": number})
            assert put[1]["success"] is True
        assert (await client.call("GET", "/v1/accounts/A-3"))[1]["basicInfo"]["id"] == first["accountId"]
        assert (await client.call("GET", "/v1/accounts/A-1"))[1]["success"] is False
        _, page = await client.call("GET", "/v1/accounts")
        assert sorted(one["accountNumber"] for one in page["accounts"]) == ["A-2", "A-3"]


async def test_a_number_that_comes_twice_hides_nothing(client: Client) -> None:
    """A sample may be sent again and again: the first is found by its number, all are listed, each goes by its id."""
    ids = [(await client.call("POST", "/v1/accounts", json={"accountNumber": "A-1"}))[1]["accountId"] for _ in range(3)]
    assert (await done(client, "/v1/async/accounts", {"accountNumber": "A-1"}))["state"] == "succeeded"
    assert (await client.call("GET", "/v1/accounts/A-1"))[1]["basicInfo"]["id"] == ids[0]
    _, page = await client.call("GET", "/v1/accounts")
    assert [one["id"] for one in page["accounts"]][:3] == ids
    await client.call("PUT", f"/v1/accounts/{ids[1]}", json={"accountNumber": "A-2"})
    assert (await client.call("GET", "/v1/accounts/A-2"))[1]["basicInfo"]["id"] == ids[1]
    for gone in (ids[2], ids[0]):
        assert (await client.call("DELETE", f"/v1/accounts/{gone}"))[1]["success"] is True
    assert (await client.call("GET", "/v1/accounts/A-1"))[1]["success"] is False
    _, page = await client.call("GET", "/v1/accounts")
    (last,) = [one["id"] for one in page["accounts"] if one["id"] != ids[1]]
    await client.call("PUT", f"/v1/accounts/{last}", json={"notes": "its number is free by now"})
    _, after = await client.call("GET", "/v1/accounts")
    assert [one["id"] for one in after["accounts"]] == [one["id"] for one in page["accounts"]]
    await client.call("DELETE", f"/v1/accounts/{last}")
    assert [one["id"] for one in (await client.call("GET", "/v1/accounts"))[1]["accounts"]] == [ids[1]]


async def test_a_preview_makes_nothing(client: Client) -> None:
    """Of an order it shows an empty result, without a date it is refused; of anything else it only says success."""
    empty = {"success": True, "previewResult": {"invoices": [], "creditMemos": []}}
    assert await client.call("POST", "/v1/orders/preview", json={"orderDate": "2026-01-01"}) == (200, empty)
    assert (await client.call("POST", "/v1/orders/preview", json={}))[1]["reasons"][0]["code"] == 50000022
    assert await client.call("POST", "/v1/subscriptions/preview", json={}) == (200, {"success": True})
    assert (await done(client, "/v1/async/subscriptions/preview", {}))["state"] == "succeeded"
    for kind in ("orders", "subscriptions"):
        assert (await client.call("GET", f"/v1/{kind}"))[1][kind] == []


async def test_an_order_makes_its_new_account(client: Client) -> None:
    """`newAccount` is created with it, and is the order's account from then on."""
    order = {"orderDate": "2026-01-01", "newAccount": {"name": "New", "accountNumber": "A-1"}}
    _, made = await client.call("POST", "/v1/orders", json={**order, "processingOptions": {"runBilling": True}})
    assert made["accountNumber"] == "A-1"
    assert (await client.call("GET", "/v1/accounts/A-1"))[1]["basicInfo"]["name"] == "New"
    _, shown = await client.call("GET", f"/v1/orders/{made['orderNumber']}")
    assert shown["order"]["existingAccountNumber"] == "A-1"
    assert "newAccount" not in shown["order"]
    (invoice,) = (await client.call("GET", "/v1/invoices"))[1]["invoices"]
    assert (invoice["invoiceNumber"], invoice["accountNumber"]) == ("INV00000001", "A-1")
    assert (await client.call("POST", "/v1/orders", json=order))[1]["success"] is True


async def test_a_long_query_goes_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """`queryMore` with the locator answers the rest; without one that a query answered it is a fault."""
    monkeypatch.setattr("simulator.zuora.edge.routes.actions.MOST", 2)
    for number in range(5):
        await client.call("POST", "/v1/accounts", json={"name": f"{number}"})
    action, body, names = "query", {"queryString": "select Name from Account"}, []
    while True:
        status, found = await client.call("POST", f"/v1/action/{action}", json=body)
        assert (status, found["size"]) == (200, 5)
        names += [one["Name"] for one in found["records"]]
        if found["done"]:
            break
        action, body = "queryMore", {"queryLocator": found["queryLocator"]}
    assert names == ["0", "1", "2", "3", "4"]
    assert "queryLocator" not in found
    for wrong in ({}, {"queryLocator": "x"}, {"queryLocator": "é"}, {"queryLocator": "WzFd"}, {"queryLocator": 5}):
        status, fault = await client.call("POST", "/v1/action/queryMore", json=wrong)
        assert (status, fault["FaultCode"]) == (400, "INVALID_QUERY_LOCATOR"), wrong


@pytest.mark.parametrize("path", ["/v1/action", "/v1/action/query/more", "/v1/object", "/v1/async/object"])
async def test_a_call_of_nothing_is_no_endpoint(client: Client, path: str) -> None:
    """An action, or a CRUD call, has to say of what: no resource of the name `action` or `object` is made."""
    status, envelope = await client.call("POST", path, json={})
    assert (status, envelope["reasons"][0]["code"]) == (404, 50000040)


async def test_the_query_action(client: Client) -> None:
    """Profiles and resources by ZOQL; another action and a malformed query in the words of actions."""
    query = {"queryString": "select Id, ProfileName from CommunicationProfile"}
    status, found = await client.call("POST", "/v1/action/query", json=query)
    assert (status, found["size"], found["done"]) == (200, 1, True)
    assert found["records"][0]["ProfileName"] == "Default Profile"
    made = await client.listen("http://127.0.0.1:9/x")
    assert made["communicationProfileId"] == found["records"][0]["Id"]
    await client.call("POST", "/v1/accounts", json={"name": "Acme"})
    query = {"queryString": "SELECT AccountNumber FROM Account WHERE Name = 'Acme' AND Status != 'Draft'"}
    _, found = await client.call("POST", "/v1/action/query", json=query)
    assert found["records"] == [{"AccountNumber": "A00000001"}]
    await client.call("POST", "/v1/accounts", json={"name": "Salt and Pepper"})
    query = {"queryString": "select AccountNumber from Account where Status = 'Active' and Name = 'Salt and Pepper'"}
    _, found = await client.call("POST", "/v1/action/query", json=query)
    assert found["records"] == [{"AccountNumber": "A00000002"}]
    assert await client.call("POST", "/v1/action/query1", json={}) == (
        400,
        {"code": "ClientError", "message": "Invalid action 'query1'"},
    )
    status, fault = await client.call("POST", "/v1/action/query", json={"queryString": "drop table x"})
    assert (status, fault["FaultCode"]) == (400, "MALFORMED_QUERY")
