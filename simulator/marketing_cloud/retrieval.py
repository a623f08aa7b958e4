"""Retrieve: ResultMessage and ResultItem from the ledger, objects from the tenant's store, filtered and cut to properties.

It alone reads filters (WSDL: SimpleFilterPart, ComplexFilterPart; spec). A filter on ``ResultID``, which seed 001 names,
finds what ``RequestID`` finds. It changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from simulator.core.engine import Engine
from simulator.core.errors import near_match
from simulator.marketing_cloud.quirks import Quirks
from simulator.marketing_cloud.results import BASE_FIELDS, EVERYTHING, Outcome, detail_xml, item_fields, message_fields
from simulator.marketing_cloud.soap import Node, fault
from simulator.marketing_cloud.tenant import Tenant
from simulator.marketing_cloud.writing import element

BATCH = 2500
"""How many results come at once (documented: page "Retrieve")."""

REQUEST_IDS = ("RequestID", "ResultID")
MESSAGE, ITEM = "ResultMessage", "ResultItem"
RESULT_FIELDS = {
    MESSAGE: (
        "RequestID", "ResultID", "ConversationID", "OverallStatusCode", "StatusCode", "StatusMessage", "ErrorCode",
        "RequestType", "ResultType", "ResultDetailXML", "SequenceCode", "CallsInConversation", *BASE_FIELDS,
    ),
    ITEM: (
        "RequestID", "ResultID", "ConversationID", "OverallStatusCode", "StatusCode", "StatusMessage", "OrdinalID",
        "ErrorCode", "RequestType", "RequestObjectType", *BASE_FIELDS,
    ),
}  # fmt: skip
"""What may be asked of a result (documented: object pages; the last of ResultItem for seed 001)."""


class Query(Struct, frozen=True):
    """A retrieve request; ``kind`` is its ObjectType, ``rows`` the data extension that it names in brackets."""

    kind: str
    properties: tuple[str, ...]
    filter: Node | None = None
    batch: int = BATCH
    rows: str = ""


def read_query(request: Node) -> Query:
    """What is asked for. Raises ClientError."""
    kind, bracket, rows = request.value("ObjectType").partition("[")
    if not kind:
        raise fault("RetrieveRequest needs an ObjectType")
    properties = tuple(node.text.strip() for node in request.all("Properties") if node.text.strip())
    size = request.value("Options.BatchSize")
    batch = min(int(size), BATCH) if size.isdecimal() and len(size) < 9 and int(size) else BATCH
    return Query(kind, properties, request.child("Filter"), batch, rows.removesuffix("]") if bracket else "")


def trouble(query: Query, tenant: Tenant) -> str:
    """The overall status of a query that asks for what cannot be found; empty where all is known.

    Properties that its type does not have: observed. A filter by such a property, and a misspelt type: inferred.
    """
    known = RESULT_FIELDS.get(query.kind)
    if known is None:
        stored = any(each.kind == query.kind for each in tenant.objects.values())
        offer = "" if stored else near_match(query.kind, RESULT_FIELDS)
        return f"Error: There is no object type {query.kind!r}{offer}" if offer else ""
    asked = {"Request": query.properties, "Filter": tuple(_filtered(query.filter))}
    for what, names in asked.items():
        wrong = [name for name in names if name.partition(".")[0] not in known]
        if wrong:
            told = f"do not match with the fields of {query.kind} retrieve{near_match(wrong[0], known)}"
            return f"Error: The {what} Property(s) {', '.join(wrong)} {told}"
    return ""


def results(query: Query, tenant: Tenant, engine: Engine, quirks: Quirks, now: datetime) -> list[Node]:
    """What the query finds, cut to the properties that it asks for."""
    matches = _filter(query.filter) if query.filter is not None else _everything
    if query.kind in RESULT_FIELDS:
        found = _result_objects(query, tenant, engine, quirks, now)
    elif query.kind == "DataExtensionObject":
        found = (each.node("Results") for each in tenant.objects.values() if _is_row(each.node(), query.rows))
    else:
        found = (each.node("Results") for each in tenant.objects.values() if each.kind == query.kind)
    return [_cut(node, query.properties) for node in found if matches(node)]


def _result_objects(query: Query, tenant: Tenant, engine: Engine, quirks: Quirks, now: datetime) -> Iterator[Node]:
    for outcome in _outcomes(query, tenant, engine):
        if now - outcome.at > timedelta(days=quirks.result_days):
            continue  # "available for 30 days" (documented: the old page "AsyncResponse")
        partly = quirks.partly_failed
        rows = item_fields(outcome, partly)
        if query.kind == MESSAGE:
            rows = iter([message_fields(outcome, partly) | {"ResultDetailXML": detail_xml(outcome, EVERYTHING)}])
        for row in rows:
            yield element("Results", *(element(name, value) for name, value in row.items() if value), kind=query.kind)


def _outcomes(query: Query, tenant: Tenant, engine: Engine) -> Iterator[Outcome]:
    """What asynchronous calls came to; by the index where the filter names one request."""
    jobs = engine.ledger.jobs
    wanted = query.filter
    if wanted is not None and wanted.value("Property") in REQUEST_IDS and wanted.value("SimpleOperator") == "equals":
        named = [jobs[value] for value in _values(wanted) if value in jobs]
    else:
        named = engine.ledger.jobs_of(tenant.id)
    return (job.result for job in named if job.tenant == tenant.id and isinstance(job.result, Outcome))


def _is_row(node: Node, extension: str) -> bool:
    return node.kind == "DataExtensionObject" and extension in ("", node.value("CustomerKey"), node.value("Name"))


def _cut(node: Node, properties: tuple[str, ...]) -> Node:
    """The object with the properties asked for, all of them where none is named; rows answer with their own (observed)."""
    if not properties:
        return node
    wanted = {name.partition(".")[0] for name in properties}
    kept = tuple(child for child in node.children if child.name in wanted)
    rows = node.child("Properties")
    if node.kind == "DataExtensionObject" and rows is not None and "Properties" not in wanted:
        pairs = tuple(pair for pair in rows.children if pair.value("Name") in wanted)
        kept = (*kept, Node("Properties", "", pairs, rows.kind))
    return Node(node.name, "", kept, node.kind)


def _filtered(part: Node | None) -> Iterator[str]:
    """The properties that a filter goes by."""
    if part is not None and part.value("Property"):
        yield part.value("Property")
    for child in part.children if part is not None else ():
        yield from _filtered(child)


Matches = Callable[[Node], bool]


def _everything(node: Node) -> bool:
    return True


def _filter(part: Node) -> Matches:
    """A filter as a question to ask of each object. Raises ClientError."""
    if part.child("LogicalOperator") is not None or part.kind == "ComplexFilterPart":
        return _complex(part)
    name, word = part.value("Property"), part.value("SimpleOperator")
    if not name or word not in OPERATORS:
        known = " or ".join(OPERATORS)
        raise fault(
            f"A filter needs a Property and a SimpleOperator ({known}), not {word!r}{near_match(word, OPERATORS)}"
        )
    operator, values = OPERATORS[word], _values(part)
    return lambda node: operator(_property(node, name), values)


def _complex(part: Node) -> Matches:
    operands = [node for node in (part.child("LeftOperand"), part.child("RightOperand")) if node is not None]
    more = part.child("AdditionalOperands")
    operands += more.children if more is not None else ()
    word = part.value("LogicalOperator").upper()
    if len(operands) < 2 or word not in ("AND", "OR"):
        raise fault("A ComplexFilterPart needs a LeftOperand, a RightOperand and a LogicalOperator, AND or OR")
    asked = [_filter(operand) for operand in operands]
    every = all if word == "AND" else any
    return lambda node: every(matches(node) for matches in asked)


def _values(part: Node) -> list[str]:
    return [node.text.strip() for node in part.children if node.name in ("Value", "DateValue")]


def _property(node: Node, name: str) -> str:
    """A property's value, also one of a row or of a subscriber's attributes."""
    value = node.value(name)
    if value:
        return value
    rows = node.child("Properties")
    pairs: Iterable[Node] = (*(rows.children if rows is not None else ()), *node.all("Attributes"))
    return next((pair.value("Value") for pair in pairs if pair.value("Name") == name), "")


def _order(value: str) -> tuple[bool, float, str]:
    """Numbers by their size, all else by its letters."""
    try:
        return (False, float(value), "")
    except ValueError:
        return (True, 0.0, value)


def _first(values: list[str]) -> str:
    return values[0] if values else ""


OPERATORS: dict[str, Callable[[str, list[str]], bool]] = {
    "equals": lambda value, given: value == _first(given),
    "notEquals": lambda value, given: value != _first(given),
    "IN": lambda value, given: value in given,
    "isNull": lambda value, given: not value,
    "isNotNull": lambda value, given: bool(value),
    "like": lambda value, given: _first(given).strip("%").lower() in value.lower(),
    "greaterThan": lambda value, given: bool(given) and _order(value) > _order(given[0]),
    "lessThan": lambda value, given: bool(given) and _order(value) < _order(given[0]),
    "greaterThanOrEqual": lambda value, given: bool(given) and _order(value) >= _order(given[0]),
    "lessThanOrEqual": lambda value, given: bool(given) and _order(value) <= _order(given[0]),
    "between": lambda value, given: len(given) > 1 and _order(given[0]) <= _order(value) <= _order(given[1]),
}
