"""Keeps all that an instance knows in a file, and brings it back: the joint between the journal and the rooms it follows.

It knows where each kind of thing is told, and where it goes again; how it is written the journal decides. Memory only
(caches of tokens, continued retrievals, connections) is not kept: nothing that was accepted depends on it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from simulator.core.errors import AuthorError, NotKept
from simulator.core.faults import Fault
from simulator.core.recovery import Recovery
from simulator.core.shelf import Shelf
from simulator.marketing_cloud.dialect import NAME as CLOUD
from simulator.runtime.journal.codec import Codec
from simulator.runtime.journal.file import Connect, File, connect
from simulator.runtime.journal.reading import Reader
from simulator.runtime.journal.rows import LifeRow
from simulator.runtime.journal.scribe import Scribe
from simulator.runtime.journal.writer import Writer
from simulator.zuora.dialect import NAME as ZUORA

if TYPE_CHECKING:
    from simulator.instance import Instance

PROVIDERS = ("simulator.zuora.", "simulator.marketing_cloud.")
FAULTS, SETTINGS, ROUTES, COUNTS = "faults", "settings", "routes", "counts"


class _Tenant(Protocol):
    id: str

    @property
    def shelves(self) -> list[Shelf[Any]]: ...


class _Tenants(Protocol):
    """The tenants of one provider, and the shelves that belong to none of them."""

    @property
    def shelves(self) -> list[Shelf[Any]]: ...

    @property
    def all(self) -> Sequence[_Tenant]: ...

    def __getitem__(self, client_id: str, /) -> _Tenant: ...


class State:
    """Of one instance that nothing has happened to yet; `open` brings back what the file holds.

    ``on_failure`` is called once, when something could not be written.
    """

    def __init__(self, instance: "Instance", path: str, *, connect: Connect = connect) -> None:
        self.path = path
        self.on_failure: Callable[[NotKept], None] = lambda failure: None
        self.life = 0
        self._instance = instance
        self._connect = connect
        self.codec = Codec(records())
        self.providers: dict[str, _Tenants] = {ZUORA: instance.tenants, CLOUD: instance.cloud.tenants}
        self._subscriptions = 0
        self._named: dict[tuple[str, str, str], Shelf[Any]] = {}
        self.changes: list[tuple[Any, str]] = []
        self._file: File | None = None
        self._writer: Writer | None = None
        self._scribe: Scribe | None = None

    # ── back ──

    def recall(self) -> Recovery:
        """Bring back what the file holds, up to the end of the recovery; it is ours until `close`. Raises AuthorError."""
        instance, engine = self._instance, self._instance.engine
        self._file = file = File(self.path, engine.ids.seed, connect=self._connect)
        try:
            if file.seed != engine.ids.seed:
                raise AuthorError(
                    f"the state file {self.path} was made with seed {file.seed}: leave --seed away, or name another file"
                )
            recovery = Recovery(engine)
            listeners, engine.ledger.listeners = engine.ledger.listeners, []  # what is told once more is no news
            reader = Reader(self.codec, recovery.told, self._put, partial(self._noted, recovery))
            instant = None
            for batch in file.batches():
                try:
                    reader.read(batch.rows)
                except (LookupError, ValueError, TypeError, AuthorError) as error:
                    raise AuthorError(
                        f"the state file {self.path} makes no sense at batch {batch.number} ({error}); it was left as it is"
                    ) from error
                instant = batch.at
            engine.ledger.listeners = listeners
            if instant is not None:
                instance.clock.resume(instant)
            self.life = reader.life + 1
            self._subscriptions = reader.subscriptions
            return recovery
        except BaseException:
            file.close()
            self._file = None
            raise

    def open(self) -> None:
        """Bring back what the file holds, and keep all that happens from now on. Raises AuthorError."""
        recovery = self.recall()
        assert self._file is not None  # noqa: S101 - it was opened just now
        instance, engine = self._instance, self._instance.engine
        self._writer = writer = Writer(self._file, lambda: instance.clock.now, self._failed)
        self._scribe = scribe = Scribe(self.codec, writer.write, engine.ids, self._subscriptions)
        writer.write(LifeRow(self.life))
        engine.ledger.listeners.insert(0, scribe.hear)
        engine.faults.told = lambda faults: scribe.note(FAULTS, faults)
        instance.addresses.told = lambda routes: scribe.note(ROUTES, routes)
        instance.tenants.told = partial(scribe.shelf, ZUORA)
        instance.cloud.tenants.told = partial(scribe.shelf, CLOUD)
        instance.clock.moved = writer.touch
        recovery.finish(instance.clock.now)
        instance.service.number_from(self.life << 32)  # so that no request id is answered twice

    def _put(self, dialect: str, tenant: str, name: str, key: str, record: Any) -> None:
        shelf = self._named.get((dialect, tenant, name))
        if shelf is None:
            self._named |= {(dialect, tenant, shelf.name): shelf for shelf in self._shelves(dialect, tenant)}
            shelf = self._named.get((dialect, tenant, name))
        if shelf is None:
            raise AuthorError(f"there is no shelf {name!r} of {dialect!r}")
        if record is None:
            shelf.remove(key)
        else:
            shelf.put(key, record)

    def _noted(self, recovery: Recovery, name: str, value: Any) -> None:
        instance = self._instance
        if name == FAULTS:
            instance.engine.faults.replace(msgspec.convert(value, tuple[Fault, ...]))
        elif name == ROUTES:
            instance.addresses.routes = value
        elif name == SETTINGS:
            self.changes = []
            instance.forget_settings()
            for given, origin in value:
                self.changes.append((given, origin))
                instance.change_settings(given, None, origin)
        elif name == COUNTS:
            counts, accepted = value
            recovery.counted(Counter({(kind, tenant): number for kind, tenant, number in counts}), accepted)
        else:
            raise AuthorError(f"there is no setting {name!r}")

    def _shelves(self, dialect: str, tenant: str) -> list[Shelf[Any]]:
        tenants = self.providers[dialect]
        return tenants[tenant].shelves if tenant else tenants.shelves

    def shelves(self, dialect: str) -> Iterator[tuple[str, Shelf[Any]]]:
        """All shelves of a provider, each with its tenant; those of no tenant with an empty one."""
        tenants = self.providers[dialect]
        yield from (("", shelf) for shelf in tenants.shelves)
        for tenant in tenants.all:
            yield from ((tenant.id, shelf) for shelf in tenant.shelves)

    # ── forth ──

    def changed(self, given: Any, origin: str) -> None:
        """The settings of all were changed so."""
        if self._scribe is not None:
            self.changes.append((dict(given), origin))
            self._scribe.note(SETTINGS, self.changes)

    def began_again(self) -> None:
        """The settings given at the start are back."""
        if self._scribe is not None and self.changes:
            self.changes = []
            self._scribe.note(SETTINGS, self.changes)

    @property
    def pending(self) -> bool:
        """Whether something is not on disk yet, or never will be."""
        writer = self._writer
        return writer is not None and (writer.pending or writer.failure is not None)

    async def durable(self) -> None:
        """Wait until all that happened so far is on disk. Raises NotKept."""
        if self._writer is not None:
            await self._writer.durable()

    async def close(self) -> None:
        """Write what there is and let go of the file; what happens from now on is not kept."""
        writer, self._writer = self._writer, None
        self._instance.clock.moved = lambda: None
        try:
            if writer is not None:
                writer.touch()
                await writer.close()
        except NotKept:
            pass  # it was told when it happened
        finally:
            if self._file is not None:
                self._file.close()

    def release(self) -> None:
        """Let go of the file without another word."""
        if self._file is not None:
            self._file.close()

    def _failed(self, failure: NotKept) -> None:
        self._instance.dispatcher.halt(failure)
        self.on_failure(failure)


def seed_of(path: str, given: int) -> int:
    """The seed that a state file was made with; ``given`` where it is still to be made. Raises AuthorError."""
    from simulator.runtime.journal.file import is_new

    if is_new(path):
        return given
    file = File(path, given)
    seed = file.seed
    file.close()
    return seed


def records() -> list[type[msgspec.Struct]]:
    """Every record type of the providers: any of them may be kept."""
    found: list[type[msgspec.Struct]] = []
    todo: list[type[msgspec.Struct]] = [msgspec.Struct]
    while todo:
        for kind in todo.pop().__subclasses__():
            todo.append(kind)
            if kind.__module__.startswith(PROVIDERS):
                found.append(kind)
    return found
