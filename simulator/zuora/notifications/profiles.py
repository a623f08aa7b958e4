"""Communication profiles: whom accounts are told things through. Each tenant has a default one.

It decides which profiles exist and whether one is muted; an id that is not known is taken as it is (the guide's own
sample bears one), and is not muted.
"""

from collections.abc import Iterable

from simulator.zuora.notifications.registered import CommunicationProfile
from simulator.zuora.tenant import Tenant

DEFAULT_NAME = "Default Profile"
SYSTEM = "SystemNotification"
"""What older specifications write as a profile's id for a notification of the system (documented)."""


def profiles_of(tenant: Tenant, default_id: str) -> list[CommunicationProfile]:
    """The tenant's profiles, the default one first."""
    default = tenant.profiles.get(default_id) or CommunicationProfile(default_id, DEFAULT_NAME)
    return [default, *(one for one in tenant.profiles.values() if one.id != default_id)]


def muted(tenant: Tenant, ids: Iterable[str]) -> bool:
    """Whether all of these profiles are muted: then nothing is sent (documented: standard-event overview)."""
    known = [tenant.profiles.get(profile_id) for profile_id in ids]
    return bool(known) and all(profile is not None and not profile.active for profile in known)
