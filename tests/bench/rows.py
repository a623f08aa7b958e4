"""The rows of `reliability.md` that tests prove: those tests are run, and what held is counted (F1, C2 to X7).

A test may hold more than one case: it says how many itself (the property ``cases``), or ``each`` does here.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from xml.etree import ElementTree as ET

from msgspec import Struct

from tests.bench.figures import Figure
from tests.bench.programs import PROJECT

EDGES = "tests/integration/test_security_edges.py"
FAULTS = "tests/integration/test_wire_faults.py"
TLS = "tests/integration/test_wire_tls.py"
ALLOWED = "tests/integration/test_wire_allow_list.py"
FILES = "tests/integration/test_journal_files.py"
FORMAT = "tests/unit/replay/test_format.py"
STATIC = "tests/unit/console/test_page.py"


class Count(Struct, frozen=True):
    """What one run of tests came to."""

    cases: int
    tests: int
    failed: int
    skipped: int
    seconds: float
    why: str = ""


class Row(Struct, frozen=True):
    """A row, what its cases are, and the tests that hold them. ``needs`` is what may not be installed."""

    name: str
    what: str
    cases: str
    bound: str
    tests: tuple[str, ...]
    each: int = 1
    marks: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    load: str = ""


ROWS = (
    Row(
        "F1",
        "faults of a receiver, each in its class, at each exchange of an attempt",
        "faults x the first, second and third exchange",
        "every one",
        (f"{FAULTS}::test_fault",),
        each=3,
    ),
    Row(
        "F1",
        "faults of a receiver, each at the first, a middle and the last attempt",
        "faults x attempts: code, class, what follows on schedule, no traceback",
        "every one",
        ("tests/integration/test_faults_on_schedule.py",),
        each=3,
        load="max_attempts 3, 30 min, virtual clock; where the wire tells the rest apart: `test_wire_tls.py`",
    ),
    Row(
        "F1",
        "bodies, handshakes, certificates and limits on the wire",
        "cases",
        "every one",
        (FAULTS, TLS, "tests/integration/test_receiver_misbehaviour.py", "--deselect", f"{FAULTS}::test_fault"),
    ),
    Row(
        "C2",
        "I/O error and full disk at the n-th journal write, for every n of a run",
        "failing writes",
        "no 202 without a row, a clean error, a restart",
        (
            f"{FILES}::test_whichever_write_fails_nothing_accepted_is_lost",
            f"{FILES}::test_a_full_disk_ends_the_acceptance_and_not_the_file",
        ),
    ),
    Row(
        "C3",
        "a second process on the same journal",
        "tests",
        "refused plainly",
        (
            f"{FILES}::test_a_second_process_is_refused",
            "tests/integration/test_cli_serve.py::test_a_state_file_in_use_is_one_clear_line",
            "tests/integration/test_journal_command.py::test_a_file_in_use_is_left_alone",
        ),
    ),
    Row(
        "B1",
        f"Schemathesis, {os.environ.get('FUZZ_EXAMPLES', '100')} generated requests for each operation of our OpenAPI",
        "operations without a server error or a schema break",
        "every one",
        ("tests/fuzz",),
        marks="fuzz",
        load="`FUZZ_EXAMPLES=1000 make fuzz` before a release",
    ),
    Row(
        "B2",
        "rule machine with a journal: create, post, fail, advance, resend, restart, and the rest",
        "lives of 50 steps",
        "5,000 x 50",
        ("tests/stateful",),
        environment=(("HYPOTHESIS_PROFILE", "nightly"),),
        each=5_000,
        load="two worlds of one seed, every law after every step",
    ),
    Row(
        "X1",
        "targets outside the allow-list: name, IPv4, IPv6, mapped, decimal, octal, hex, userinfo, scheme, DNS, redirect, tokens",
        "forms without a look-up, a socket or a packet",
        "40 forms, 0 packets",
        (
            ALLOWED,
            f"{EDGES}::test_a_token_endpoint_outside_the_list_is_never_asked",
            f"{EDGES}::test_a_token_endpoint_that_redirects_is_not_followed",
        ),
    ),
    Row(
        "X2",
        "certificates: unknown CA, wrong host, expired, old TLS; off by name alone, and shown in the history",
        "tests",
        "all fail unless named",
        (
            *(
                f"{TLS}::test_{name}"
                for name in (
                    "unknown_authority",
                    "wrong_host",
                    "expired",
                    "old_tls",
                    "route_does_not_loosen_verification",
                    "unverified_on_request",
                )
            ),
            f"{EDGES}::test_a_receiver_that_is_not_verified_is_shown_in_the_history",
        ),
    ),
    Row(
        "X3",
        "301, 302, 303, 307, 308, on the wire and as a callout",
        "redirects recorded, no second request",
        "every one",
        (
            f"{FAULTS}::test_redirect_is_recorded_and_not_followed",
            f"{EDGES}::test_a_redirect_is_recorded_and_not_followed",
        ),
    ),
    Row(
        "X4",
        "planted secrets in history, control plane, page, stream, lines, logs, tracebacks, exports, reports",
        "kinds of output searched",
        "0 found",
        ("tests/integration/test_security_secrets.py",),
    ),
    Row(
        "X5",
        "names that lead elsewhere, in paths, ids, files of the page, reports",
        "names",
        "refused, nothing written outside",
        (
            f"{EDGES}::test_no_file_outside_the_page_is_served",
            f"{EDGES}::test_names_lead_to_no_path",
            f"{EDGES}::test_a_report_is_not_written_through_a_file",
            f"{STATIC}::test_no_name_leads_out_of_the_list",
            "tests/unit/replay/test_report.py::test_writing",
            f"{FORMAT}::test_load_tells_of_all_files",
        ),
    ),
    Row(
        "X6",
        "script, attribute and URL payloads, in a real Chromium",
        "tests",
        "none runs",
        (
            "tests/browser/test_trust.py::test_hostile_text_of_a_receiver_is_shown_as_text",
            "tests/browser/test_trust.py::test_hostile_text_in_every_field_of_a_report_is_text",
        ),
        marks="browser",
    ),
    Row(
        "X6",
        "content security policy of the page and of a report, without unsafe-inline",
        "files",
        "every one",
        (
            f"{EDGES}::test_the_page_has_a_policy",
            f"{STATIC}::test_every_file_comes_with_its_policy",
            f"{STATIC}::test_a_report_allows_its_own_script_and_style_and_nothing_else",
            "tests/unit/replay/test_report.py::test_markup_is_text",
        ),
    ),
    Row(
        "X7",
        "foreign Host or Origin on what changes something or is read; the address that it binds to",
        "calls answered 403, and the socket",
        "403, 127.0.0.1",
        (
            f"{EDGES}::test_a_page_of_somebody_else_changes_nothing",
            f"{EDGES}::test_a_foreign_name_reads_nothing",
            f"{EDGES}::test_no_other_origin_may_read_what_is_answered",
            f"{EDGES}::test_it_listens_on_loopback_alone",
            "tests/integration/test_cli_serve.py::test_a_foreign_page_is_kept_out",
        ),
    ),
)


def rows_with_tests() -> list[Figure]:
    """Each row by itself, in a pytest of its own."""
    return [_figure(row, _counted(row)) for row in ROWS]


def _figure(row: Row, count: Count) -> Figure:
    held = count.failed == 0 and count.tests > 0
    said = (
        f"{count.cases:,} of {count.cases:,} {row.cases}"
        if held
        else f"{count.failed} of {count.tests} tests FAILED: {count.why}"
    )
    ran = f"{count.tests} {'test' if count.tests == 1 else 'tests'}, {count.seconds:.0f} s"
    if count.skipped:
        said = f"not measured in full: {count.skipped} skipped, {count.why}"
    return Figure(row.name, row.what, f"{said} ({ran})", row.bound, None if count.skipped else held, row.load)


def _counted(row: Row) -> Count:
    begun = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        plain = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-o", "faulthandler_timeout=0", "-m", row.marks]
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *plain, f"--junit-xml={report}", *row.tests],
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT), **dict(row.environment)},
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            raise RuntimeError(f"{row.name}: pytest ended with {run.returncode}:\n{run.stdout}{run.stderr}")
        root = ET.parse(report).getroot()  # noqa: S314 - pytest has just written it
    cases = tests = failed = 0
    skipped: list[str] = []
    failures: list[str] = []
    for case in root.iter("testcase"):
        if (skip := case.find("skipped")) is not None:
            skipped.append(skip.get("message", ""))
            continue
        tests += 1
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            failures.append(case.get("name", ""))
        told = {one.get("name"): one.get("value", "") for one in case.iter("property")}
        cases += int(told.get("cases", row.each))
    return Count(cases, tests, failed, len(skipped), perf_counter() - begun, ", ".join(skipped[:1] or failures))
