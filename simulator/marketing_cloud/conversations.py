"""Calls that belong together: whether one may join, whose turn it is, and when the whole is done.

"Does not begin processing the conversation until the specified number of calls have been received", then in the order of
``SequenceCode`` (documented: pages "CreateOptions", "200-299 Asynchronous Operation"). It performs nothing.
"""

from datetime import datetime

from msgspec.structs import replace

from simulator.core.dialect import Later
from simulator.marketing_cloud.calls import Call, Options
from simulator.marketing_cloud.results import Outcome
from simulator.marketing_cloud.tenant import Conversation, Part, Tenant

CALLS_DIFFER = 200
TOTAL_MISMATCH = 201
MISSING_PROPERTY = 202
OUT_OF_BOUNDS = 205
"""Documented error codes; that a sequence code that came already is a 201 is inferred."""

SPOILED = "CallsInConversation don't match previous value in the Conversation. Conversation has been invalidated"
MISSING = "ConversationID, SequenceCode, and CallsInConversation are required for Conversations Requests"
BOUNDS = "SequenceCode Out Of Bounds. Valid SequenceCode range is 1 to the value of CallsInConversation"


def trouble(tenant: Tenant, options: Options) -> tuple[int, str] | None:
    """Why a call cannot be part of the conversation that it names: a code and the words; None where it can."""
    if not options.conversation:
        stray = options.sequence is not None or options.calls is not None
        return (
            (MISSING_PROPERTY, f"Missing Required Conversation Property ConversationID. {MISSING}") if stray else None
        )
    if options.calls is not None and options.sequence is None:
        return MISSING_PROPERTY, f"Missing Required Conversation Property SequenceCode. {MISSING}"
    sequence, calls = place_of(options)
    if not 1 <= sequence <= calls:
        return OUT_OF_BOUNDS, BOUNDS
    before = _unfinished(tenant, options.conversation)
    if before is None:
        return None
    if before.spoiled or before.calls != calls:
        return CALLS_DIFFER, SPOILED
    if _part(tenant, options.conversation, sequence) is not None:
        return TOTAL_MISMATCH, f"Async API Collection Total Mismatch: SequenceCode {sequence} has come already"
    return None


def spoil(tenant: Tenant, name: str) -> list[str]:
    """Invalidate the conversation; answers with its calls that wait, which now fail."""
    before = _unfinished(tenant, name)
    if before is None or before.spoiled:
        return []
    tenant.conversations.put(name, replace(before, spoiled=SPOILED))
    return [part.job for part in _parts(tenant, name, before) if part.outcome is None]


def join(tenant: Tenant, call: Call, job: str, due: datetime) -> list[str]:
    """Take a call in. Where it was the last to come: all the calls, in the order in which they are now to run."""
    name = call.options.conversation
    sequence, calls = place_of(call.options)
    before = _unfinished(tenant, name)
    if before is None:
        _clear(tenant, name)
        before = Conversation(calls)
    after = tenant.conversations.put(name, replace(before, arrived=before.arrived + 1))
    tenant.parts.put(_key(name, sequence), Part(job, due, None, call.options.send_response_to))
    if after.arrived < after.calls:
        return []
    for number in range(1, calls + 1):
        part = tenant.parts[_key(name, number)]
        tenant.parts.put(_key(name, number), replace(part, due=due))
    return [part.job for part in _parts(tenant, name, after)]


def turn(tenant: Tenant, options: Options, now: datetime) -> Later | None:
    """When a call is to be looked at again, None where it is its turn."""
    conversation = tenant.conversations[options.conversation]
    if conversation.spoiled:
        return None
    if conversation.arrived < conversation.calls:
        return Later(None)
    sequence, _ = place_of(options)
    before = _part(tenant, options.conversation, sequence - 1)
    if before is None or before.outcome is not None:
        return None
    # Where that one is due now, or nobody knows when, its end is what this one waits for: `following` says who does.
    return Later(before.due if before.due is not None and before.due > now else None)


def wait(tenant: Tenant, options: Options, later: Later) -> Later:
    """Remember when a call is looked at again: the calls after it wait for that."""
    sequence, _ = place_of(options)
    part = _part(tenant, options.conversation, sequence)
    if part is not None and part.due != later.at:
        tenant.parts.put(_key(options.conversation, sequence), replace(part, due=later.at))
    return later


def following(tenant: Tenant, options: Options) -> list[str]:
    """The calls of the same conversation that wait for this one."""
    conversation = tenant.conversations.get(options.conversation) if options.conversation else None
    if conversation is None:
        return []
    sequence, _ = place_of(options)
    parts = (_part(tenant, options.conversation, number) for number in range(sequence + 1, conversation.calls + 1))
    return [part.job for part in parts if part is not None and part.outcome is None]


def finish(tenant: Tenant, options: Options, outcome: Outcome) -> list[Part]:
    """A call is done; answers with all parts where the whole conversation now is."""
    name = options.conversation
    sequence, _ = place_of(options)
    part = tenant.parts[_key(name, sequence)]
    tenant.parts.put(_key(name, sequence), replace(part, outcome=outcome, due=None))
    before = tenant.conversations[name]
    after = tenant.conversations.put(name, replace(before, done=before.done + 1))
    return _parts(tenant, name, after) if _is_over(after) else []


def place_of(options: Options) -> tuple[int, int]:
    """Which call of how many. Both default to 1: a conversation of one call (documented: error 202)."""
    return (1 if options.sequence is None else options.sequence, 1 if options.calls is None else options.calls)


def _is_over(conversation: Conversation) -> bool:
    return conversation.done >= (conversation.arrived if conversation.spoiled else conversation.calls)


def _unfinished(tenant: Tenant, name: str) -> Conversation | None:
    """The conversation of that name that is under way; one that is over makes room for another of its name (inferred)."""
    conversation = tenant.conversations.get(name)
    return None if conversation is None or _is_over(conversation) else conversation


def _parts(tenant: Tenant, name: str, conversation: Conversation) -> list[Part]:
    parts = (_part(tenant, name, number) for number in range(1, conversation.calls + 1))
    return [part for part in parts if part is not None]


def _part(tenant: Tenant, name: str, sequence: int) -> Part | None:
    return tenant.parts.get(_key(name, sequence))


def _clear(tenant: Tenant, name: str) -> None:
    before = tenant.conversations.get(name)
    for number in range(1, (before.calls if before is not None else 0) + 1):
        tenant.parts.remove(_key(name, number))


def _key(name: str, sequence: int) -> str:
    return f"{name}\x1f{sequence}"
