"""One tenant is one OAuth client: its definitions, templates, settings, resources and history stand apart from all others.

This module decides what a tenant owns and who may speak for it. It knows no route and no rule of delivery.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec import Struct

from simulator.core.ids import Ids
from simulator.core.options import camel_case
from simulator.core.shelf import Shelf
from simulator.zuora.callouts import merge_fields
from simulator.zuora.catalogue import canonical
from simulator.zuora.edge.listing import Listed, Places
from simulator.zuora.notifications.definitions import CalloutTemplate, NotificationDefinition, OAuthProvider
from simulator.zuora.notifications.registered import CommunicationProfile, HistoryDeletion, KeptAnswer, Registered
from simulator.zuora.requests.outcomes import Rule
from simulator.zuora.requests.plans import Plan
from simulator.zuora.requests.resources import Resources
from simulator.zuora.settings import Settings

TENANT_ID = "19"  # as in the scope of every token (documented sample: OA)
CLIENT_ID_LENGTH = 36
SECRET_LENGTH = 42
"""What the official client demands before it sends anything (observed: PyPI zuora-sdk 3.21.0; documented: OA)."""

Told = Callable[[str, str, str, Any], None]


class Grant(Struct, frozen=True, rename="camel"):
    """A token that was handed out; ``expires`` is None for one that goes on working."""

    client_id: str
    issued: datetime
    expires: datetime | None = None


class Window:
    """How many requests came since ``begun``, in seconds since 1970: one of the spans that a rate limit counts."""

    __slots__ = ("begun", "used")

    def __init__(self, begun: int) -> None:
        self.begun = begun
        self.used = 0


class Traffic:
    """What a tenant has asked for lately; nothing that a restart must remember."""

    __slots__ = ("in_flight", "swept", "under_way", "windows")

    def __init__(self) -> None:
        self.in_flight = 0
        self.under_way: set[str] = set()
        self.windows: dict[int, Window] = {}
        self.swept: datetime | None = None


class Tenant:
    """What one OAuth client owns. ``overrides`` are the settings it has changed over the server's."""

    def __init__(self, client_id: str, told: Told) -> None:
        self.id = client_id
        self.described = merge_fields.Tenant(TENANT_ID, f"Simulated tenant {client_id[:8]}")
        """What system merge fields say of it."""
        mine = partial(told, client_id)
        self.definitions: Listed[NotificationDefinition] = Listed(
            "definitions", NotificationDefinition, self._redefined
        )
        self.templates: Listed[CalloutTemplate] = Listed("templates", CalloutTemplate, mine)
        self.left: Listed[CalloutTemplate] = Listed("leftTemplates", CalloutTemplate, mine)
        self.template_places: Places[CalloutTemplate] = Places()
        """Where each template stands in a list of all of them, of whichever shelf it is."""
        self.providers: Shelf[OAuthProvider] = Shelf("providers", OAuthProvider, mine)
        self.profiles: Listed[CommunicationProfile] = Listed("profiles", CommunicationProfile, mine)
        self.triggers: Listed[Registered] = Listed("triggers", Registered, self._registered)
        self.schedules: Listed[Registered] = Listed("schedules", Registered, self._registered)
        self.emails: Listed[Registered] = Listed("emailTemplates", Registered, mine)
        self.resources = Resources(mine)
        self.outcomes: Shelf[Rule] = Shelf("outcomes", Rule, mine)
        self.plans: Shelf[Plan] = Shelf("plans", Plan, mine)
        self.kept: Shelf[KeptAnswer] = Shelf("keptAnswers", KeptAnswer, mine)
        self.deletions: Shelf[HistoryDeletion] = Shelf("historyDeletions", HistoryDeletion, mine)
        self.overrides: Shelf[Any] = Shelf("settings", Any, self._overridden)
        self.counts: Shelf[int] = Shelf("counts", int, mine)
        self._mine = mine
        self._concerned: dict[str, list[NotificationDefinition]] | None = None
        self._own_events: list[str] | None = None
        self.settings: Settings | None = None
        """Its settings over the server's, kept until either changes; `Tenants.settings` makes them."""
        self.traffic = Traffic()

    def _redefined(self, shelf: str, key: str, record: Any) -> None:
        self._concerned = None
        self._mine(shelf, key, record)

    def _registered(self, shelf: str, key: str, record: Any) -> None:
        self._own_events = None
        self._mine(shelf, key, record)

    def _overridden(self, shelf: str, key: str, record: Any) -> None:
        self.settings = None
        self._mine(shelf, key, record)

    def concerned_by(self, event: str) -> list[NotificationDefinition]:
        """The definitions of that event, in the order of their registration."""
        if self._concerned is None:
            self._concerned = {}
            for definition in self.definitions.values():
                if definition.event_type_name is not None:
                    self._concerned.setdefault(canonical(definition.event_type_name), []).append(definition)
        return self._concerned.get(canonical(event), [])

    @property
    def own_events(self) -> list[str]:
        """The names of the events that the tenant has made for itself, by event triggers and scheduled events."""
        if self._own_events is None:
            made = [*self.triggers.values(), *self.schedules.values()]
            self._own_events = list(dict.fromkeys(one.event for one in made if one.event))
        return self._own_events

    @property
    def shelves(self) -> list[Shelf[Any]]:
        """All that it owns."""
        return [value for value in vars(self).values() if isinstance(value, Shelf)]

    def clear(self) -> None:
        """Forget everything."""
        for shelf in self.shelves:
            shelf.clear()
        self.template_places = Places()
        self.traffic = Traffic()

    def number(self, what: str) -> int:
        """The next number of that kind, from 1."""
        return self.counts.put(what, (self.counts.get(what) or 0) + 1)

    def __repr__(self) -> str:
        return f"<Tenant {self.id[:8]}… {len(self.definitions)} definitions>"


class Tenants:
    """All tenants, and the tokens that speak for them.

    ``defaults`` are the server's settings, ``origins`` where each came from; ``strict`` maps the only clients that are let
    in to their secrets.
    """

    def __init__(
        self,
        ids: Ids,
        defaults: Settings,
        *,
        origins: Mapping[str, str] = {},
        strict: dict[str, str] | None = None,
    ) -> None:
        self._ids = ids
        self._tenants: dict[str, Tenant] = {}
        self.defaults = defaults
        self._initial = defaults
        self.origins = dict(origins)
        self._initial_origins = dict(origins)
        self.strict = strict
        self.token_lifetime: timedelta | None = None
        self.told: Told = lambda *change: None
        self.grants: Shelf[Grant] = Shelf("grants", Grant, partial(self._tell, ""))
        self.outcomes: Shelf[Rule] = Shelf("outcomes", Rule, partial(self._tell, ""))
        self.nobody = Tenant("", self._tell)
        """Whoever has no token yet: it owns nothing, and its requests for one are counted."""

    def _tell(self, tenant: str, shelf: str, key: str, record: Any) -> None:
        self.told(tenant, shelf, key, record)  # looked up now: a journal may come after the first tenant

    def __getitem__(self, client_id: str) -> Tenant:
        """The tenant of that client; a client not seen before has an empty one."""
        tenant = self._tenants.get(client_id)
        if tenant is None:
            tenant = self._tenants[client_id] = Tenant(client_id, self._tell)
        return tenant

    def __iter__(self) -> Iterator[Tenant]:
        return iter(list(self._tenants.values()))

    def grant(self, client_id: str, now: datetime) -> str:
        """A new token for that client."""
        expires = now + self.token_lifetime if self.token_lifetime else None
        token = self._ids.hex("token", client_id, self[client_id].number("token"))
        self.grants.put(token, Grant(client_id, now, expires))
        return token

    def of_token(self, token: str, now: datetime) -> Tenant | None:
        """The tenant that a token speaks for; None where it is unknown or has expired."""
        grant = self.grants.get(token)
        if grant is None or (grant.expires is not None and grant.expires <= now):
            return None
        return self[grant.client_id]

    @property
    def shelves(self) -> list[Shelf[Any]]:
        """What belongs to no tenant."""
        return [self.grants, self.outcomes, self.nobody.counts]

    @property
    def all(self) -> list[Tenant]:
        return list(self._tenants.values())

    def forget_settings(self) -> None:
        """Bring back the settings given at the start."""
        self.defaults, self.origins = self._initial, dict(self._initial_origins)
        self._unsettle()

    def settings(self, client_id: str) -> Settings:
        """The settings in force for a tenant: its own over the server's."""
        tenant = self._tenants.get(client_id)
        if tenant is None:
            return self.defaults
        if tenant.settings is None:
            own = dict(tenant.overrides.items())
            tenant.settings = self.defaults.merged(own) if own else self.defaults
        return tenant.settings

    def change(self, given: Mapping[str, Any], client_id: str | None, origin: str) -> None:
        """Change the tenant's own settings, or the defaults of all; raises AuthorError and changes nothing if one is wrong."""
        if client_id is None:
            self.defaults = self.defaults.merged(given)
            self._unsettle()
            self.origins |= dict.fromkeys(map(camel_case, given), origin)
            return
        self.settings(client_id).merged(given)
        overrides = self[client_id].overrides
        for name, value in given.items():
            key = camel_case(name)
            before = overrides.get(key)
            overrides.put(key, {**before, **value} if isinstance(before, dict) and key == "quirks" else value)

    def origins_of(self, client_id: str | None) -> dict[str, str]:
        """Where each setting in force came from: the default, an option, or a change."""
        names = [camel_case(name) for name in Settings.__struct_fields__]
        own = dict.fromkeys(self[client_id].overrides, "tenant") if client_id else {}
        return {name: own.get(name) or self.origins.get(name, "default") for name in names}

    def forget(self, client_id: str | None) -> None:
        """Empty one tenant, or all; tokens go on working, and the settings given at the start come back."""
        for tenant in [self[client_id]] if client_id is not None else list(self._tenants.values()):
            tokens = tenant.counts.get("token")
            tenant.clear()
            if tokens:
                tenant.counts.put("token", tokens)  # so that no token is handed out twice
        if client_id is None:
            self.outcomes.clear()
            self.forget_settings()
        self._unsettle()

    def _unsettle(self) -> None:
        for tenant in self._tenants.values():
            tenant.settings = None
