"""What cannot be meant is a SOAP fault that says so; nothing of it is kept."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from tests.support.cloud import PARTNER, CloudClient, fields_xml, objects_xml, post_to, subscribers

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
CREATE = f'<CreateRequest xmlns="{PARTNER}">{objects_xml(subscribers(1), "Subscriber")}</CreateRequest>'


@pytest.mark.parametrize(
    "declared",
    [
        f"<!DOCTYPE x [{LAUGHS}]>",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://h/x">',
    ],
)
async def test_entities_and_external_documents(zuora: Simulator, cloud: CloudClient, declared: str) -> None:
    """A billion laughs, an external entity, an external document type: one SOAP fault each."""
    raw = cloud.envelope(CREATE).replace("?>", "?>" + declared, 1).replace("s0@example.com", "&e;&l9;")
    reply = await cloud.post(raw, "Create")
    assert (reply.status, "document type" in reply.fault) == (500, True)
    assert zuora.instance.dispatcher.broken == []


@pytest.mark.parametrize("chunked", [False, True])
async def test_ten_megabytes(zuora: Simulator, cloud: CloudClient, chunked: bool) -> None:
    """10 MB of XML are a SOAP fault with status 413, announced or not."""
    raw = cloud.envelope(CREATE.replace("s0@", "s" * 10_000_000 + "@")).encode()

    async def pieces() -> Any:
        for start in range(0, len(raw), 1 << 16):
            yield raw[start : start + (1 << 16)]

    headers = {"SOAPAction": "Create", "Content-Type": "text/xml"}
    data = pieces() if chunked else BytesIO(raw)
    async with cloud.session.post(f"{zuora.url}/Service.asmx", data=data, headers=headers) as response:
        text = await response.text()
        assert (response.status, response.content_type) == (413, "text/xml")
        assert "<soap:Fault>" in text
    assert (await cloud.retrieve("Subscriber")).all("Results") == []


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("Creat", "did you mean 'Create'?"),
        ("http://exacttarget.com/wsdl/partnerAPI/Crate", "did you mean 'Create'?"),
        ("Describe", "is not served by this simulator"),
        ("", "SOAP Action Could Not Be Determined From HTTP or SOAP Header"),
        ("Update", "takes a UpdateRequest, not a CreateRequest"),
    ],
)
async def test_unknown_actions(cloud: CloudClient, action: str, says: str) -> None:
    """An unknown SOAPAction is told with the nearest one."""
    reply = await cloud.post(cloud.envelope(CREATE), action)
    assert (reply.status, says in reply.fault) == (500, True), reply.fault


async def test_other_methods(zuora: Simulator, cloud: CloudClient) -> None:
    """A method that a path does not take is refused in this provider's words, never in the other's."""
    for method, path, says in (
        ("PUT", "/service.asmx", "<faultcode>soap:Client</faultcode><faultstring>Send SOAP by POST"),
        ("DELETE", "/Service.asmx", "<faultstring>Send SOAP by POST"),
        ("POST", "/etframework.wsdl", "<faultstring>Read the WSDL by GET"),
        ("GET", "/v2/token", '"error":"invalid_request","error_description":"Ask for a token by POST"'),
    ):
        async with cloud.session.request(method, zuora.url + path) as response:
            assert response.status == 405
            assert says in await response.text()


@pytest.mark.parametrize("given", [{"client_id": 5}, {"client_secret": ["mine"]}])
async def test_a_client_that_is_no_text(cloud: CloudClient, given: dict[str, Any]) -> None:
    """Numbers and lists are no credentials."""
    status, answer = await cloud.log_in(**given)
    assert (status, answer["error"]) == (400, "invalid_request")


async def test_the_action_may_stand_in_the_soap_header(cloud: CloudClient) -> None:
    """WS-Addressing's Action serves where the HTTP header is missing (documented), and its MessageID is answered."""
    addressing = (
        '<a:Action xmlns:a="urn:a">Create</a:Action><a:MessageID xmlns:a="urn:a">urn:uuid:1</a:MessageID></s:Header>'
    )
    reply = await cloud.post(cloud.envelope(CREATE).replace("</s:Header>", addressing), "")
    assert reply.value("OverallStatus") == "OK"
    assert "<wsa:RelatesTo>urn:uuid:1</wsa:RelatesTo>" in reply.text


async def test_a_wrong_namespace(cloud: CloudClient) -> None:
    """The right name in a wrong namespace is a fault that names both; another SOAP version is a VersionMismatch."""
    wrong = await cloud.post(cloud.envelope(CREATE.replace("partnerAPI", "partnerApi")), "Create")
    assert "did you mean 'http://exacttarget.com/wsdl/partnerAPI'?" in wrong.fault
    newer = cloud.envelope(CREATE).replace(
        "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
    )
    assert "<faultcode>soap:VersionMismatch</faultcode>" in (await cloud.post(newer, "Create")).text


@pytest.mark.parametrize("token", ["", "nonsense"])
async def test_without_a_token_the_login_fails(zuora: Simulator, cloud: CloudClient, token: str) -> None:
    """The fault that clients know, in its code and words."""
    cloud.token = token
    reply = await cloud.call("Create", subscribers(1), RequestType="Asynchronous")
    assert (reply.status, reply.fault) == (500, "Login Failed")
    assert ">q0:Security</faultcode>" in reply.text
    assert zuora.requests == ()


async def test_an_expired_token_is_told_as_such(cloud: CloudClient) -> None:
    """``Token Expired`` is what makes fuel-soap log in again; tokens expire only where a lifetime was asked for."""
    async with Simulator(token_lifetime=timedelta(minutes=20)) as zuora:
        client = CloudClient(zuora, cloud.session)
        _, answer = await client.log_in()
        assert answer["expires_in"] == 1200
        await zuora.advance(minutes=20)
        assert (await client.call("Create", subscribers(1))).fault == "Token Expired"


async def test_strict_clients(cloud: CloudClient) -> None:
    """With strict authentication only the client that is named gets a token."""
    async with Simulator(strict_auth={"me": "mine"}) as zuora:
        client = CloudClient(zuora, cloud.session)
        assert (await client.log_in(client_id="you"))[0] == 401
        assert (await client.log_in(client_secret="yours"))[0] == 401
        assert (await client.log_in())[0] == 200


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"RequestTyp": "Asynchronous"}, "Options has no property 'RequestTyp', did you mean 'RequestType'?"),
        ({"RequestType": "asynchronous"}, "did you mean 'Asynchronous'"),
        ({"QueuePriority": "Highest"}, "Low or Medium or High"),
        ({"SendResponseTo": {"ResponseType": "HTTPPost"}}, "ResponseAddress is required"),
        ({"SendResponseTo": {"ResponseAddress": "http://127.0.0.1/"}}, "needs a ResponseType"),
        ({"SendResponseTo": {"ResponseType": "FTP", "ResponseAddress": "ftp://h"}}, "FTP is not served"),
        ({"SendResponseTo": {"ResponseType": "email", "ResponseAddress": "nobody"}}, "must be an e-mail address"),
        ({"SendResponseTo": post_to("nowhere")}, "cannot be called"),
        ({"SendResponseTo": post_to("http://hooks.example.com/")}, "plain http"),
        ({"SendResponseTo": post_to("http://127.0.0.1/", "OnErrors")}, "did you mean 'OnError'?"),
        ({"SendResponseTo": post_to("http://127.0.0.1/", IncludeResults="yes")}, "must be true or false"),
        ({"SequenceCode": "one"}, "must be a whole number"),
        ({"ScheduledTime": "tomorrow"}, "ISO 8601"),
        ({"ScheduledTime": "2026-01-01T00:00:00"}, "ISO 8601"),
        ({"SaveOptions": {"SaveOption": {"SaveAction": "Upsert"}}}, "SaveAction must be"),
    ],
)
async def test_options_that_cannot_be_meant(
    zuora: Simulator, cloud: CloudClient, options: dict[str, Any], says: str
) -> None:
    """Each is a client's fault with what may stand there; nothing is accepted."""
    reply = await cloud.call("Create", subscribers(1), **{"RequestType": "Asynchronous"} | options)
    assert (reply.status, says in reply.fault) == (500, True), reply.fault
    assert "<faultcode>soap:Client</faultcode>" in reply.text
    assert zuora.requests == ()


@pytest.mark.parametrize("path", ["/Service.asmx", "/service.asmx", "/SERVICE.ASMX"])
async def test_the_path_in_any_case(cloud: CloudClient, path: str) -> None:
    """One client writes it so, the other so."""
    assert (await cloud.post(cloud.envelope(CREATE), "Create", path)).value("OverallStatus") == "OK"


async def test_hostile_text_comes_back_as_text(zuora: Simulator, cloud: CloudClient) -> None:
    """What a client stores is escaped wherever it is answered: it never becomes markup."""
    name = "]]>\"'&<script>alert(1)</script>\u2603"
    await cloud.call("Create", [{"SubscriberKey": name, "EmailAddress": "a@b"}])
    assert (await cloud.retrieve("Subscriber", where=("SubscriberKey", name))).value("Results/SubscriberKey") == name
    refused = await cloud.call("Delete", [{"SubscriberKey": name + "!"}])
    assert "<script>" in refused.value("Results/StatusMessage")
    assert "<script>" not in refused.text
    bad = await cloud.post(
        cloud.envelope(
            f'<CreateRequest xmlns="{PARTNER}"><Options>{fields_xml({"x": 1})}</Options>'
            f"{objects_xml(subscribers(1), 'Subscriber')}</CreateRequest>"
        ),
        "Create",
    )
    assert "has no property 'x'" in bad.fault


async def test_a_get_is_told_what_to_do(zuora: Simulator, cloud: CloudClient) -> None:
    """``?wsdl`` describes the service at the address at which it was asked; a bare GET is refused."""
    async with cloud.session.get(f"{zuora.url}/service.asmx?WSDL") as response:
        assert f'location="{zuora.url}/Service.asmx"' in await response.text()
    async with cloud.session.get(f"{zuora.url}/Service.asmx") as response:
        assert (response.status, "?wsdl" in await response.text()) == (405, True)


def test_the_description_is_packed() -> None:
    """The WSDL travels with the package, beside the code."""
    import simulator.marketing_cloud as room

    assert Path(room.__file__ or "").with_name("etframework.wsdl").stat().st_size > 10_000
