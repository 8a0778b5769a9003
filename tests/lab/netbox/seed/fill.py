"""Fills an empty NetBox with `estate.py`, through its ORM.

Runs on NetBox's own Python, so it imports nothing of ours but its neighbour. It wants a database
that has been migrated and holds no objects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from core.models import ObjectType
from dcim.models import (
    Device,
    DeviceRole,
    DeviceType,
    Interface,
    Location,
    Manufacturer,
    Platform,
    Rack,
    Region,
    Site,
    SiteGroup,
    VirtualChassis,
)
from django.core.management import call_command
from django.db import transaction
from estate import (
    ACME,
    COUNTRIES,
    KINDS,
    ROLES,
    TAGS,
    TENANTS,
    TOKENS,
    TROUBLE,
    VM_PLATFORMS,
    Machine,
    config_contexts,
    estate,
    sites,
)
from extras.models import ConfigContext, CustomField, Tag, TaggedItem
from ipam.models import IPAddress, Service
from tenancy.models import Tenant, TenantGroup
from users.models import ObjectPermission, Token, User
from virtualization.models import Cluster, ClusterType, VirtualMachine, VMInterface

BATCH = 1000


def fill(devices: int) -> None:
    """Write everything in one transaction, then the contexts that NetBox keeps rendered."""
    machines = estate(devices)
    with transaction.atomic():
        _users()
        _custom_fields()
        places = _places(devices)
        catalogue = _catalogue()
        for virtual in (False, True):
            some = [machine for machine in machines if machine.virtual is virtual]
            objects = (
                _vms(some, places, catalogue) if virtual else _devices(some, places, catalogue)
            )
            _address(some, objects)
            _tag(some, objects)
            _serve(some, objects)
        _chassis(machines)
        _contexts()
    call_command("rebuild_config_context_cache", verbosity=0)


def _users() -> None:
    """An administrator, a reader, and somebody who may do nothing; their tokens."""
    users = {
        name: User.objects.create(username=name, is_superuser=name == "admin")
        for name in {token.user for token in TOKENS.values()}
    }
    permission = ObjectPermission.objects.create(name="view everything", actions=["view"])
    permission.object_types.set(ObjectType.objects.public())
    permission.users.add(users["reader"])
    for wanted in TOKENS.values():
        token = Token(
            user=users[wanted.user],
            version=wanted.version,
            key=wanted.key,
            token=wanted.secret,
            write_enabled=wanted.write,
            expires=datetime(2020, 1, 1, tzinfo=UTC) if wanted.expired else None,
        )
        token.save()


def _custom_fields() -> None:
    machines = [ObjectType.objects.get_for_model(model) for model in (Device, VirtualMachine)]
    for name, kind in (("owner", "text"), ("ssh_port", "integer")):
        CustomField.objects.create(name=name, type=kind).object_types.set(machines)


def _places(devices: int) -> dict[str, Any]:
    """Regions in two levels, site groups, sites, two locations and a rack for each of them."""
    regions: dict[str, Region] = {}
    for slug, countries in COUNTRIES.items():
        regions[slug] = Region.objects.create(name=slug.upper(), slug=slug)
        for country in countries:
            regions[country] = Region.objects.create(
                name=country.upper(), slug=country, parent=regions[slug]
            )
    group = SiteGroup.objects.create(name="Branches", slug="branches")
    places = {}
    for slug in sites(devices):
        if slug in places:
            continue
        site = Site.objects.create(
            name=f"Site {slug.upper()}", slug=slug, region=regions[slug[:2]], group=group
        )
        building = Location.objects.create(name="Building A", slug=f"{slug}-a", site=site)
        floor = Location.objects.create(
            name="1st floor", slug=f"{slug}-a-1", site=site, parent=building
        )
        rack = Rack.objects.create(name=f"{slug}-r1", site=site, location=floor)
        places[slug] = (site, floor, rack)
    return places


def _catalogue() -> dict[str, Any]:
    """Everything that has no place: what machines are, run, are for, and whose they are."""
    group = TenantGroup.objects.create(name="Customers", slug="customers")
    tenants = {
        slug: Tenant.objects.create(name=slug.replace("-", " ").title(), slug=slug, group=group)
        for slug in TENANTS
    }
    roles = {
        slug: DeviceRole.objects.create(
            name=slug.replace("-", " ").title(), slug=slug, vm_role=slug == "virtual-router"
        )
        for slug in (*ROLES, "virtual-router")
    }
    tags = {slug: Tag.objects.create(name=slug, slug=slug) for slug in TAGS}
    types, platforms = {}, {}
    for kind in (*KINDS, ACME):
        maker, _new = Manufacturer.objects.get_or_create(
            name=kind.manufacturer.title(), slug=kind.manufacturer
        )
        platforms[kind.platform] = Platform.objects.create(
            name=kind.platform_name, slug=kind.platform, manufacturer=maker
        )
        types[kind.model] = DeviceType.objects.create(
            manufacturer=maker, model=kind.model, slug=kind.model.lower().replace(" ", "-")
        )
    for slug in VM_PLATFORMS:
        platforms[slug] = Platform.objects.create(name=slug.title(), slug=slug)
    kind_of_cluster = ClusterType.objects.create(name="KVM", slug="kvm")
    cluster = Cluster.objects.create(name="Cluster 1", type=kind_of_cluster)
    return {
        "tenants": tenants,
        "roles": roles,
        "tags": tags,
        "types": types,
        "platforms": {None: None, **platforms},
        "cluster": cluster,
    }


def _devices(
    machines: Sequence[Machine], places: Mapping[str, Any], catalogue: Mapping[str, Any]
) -> list[Device]:
    """The devices, and the chassis that they are members of."""
    names = dict.fromkeys(machine.chassis for machine in machines if machine.chassis)
    chassis = {name: VirtualChassis.objects.create(name=name) for name in names}
    return Device.objects.bulk_create(
        (
            Device(
                **_common(machine, catalogue),
                device_type=catalogue["types"][machine.model],
                site=places[machine.site][0],
                location=places[machine.site][1],
                rack=places[machine.site][2],
                asset_tag=f"A{machine.number:06d}",
                virtual_chassis=chassis.get(machine.chassis),
                vc_position=_position(machine),
            )
            for machine in machines
        ),
        batch_size=BATCH,
    )


def _position(machine: Machine) -> int | None:
    return machine.number % 100 - TROUBLE["chassis"][0] + 1 if machine.chassis else None


def _vms(
    machines: Sequence[Machine], places: Mapping[str, Any], catalogue: Mapping[str, Any]
) -> list[VirtualMachine]:
    return VirtualMachine.objects.bulk_create(
        (
            VirtualMachine(
                **_common(machine, catalogue),
                cluster=catalogue["cluster"],
                site=places[machine.site][0],
            )
            for machine in machines
        ),
        batch_size=BATCH,
    )


def _common(machine: Machine, catalogue: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": machine.name,
        "role": catalogue["roles"][machine.role],
        "tenant": catalogue["tenants"][machine.tenant],
        "platform": catalogue["platforms"][machine.platform],
        "status": machine.status,
        "serial": machine.serial,
        "description": machine.description,
        "custom_field_data": {"owner": machine.owner, "ssh_port": machine.ssh_port},
        "local_context_data": machine.local_context,
    }


def _address(machines: Sequence[Machine], objects: Sequence[Any]) -> None:
    """An interface and addresses for those that have any; they point back at them."""
    if not objects:
        return
    interface = Interface if isinstance(objects[0], Device) else VMInterface
    owner = "device" if interface is Interface else "virtual_machine"
    extra = {"type": "1000base-t", "mgmt_only": True} if interface is Interface else {}
    pairs = [(m, o) for m, o in zip(machines, objects, strict=True) if m.primary or m.oob]
    ports = interface.objects.bulk_create(
        (interface(**{owner: each}, name="mgmt0", **extra) for _machine, each in pairs),
        batch_size=BATCH,
    )
    kind = ObjectType.objects.get_for_model(interface)
    wanted = [
        (each, field, address, port, machine.dns_name)
        for (machine, each), port in zip(pairs, ports, strict=True)
        for field, address in (
            ("primary_ip4", machine.ipv4),
            ("primary_ip6", machine.ipv6),
            ("oob_ip", machine.oob),
        )
        if address
    ]
    addresses = IPAddress.objects.bulk_create(
        (
            IPAddress(
                address=f"{address}/{24 if ip_address(address).version == 4 else 64}",
                assigned_object_type=kind,
                assigned_object_id=port.pk,
                dns_name=name,
            )
            for _each, _field, address, port, name in wanted
        ),
        batch_size=BATCH,
    )
    fields = defaultdict(list)
    for (each, field, *_rest), address in zip(wanted, addresses, strict=True):
        setattr(each, field, address)
        fields[field].append(each)
    for field, changed in fields.items():
        type(objects[0]).objects.bulk_update(changed, [field], batch_size=BATCH)


def _tag(machines: Sequence[Machine], objects: Sequence[Any]) -> None:
    if not objects:
        return
    kind = ObjectType.objects.get_for_model(type(objects[0]))
    tags = {tag.slug: tag for tag in Tag.objects.all()}
    TaggedItem.objects.bulk_create(
        (
            TaggedItem(content_type=kind, object_id=each.pk, tag=tags[slug])
            for machine, each in zip(machines, objects, strict=True)
            for slug in machine.tags
        ),
        batch_size=BATCH,
    )


def _serve(machines: Sequence[Machine], objects: Sequence[Any]) -> None:
    """The services that listen on the machines."""
    if not objects:
        return
    kind = ObjectType.objects.get_for_model(type(objects[0]))
    Service.objects.bulk_create(
        Service(
            name=name,
            port_mappings=[f"tcp/{port}"],
            parent_object_type=kind,
            parent_object_id=each.pk,
        )
        for machine, each in zip(machines, objects, strict=True)
        for name, port in machine.services
    )


def _chassis(machines: Iterable[Machine]) -> None:
    """Name the masters, who have to be members first."""
    for machine in machines:
        if machine.master:
            master = Device.objects.get(serial=machine.serial)
            VirtualChassis.objects.filter(name=machine.chassis).update(master=master)


def _contexts() -> None:
    for wanted in config_contexts():
        context = ConfigContext.objects.create(
            **{name: wanted[name] for name in ("name", "weight", "data")}
        )
        for word, model in (("regions", Region), ("roles", DeviceRole)):
            getattr(context, word).set(model.objects.filter(slug__in=wanted.get(word, [])))
