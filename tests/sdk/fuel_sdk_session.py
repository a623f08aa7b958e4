"""Drives the PyPI client salesforce-fuelsdk-sans (suds), unmodified: a session of its own process, told by JSON.

Arguments: base URL, client id, client secret, callback URL, a folder to write in. On standard output a line of JSON for
each step; the client waits for a line on standard input before it retrieves.
"""

import json
import sys
from pathlib import Path

from FuelSDK import ET_Client, ET_GetSupport, ET_Subscriber


def main(url: str, client_id: str, secret: str, callback: str, folder: str) -> None:
    client = ET_Client(
        params={
            "clientid": client_id,
            "clientsecret": secret,
            "authenticationurl": url,
            "useOAuth2Authentication": "True",
            "accountId": "7001",
            "defaultwsdl": f"{url}/etframework.wsdl",
            "wsdl_file_local_loc": str(Path(folder, "wsdl.xml")),
        }
    )
    soap = client.soap_client
    options = soap.factory.create("CreateOptions")
    options.RequestType = "Asynchronous"
    told = soap.factory.create("AsyncResponse")
    told.ResponseType = "HTTPPost"
    told.ResponseAddress = callback
    told.RespondWhen = "OnCallComplete"
    told.IncludeResults = True
    options.SendResponseTo = [told]
    subscriber = soap.factory.create("Subscriber")
    subscriber.EmailAddress = "suds@example.com"
    status, answer = soap.service.Create(options, subscriber)
    say({"status": status, "overall": answer.OverallStatus, "request": answer.RequestID})
    sys.stdin.readline()

    message = ET_GetSupport()
    message.obj_type = "ResultMessage"
    message.auth_stub = client
    message.props = ["RequestID", "OverallStatusCode"]
    message.search_filter = {"Property": "RequestID", "SimpleOperator": "equals", "Value": str(answer.RequestID)}
    found = message.get()
    say(
        {
            "status": found.code,
            "good": found.status,
            "messages": [[row.RequestID, row.OverallStatusCode] for row in found.results],
        }
    )

    own = ET_Subscriber()
    own.auth_stub = client
    own.props = {"EmailAddress": "suds@example.com", "SubscriberKey": "suds@example.com"}
    say({"patched": own.patch().status})
    own.props = ["EmailAddress", "SubscriberKey"]
    own.search_filter = {"Property": "EmailAddress", "SimpleOperator": "equals", "Value": "suds@example.com"}
    say({"subscribers": [row.EmailAddress for row in own.get().results]})
    wrong = soap.service.Create(None, soap.factory.create("List"))
    say({"status": wrong[0], "overall": wrong[1].OverallStatus, "code": wrong[1].Results[0].ErrorCode})


def say(step: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(step, default=str) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
