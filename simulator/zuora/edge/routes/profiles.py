"""``/settings/communication-profiles``: the profiles of a tenant (documented: the Settings API; fields inferred)."""

from typing import Any

import msgspec
from msgspec.structs import replace

from simulator.core.errors import ClientError
from simulator.zuora.edge.call import Call
from simulator.zuora.edge.notification_shapes import ProfileWrite
from simulator.zuora.edge.operations import Body, Operation
from simulator.zuora.edge.replies import NO_OBJECT, VIOLATED, Family, Reply
from simulator.zuora.edge.shapes import REASONS_FAILURES
from simulator.zuora.notifications.profiles import profiles_of
from simulator.zuora.notifications.registered import CommunicationProfile

PATH = "/settings/communication-profiles"


def listed(call: Call) -> Reply:
    return Reply(profiles_of(call.tenant, call.service.default_profile(call.tenant)))


def create(call: Call) -> Reply:
    """A profile of a name of its own."""
    name = call.fields.get("profileName")
    if not isinstance(name, str) or not name:
        raise ClientError("profileName is required", code=VIOLATED)
    if any(one.profile_name == name for one in profiles_of(call.tenant, call.service.default_profile(call.tenant))):
        raise ClientError(f"a communication profile {name!r} exists already", code=VIOLATED)
    return _put(call, CommunicationProfile(call.service.next_id(call.tenant, "profile"), name))


def show(call: Call) -> Reply:
    return Reply(_found(call))


def update(call: Call) -> Reply:
    """Change a profile; `active: false` mutes it."""
    return _put(call, _found(call))


def _found(call: Call) -> CommunicationProfile:
    for profile in profiles_of(call.tenant, call.service.default_profile(call.tenant)):
        if profile.id == call.values[0]:
            return profile
    raise ClientError(f"The communication profile with id {call.values[0]} does not exist", status=404, code=NO_OBJECT)


def _put(call: Call, profile: CommunicationProfile) -> Reply:
    wire = {"profileName": "profile_name", "description": "description", "active": "active"}
    given: dict[str, Any] = {wire[name]: value for name, value in call.fields.items() if name in wire}
    try:
        profile = msgspec.convert(msgspec.to_builtins(replace(profile, **given)), CommunicationProfile)
    except (msgspec.ValidationError, TypeError) as error:
        raise ClientError(str(error), code=VIOLATED) from error
    return Reply(call.tenant.profiles.put(profile.id, profile))


OPERATIONS = (
    Operation(
        "GET",
        PATH,
        "listCommunicationProfiles",
        listed,
        Family.REASONS,
        summary="The communication profiles, the default one first",
        answers={200: list[CommunicationProfile], **REASONS_FAILURES},
    ),
    Operation(
        "POST",
        PATH,
        "createCommunicationProfile",
        create,
        Family.REASONS,
        Body.OBJECT,
        "Create a communication profile",
        takes=ProfileWrite,
        answers={200: CommunicationProfile, **REASONS_FAILURES},
    ),
    Operation(
        "GET",
        PATH + "/{id}",
        "getCommunicationProfile",
        show,
        Family.REASONS,
        summary="One communication profile",
        answers={200: CommunicationProfile, **REASONS_FAILURES},
    ),
    Operation(
        "PUT",
        PATH + "/{id}",
        "updateCommunicationProfile",
        update,
        Family.REASONS,
        Body.OBJECT,
        "Change a communication profile; inactive is muted",
        takes=ProfileWrite,
        answers={200: CommunicationProfile, **REASONS_FAILURES},
    ),
)
