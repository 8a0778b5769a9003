"""From NetBox to the backup of every device: `playbooks/backup.yml -i netbox.yml`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.netbox.source import Source
from tests.integration.playbook import BACKUP, LOCAL, Controller
from tests.lab.fleet import Lab, fleet
from tests.lab.fleet.dialects import DIALECTS
from tests.lab.frr import FrrLab, frr
from tests.lab.netbox import NetBox
from tests.lab.netbox.fleet import enter, routers, simulated


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A simulated device of each platform."""
    with fleet(len(DIALECTS), state=tmp_path_factory.mktemp("fleet"), size_kb=5) as running:
        yield running


@pytest.fixture(scope="module")
def bgp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrrLab]:
    """Two real routers."""
    with frr(2, tmp_path_factory.mktemp("frr")) as running:
        yield running


@pytest.fixture(scope="module")
def entered(lab: NetBox, devices: Lab, bgp: FrrLab) -> Iterator[None]:
    """All of them stand in NetBox, between 200 others."""
    enter(lab.api, [*simulated(devices), *routers(bgp)])
    yield
    for device in lab.api.get("dcim/devices", site="lab"):
        lab.api.delete("dcim/devices", device["id"])


@pytest.fixture
def inventory(source: Source, controller: Controller, devices: Lab, bgp: FrrLab) -> Path:
    """What a team has: netbox.yml, and beside it how its devices are logged in to."""
    controller.write("inventory/group_vars/all.yml", LOCAL)
    for group, lab in (("tag_lab_fleet", devices.plan), ("tag_lab_frr", bgp)):
        login = {"ansible_user": lab.user, "ansible_password": lab.password}
        controller.write(f"inventory/group_vars/{group}.yml", login)
    return source.file(
        "inventory/netbox.yml",
        filters=[{"tag": "lab-fleet"}, {"tag": "lab-frr"}],
        group_by=["site", "tag"],
        compose={"ansible_port": "netbox_cf_ssh_port", "site": "netbox_site"},
    )


@pytest.mark.usefixtures("entered")
def test_every_device_of_netbox_is_backed_up(
    controller: Controller, inventory: Path, devices: Lab, bgp: FrrLab
) -> None:
    """Thirteen platforms and two real routers: NetBox says where they are and what they run, and
    each one's text is in the store and in git."""
    play = controller.play(BACKUP, inventory.parent)
    assert play.rc == 0, play.output
    everyone = {*devices.plan.names, *(router.name for router in bgp.routers)}
    assert play.hosts("changed") == everyone
    texts = controller.texts()
    assert texts.keys() == everyone
    assert {name: texts[name] for name in ("frr1", "frr2")} == {
        router.name: router.running_config().decode() for router in bgp.routers
    }
    assert controller.mirrored() >= {f"lab/{name}" for name in everyone}
    again = controller.play(BACKUP, inventory.parent)
    assert (again.rc, again.hosts("changed")) == (0, set())


@pytest.mark.usefixtures("entered")
def test_a_device_that_leaves_netbox_is_not_backed_up(
    lab: NetBox, controller: Controller, inventory: Path, devices: Lab
) -> None:
    """The source of truth decides, at each run; what was kept of it stays."""
    gone = devices.plan.names[0]
    device = lab.api.one("dcim/devices", name=gone, site="lab")
    tags = [tag["id"] for tag in device["tags"]]
    lab.api.change("dcim/devices", device["id"], tags=[])
    try:
        play = controller.play(BACKUP, inventory.parent)
        assert play.rc == 0, play.output
        assert gone not in play.recap
        assert len(controller.texts()) == len(devices.plan.names) - 1 + 2
    finally:
        lab.api.change("dcim/devices", device["id"], tags=tags)
