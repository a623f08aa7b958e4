"""One simulated provider, whole but for its web server: engine, dialects, tenants, clock, wire.

It joins the rooms of floor 2 and answers the questions that every front door asks. It decides nothing that a dialect
or the core decides. Two instances share nothing.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec.structs import replace

from simulator.core.engine import Engine
from simulator.core.errors import ClientError
from simulator.core.model import Delivery, Event
from simulator.core.options import camel_case
from simulator.marketing_cloud import quirks as cloud_quirks
from simulator.marketing_cloud.dialect import EVENTS as CLOUD_EVENTS
from simulator.marketing_cloud.service import CloudService
from simulator.options import Options
from simulator.records import CalloutRecord, RequestRecord, callout_record, request_record
from simulator.runtime.addresses import Addresses
from simulator.runtime.clock import VIRTUAL_START, Clock, RealClock, VirtualClock
from simulator.runtime.collect import CollectingTransport
from simulator.runtime.dispatcher import DeliveryMode, Dispatcher
from simulator.runtime.tls import Authority, ClientTrust
from simulator.runtime.transport import Transport
from simulator.runtime.wire import Wire
from simulator.state import State, seed_of
from simulator.zuora.catalogue import EVENTS as ZUORA_EVENTS
from simulator.zuora.dialect import NAME as ZUORA
from simulator.zuora.dialect import ZuoraDialect
from simulator.zuora.notifications.events import happening
from simulator.zuora.requests.outcomes import read_rule
from simulator.zuora.service import ZuoraService
from simulator.zuora.tenant import Tenants


class Instance:
    """Built from options; nothing runs and nothing is opened before it is asked to."""

    def __init__(self, options: Options) -> None:
        if options.state is not None and not options.seed:
            options = replace(options, seed=seed_of(options.state, options.seed))
        self.options = options
        self.clock = _clock(options)
        self.engine = Engine({}, seed=options.seed, latency=options.latency, retain=options.retain)
        ids = self.engine.ids
        self.client_id = ids.uuid("client")
        self.client_secret = ids.hex("secret")
        strict = dict(options.strict_auth) if options.strict_auth is not None else None
        self.tenants = Tenants(ids, options.settings, origins=options.setting_origins, strict=strict)
        if strict:
            self.client_id, self.client_secret = next(iter(strict.items()))
        self.tenants.token_lifetime = options.token_lifetime
        self.zuora = ZuoraDialect(self.tenants, ids, strict_fields=options.strict_fields)
        self.engine.dialects[ZUORA] = self.zuora
        self.addresses = Addresses(options.routes, options.allow_hosts, strict_urls=options.strict_urls)
        self.authority = Authority.in_folder(options.certs) if options.certs else Authority.in_memory()
        self.dispatcher = Dispatcher(
            self.engine,
            self.clock,
            self._transport(),
            mode=_mode(options),
            concurrency=options.concurrency,
            turn=None if self.clock.runs else options.patience / 2,
        )
        self.service = ZuoraService(
            self.engine,
            self.tenants,
            self.zuora,
            now=lambda: self.clock.now,
            kick=self.dispatcher.kick,
            refusal=self.addresses.refusal,
            allow_unknown=options.allow_unknown,
            strict_fields=options.strict_fields,
            rate_limits=options.rate_limits,
        )
        self.cloud = CloudService(
            self.engine,
            now=lambda: self.clock.now,
            kick=self.dispatcher.kick,
            refusal=self.addresses.refusal,
            strict=strict,
            quirks=options.cloud_quirks,
        )
        self.cloud.tenants.token_lifetime = options.token_lifetime
        self.state = State(self, options.state) if options.state is not None else None

    def open(self) -> None:
        """Take up the state file, where there is one, and go on where it ends. Raises AuthorError."""
        if self.state is not None:
            self.state.open()
            self.dispatcher.keep_before_sending(self.state.durable)
            self.dispatcher.kick()

    async def let_go(self) -> None:
        """Let go of the state file: all that happened is on disk."""
        if self.state is not None:
            await self.state.close()

    @property
    def durable(self) -> Callable[[], Awaitable[None]] | None:
        """Waits until all that happened so far is on disk; None where nothing is to be kept."""
        return self.state.durable if self.state is not None else None

    # ── what happened ──

    def requests(self, client_id: str | None = None) -> tuple[RequestRecord, ...]:
        """The asynchronous requests of a tenant, or of all, in the order of their acceptance."""
        came: dict[str | None, list[Event]] = defaultdict(list)
        for event in self.engine.ledger.events.values():
            came[event.job].append(event)
        return tuple(request_record(job, came[job.id]) for job in self.engine.ledger.jobs_of(client_id))

    def request(self, request_id: str) -> RequestRecord | None:
        """One request; None where there is none of that id."""
        job = self.engine.ledger.jobs.get(request_id)
        if job is None:
            return None
        return request_record(job, [e for e in self.engine.ledger.events.values() if e.job == request_id])

    def callouts(self, client_id: str | None = None) -> tuple[CalloutRecord, ...]:
        """The callouts of a tenant, or of all, in the order in which their events were triggered."""
        return tuple(self.record(delivery) for delivery in self.engine.ledger.deliveries_of(client_id))

    def callout(self, callout_id: str) -> CalloutRecord | None:
        """One callout by its id, or by the history id of one of its attempts; None where there is none."""
        delivery = self.delivery(callout_id)
        return self.record(delivery) if delivery else None

    def delivery(self, any_id: str) -> Delivery | None:
        """The delivery of that id, or the one that has an attempt of that history id."""
        ledger = self.engine.ledger
        if any_id in ledger.deliveries:
            return ledger.deliveries[any_id]
        for delivery_id, attempts in ledger.attempts.items():
            if any(self.engine.ids.history(delivery_id, attempt.number) == any_id for attempt in attempts):
                return ledger.deliveries[delivery_id]
        return None

    def record(self, delivery: Delivery) -> CalloutRecord:
        """A delivery as it is shown."""
        return callout_record(
            delivery,
            self.engine.ledger.attempts_of(delivery.id),
            self.engine.ids,
            limit=self.engine.dialects[delivery.event.dialect].policy(delivery).limit,
            warnings=self.addresses.warnings(delivery.subscription.url),
        )

    @property
    def settled(self) -> bool:
        """Whether nothing is due now and nothing is in flight."""
        due = self.engine.next_due
        return not self.engine.in_flight and (due is None or due > self.clock.now)

    # ── what one may do ──

    def fire(self, event: str, fields: Mapping[str, Any], client_id: str | None = None) -> Event:
        """Fire an event by hand; raises ClientError for a name or a field that does not exist."""
        tenant = self.tenants[client_id or self.client_id]
        happens = happening(event, fields, tenant.own_events, allow_unknown=self.options.allow_unknown)
        fired = self.engine.fire(ZUORA, tenant.id, happens, self.clock.now)
        self.dispatcher.kick()
        return fired

    def event_names(self, client_id: str | None = None) -> list[str] | None:
        """The names that an event may have, a tenant's own among them, or every tenant's; None where any name will do."""
        if self.options.allow_unknown:
            return None
        tenants = self.tenants if client_id is None else [self.tenants[client_id]]
        own = [name for tenant in tenants for name in tenant.own_events]
        return [*(event.name for event in ZUORA_EVENTS), *CLOUD_EVENTS, *own]

    def register(self, given: dict[str, Any], client_id: str | None = None) -> str:
        """Register a notification definition as the API takes it; answers with its id, raises ClientError as the API would."""
        return self.service.register(self.tenants[client_id or self.client_id], given).id

    def add_outcome(self, given: Mapping[str, Any], client_id: str | None = None) -> None:
        """One more rule for how requests end, for one tenant or for all; raises ClientError for what does not exist."""
        self.service.add_rule(client_id, read_rule({camel_case(name): value for name, value in given.items()}))

    def resend(self, any_id: str) -> Delivery:
        """One more attempt at a callout; raises ClientError where there is no such callout."""
        after = self.engine.resend(self._known(any_id).id, self.clock.now)
        self.dispatcher.kick()
        return after

    def duplicate(self, any_id: str, *, at_once: bool) -> Delivery:
        """One more copy of a callout; raises ClientError where there is no such callout."""
        after = self.engine.duplicate(self._known(any_id).id, self.clock.now, at_once=at_once)
        self.dispatcher.kick()
        return after

    def _known(self, any_id: str) -> Delivery:
        delivery = self.delivery(any_id)
        if delivery is None:
            raise ClientError(f"there is no callout {any_id!r}", status=404)
        return delivery

    def settings(self, client_id: str | None = None) -> dict[str, Any]:
        """The settings in force, and where each came from."""
        settings = self.tenants.settings(client_id) if client_id else self.tenants.defaults
        quirks = self.cloud.tenants.quirks_of(client_id) if client_id else self.cloud.tenants.quirks
        plain = settings.as_dict()
        plain["quirks"] |= quirks.as_dict()
        return {**plain, "origins": self.tenants.origins_of(client_id)}

    def in_force(self, client_id: str | None = None) -> dict[str, Any]:
        """The settings, and under ``server`` what was fixed at the start; ``origins`` tells of both."""
        settings = self.settings(client_id)
        origins = {**settings.pop("origins"), "server": self.options.fixed_origins}
        return {**settings, "server": self.options.fixed, "origins": origins}

    def change_settings(self, given: Mapping[str, Any], client_id: str | None, origin: str) -> None:
        """Change what is given; a tenant's own settings, or the defaults of all."""
        quirks = given.get("quirks")
        own, others = cloud_quirks.split(quirks) if isinstance(quirks, Mapping) else ({}, quirks)
        self.cloud.tenants.checked(own, client_id)
        self.tenants.change({**given, "quirks": others} if "quirks" in given else given, client_id, origin)
        self.cloud.tenants.turn(own, client_id)
        if client_id is None and self.state is not None:
            self.state.changed(given, origin)

    def forget_settings(self) -> None:
        """Bring back the settings given at the start."""
        self.tenants.forget_settings()
        self.cloud.tenants.quirks = self.cloud.tenants.initial

    def reset(self, client_id: str | None = None) -> None:
        """Forget what happened and what was registered; without a tenant the clock begins again too."""
        self.engine.forget(client_id)
        self.tenants.forget(client_id)
        self.cloud.tenants.forget(client_id)
        self.zuora.memory.clear()
        if client_id is None:
            self.addresses.routes = self.options.routes
            self.dispatcher.give_up()
            self.clock.reset()
            if self.state is not None:
                self.state.began_again()

    async def close(self) -> None:
        """Stop delivering and close what is open."""
        await self.dispatcher.close()

    def _transport(self) -> Transport:
        options = self.options
        if options.delivery == "collect":
            from simulator.testing.collected import outcomes_of  # it brings the receiver, which few servers need

            return CollectingTransport(outcomes_of(options.answers))
        trust = ClientTrust(
            authority=self.authority,
            ca=[options.ca] if options.ca else (),
            certificate=options.client_cert,
            key=options.client_key,
            insecure_hosts=options.insecure_receivers,
        )
        patience = None if self.clock.runs else options.patience
        reuse = options.reuse_connections
        return Wire(addresses=self.addresses, trust=trust, patience=patience, reuse_connections=reuse)


def _clock(options: Options) -> Clock:
    if options.clock == "real":
        return RealClock(options.rate, options.start)
    return VirtualClock(options.start or VIRTUAL_START)


def _mode(options: Options) -> DeliveryMode:
    return DeliveryMode.IMMEDIATE if options.delivery == "immediate" else DeliveryMode.ON_ADVANCE
