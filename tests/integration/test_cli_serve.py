"""``zuora-simulator serve`` from outside: where its options come from, whom it lets in, what it prints, how it stops."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from simulator.cli import main
from simulator.cli.lines import text_lines
from simulator.host import Simulator
from simulator.receiver import Receiver
from tests.support.command import COMMAND, LIMIT, Served, environment, run, served

CONFIG = """\
max-attempts: 5
intervalMinutes: 10
routes: {www.example.com: "127.0.0.1:8443"}
allow-host: [a.example, b.example]
quirks:
  transportCode: -100
"""


def test_each_value_tells_where_it_came_from(tmp_path: Path) -> None:
    """A flag wins over the environment, the environment over the file, and `/_simulator/settings` names the place."""
    (tmp_path / "mine.yaml").write_text(CONFIG)
    env = {"ZUORA_SIMULATOR_MAX_ATTEMPTS": "4", "ZUORA_SIMULATOR_SEED": "7", "ZUORA_SIMULATOR_CONFIG": "mine.yaml"}
    with served("--seed", "8", "--clock", "virtual", cwd=tmp_path, env=env) as server:
        _, settings = server.call("GET", "/_simulator/settings")
    origins = settings["origins"]
    assert (settings["maxAttempts"], origins["maxAttempts"]) == (4, "environment ZUORA_SIMULATOR_MAX_ATTEMPTS")
    assert (settings["intervalMinutes"], origins["intervalMinutes"]) == (10, "config mine.yaml:2")
    assert (settings["server"]["seed"], origins["server"]["seed"]) == (8, "flag --seed")
    assert settings["server"]["routes"] == {"www.example.com": "127.0.0.1:8443"}
    assert settings["server"]["allowHosts"] == ["a.example", "b.example"]
    assert settings["quirks"]["transportCode"] == -100
    assert (settings["locale"], origins["locale"]) == ("iso", "default")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("max-attemps: 5", "bad.yaml:1: unknown key 'max-attemps', did you mean 'max-attempts'?"),
        ("seed: 1\nmaxAttempts: 9", "bad.yaml:2: setting max_attempts must be a whole number from 1 to 5, not 9"),
        ("interval: soon", "bad.yaml:1: interval: 'soon' is not a duration"),
        ("seed: [1, 2]", "bad.yaml:1: seed takes one value"),
        ("seed: 1\nseed: 2", "bad.yaml:2: seed stands there twice, first at bad.yaml:1"),
        ("seed: {", "bad.yaml:1: this is not YAML"),
        ("- seed", "bad.yaml:1: a config file is a list of names and values"),
        ("\nclock: sun", "bad.yaml:2: clock: 'sun' is not one of 'real', 'virtual'."),
        ("strict-auth: justaname", "bad.yaml:1: strict-auth: a client is written as CLIENT:SECRET"),
    ],
)
def test_a_fault_of_the_file_names_its_line(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong in a config file is told in one line as file:line, with exit code 2."""
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_text(text)
    assert main(["serve", "--config", "bad.yaml"]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_a_value_out_of_range_names_its_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """The message begins with the flag or variable that holds it."""
    assert main(["serve", "--max-attempts", "9"]) == 2
    assert "--max-attempts: setting max_attempts must be a whole number from 1 to 5" in capsys.readouterr().err


def test_a_misspelt_variable_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A variable with our prefix that nobody reads is not passed over in silence."""
    monkeypatch.setenv("ZUORA_SIMULATOR_MAX_ATEMPTS", "5")
    assert main(["serve", "--port", "70000"]) == 2
    told = capsys.readouterr().err
    assert "--port: port must be from 0 to 65535" in told or "not read" in told


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    """The place, the reason and the way out, and exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("serve", "--port", str(port), cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr == (
        f"zuora-simulator: cannot listen on 127.0.0.1:{port}: Address already in use; choose another with --port\n"
    )


def test_a_state_file_in_use_is_one_clear_line(tmp_path: Path) -> None:
    """A second server on it is not started, and the first goes on; once it has ended, even by a kill, the file is free."""
    with served("--state", "state.db", cwd=tmp_path) as server:
        second = run("serve", "--port", "0", "--state", "state.db", cwd=tmp_path)
        assert second.returncode == 2
        assert second.stderr.count("\n") == 1
        assert "state.db is in use by another process; end that one, or name another file" in second.stderr
        assert server.call("GET", "/_simulator/health")[0] == 200
        server.process.kill()
        server.process.wait(10)
    with served("--state", "state.db", cwd=tmp_path) as server:
        assert server.call("GET", "/_simulator/health")[0] == 200


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_told(how: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM end it with code 0, and nothing is left in the working directory."""
    with served(cwd=tmp_path) as server:
        server.process.send_signal(how)
        assert server.printed.read() == ""
        assert server.process.wait(10) == 0
    assert list(tmp_path.iterdir()) == []


def test_the_authority_is_kept_where_there_is_a_folder_for_it(tmp_path: Path) -> None:
    """An existing ./certs holds the authority, and the same one is there after a restart."""
    (tmp_path / "certs").mkdir()
    with served(cwd=tmp_path) as server:
        server.stop()
    first = (tmp_path / "certs" / "ca.pem").read_bytes()
    with served(cwd=tmp_path) as server:
        _, settings = server.call("GET", "/_simulator/settings")
        server.stop()
    assert (tmp_path / "certs" / "ca.pem").read_bytes() == first
    assert settings["server"]["certs"] == "certs"
    assert settings["origins"]["server"]["certs"] == "the folder ./certs"


def test_every_request_callout_and_answer_is_a_line(tmp_path: Path) -> None:
    """With --forward-to a callout needs no definition; a refused connection says what to do, and when it is tried again."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        receiver = f"http://127.0.0.1:{free.getsockname()[1]}/zuora"
    with served("--clock", "virtual", "--forward-to", receiver, cwd=tmp_path) as server:
        server.call("POST", "/_simulator/events", {"event": "Async Request Failed", "fields": {"state": "failed"}})
        callout, answer = server.line(), server.line()
        server.call("POST", "/_simulator/reset")
        _, definitions = server.call("GET", "/_simulator/definitions")
    assert (callout["event"], callout["url"], callout["attempt"], callout["limit"]) == ("callout", receiver, 1, 3)
    assert (answer["event"], answer["errorClass"]) == ("answer", "refused")
    assert answer["retryAt"] == "2026-01-01T00:30:00Z"
    assert "attempt 2 of 3 is due at 00:30:00" in answer["why"]
    assert [one["event"] for one in definitions["definitions"]] == ["Async Request Succeeded", "Async Request Failed"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("localhost:3000/zuora", "a URL begins with https:// or http://"),
        ("ftp://localhost/zuora", "only http and https are sent, not ftp"),
        ("zuora", "must have from 10 to 1000 characters"),
    ],
)
def test_a_receiver_that_cannot_be_is_told_with_its_flag(url: str, told: str, tmp_path: Path) -> None:
    """What Zuora would say of a definition is told of the flag that somebody wrote."""
    ended = run("serve", "--port", "0", "--forward-to", url, cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"zuora-simulator: --forward-to {url}: ")
    assert told in ended.stderr


async def test_what_others_wrote_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A name of an event or an error of a request with line breaks and escapes is one line of plain text."""
    lines = text_lines(quiet=False)
    async with Receiver() as receiver, Simulator(delivery="immediate", allow_unknown=True) as zuora:
        lines.ready(zuora)
        zuora.instance.engine.ledger.listeners.append(lines.fact)
        zuora.outcome("fail", path="/v1/async/*", message="no\x1b[31m\r\nmore")
        zuora.notify("red\x1b[31m\nalert", receiver.url)
        zuora.fire("red\x1b[31m\nalert")
        async with aiohttp.ClientSession(zuora.url, headers=zuora.headers) as client:
            await client.post("/v1/async/accounts", json={"name": "Acme"})
        await zuora.settle()
        zuora.resend(zuora.callouts[0])
        zuora.marketing_cloud.call("Create", [{"EmailAddress": f"{each}@example.com"} for each in "ab"])
        await zuora.settle()
        first, said = capsys.readouterr().out.split("\n\n")
        assert f"move it: zuora-simulator advance 30m --server {zuora.url}\n" in first
    assert "\x1b" not in said
    kinds = sorted(line.split()[1] for line in said.splitlines())
    assert kinds == ["answer", "answer", "callout", "callout", "request", "request", "request", "request"]
    assert said.count("  attempt 1/3") == said.count("  attempt 2, a resend") == 2
    assert "POST /Service.asmx (Create Subscriber x 2) succeeded" in said


def test_an_asynchronous_request_is_one_line_and_its_result_another(tmp_path: Path) -> None:
    """Whoever counts requests counts what was accepted, also where somebody decides how one ends before it is due."""
    with served("--clock", "virtual", "--latency", "1h", cwd=tmp_path) as server:
        key = {"apiAccessKeyId": server.ready["clientId"], "apiSecretAccessKey": server.ready["clientSecret"]}
        _, accepted = server.call("POST", "/v1/async/accounts", {"name": "Acme"}, **key)
        request = server.line()
        server.call("POST", "/_simulator/clock/drain")
        result = server.line()
    assert (request["event"], request["state"], request["completeTime"]) == ("request", "queued", None)
    assert (result["event"], result["state"], result["completeTime"]) == ("result", "succeeded", "2026-01-01T01:00:00Z")
    assert request["id"] == result["id"] == accepted["requestId"]


def test_a_refused_request_is_a_line_too(tmp_path: Path) -> None:
    """A client with wrong credentials is told to the one who watches the server."""
    with served(cwd=tmp_path) as server:
        status, _ = server.call("POST", "/v1/async/accounts", {}, Authorization="Bearer wrong")
        line = server.line()
    assert status == 401
    assert (line["event"], line["status"], line["path"]) == ("refused", 401, "/v1/async/accounts")


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"Host": "evil.example"}, 403),
        ("GET", {"Host": "192.0.2.1"}, 403),
        ("POST", {"Host": "evil.example"}, 403),
        ("POST", {"Origin": "http://evil.example"}, 403),
        ("POST", {"Origin": "null"}, 403),
        ("POST", {"Origin": "http://localhost:3000"}, 403),
        ("POST", {"Host": "sim.test", "Origin": "http://sim.test"}, 200),
        ("POST", {"Host": "localhost"}, 200),
        ("POST", {}, 200),
    ],
)
def test_a_foreign_page_is_kept_out(
    method: str, headers: dict[str, str], status: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A foreign Host, or on a change a foreign Origin, is 403 at the control plane; --server-name adds a name."""
    with served("--server-name", "sim.test", cwd=tmp_path_factory.mktemp("cwd")) as server:
        path = "/_simulator/health" if method == "GET" else "/_simulator/reset"
        assert server.call(method, path, None, **headers)[0] == status


WORLD = """\
title: A world to begin with
seed: 7
start: "2026-05-01T00:00:00Z"
settings: {maxAttempts: 5}
world:
  accounts: [{name: Acme}]
definitions:
  - {event: Payment Declined, url: "http://127.0.0.1:9/zuora"}
  - Invoice Posted
steps:
  - fire: {event: Payment Declined}
"""


def test_a_server_begins_with_the_world_of_a_scenario(tmp_path: Path) -> None:
    """Its settings, its resources and its definitions, but none of its steps; a flag wins over its settings."""
    (tmp_path / "world.yaml").write_text(WORLD)
    (tmp_path / "mine.yaml").write_text("scenario: world.yaml\nforward-to: http://127.0.0.1:9/all\n")
    options = ("--config", "mine.yaml", "--clock", "virtual")
    with served(*options, "--seed", "8", cwd=tmp_path) as server:
        _, settings = server.call("GET", "/_simulator/settings")
        _, definitions = server.call("GET", "/_simulator/definitions")
        _, callouts = server.call("GET", "/_simulator/callouts")
        _, health = server.call("GET", "/_simulator/health")
    assert (settings["maxAttempts"], settings["origins"]["maxAttempts"]) == (5, "scenario world.yaml")
    assert (settings["server"]["seed"], settings["origins"]["server"]["seed"]) == (8, "flag --seed")
    assert health["now"] == "2026-05-01T00:00:00Z"
    urls = {one["event"]: one["url"] for one in definitions["definitions"]}
    assert urls["Payment Declined"] == "http://127.0.0.1:9/zuora"
    assert urls["Invoice Posted"] == "http://127.0.0.1:9/all"
    assert callouts == {"callouts": []}
    ended = run("serve", "--port", "0", "--scenario", "world.yaml", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (
        2,
        "zuora-simulator: world.yaml:9: nobody is named to be called: give the definition a url, or --forward-to URL\n",
    )


@pytest.mark.parametrize("options", [(), ("--tls",), ("--tls", "--certs", "kept")])
def test_the_commands_of_the_empty_page_run(options: tuple[str, ...], tmp_path: Path) -> None:
    """What the page names as next is accepted as it is copied; where the secret is, which no page tells, the shell says."""
    with served("--clock", "virtual", *options, cwd=tmp_path) as server:

        def shell(words: str, **env: str) -> "subprocess.CompletedProcess[str]":
            return subprocess.run(
                ["sh", "-c", words],
                cwd=tmp_path,
                env=environment(env),
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )

        *fetch, trigger, curl = next_commands(server)
        for command in fetch:
            assert shell(command).returncode == 0
        assert (
            shell(trigger.replace("zuora-simulator", f"{sys.executable} -m simulator")).returncode == 3
        )  # nobody listens
        refused = shell(curl)
        assert refused.returncode != 0
        assert "ZUORA_CLIENT_SECRET: is the client secret that the server printed first" in refused.stderr
        assert "requestId" in json.loads(shell(curl, ZUORA_CLIENT_SECRET=server.ready["clientSecret"]).stdout)


def next_commands(server: Served) -> list[str]:
    """The commands that the page's stream tells, to whoever trusts it blindly."""
    stream = ["curl", "--silent", "--no-buffer", "--insecure", f"{server.url}/_simulator/stream"]
    with subprocess.Popen(stream, stdout=subprocess.PIPE, text=True) as told:
        assert told.stdout is not None
        snapshot = next(line for line in told.stdout if line.startswith("data:"))
        told.kill()
    commands: list[str] = json.loads(snapshot.removeprefix("data:"))["overview"]["nextCommands"]
    return commands


def test_it_serves_on_when_nobody_takes_its_lines(tmp_path: Path) -> None:
    """Whoever started it may want the first line alone, and close the pipe: callouts go out all the same."""
    with served("--clock", "virtual", cwd=tmp_path) as server, Receiver.threaded(answers=[503, 200]) as receiver:
        server.printed.close()
        fired = {"event": "Payment Declined", "to": receiver.url}
        assert server.call("POST", "/_simulator/events", fired)[0] == 202
        assert server.call("POST", "/_simulator/clock/drain", {})[1]["settled"]
        _, told = server.call("GET", "/_simulator/callouts")
        assert [attempt["responseCode"] for attempt in told["callouts"][0]["attempts"]] == [503, 200]
        server.process.terminate()
        assert server.process.wait(LIMIT) == 0


def test_lines_that_no_disk_takes_are_not_taken_for_a_port(tmp_path: Path) -> None:
    """One sentence says that they are gone, once; a full disk has nothing to do with the place to listen on."""
    if not Path("/dev/full").exists():
        pytest.skip("the system has no /dev/full")
    with (
        Path("/dev/full").open("w") as full,
        subprocess.Popen(
            [*COMMAND, "serve", "--port", "0"],
            cwd=tmp_path,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr is not None
        said = process.stderr.readline()
        process.terminate()
        rest = process.stderr.read()
        assert process.wait(LIMIT) == 0
    assert said.startswith("zuora-simulator: nobody takes these lines any more (No space left on device)")
    assert rest == ""


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_without_unicode_gets_no_traceback(encoding: str, tmp_path: Path) -> None:
    """What it cannot spell is a question mark."""
    ended = run("demo", cwd=tmp_path, env={"PYTHONIOENCODING": encoding})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "? POST /oauth/token" in ended.stdout


def test_a_reader_that_does_not_read_holds_up_nothing(tmp_path: Path) -> None:
    """A full pipe stops no callout; what did not fit into it is there when somebody reads on."""
    with served("--clock", "virtual", cwd=tmp_path) as server, Receiver.threaded() as receiver:
        for _ in range(150):  # some 100 kB of lines, where a pipe holds 64
            fired = {"event": "Payment Declined", "to": receiver.url}
            assert server.call("POST", "/_simulator/events", fired)[0] == 202
        assert server.call("POST", "/_simulator/clock/settle", {})[1]["settled"]
        assert len(receiver.requests) == 150
        said = [server.line()["event"] for _ in range(300)]
        assert (said.count("callout"), said.count("answer")) == (150, 150)
        assert server.stop() == 0


def test_a_reader_that_never_reads_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """It has a second to take what was kept for it, and Ctrl-C and SIGTERM have two."""
    with served("--clock", "virtual", cwd=tmp_path) as server:
        for _ in range(400):
            server.call("POST", "/_simulator/nowhere-" + "x" * 400, {})
        server.process.terminate()
        assert server.process.wait(LIMIT) == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--rate", "5", "--clock", "virtual"], "warning: rate (flag --rate) does nothing on a virtual clock"),
        (["--patience", "5s"], "warning: patience (flag --patience) does nothing on a real clock"),
    ],
)
def test_an_option_for_the_other_clock_is_not_ignored_in_silence(options: list[str], says: str, tmp_path: Path) -> None:
    """It is taken, since a config file may serve both, and told."""
    command = [*COMMAND, "serve", "--port", "0", *options]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"zuora-simulator: {says}\n"
        process.kill()
