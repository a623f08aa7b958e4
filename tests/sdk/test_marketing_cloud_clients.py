"""Two independent clients, unmodified: they create asynchronously, receive the callback, retrieve the ResultMessage.

`salesforce-fuelsdk-sans` (PyPI, suds) comes with the extra `sdk`, `fuel-soap` (npm) is installed beside this file.
"""

import asyncio
import importlib.util
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator import Receiver, Simulator

HERE = Path(__file__).parent
FUEL_SOAP = "fuel-soap@2.2.4"

pytestmark = pytest.mark.sdk


@pytest.fixture(scope="module")
def node() -> list[str]:
    """How fuel-soap's session is started; installs it where it is missing."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm here: fuel-soap is NOT tested")
    return ["node", str(HERE / "fuel_soap_session.js")]


@pytest.fixture(scope="module")
def python() -> list[str]:
    """How the session of the PyPI client is started."""
    if importlib.util.find_spec("FuelSDK") is None:
        pytest.skip("salesforce-fuelsdk-sans is not installed (extra `sdk`): it is NOT tested")
    return [sys.executable, "-W", "ignore", str(HERE / "fuel_sdk_session.py")]


async def session(command: list[str], tmp_path: Path) -> list[dict[str, Any]]:
    """Run a client through its session: it is let on to retrieve once its callback has come."""
    async with Simulator(delivery="immediate") as zuora, Receiver() as receiver:
        cloud = zuora.marketing_cloud
        given = [cloud.url, cloud.client_id, cloud.client_secret, receiver.url, str(tmp_path)]
        pipe = asyncio.subprocess.PIPE
        client = await asyncio.create_subprocess_exec(
            *command, *given, stdin=pipe, stdout=pipe, stderr=pipe, cwd=tmp_path
        )
        assert client.stdout is not None
        first = await client.stdout.readline()
        if not first:
            pytest.fail((await client.communicate())[1].decode())
        (heard,) = await receiver.wait_for(1)
        rest, errors = await client.communicate(b"go on\n")
        assert client.returncode == 0, errors.decode()
        steps: list[dict[str, Any]] = [json.loads(line) for line in (first + rest).splitlines()]
        form = dict(heard.form)
        assert form["RequestID"] == steps[0]["request"]
        assert form["OverallStatusCode"] == "OK"
        assert "Created Subscriber." in form["ResultDetailXML"]
        return steps


def check(steps: list[dict[str, Any]], email: str, refused: str) -> None:
    created, retrieved, patched, found, wrong = steps[:5]
    assert (created["status"], created["overall"]) == (200, "OK")
    assert retrieved == {"status": 200, "good": True, "messages": [[created["request"], "OK"]]}
    assert patched == {"patched": True}
    assert found == {"subscribers": [email]}
    assert (wrong["overall"], str(wrong["code"])) == (refused, "204")


async def test_salesforce_fuelsdk_sans(python: list[str], tmp_path: Path) -> None:
    """The suds client builds itself from our WSDL and goes through the whole session."""
    check(await session(python, tmp_path), "suds@example.com", "Error")


async def test_fuel_soap(node: list[str], tmp_path: Path) -> None:
    """The npm client, which puts the Body before the Header and reads ``soap:Envelope`` by its letters."""
    if not (HERE / "node_modules" / "fuel-soap").exists():
        install = ["npm", "install", "--prefix", str(HERE), "--no-save", "--no-package-lock", "--no-audit", FUEL_SOAP]
        npm = await asyncio.create_subprocess_exec(
            *install, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await npm.communicate()
        assert npm.returncode == 0, said.decode()
    steps = await session(node, tmp_path)
    check(steps, "node@example.com", "Soap Error")
    assert steps[5] == {"performed": "OK"}
