"""The commands that talk to a running server, as processes and in process, against a real server and a real receiver."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from simulator.cli import main
from simulator.cli.commands import program
from simulator.cli.tail import News, worded
from simulator.receiver import Receiver
from tests.support.command import COMMAND, LIMIT, Served, environment, run, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("--clock", "virtual", cwd=tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory of its own, an empty server, and the environment that finds it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZUORA_SIMULATOR_SERVER", server.url)
    assert main(["reset", "--format", "json"]) == 0


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> "Said":
    return Said(capsys)


class Said:
    """Runs a command and hands back what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.error = ""

    def __call__(self, *words: str, code: int = 0) -> str:
        self._capsys.readouterr()
        ended = main(words)
        printed = self._capsys.readouterr()
        self.error = printed.err
        assert ended == code, printed
        return printed.out

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--format", "json", code=code))


@pytest.fixture
def closed() -> str:
    """A URL at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_trigger_sends_exactly_what_is_set(said: Said) -> None:
    """Fields go out as they were written, to the receiver that `--to` names and to no other that was named before."""
    with Receiver.threaded() as first, Receiver.threaded() as second:
        said("trigger", "Payment Declined", "--set", "AccountId=8a80", "--set", "Amount=07", "--to", first.url)
        assert said("trigger", "payment declined", "--to", second.url).endswith("this callout is delivered.\n")
        assert [request.body for request in first.requests] == [b'{"AccountId":"8a80","Amount":"07"}']
        assert [request.body for request in second.requests] == [b"{}"]


def test_trigger_leaves_definitions_as_they_are(said: Said, server: Served) -> None:
    """A receiver that a definition tells already is told once, and is told of the next event too."""
    keys = {"apiAccessKeyId": server.ready["clientId"], "apiSecretAccessKey": server.ready["clientSecret"]}
    with Receiver.threaded() as receiver:
        own = {
            "name": "mine",
            "active": True,
            "httpMethod": "POST",
            "calloutBaseurl": receiver.url,
            "requiredAuth": False,
        }
        given = {"name": "mine", "eventTypeName": "Payment Declined", "calloutActive": True, "callout": own}
        assert server.call("POST", "/notifications/notification-definitions", given, **keys)[0] == 200
        said("trigger", "Payment Declined", "--to", receiver.url)
        said("trigger", "Payment Declined")
        assert len(receiver.requests) == 2


def test_trigger_is_exact_about_names(said: Said) -> None:
    """An unknown event, and an unknown field of an asynchronous one, are errors with near matches."""
    said("trigger", "Payment Declned", code=2)
    assert "unknown event 'Payment Declned', did you mean 'Payment Declined'" in said.error
    said("trigger", "Async Request Failed", "--set", "stat=x", code=2)
    assert "has no field 'stat', did you mean 'state'?" in said.error


def test_trigger_stands_alone(said: Said, closed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a server one event goes to one URL; the exit code tells delivered, refused and not reached apart."""
    monkeypatch.delenv("ZUORA_SIMULATOR_SERVER")
    monkeypatch.setenv("ZUORA_SIMULATOR_PORT", closed.rpartition(":")[2])
    with Receiver.threaded(answers=[200, 503]) as receiver:
        fired = ("trigger", "Payment Declined", "--set", "AccountId=8a80", "--to", receiver.url)
        assert "200 is success" in said(*fired)
        assert [request.body for request in receiver.requests] == [b'{"AccountId":"8a80"}']
        assert "start one with `zuora-simulator serve`" in said(*fired, code=1)
    assert "connection refused" in said(*fired, code=3)
    said("trigger", "Payment Declned", "--to", closed, code=2)
    assert "did you mean 'Payment Declined'" in said.error
    said("trigger", "Payment Declined", code=3)
    assert said.error.count("\n") == 1


def test_time_and_history(said: Said) -> None:
    """A failed callout is tried again as time is moved, listed, shown by the beginning of its id, and resent."""
    with Receiver.threaded(answers=[503, 503, 503, 503, 200]) as receiver:
        said("trigger", "Payment Declined", "--to", receiver.url, code=1)
        assert said.json("advance", "30")["now"] == "2026-01-01T00:30:00Z"
        assert "it is 2026-01-01 01:00:00: 1 attempt ended; nothing is due" in said("drain")
        assert "0 attempts ended" in said("settle")
        assert "failed: 503, 503, 503" in said("callouts")
        one = said.json("callouts")["callouts"][0]
        shown = said("callouts", one["id"][:8])
        assert f"history id  {one['attempts'][2]['historyId']}" in shown
        assert "> Zuora-Notification-Id: " + one["id"] in shown
        assert "503, 503, 503, 503" in said("resend", one["attempts"][1]["historyId"])
        assert "delivered: 503, 503, 503, 503, 200" in said("resend", "--failed-since", "24h")
        assert said("resend", "--failed-since", "24h") == "nothing failed since then\n"
    said("callouts", "zzz", code=2)
    said("resend", code=2)
    assert "one of the two" in said.error


def test_another_day_is_named(said: Said, server: Served) -> None:
    """A retry that is due on another day is told with its date, where the time of the day would say nothing."""
    server.call("PUT", "/_simulator/settings", {"intervalMinutes": 1440})
    with Receiver.threaded(answers=[503]) as receiver:
        told = said("trigger", "Payment Declined", "--to", receiver.url, code=1)
    assert "pending: 503, next on 2026-01-02 at 00:00:00\n" in told


def test_misfortune(said: Said) -> None:
    """Faults are added one by one, shown, and cleared."""
    assert said("fault", "duplicate", "--at-once", "--ttl", "10m") == "duplicate ttlMinutes=10.0 atOnce=true\n"
    assert [one["kind"] for one in said.json("fault", "delay", "--by", "1h")["faults"]] == ["duplicate", "delay"]
    assert said("fault", "clear") == "no faults in force\n"
    said("fault", "delay", "--attempt", "0", code=2)
    assert "attempt counts from 1" in said.error


def test_a_callout_that_was_dropped_does_not_wait(said: Said) -> None:
    """It is told as one that never went out, not as one that has yet to."""
    said("fault", "drop")
    with Receiver.threaded() as receiver:
        said("trigger", "Payment Declined", "--to", receiver.url, code=1)
        assert "not-sent: dropped by a fault, or its definition was deleted\n" in said("callouts")


def _register(server: Served, event: str, url: str) -> None:
    callout = {"name": event, "active": True, "eventTypeName": event, "calloutBaseurl": url, "httpMethod": "POST"}
    definition = {"name": event, "eventTypeName": event, "calloutActive": True, "callout": callout}
    key = {"apiAccessKeyId": server.ready["clientId"], "apiSecretAccessKey": server.ready["clientSecret"]}
    assert server.call("POST", "/notifications/notification-definitions", definition, **key)[0] == 200


def test_definitions_and_their_preview(said: Said, server: Served, closed: str) -> None:
    """Who hears of what, and what they would be sent, without sending anything."""
    assert "no definitions" in said("definitions")
    with Receiver.threaded() as receiver:
        server.call("POST", "/_simulator/events", {"event": "Payment Declined", "to": receiver.url})
        assert f"POST {receiver.url}" in said("definitions")
        nothing = said("preview", "Payment Declined", "--set", "AccountId=8a80")
        assert nothing == "nothing would be sent: no active definition hears of it\n"
        short = said("definitions").split()[0]
        assert said("preview", "--definition", short) == "nothing would be sent: this definition is inactive\n"
    _register(server, "Invoice Posted", closed)
    short, name = (said.json("definitions")["definitions"][1][key] for key in ("id", "name"))
    for chosen in (short[:8], short, name):
        assert f"> POST {closed}" in said("preview", "--definition", chosen)
    said("preview", "--definition", f"{name}s", code=2)
    assert f"did you mean {name!r}?" in said.error
    said("preview", code=2)
    assert "name an event" in said.error
    assert said.json("requests") == {"requests": []}
    assert said("requests").startswith("no requests yet")


def test_nobody_there_is_one_line(said: Said, closed: str) -> None:
    """Where no server answers, one line says where, why and what to do; exit code 3."""
    said("health", "--server", closed, code=3)
    assert said.error == (
        f"zuora-simulator: no simulator answers at {closed} (connection refused): start one with `zuora-simulator "
        "serve`, or name it with --server or ZUORA_SIMULATOR_SERVER\n"
    )
    with Receiver.threaded() as other:
        said("health", "--server", other.url, code=3)
    assert "is no Zuora simulator" in said.error


def test_health_finds_the_server_of_its_container(said: Said, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only the port of `serve` is in the environment, that is where it looks."""
    assert "is well" in said("health", "--server", server.url.removeprefix("http://"))
    monkeypatch.delenv("ZUORA_SIMULATOR_SERVER")
    monkeypatch.setenv("ZUORA_SIMULATOR_PORT", server.url.rpartition(":")[2])
    assert said.json("health")["status"] == "ok"


def test_tail_follows(server: Served, said: Said, tmp_path: Path) -> None:
    """What happens after it began is a line, on a standing clock too; what was before is not."""
    with Receiver.threaded() as receiver:
        said("trigger", "Payment Declined", "--set", "n=1", "--to", receiver.url)
        command, env = [*COMMAND, "tail", "--format", "json"], environment({"ZUORA_SIMULATOR_SERVER": server.url})
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=pipe, stderr=pipe, text=True) as tail:
            assert tail.stdout is not None
            assert tail.stderr is not None
            assert tail.stderr.readline() == f"following {server.url}; Ctrl-C ends it\n"
            said("trigger", "Invoice Posted", "--to", receiver.url)
            line = json.loads(tail.stdout.readline())
            said("resend", said.json("callouts")["callouts"][0]["id"])
            again = json.loads(tail.stdout.readline())
            tail.send_signal(signal.SIGINT)
            try:
                tail.communicate(timeout=LIMIT)
            finally:
                tail.kill()  # else a failure would wait for it for ever
    assert (line["event"], line["name"], line["responseCode"], line["attempt"]) == ("answer", "Invoice Posted", 200, 1)
    assert (again["event"], again["name"], again["attempt"]) == ("answer", "Payment Declined", 2)


def test_tail_words_it_as_the_server_does() -> None:
    """When, what, which and how, in the columns of `serve`; the callout is named, since no line before names it."""
    attempt = {"number": 1, "limit": 3, "resend": False, "historyId": "h1", "responseCode": 404, "why": "404 is final."}
    attempt |= {"sentAt": "2026-01-01T00:00:00Z", "endedAt": "2026-01-01T00:30:00Z"}
    callout = {
        "id": "0db4819b946bded9",
        "seq": 1,
        "event": "Payment Declined",
        "method": "POST",
        "url": "http://a/",
    }
    request = {"id": "cfffb7bfb7bf", "seq": 1, "method": "POST", "path": "/v1/async/accounts", "state": "failed"}
    request |= {"error": "no\nmore", "createTime": "2026-01-01T00:00:00Z", "completeTime": None}
    frame = {"requests": [request], "callouts": [callout | {"attempts": [attempt]}]}
    beginning = frame | {"calloutCount": 1, "clock": {"now": "2026-01-01T00:00:00Z"}}
    assert [worded(row, attempt) for _, row, attempt in News(everything=True).of(beginning)] == [
        "00:00:00  request  cfffb7bf  POST /v1/async/accounts failed: no\N{REPLACEMENT CHARACTER}more",
        "00:30:00  answer   0db4819b  404  attempt 1/3: 404 is final.  (Payment Declined → POST http://a/)",
    ]


def test_exec_runs_a_command_against_a_simulator(tmp_path: Path) -> None:
    """The command finds the simulator in its environment, and its exit code is passed on."""
    script = 'printf "%s\\n" "$ZUORA_BASE_URL" "$ZUORA_CLIENT_ID" "$ZUORA_CLIENT_SECRET"; cat "$ZUORA_CA_FILE"; exit 7'
    ended = run("exec", "--clock", "virtual", "--", "sh", "-c", script, cwd=tmp_path)
    url, client, secret, *certificate = ended.stdout.splitlines()
    assert (ended.returncode, ended.stderr) == (7, "")
    assert url.startswith("http://127.0.0.1:")
    assert len(client) == 36
    assert len(secret) <= 42
    assert certificate[0] == "-----BEGIN CERTIFICATE-----"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "code"), [(["sh", "-c", "kill -9 $$"], 137), (["no-such-command"], 127), (["/etc/passwd"], 126)]
)
def test_exec_ends_as_a_shell_would(command: list[str], code: int, tmp_path: Path) -> None:
    """A command that was killed, that is not there, or that cannot be run."""
    assert run("exec", "--", *command, cwd=tmp_path).returncode == code


def test_certificates_are_made_for_receivers_and_clients(said: Said, tmp_path: Path) -> None:
    """Authority, server and client pairs; keys are for their owner only, and the pairs are believed."""
    said("certs", "init", "www.example.com", "--client")
    names = {"ca.pem", "ca-key.pem", "server.pem", "server-key.pem", "client.pem", "client-key.pem"}
    assert {file.name for file in Path("certs").iterdir()} == names
    assert {file.stat().st_mode & 0o777 for file in Path("certs").glob("*-key.pem")} == {0o600}
    authority = Path("certs/ca.pem").read_bytes()
    assert set(said.json("certs", "init")) == {"ca", "server", "serverKey"}
    assert Path("certs/ca.pem").read_bytes() == authority


def test_the_table_of_fidelity(said: Said) -> None:
    """Claim, source, standing, knob, of both providers."""
    printed = said("fidelity")
    assert printed.splitlines()[0].split() == ["Claim", "Source", "Standing", "Knob"]
    claims = said.json("fidelity", "--provider", "zuora")["claims"]
    assert {claim["provider"] for claim in claims} == {"zuora"}
    assert {claim["standing"] for claim in claims} == {"documented", "spec", "observed", "inferred"}


def leaves(group: click.Group, *words: str) -> Iterator[str]:
    """Every command there is, those of groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield " ".join([*words, name])
        if isinstance(command, click.Group):
            yield from leaves(command, *words, name)


@pytest.mark.parametrize("command", [*leaves(program)])
def test_every_command_shows_an_example(command: str, said: Said) -> None:
    """`--help` of each ends with a line to copy."""
    words = command.split()
    assert f"zuora-simulator {words[0]}" in said(*words, "--help").partition("Example")[2]


@pytest.mark.parametrize(
    ("words", "offer"),
    [
        (["trigr"], "did you mean 'trigger'?"),
        (["serve", "--max-attemps", "3"], "'--max-attempts'"),
        (["callouts", "--servr", "x"], "'--server'"),
    ],
)
def test_what_is_misspelt_is_told_with_the_nearest(words: list[str], offer: str, said: Said) -> None:
    """Unknown commands and flags."""
    said(*words, code=2)
    assert offer in said.error


def test_completion(said: Said) -> None:
    """A script for the shell."""
    assert "_ZUORA_SIMULATOR_COMPLETE=zsh_complete" in said("completion", "zsh")
