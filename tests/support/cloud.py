"""A SOAP client of the thinnest kind: envelopes by hand, answers read by a parser that is not ours."""

from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import aiohttp

from simulator import Simulator

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
PARTNER = "http://exacttarget.com/wsdl/partnerAPI"
Tree = ET.Element


def form_of(body: bytes) -> list[tuple[str, str]]:
    """A form's fields, in order, the blank ones too."""
    return parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True)


def fields_xml(fields: dict[str, Any]) -> str:
    """A mapping as elements; a list repeats its element, a mapping nests."""
    return "".join(
        f"<{name}>{fields_xml(each) if isinstance(each, dict) else escape(str(each))}</{name}>"
        for name, value in fields.items()
        for each in (value if isinstance(value, list) else [value])
    )


def objects_xml(objects: list[dict[str, Any]], kind: str, tag: str = "Objects") -> str:
    return "".join(f'<{tag} xsi:type="{kind}">{fields_xml(each)}</{tag}>' for each in objects)


def post_to(url: str, when: str = "OnCallComplete", **more: Any) -> dict[str, Any]:
    """A SendResponseTo of type HTTPPost."""
    return {"ResponseType": "HTTPPost", "ResponseAddress": url, "RespondWhen": when} | more


class Reply:
    """An answer: its status, its text, and what stood in the SOAP body."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        body = ET.fromstring(text).find(f"{{{ENVELOPE}}}Body")  # noqa: S314 - our own answer
        assert body is not None
        self.body = body[0]

    def values(self, path: str) -> list[str]:
        """The texts below ``path``, local names with slashes between."""
        return [(found.text or "") for found in self.all(path)]

    def value(self, path: str) -> str:
        (value,) = self.values(path)
        return value

    def all(self, path: str) -> list[Tree]:
        return self.body.findall("/".join(f"{{*}}{name}" for name in path.split("/")))

    @property
    def fault(self) -> str:
        """The fault's string; empty where it is none."""
        found = self.body.find("faultstring")
        return (found.text or "") if found is not None and self.body.tag == f"{{{ENVELOPE}}}Fault" else ""


class CloudClient:
    """Logs in and calls."""

    def __init__(self, zuora: Simulator, session: aiohttp.ClientSession) -> None:
        self.zuora = zuora
        self.session = session
        self.token = ""

    async def log_in(self, **given: Any) -> tuple[int, dict[str, Any]]:
        cloud = self.zuora.marketing_cloud
        body = {
            "client_id": cloud.client_id,
            "client_secret": cloud.client_secret,
            "account_id": "7001",
            "grant_type": "client_credentials",
        }
        async with self.session.post(f"{cloud.url}/v2/token", json=body | given) as response:
            answer: dict[str, Any] = await response.json()
        self.token = answer.get("access_token", self.token)
        return response.status, answer

    async def post(self, body: str | bytes, action: str, path: str = "/Service.asmx") -> Reply:
        """Send bytes as they are."""
        raw = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": "text/xml; charset=utf-8"} | ({"SOAPAction": f'"{action}"'} if action else {})
        async with self.session.post(self.zuora.url + path, data=raw, headers=headers) as response:
            return Reply(response.status, await response.text())

    def envelope(self, inner: str) -> str:
        header = f'<h:fueloauth xmlns:h="http://exacttarget.com">{self.token}</h:fueloauth>'
        return (
            f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{ENVELOPE}" '
            f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Header>{header}</s:Header>'
            f"<s:Body>{inner}</s:Body></s:Envelope>"
        )

    async def call(self, action: str, objects: list[dict[str, Any]], kind: str = "Subscriber", **options: Any) -> Reply:
        """Create, Update or Delete with these options."""
        chosen = f"<Options>{fields_xml(options)}</Options>" if options else ""
        inner = f'<{action}Request xmlns="{PARTNER}">{chosen}{objects_xml(objects, kind)}</{action}Request>'
        return await self.post(self.envelope(inner), action)

    async def submit(
        self, objects: list[dict[str, Any]], *asked: dict[str, Any], action: str = "Create", **options: Any
    ) -> str:
        """An asynchronous call; answers with its RequestID."""
        told: dict[str, Any] = {"SendResponseTo": list(asked)} if asked else {}
        reply = await self.call(action, objects, **told, **options, RequestType="Asynchronous")
        assert reply.value("OverallStatus") == "OK", reply.text
        return reply.value("RequestID")

    async def retrieve(
        self, kind: str, *properties: str, where: tuple[str, str] | None = None, more: str = ""
    ) -> Reply:
        asked = fields_xml({"ObjectType": kind, "Properties": list(properties)})
        if where is not None:
            part = {"Property": where[0], "SimpleOperator": "equals", "Value": where[1]}
            asked += f'<Filter xsi:type="SimpleFilterPart">{fields_xml(part)}</Filter>'
        inner = f'<RetrieveRequestMsg xmlns="{PARTNER}"><RetrieveRequest>{asked}{more}</RetrieveRequest></RetrieveRequestMsg>'
        return await self.post(self.envelope(inner), "Retrieve")


def subscribers(number: int, start: int = 0) -> list[dict[str, Any]]:
    return [{"EmailAddress": f"s{place}@example.com"} for place in range(start, start + number)]


WITHOUT_KEY: dict[str, Any] = {"FirstName": "Nobody"}
"""A subscriber that lacks its key fields: its call fails."""
