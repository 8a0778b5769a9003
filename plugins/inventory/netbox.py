# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: netbox
short_description: Devices and virtual machines of NetBox
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
description:
  - Lists the devices and virtual machines of a NetBox, with an address and an
    C(ansible_network_os) that both C(ansible.netcommon.network_cli) and the roles of this
    collection understand.
  - Reads NetBox 4.2 to 4.7, by GraphQL where the server has it, else by REST.
  - What it cannot read completely is an error and never a shorter inventory - a refused token, a
    filter that NetBox does not know and would ignore, a page that is missing, two hosts of one
    name. Set C(any_unparsed_is_failed = true) in the section C([inventory]) of C(ansible.cfg), or
    Ansible makes a warning of every such error and goes on with an empty inventory.
  - Text that comes from NetBox is never taken for a template.
requirements:
  - pynetbox >= 7.5
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
notes:
  - The file's name has to end in C(netbox.yml) or C(netbox.yaml).
  - In O(compose), O(groups) and O(keyed_groups) the host's variables are known by the names that
    they have in the inventory.
  - O(cache_plugin) is not used. The cache is one compact file of this plugin's own, mode 0600, in
    the directory O(cache_connection), by default C(prime.netops) below E(XDG_CACHE_HOME) or
    C(~/.cache). It is keyed by endpoint, query and token, and holds no token.
options:
  plugin:
    description: Says that the file is meant for this plugin.
    type: str
    required: true
    choices: [prime.netops.netbox]
  api_endpoint:
    description:
      - Address of NetBox, without C(/api), for example C(https://netbox.example.com).
    type: str
    required: true
    env:
      - name: NETBOX_API
  token:
    description:
      - API token, of version 1 or 2. A token that begins with C(nbt_) is sent as C(Bearer), any
        other as C(Token).
      - May be a template or a vaulted value.
      - A mapping of C(type) and C(value) sends another word, for a proxy that wants it.
      - Of O(token), O(token_file) and O(token_command) the first one that is set counts, a value in
        the file before the environment.
    type: raw
    env:
      - name: NETBOX_TOKEN
      - name: NETBOX_API_KEY
  token_file:
    description:
      - File that holds the token and nothing else. It is read again, once, when NetBox refuses the
        token in the middle of a run.
    type: path
    env:
      - name: NETBOX_TOKEN_FILE
  token_command:
    description:
      - Program, with its arguments, that prints the token. No shell is involved. It is run again,
        once, when NetBox refuses the token in the middle of a run.
    type: list
    elements: str
  validate_certs:
    description: Whether NetBox's TLS certificate has to be valid.
    type: bool
    default: true
  ca_path:
    description: File of the certificate authorities to trust, in place of the system's.
    type: path
  cert:
    description: Client certificate, PEM.
    type: path
  key:
    description: Key of O(cert), where that file does not hold it.
    type: path
  proxy:
    description:
      - URL of an HTTP proxy. By default E(HTTPS_PROXY), E(HTTP_PROXY) and E(NO_PROXY) count.
    type: str
  headers:
    description: More headers for every request, or a JSON text of them.
    type: raw
    env:
      - name: NETBOX_HEADERS
  timeout:
    description: Seconds that NetBox may take to connect, and between two pieces of an answer.
    type: float
    default: 60
  api:
    description:
      - How NetBox is read. V(auto) takes GraphQL where the server offers it, which is three times
        as fast, and REST otherwise.
    type: str
    choices: [auto, graphql, rest]
    default: auto
  page_size:
    description:
      - Objects asked for at a time. A server that hands out fewer is asked more often.
    type: int
    default: 1000
  threads:
    description: Requests that are under way at the same time.
    type: int
    default: 3
  objects:
    description: What is listed.
    type: list
    elements: str
    choices: [devices, virtual_machines]
    default: [devices, virtual_machines]
  filters:
    description:
      - Sets of REST filters for devices and virtual machines alike. A host is listed when it
        matches every filter of at least one set; several values of one filter are alternatives.
      - Each filter has to prove first that NetBox knows it, since NetBox ignores one that it does
        not know, and returns everything.
      - Values may be templates.
    type: list
    elements: dict
    default: []
  device_filters:
    description: Sets of filters for devices only; each is combined with each of O(filters).
    type: list
    elements: dict
    default: []
  vm_filters:
    description: The same for virtual machines only.
    type: list
    elements: dict
    default: []
  variables:
    description:
      - What becomes a host variable, under its name here with O(variable_prefix) before it. Values
        are slugs, texts or numbers; what is empty in NetBox is not set. NetBox is not asked for
        what is not used.
      - V(region), V(site_group) and V(location) are lists, from the place itself up to the root.
      - The page C(docs/netbox.md) describes each of them.
    type: list
    elements: str
    choices:
      - asset_tag
      - cluster
      - cluster_group
      - cluster_type
      - comments
      - config_context
      - custom_fields
      - description
      - device_type
      - dns_name
      - facility
      - id
      - local_context_data
      - location
      - manufacturer
      - name
      - object_type
      - oob_ip
      - platform
      - primary_ip4
      - primary_ip6
      - rack
      - region
      - role
      - serial
      - services
      - site
      - site_group
      - status
      - tags
      - tenant
      - tenant_group
      - time_zone
      - virtual_chassis
      - virtual_chassis_members
    default:
      - cluster
      - custom_fields
      - device_type
      - id
      - location
      - manufacturer
      - object_type
      - platform
      - rack
      - role
      - serial
      - site
      - status
      - tags
      - tenant
      - virtual_chassis
      - virtual_chassis_members
  variable_prefix:
    description: Begins the name of every variable of O(variables).
    type: str
    default: netbox_
  config_context:
    description: Adds V(config_context) to O(variables), rendered by NetBox.
    type: bool
    default: false
  flatten_config_context:
    description: Makes each key of the config context a variable of its own, without a prefix.
    type: bool
    default: false
  flatten_local_context_data:
    description: The same for the local context data.
    type: bool
    default: false
  flatten_custom_fields:
    description:
      - Makes each custom field a variable of its own, C(netbox_cf_) and its name, in place of one
        mapping C(netbox_custom_fields). Flat variables cost Ansible less.
      - By default true; with O(nb_inventory_compat) false, and flat ones have no prefix.
    type: bool
  services:
    description:
      - Adds V(services) to O(variables), a list of mappings with C(name), C(protocol) and C(ports).
      - By default false; with O(nb_inventory_compat) true.
    type: bool
  addresses:
    description:
      - Where C(ansible_host) comes from; the first that the host has.
      - V(primary_ip) is the one that NetBox itself prefers, by its setting PREFER_IPV4.
      - V(dns_name) is that of the primary address, else that of the out-of-band address.
      - V(name) is the name of the inventory.
    type: list
    elements: str
    choices: [primary_ip, primary_ip4, primary_ip6, oob_ip, dns_name, name]
    default: [primary_ip, oob_ip]
  no_address:
    description:
      - Whether a host without any of O(addresses) stays, in the group C(netbox_no_address) and with
        the reason in the variable C(netbox_no_address), or is dropped, with a warning.
    type: str
    choices: [keep, drop]
    default: keep
  virtual_chassis:
    description:
      - A virtual chassis is one host, with its master's address. V(master) gives it the master's
        name, V(name) the chassis's own.
      - V(members) lists each member that passes the filters as a host.
      - Without a master, the first member stands for the chassis.
    type: str
    choices: [master, name, members]
    default: master
  hostname_field:
    description:
      - Custom field that names the host. Where it is empty NetBox's name counts; without that, the
        host is called C(device-) or C(vm-) and its id in NetBox.
    type: str
  duplicates:
    description:
      - What to do when two hosts have one name. V(error) ends the run and names them; V(id) appends
        their ids in NetBox to the names of all of them.
    type: str
    choices: [error, id]
    default: error
  platform_map:
    description:
      - Rules that come before the shipped table C(plugins/plugin_utils/netbox/platforms.yml) and
        decide C(ansible_network_os) and C(netops_platform) of a host. The first that fits counts.
      - Every condition of a rule is a regular expression, without regard to case, that has to match
        the whole slug.
      - A host that nothing matches is in the group C(netbox_unmapped), and a warning names it.
    type: list
    elements: dict
    default: []
    suboptions:
      platform:
        description: Slug of the platform.
        type: str
      device_type:
        description: Slug of the device type.
        type: str
      manufacturer:
        description: Slug of the manufacturer.
        type: str
      role:
        description: Slug of the role.
        type: str
      network_os:
        description:
          - Value of C(ansible_network_os). V(none) says that the host is none of ours, so that it
            is not reported as unmapped either.
        type: str
        required: true
      netops_platform:
        description:
          - Value of C(netops_platform), a platform of this collection. By default the one that
            O(platform_map[].network_os) names.
        type: str
  suggest_file:
    description:
      - File to write a O(platform_map) to for what was not mapped, to be filled in and pasted.
    type: path
    env:
      - name: PRIME_NETOPS_NETBOX_SUGGEST
  group_by:
    description:
      - What makes groups, named after it and its slug, as in C(site_ams01).
      - With V(region), V(site_group) or V(location) the groups are nested as they are in NetBox -
        regions hold sites, and sites hold locations.
      - The plural words, and V(device_roles), are those of O(nb_inventory_compat) with O(plurals).
    type: list
    elements: str
    choices:
      - cluster
      - cluster_group
      - cluster_type
      - device_roles
      - device_type
      - device_types
      - facility
      - is_virtual
      - location
      - manufacturer
      - manufacturers
      - platform
      - platforms
      - rack
      - racks
      - region
      - role
      - services
      - site
      - site_group
      - sites
      - status
      - tag
      - tags
      - tenant
      - tenants
      - time_zone
    default: []
  group_names_raw:
    description: Names those groups by the slug alone.
    type: bool
    default: false
  cache_on_error:
    description:
      - With O(cache), takes a cache that is too old when NetBox cannot be reached or fails (5xx),
        and says so in a warning. A refused token is an error all the same.
    type: bool
    default: false
  nb_inventory_compat:
    description:
      - Names variables and groups as C(netbox.netbox.nb_inventory) does, so that an estate can move
        without touching its playbooks. O(variables) and O(variable_prefix) do not count then.
      - Its option C(interfaces) and a few more are not offered and are errors. The page
        C(docs/from-nb-inventory.md) lists what differs.
    type: bool
    default: false
  plurals:
    description: As in nb_inventory, with O(nb_inventory_compat) only.
    type: bool
    default: true
  racks:
    description: As in nb_inventory, with O(nb_inventory_compat) only.
    type: bool
    default: true
  dns_name:
    description: As in nb_inventory, with O(nb_inventory_compat) only.
    type: bool
    default: false
  ansible_host_dns_name:
    description: As in nb_inventory, with O(nb_inventory_compat) only.
    type: bool
    default: false
  oob_ip_as_primary_ip:
    description: As in nb_inventory, with O(nb_inventory_compat) only.
    type: bool
    default: false
  virtual_chassis_name:
    description: As in nb_inventory, with O(nb_inventory_compat) only; O(virtual_chassis=name).
    type: bool
    default: false
  query_filters:
    description:
      - As in nb_inventory, with O(nb_inventory_compat) only - one set of filters, in a list of
        single ones.
    type: list
    elements: dict
    default: []
  device_query_filters:
    description: The same for devices.
    type: list
    elements: dict
    default: []
  vm_query_filters:
    description: The same for virtual machines.
    type: list
    elements: dict
    default: []
  fetch_all:
    description: Accepted with O(nb_inventory_compat), and without a meaning here.
    type: bool
    default: true
  max_uri_length:
    description: Accepted with O(nb_inventory_compat), and without a meaning here.
    type: int
    default: 4000
  follow_redirects:
    description: Accepted with O(nb_inventory_compat), and without a meaning here.
    type: str
    default: urllib2
"""

EXAMPLES = r"""
# netbox.yml, the least. The address is in NETBOX_API and the token in NETBOX_TOKEN:
#   ansible-inventory -i netbox.yml --graph
plugin: prime.netops.netbox
---
# Active devices of two roles with a primary address, and everything that is tagged for backup;
# groups by site and region; the token in a file that something else rotates.
plugin: prime.netops.netbox
token_file: ~/.config/netbox-token
objects: [devices]
filters:
  - status: active
    role: [core-switch, access-switch]
    has_primary_ip: true
  - tag: backup
group_by: [region, site, role]
---
# Management by out-of-band addresses where there are any; hosts without an address are left out.
plugin: prime.netops.netbox
addresses: [oob_ip, primary_ip4, primary_ip6]
no_address: drop
---
# Platforms of your own.
plugin: prime.netops.netbox
platform_map:
  - platform: acme-os.*
    network_os: acme.acmeos.acmeos
    netops_platform: cisco_ios
  - role: (patch-panel|pdu)
    network_os: none
---
# Variables and groups of your own making, from the variables of the host.
plugin: prime.netops.netbox
variables: [site, role, tags, custom_fields]
compose:
  ansible_port: netbox_cf_ssh_port
  building: netbox_site ~ '-' ~ netbox_role
groups:
  critical: "'critical' in netbox_tags"
keyed_groups:
  - key: netbox_cf_owner
    prefix: owner
---
# One answer of NetBox serves for ten minutes, and an older one when NetBox is down.
plugin: prime.netops.netbox
cache: true
cache_timeout: 600
cache_on_error: true
---
# An nb_inventory.yml with its first line changed and the last one added.
plugin: prime.netops.netbox
validate_certs: true
plurals: false
config_context: true
group_by: [site, role, platform]
query_filters:
  - status: active
device_query_filters:
  - has_primary_ip: 'true'
nb_inventory_compat: true
"""

try:
    from ansible_collections.prime.netops.plugins.plugin_utils.bridge.netbox import NetBoxInventory
except ImportError as error:
    from ansible_collections.prime.netops.plugins.plugin_utils.bridge.netbox_unavailable import (
        unavailable,
    )

    NetBoxInventory = unavailable(error)


class InventoryModule(NetBoxInventory):
    """Documented above."""

    NAME = "prime.netops.netbox"
