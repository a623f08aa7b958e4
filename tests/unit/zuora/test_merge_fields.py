"""Merge fields in both spellings, system fields, empties and locales."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.model import Event
from simulator.zuora.callouts.locales import LOCALES, localised
from simulator.zuora.callouts.merge_fields import DataSource, Tenant, parse
from simulator.zuora.notifications.events import flattened

AT = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)
NOW = datetime(2026, 1, 3, tzinfo=UTC)
FIELDS = {
    "Account.Id": "8a80",
    "Account.AccountNumber": "A00000001",
    "Account.Email": "",
    "DataSource.Invoice.Id": "inv",
    "AccountName": "Ærø & Søn",
    "Invoice.DueDate": "2026-02-28",
    "Invoice.PostedOn": "2026-02-28T13:14:15Z",
    "default__vehicle.Color__c": "red",
}
EVENT = Event(id="e" * 32, dialect="zuora", tenant="t", name="subscription created", at=AT, fields=FIELDS)
SOURCE = DataSource(EVENT, Tenant("9", "Acme"), NOW)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("<DataSource.Account.Id>", "8a80"),
        ("{{DataSource.Account.Id}}", "8a80"),
        ("{{ DataSource.Account.Id }}", "8a80"),
        ("<Account.Id>", "8a80"),
        ("{{Account.Id}}", "8a80"),
        ("{{account.ID}}", "8a80"),
        ("<DATASOURCE.Account.Id>", ""),
        ("<DataSource.Invoice.Id>{{Invoice.Id}}", "invinv"),
        ("<DataSource.AccountName>/{{AccountName}}", "Ærø & Søn/Ærø & Søn"),
        ("<default__vehicle.Color__c>", "red"),
        ("<Nothing.Here>|{{Nothing.Here}}|{{Nothing}}", "||"),
        ("<Account.Email>", ""),
        ('{"a":{"b":"{{Account.Id}}"}}', '{"a":{"b":"8a80"}}'),
        ('{"a":{{Account.Id}}}', '{"a":8a80}'),
        ("<b>bold</b> 1 < 2 > 0 {{}} {{ }} {{1}} {{a b}}", "<b>bold</b> 1 < 2 > 0 {{}} {{ }} {{1}} {{a b}}"),
        ("", ""),
        ("plain", "plain"),
        ("{{#default__vehicle}}c={{Color__c}};{{/default__vehicle}}", "c=red;"),
        ("{{#base.x}}never{{/base.x}}{{^base.x}}none{{/base.x}}", "none"),
        ("{{#Account.Email}}never{{/Account.Email}}", ""),
        ("{{#Account}}{{#AccountNumber}}<Account.Id>{{/AccountNumber}}{{/Account}}", "8a80"),
        ("{{#Account}} open <Account.Id>", "{{#Account}} open 8a80"),
        ("{{/Account}} closed", "{{/Account}} closed"),
    ],
)
def test_both_spellings_are_filled_and_the_unknown_is_empty(text: str, filled: str) -> None:
    """`<DataSource.X>`, `{{DataSource.X}}` and `{{X}}` are one field; what is no merge field stays as it is."""
    assert SOURCE.fill(text) == filled


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Tenant.ID", "9"),
        ("Tenant.Id", "9"),
        ("Tenant.Name", "Acme"),
        ("Today.Date", "2026-01-03"),
        ("Event.ID", "e" * 32),
        ("Event.Date", "2026-01-02"),
        ("Event.Timestamp", "2026-01-02T03:04:05.678+0000"),
        ("Event.Category", "SubscriptionCreated"),
        ("Account.Number", "A00000001"),
    ],
)
def test_system_fields(field: str, value: str) -> None:
    """In both spellings, whatever their case."""
    assert SOURCE.fill(f"<{field}>|{{{{{field}}}}}") == f"{value}|{value}"


def test_an_events_own_field_wins_over_a_system_field() -> None:
    """A test sets what it needs."""
    event = Event(
        id="e", dialect="z", tenant="t", name="Mine", at=AT, fields={"Event.Date": "x", "Account.Number": "n"}
    )
    assert DataSource(event, Tenant("9", "Acme"), NOW).fill("<Event.Date><Account.Number><Event.Category>") == "xnMine"


def test_empty_as_null_reaches_every_empty_value() -> None:
    """ "all empty strings in callouts triggered by custom events are returned as "null"", unknown ones among them."""
    source = DataSource(EVENT, Tenant("9", "Acme"), NOW, empty="null")
    assert source.fill("<Account.Email>|<No.Such>|<Account.Id>") == "null|null|8a80"
    assert (source.value(""), source.value("x")) == ("null", "x")


@pytest.mark.parametrize(
    ("locale", "date", "moment"),
    [
        ("iso", "2026-02-28", "2026-02-28T13:14:15Z"),
        ("en_US", "02/28/2026", "02/28/2026 13:14:15"),
        ("en_GB", "28/02/2026", "28/02/2026 13:14:15"),
        ("de_DE", "28.02.2026", "28.02.2026 13:14:15"),
        ("fr_FR", "28/02/2026", "28/02/2026 13:14:15"),
        ("ja_JP", "2026/02/28", "2026/02/28 13:14:15"),
    ],
)
def test_dates_follow_the_user_locale(locale: str, date: str, moment: str) -> None:
    """Values that are an ISO date or dateTime change their form; ISO leaves them."""
    source = DataSource(EVENT, Tenant("9", "Acme"), NOW, locale=locale)
    assert source.fill("<Invoice.DueDate>") == date
    assert source.fill("<Invoice.PostedOn>") == moment


def test_system_dates_follow_the_user_locale() -> None:
    """Today and the event's moment too."""
    source = DataSource(EVENT, Tenant("9", "Acme"), NOW, locale="de_DE")
    assert source.fill("<Today.Date>|<Event.Timestamp>") == "03.01.2026|02.01.2026 03:04:05"


@pytest.mark.parametrize(
    "value", ["2026-02-30", "2026-13-01T00:00:00", "2026-1-2", "20260102", "x2026-01-02", "", "٢٠٢٦-01-02"]
)
def test_what_is_no_date_stays_as_it_is(value: str) -> None:
    """In every locale."""
    assert {localised(value, locale) for locale in LOCALES} == {value}


def test_fields_are_flattened_to_strings() -> None:
    """Every value of a callout is a string."""
    given_fields = {
        "Account": {"Id": "8a80", "Balance": 100.0, "AutoPay": True, "Parent": None, "Tags": [1, "x"]},
        "N": 7,
        "Empty": {},
    }
    assert flattened(given_fields) == {
        "Account.Id": "8a80",
        "Account.Balance": "100.0",
        "Account.AutoPay": "true",
        "Account.Parent": "",
        "Account.Tags": '[1,"x"]',
        "N": "7",
        "Empty": "{}",
    }


@given(st.text(alphabet="<>{}#/^.aB_ -", max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Half-written fields are text; with no field in it, a text comes back as it was."""
    parts = parse(text)
    if all(isinstance(part, str) for part in parts):
        assert "".join(str(part) for part in parts) == text
    SOURCE.fill(text)
