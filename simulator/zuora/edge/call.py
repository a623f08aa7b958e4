"""One request as an operation sees it: who asks, for what, with which values. It reads no socket.

Readers of its parts raise the ClientError that says what is wrong with them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from simulator.core.errors import ClientError
from simulator.zuora.edge.replies import BAD_QUERY
from simulator.zuora.requests.plans import Plan

if TYPE_CHECKING:
    from simulator.zuora.service import ZuoraService
    from simulator.zuora.tenant import Tenant


class Call:
    """``values`` are the path's parameters in order, ``target`` is path and query as received, ``host`` the base URL.

    An operation sets ``request_id`` where its answer bears the id of a job that it made.
    """

    __slots__ = (
        "body",
        "headers",
        "host",
        "method",
        "plan",
        "query",
        "raw",
        "request_id",
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
        method: str,
        target: str,
        segments: tuple[str, ...],
        values: list[str],
        query: Mapping[str, str],
        headers: Mapping[str, str],
        host: str,
    ) -> None:
        self.service = service
        self.tenant = tenant
        self.method = method
        self.target = target
        self.segments = segments
        self.values = values
        self.query = query
        self.headers = headers
        self.host = host
        self.raw = b""
        self.body: Any = None
        self.request_id = ""
        self.track_id: str | None = None
        self.plan: Plan | None = None

    @property
    def now(self) -> datetime:
        """The simulator's present instant."""
        return self.service.now()

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

    def flag(self, name: str, default: bool) -> bool:
        """A boolean of the query, as clients write it: true, false, True, False."""
        text = self.query.get(name)
        if text is None or text == "":
            return default
        if text.lower() not in ("true", "false"):
            raise ClientError(f"{name} must be true or false, not {text[:40]!r}", code=BAD_QUERY)
        return text.lower() == "true"
