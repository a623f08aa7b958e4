"""The Dockerfile and the compose example, as far as no container engine is needed: their commands run as processes."""

import json
import re
import socket
import subprocess
from pathlib import Path

import pytest
import yaml

from simulator.cli.serve import serve
from tests.support.command import COMMAND, LIMIT, PROJECT, environment

DOCKERFILE = (PROJECT / "Dockerfile").read_text("utf-8")
LINES = re.sub(r"\\\n\s*", "", DOCKERFILE).splitlines()


def told(instruction: str) -> str:
    """The last instruction of that name: its stage is the one that runs."""
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{instruction} ")][-1]


def words(instruction: str) -> list[str]:
    """The words of an instruction in its exec form."""
    given: list[str] = json.loads(told(instruction)[told(instruction).index("[") :])
    return given


KNOWN = {str(parameter.envvar) for parameter in serve.params}
VARIABLES = dict(re.findall(r"(ZUORA_\w+)=(\S+)", told("ENV")))


def test_it_is_slim_and_not_root() -> None:
    """A slim base, a user of its own, nothing installed for the health check."""
    assert told("FROM").endswith("-slim")
    assert told("USER") not in ("root", "0")
    assert "curl" not in DOCKERFILE
    assert "apt-get" not in DOCKERFILE
    assert words("HEALTHCHECK") == ["zuora-simulator", "health"]
    assert [*words("ENTRYPOINT"), *words("CMD")] == ["zuora-simulator", "serve"]


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    """Every file of the build's context is there, and .dockerignore lets it through."""
    ignored = (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    for line in LINES:
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                assert (PROJECT / name).exists()
                assert f"!{name}" in ignored


def test_its_health_check_finds_its_server(tmp_path: Path) -> None:
    """The entry point listens where the environment says, the health check asks there, and both end as told."""
    assert VARIABLES["ZUORA_SIMULATOR_HOST"] == "0.0.0.0"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    here = {**VARIABLES, "ZUORA_SIMULATOR_HOST": "127.0.0.1", "ZUORA_SIMULATOR_PORT": port}
    health = [*COMMAND, *words("HEALTHCHECK")[1:]]
    assert subprocess.run(health, env=environment(here), cwd=tmp_path, timeout=LIMIT, check=False).returncode == 3
    command = [*COMMAND, *words("CMD")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment(here), cwd=tmp_path, stdout=pipe, text=True) as server:
        assert server.stdout is not None
        assert f"http://127.0.0.1:{port}" in server.stdout.readline()
        assert subprocess.run(health, env=environment(here), cwd=tmp_path, timeout=LIMIT, check=False).returncode == 0
        server.terminate()
        server.stdout.read()
        assert server.wait(LIMIT) == 0
    assert list(tmp_path.iterdir()) == []


def test_the_compose_example_names_options_that_exist() -> None:
    """The README's compose file is YAML, and each of its variables is one that `serve` reads."""
    readme = (PROJECT / "README.md").read_text("utf-8")
    found = re.search(r"^```yaml\n(services:.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert found is not None
    service = yaml.safe_load(found[1])["services"]["zuora"]
    assert {name for name in service["environment"] if name not in KNOWN} == set()
    assert service["ports"] == ["127.0.0.1:8620:8620"]
    assert set(VARIABLES) <= KNOWN


@pytest.mark.parametrize("line", [line for line in LINES if line and not line.startswith("#")])
def test_every_instruction_is_one(line: str) -> None:
    """No engine is here to read it: each line at least begins with an instruction, and its JSON is JSON."""
    instruction, _, rest = line.partition(" ")
    known = "FROM WORKDIR COPY RUN USER ENV EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD"
    assert instruction in known.split()
    if "[" in rest:
        json.loads(rest[rest.index("[") :])
