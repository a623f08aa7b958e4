"""One tenant is one OAuth client: its objects, conversations, outbox and knobs stand apart from all others.

This module decides what a tenant owns and who may speak for it. It knows no route and no rule of a callback.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec import Struct

from simulator.core.ids import Ids
from simulator.core.options import camel_case
from simulator.core.shelf import Shelf
from simulator.marketing_cloud.calls import SendResponseTo
from simulator.marketing_cloud.objects import Stored
from simulator.marketing_cloud.outcomes import Rule, Ruling
from simulator.marketing_cloud.quirks import Quirks
from simulator.marketing_cloud.results import Outcome

Told = Callable[[str, str, str, Any], None]


class Grant(Struct, frozen=True, rename="camel"):
    """A token that was handed out; ``expires`` is None for one that goes on working."""

    client_id: str
    expires: datetime | None = None


class Email(Struct, frozen=True, rename="camel"):
    """A response by e-mail: kept, never sent. ``attachment`` is the result XML, where it was asked for (documented)."""

    id: str
    to: str
    at: datetime
    subject: str
    body: str
    request_id: str
    conversation_id: str = ""
    attachment: str = ""


class Part(Struct, frozen=True):
    """One call of a conversation. ``due`` is when it is looked at again, None where that is not known."""

    job: str
    due: datetime | None = None
    outcome: Outcome | None = None
    asked: tuple[SendResponseTo, ...] = ()


class Conversation(Struct, frozen=True):
    """Calls that belong together. ``spoiled`` says what invalidated it."""

    calls: int
    arrived: int = 0
    done: int = 0
    spoiled: str = ""


class Tenant:
    """What one OAuth client owns; ``told`` hears of each change."""

    def __init__(self, client_id: str, told: Told) -> None:
        self.id = client_id

        mine = partial(told, client_id)
        self.objects: Shelf[Stored] = Shelf("objects", Stored, mine)
        self.conversations: Shelf[Conversation] = Shelf("conversations", Conversation, mine)
        self.parts: Shelf[Part] = Shelf("parts", Part, mine)
        self.outbox: Shelf[Email] = Shelf("outbox", Email, mine)
        self.rules: Shelf[Rule] = Shelf("rules", Rule, mine)
        self.rulings: Shelf[Ruling] = Shelf("rulings", Ruling, mine)
        self.quirks: Shelf[Any] = Shelf("quirks", Any, mine)
        self.counts: Shelf[int] = Shelf("counts", int, mine)

    @property
    def shelves(self) -> list[Shelf[Any]]:
        """All that it owns."""
        return [value for value in vars(self).values() if isinstance(value, Shelf)]

    def number(self, what: str) -> int:
        """The next number of that kind, from 1."""
        return self.counts.put(what, (self.counts.get(what) or 0) + 1)

    def __repr__(self) -> str:
        return f"<Tenant {self.id[:8]}… {len(self.objects)} objects>"


class Tenants:
    """All tenants, and the tokens that speak for them. ``strict`` maps the only clients that are let in to their secrets."""

    def __init__(self, ids: Ids, quirks: Quirks | None = None, *, strict: Mapping[str, str] | None = None) -> None:
        self._ids = ids
        self._tenants: dict[str, Tenant] = {}
        self.quirks = self.initial = quirks or Quirks()
        self.strict = strict
        self.token_lifetime: timedelta | None = None
        self.told: Told = lambda *change: None
        self.grants: Shelf[Grant] = Shelf("grants", Grant, partial(self._tell, ""))

    def _tell(self, tenant: str, shelf: str, key: str, record: Any) -> None:
        self.told(tenant, shelf, key, record)  # looked up now: a journal may come after the first tenant

    def __getitem__(self, client_id: str) -> Tenant:
        """The tenant of that client; a client not seen before has an empty one."""
        tenant = self._tenants.get(client_id)
        if tenant is None:
            tenant = self._tenants[client_id] = Tenant(client_id, self._tell)
        return tenant

    @property
    def shelves(self) -> list[Shelf[Any]]:
        """What belongs to no tenant."""
        return [self.grants]

    @property
    def all(self) -> list[Tenant]:
        return list(self._tenants.values())

    def grant(self, client_id: str, now: datetime) -> str:
        """A new token for that client."""
        expires = now + self.token_lifetime if self.token_lifetime else None
        token = self._ids.hex("cloud-token", client_id, self[client_id].number("token"))
        self.grants.put(token, Grant(client_id, expires))
        return token

    def of_token(self, token: str) -> Grant | None:
        """What a token stands for; None where it is unknown. Whether it has expired is for the caller to see."""
        return self.grants.get(token)

    def quirks_of(self, client_id: str) -> Quirks:
        """The knobs in force for a tenant: its own over the server's."""
        tenant = self._tenants.get(client_id)
        if tenant is None or not tenant.quirks:
            return self.quirks
        return self.quirks.merged(dict(tenant.quirks.items()))

    def checked(self, given: Mapping[str, Any], client_id: str | None = None) -> Quirks:
        """The knobs as they would be; raises AuthorError for an unknown name or value."""
        return (self.quirks if client_id is None else self.quirks_of(client_id)).merged(given)

    def turn(self, given: Mapping[str, Any], client_id: str | None = None) -> Quirks:
        """Turn knobs, of one tenant or of the server. Raises AuthorError and changes nothing where one is wrong."""
        merged = self.checked(given, client_id)
        if client_id is None:
            self.quirks = merged
        else:
            for name, value in given.items():
                self[client_id].quirks.put(camel_case(name), value)
        return merged

    def forget(self, client_id: str | None = None) -> None:
        """Empty one tenant, or all; tokens go on working, and the knobs given at the start come back."""
        for tenant in [self[client_id]] if client_id is not None else self.all:
            tokens = tenant.counts.get("token")
            for shelf in tenant.shelves:
                shelf.clear()
            if tokens:
                tenant.counts.put("token", tokens)  # so that no token is handed out twice
        if client_id is None:
            self.quirks = self.initial
