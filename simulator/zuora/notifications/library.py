"""All callout templates of a tenant: those made by themselves, those that came with a definition, and those it left.

"`callout` creates a new callout template and links it" (documented): so each is found under `/callout-templates` too.
A definition's own stays when the definition goes (Q13); its name may then be used again (ours).
"""

from msgspec.structs import replace

from simulator.core.errors import ClientError
from simulator.zuora.edge.replies import NO_OBJECT, VIOLATED
from simulator.zuora.notifications.definitions import CalloutTemplate, NotificationDefinition
from simulator.zuora.notifications.profiles import SYSTEM
from simulator.zuora.tenant import Tenant


def all_templates(tenant: Tenant) -> list[CalloutTemplate]:
    """Every template, those made by themselves first."""
    own = [one.callout for one in tenant.definitions.values() if one.callout is not None]
    return [*tenant.templates.values(), *own, *tenant.left.values()]


def find_template(tenant: Tenant, template_id: str) -> CalloutTemplate | None:
    """The template of that id."""
    found = tenant.templates.get(template_id) or tenant.left.get(template_id)
    owner = owner_of(tenant, template_id)
    return found or (owner.callout if owner else None)


def owner_of(tenant: Tenant, template_id: str) -> NotificationDefinition | None:
    """The definition whose own template that is."""
    for definition in tenant.definitions.values():
        if definition.callout is not None and definition.callout.id == template_id:
            return definition
    return None


def put_template(tenant: Tenant, template: CalloutTemplate) -> None:
    """Keep a changed template where it was; a new one stands by itself."""
    owner = owner_of(tenant, template.id)
    if owner is not None:
        tenant.definitions.put(owner.id, replace(owner, callout=template))
    elif template.id in tenant.left:
        tenant.left.put(template.id, template)
    else:
        tenant.templates.put(template.id, template)


def remove_template(tenant: Tenant, template_id: str) -> bool:
    """Take a template away; definitions that link it no longer do."""
    owner = owner_of(tenant, template_id)
    if owner is not None:
        tenant.definitions.put(owner.id, replace(owner, callout=None))
        return True
    if tenant.templates.remove(template_id) is None and tenant.left.remove(template_id) is None:
        return False
    for definition in tenant.definitions.values():
        if template_id in definition.callout_template_ids:
            links = tuple(one for one in definition.callout_template_ids if one != template_id)
            tenant.definitions.put(definition.id, replace(definition, callout_template_ids=links))
    return True


def leave(tenant: Tenant, template: CalloutTemplate) -> None:
    """A definition gave up its own template: it stays, by itself."""
    tenant.left.put(template.id, template)


def check_callout_name(tenant: Tenant, template: CalloutTemplate, owner: str | None = None) -> None:
    """Refuse a name that another template in use has (documented: unique across all); ``owner`` is its definition."""
    name = template.name
    same = [one for one in tenant.templates.values() if one.name == name]
    same += [  # by name first: there may be ten thousand
        callout
        for one in tenant.definitions.values()
        if (callout := one.callout) is not None and callout.name == name and one.id != owner
    ]
    if any(other.id != template.id for other in same):
        raise ClientError(f"a callout template {name!r} exists already", code=VIOLATED)


def check_definition(tenant: Tenant, definition: NotificationDefinition) -> None:
    """Refuse what only the tenant's other definitions and templates can tell: names in use, templates that are not there."""
    profiles = set(definition.communication_profile_ids) - {SYSTEM}
    name = definition.name
    for other in [one for one in tenant.definitions.values() if one.name == name]:
        if other.id != definition.id and profiles & set(other.communication_profile_ids):
            words = f"a notification definition {definition.name!r} exists already in the communication profile"
            raise ClientError(words, code=VIOLATED)
    for template_id in definition.callout_template_ids:
        if find_template(tenant, template_id) is None:
            raise ClientError(f"The callout template with id {template_id} does not exist", code=NO_OBJECT)
    if definition.callout is not None:
        check_callout_name(tenant, definition.callout, definition.id)
