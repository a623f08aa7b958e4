"""What a test holds of Marketing Cloud: where it is, how to log in, what was mailed, and what came of the calls.

A view over the service, for Python. It decides nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from simulator.marketing_cloud.outcomes import read_rule
from simulator.marketing_cloud.results import Outcome
from simulator.marketing_cloud.service import CloudService
from simulator.marketing_cloud.tenant import Email

T = TypeVar("T")


class Through(Protocol):
    """How a question reaches the simulator: directly, or on the thread that it lives on."""

    def __call__(self, ask: Callable[[], T], /) -> T: ...


def directly(ask: Callable[[], T], /) -> T:
    """Ask here and now."""
    return ask()


class CloudHandle:
    """``url`` is the base of ``/v2/token`` and ``/Service.asmx``; the tenant is that of ``client_id``."""

    def __init__(
        self,
        service: CloudService,
        base: Callable[[], str],
        client_id: str,
        client_secret: str,
        through: Through = directly,
    ) -> None:
        self._service = service
        self._base = base
        self._through = through
        self._token: str | None = None
        self.client_id = client_id
        self.client_secret = client_secret

    @property
    def url(self) -> str:
        """What a client is given as its base URL, without a closing slash."""
        return self._base()

    @property
    def soap_url(self) -> str:
        """Where SOAP is posted to."""
        return f"{self._base()}/Service.asmx"

    @property
    def token(self) -> str:
        """An access token that works; it stands in the SOAP header ``fueloauth``."""
        if self._token is None or self._service.tenants.of_token(self._token) is None:
            service = self._service
            self._token = self._through(lambda: service.tenants.grant(self.client_id, service.now()))
        return self._token

    @property
    def headers(self) -> dict[str, str]:
        """A valid ``Authorization``, taken in place of the SOAP header, and the content type."""
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "text/xml; charset=utf-8"}

    def call(
        self,
        action: str,
        objects: Sequence[Mapping[str, Any]],
        type: str = "Subscriber",  # noqa: A002 - its name on the wire
        **options: Any,
    ) -> str:
        """Make a call without SOAP, asynchronous unless ``RequestType`` says otherwise; answers with its RequestID.

        ``options`` are those of the call: ``SendResponseTo=[{"ResponseType": "HTTPPost", ...}]``. Raises ClientError.
        """
        given = {"action": action, "type": type, "objects": list(objects), "options": options}
        return self._through(lambda: self._service.plain(given, self.client_id)).request_id

    def outcome(self, result: str = "fail", **which: Any) -> None:
        """One more rule for calls to come, before those that there are: ``fail``, ``never`` or ``succeed``.

        ``method`` (an action), ``type`` (of objects), ``nth``, ``code``, ``message``, ``after`` as on the control plane.
        Raises AuthorError.
        """
        rule = read_rule({"result": result} | which)
        rules = self._service.tenants[self.client_id].rules
        self._through(lambda: self._service.rule([rule, *rules.values()], self.client_id))

    @property
    def outbox(self) -> tuple[Email, ...]:
        """The responses by e-mail so far."""
        return self._through(lambda: tuple(self._service.tenants[self.client_id].outbox.values()))

    @property
    def results(self) -> tuple[Outcome, ...]:
        """What came of the asynchronous calls so far, in the order of the calls."""
        jobs = self._through(lambda: self._service.jobs(self.client_id))
        return tuple(job.result for job in jobs if isinstance(job.result, Outcome))

    def __repr__(self) -> str:
        return (
            f"<Marketing Cloud of {self.client_id[:8]}… {len(self._service.jobs(self.client_id))} asynchronous calls>"
        )
