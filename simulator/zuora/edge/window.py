"""Which rows of callout history a query asks for, and the address of the next page (documented: CH).

It alone reads the window's parameters. It has no row at hand and words no answer.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from simulator.core.errors import ClientError
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.replies import BAD_QUERY
from simulator.zuora.notifications.histories import Row


def chosen(call: Call, start: datetime, end: datetime, failed_only: bool) -> Callable[[Row], bool]:
    """Whether a row is one of those that are asked for."""
    object_id, category = call.query.get("objectId"), call.query.get("eventCategory")

    def wanted(row: Row) -> bool:
        return (
            start <= row.attempt.sent_at  # clients write a fraction, and mean what came after it in that second too
            and row.at <= end
            and (row.failed or not failed_only)
            and (not object_id or row.object_id == object_id)
            and (not category or _same_category(row.category, category))
        )

    return wanted


def _same_category(own: int | str, asked: str) -> bool:
    """Whether a row is of that category: a code, ``namespace:name``, or either namespace's name (Q5)."""
    if str(own) == asked:
        return True
    return (
        isinstance(own, str)
        and own.partition(":")[2].casefold() == asked.rpartition(":")[2].replace(" ", "").casefold()
    )


def instant(call: Call, name: str) -> datetime | None:
    """An instant as clients write it: with or without `Z`, microseconds or zone; without one it is UTC."""
    text = call.query.get(name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ClientError(f"{name} must be of the form yyyy-MM-ddTHH:mm:ss", code=BAD_QUERY) from None


def _written(at: datetime) -> str:
    """To the second and without a zone, the year in four digits, whichever it is."""
    return at.replace(tzinfo=None).isoformat(timespec="seconds")


def next_page(call: Call, number: int, size: int, start: datetime, end: datetime, after: str) -> str:
    """The absolute URL of the next page, which repeats all parameters (documented)."""
    query = {
        "page": str(number),
        "pageSize": str(size),
        "startTime": _written(start),
        "endTime": _written(end),
        "failedOnly": "true" if call.flag("failedOnly", True) else "false",
    }
    for name in ("objectId", "eventCategory", "includeResponseContent"):
        if call.query.get(name):
            query[name] = call.query[name]
    query["after"] = after
    words = "&".join(f"{name}={quote(value, safe=':')}" for name, value in query.items())
    return f"{call.host}/v1/notification-history/callout?{words}"
