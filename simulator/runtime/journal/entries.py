"""An attempt as it stands in a journal, whole, and back as it is kept in memory, where the many share what they have in common.

It decides neither: the shape is `rows`', and what is shared the core's. What is derived in memory is written out, so that
a row can be read by itself.
"""

from simulator.core.gaps import Content, woven
from simulator.core.heads import opened
from simulator.core.model import Attempt, Callout, Delivery, Exchange, Job
from simulator.runtime.journal.rows import AttemptEntry, CalloutEntry, ExchangeEntry


def written(attempt: Attempt, history_id: str) -> AttemptEntry:
    """``attempt``, whose row of a provider's history bears that id."""
    it = attempt
    exchanges = tuple([_exchange_written(exchange) for exchange in it.exchanges])
    return AttemptEntry(
        it.number,
        it.limit,
        it.verdict,
        it.sent_at,
        it.ended_at,
        it.retry_at,
        exchanges,
        history_id,
        it.retry,
        it.resend,
    )


def _exchange_written(exchange: Exchange) -> ExchangeEntry:
    it, sent = exchange, exchange.callout
    callout = CalloutEntry(sent.method, sent.url, sent.head, sent.body, sent.request_id, sent.purpose, sent.trusted)
    return ExchangeEntry(callout, it.outcome, it.sent_at, it.ended_at, it.duplicate)


def read(entry: AttemptEntry, delivery: Delivery) -> Attempt:
    """An attempt at that delivery. Raises ValueError for a head that is no text."""
    it = entry
    exchanges = tuple([_exchange_read(exchange, delivery) for exchange in it.exchanges])
    return Attempt(
        it.number, it.limit, it.verdict, it.sent_at, it.ended_at, it.retry_at, exchanges, it.retry, it.resend
    )


def _exchange_read(entry: ExchangeEntry, delivery: Delivery) -> Exchange:
    it, sent, told = entry, entry.callout, delivery.event
    head = sent.head.decode()
    about = delivery.id if delivery.id in head else ""
    form = opened(sent.method, sent.url, head, len(sent.body), sent.request_id, about, sent.purpose, sent.trusted)
    content = told.content if told.content is not None and sent.body == told.body else sent.body
    callout = Callout(form, content, sent.request_id, about)
    return Exchange(callout, it.outcome, it.sent_at, it.ended_at, it.duplicate)


def content(body: bytes | None, job: Job | None) -> Content | None:
    """The body of an event of that job."""
    if body is None or job is None or not isinstance(job.result, str):
        return body
    return woven(body, job.id, job.result)
