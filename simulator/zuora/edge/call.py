"""One request as an operation sees it: who asks, for what, with which values. It reads no socket.

Readers of its parts raise the ClientError that says what is wrong with them.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from simulator.core.errors import ClientError
from simulator.zuora.edge.replies import BAD_QUERY
from simulator.zuora.requests.plans import Plan

if TYPE_CHECKING:
    from simulator.zuora.edge.operations import Operation
    from simulator.zuora.service import ZuoraService
    from simulator.zuora.tenant import Tenant


class Call:
    """``values`` are the path's parameters in order, ``target`` is path and query as received.

    ``now`` is the instant at which it had been read, ``counted`` what remains of the rate limit and the seconds to its end.
    An operation sets ``request_id`` where its answer bears the id of a job that it made; else it gets one of its own.
    """

    __slots__ = (
        "body",
        "counted",
        "headers",
        "method",
        "now",
        "operation",
        "plan",
        "query",
        "raw",
        "request_id",
        "scheme",
        "segments",
        "service",
        "target",
        "tenant",
        "track_id",
        "values",
    )

    def __init__(
        self,
        service: "ZuoraService",
        tenant: "Tenant",
        now: datetime,
        operation: "Operation",
        method: str,
        target: str,
        segments: tuple[str, ...],
        values: tuple[str, ...],
        query: Mapping[str, str],
        headers: Mapping[str, str],
        scheme: str,
    ) -> None:
        self.service = service
        self.tenant = tenant
        self.now = now
        self.operation = operation
        self.method = method
        self.target = target
        self.segments = segments
        self.values = values
        self.query = query
        self.headers = headers
        self.scheme = scheme
        self.counted: tuple[int, int] | None = None
        self.raw = b""
        self.body: Any = None
        self.request_id = ""
        self.track_id: str | None = None
        self.plan: Plan | None = None

    @property
    def path(self) -> str:
        """The path with each slash once, decoded, without what some clients write before `/v1`."""
        return "/" + "/".join(self.segments)

    @property
    def decoded(self) -> str:
        """The path as it was asked for, decoded."""
        return unquote(self.target.partition("?")[0], errors="replace")

    @property
    def host(self) -> str:
        """The base URL under which it was asked, without a closing slash."""
        return f"{self.scheme}://{self.headers.get('Host', 'localhost')}"

    @property
    def fields(self) -> dict[str, Any]:
        """The body as an object; an empty one where there is none."""
        return self.body if isinstance(self.body, dict) else {}

    def number(self, name: str, default: int, *, least: int, most: int | None = None) -> int:
        """A whole number of the query, within its bounds."""
        text = self.query.get(name)
        if text is None or text == "":
            return default
        plain = text.removeprefix("-")
        if not (plain.isascii() and plain.isdigit() and len(plain) <= 9):
            raise ClientError(f"{name} must be a whole number, not {text[:40]!r}", code=BAD_QUERY)
        value = int(text)
        if value < least or (most is not None and value > most):
            bound = f"from {least} to {most}" if most is not None else f"{least} or more"
            raise ClientError(f"{name} must be {bound}, not {value}", code=BAD_QUERY)
        return value

    def category(self) -> str | None:
        """The event category that the query names, a number in any spelling, such as `2110.0`."""
        text = self.query.get("eventCategory")
        if not text:
            return None
        try:
            return str(int(Decimal(text)))
        except (ArithmeticError, ValueError):
            raise ClientError(f"eventCategory must be a number, not {text[:40]!r}", code=BAD_QUERY) from None

    def flag(self, name: str, default: bool) -> bool:
        """A boolean of the query, as clients write it: true, false, True, False."""
        text = self.query.get(name)
        if text is None or text == "":
            return default
        if text.lower() not in ("true", "false"):
            raise ClientError(f"{name} must be true or false, not {text[:40]!r}", code=BAD_QUERY)
        return text.lower() == "true"
