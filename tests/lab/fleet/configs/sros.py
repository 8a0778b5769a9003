"""Nokia SR OS, classic CLI."""

from __future__ import annotations

from .facts import BANNER, Facts
from .text import UPPER_CTIME


def make(f: Facts, form: str) -> str:
    """The text of `admin display-config`."""
    head, tail = _head(f), _tail(f)
    return head + f.fill(head + tail, lambda i: _interface(f, i)) + tail


def _head(f: Facts) -> str:
    return f"""\
# TiMOS-C-20.10.R12 cpm/hops64 Nokia 7750 SR Copyright (c) 2000-2022 Nokia.
# All rights reserved. All use subject to applicable license agreements.
# Built on Thu Feb 17 17:03:11 PST 2022 by builder in /builds/c/2010B/R12/panos/main

# Generated {UPPER_CTIME} UTC

exit all
configure
#--------------------------------------------------
echo "System Configuration"
#--------------------------------------------------
    system
        name "{f.host}"
        contact "noc@example.net"
        location "{f.spec.site} rack {f.n % 40}"
        snmp
            packet-size 9216
        exit
        time
            ntp
                authentication-key 1 key "{f.secret("ntp")}" hash2 type message-digest
                server {f.ntp[0]} key 1 prefer
{f.when("NTP-001", f"                server {f.ntp[1]} key 1")}\
                no shutdown
            exit
            zone UTC
        exit
    exit
#--------------------------------------------------
echo "System Security Configuration"
#--------------------------------------------------
    system
        security
{
        f.when(
            "VTY-001",
            '''            management-access-filter
                ip-filter
                    default-action deny
                    no shutdown
                exit
            exit''',
        )
    }\
            password
                authentication-order {"tacplus local" if f.ok("AAA-002") else "local"}
            exit
            tacplus
                server 1 address {f.tacacs[0]} secret "{f.secret("tacplus")}" hash2
{
        f.when(
            "AAA-003",
            f'                server 2 address {f.tacacs[1]} secret "{f.secret("tacplus")}" hash2',
        )
    }\
            exit
            user "admin"
                password "$2y$10${f.secret("admin")}yQmZ0.kLz0rTb"
                access console snmp
                console
                    member "administrative"
                exit
            exit
            snmp
                community "{f.secret("ro")}" hash2 r version v2c
{f.when("SNM-002", "", f'                community "{f.secret("rw")}" hash2 rwa version v2c')}\
            exit
            ssh
                preserve-key
{f.when("SSH-002", "", "                version 1-2")}\
            exit
        exit
        login-control
            idle-timeout {5 if f.ok("VTY-002") else "disable"}
{f.when("BAN-001", f'            pre-login-message "{BANNER}"')}\
        exit
    exit
#--------------------------------------------------
echo "Log Configuration"
#--------------------------------------------------
    log
        syslog 1
            address {f.syslog[0]}
            facility local7
            level info
        exit
{
        f.when(
            "LOG-001",
            f'''        syslog 2
            address {f.syslog[1]}
            level info
        exit''',
        )
    }\
    exit
#--------------------------------------------------
echo "Router (Network Side) Configuration"
#--------------------------------------------------
    router Base
        interface "system"
            address 10.255.{f.n // 250}.{f.n % 250 + 1}/32
            description "{f.note()}"
            no shutdown
        exit
"""


def _interface(f: Facts, i: int) -> str:
    return f"""\
        interface "to-{f.spec.site}-{i:04d}"
            address 10.{i % 200 + 20}.{f.n % 250}.1/30
            description "circuit {f.n:04d}-{i:04d}"
            port 1/1/{i}
            ingress
                filter ip 10
            exit
            bfd 300 receive 300 multiplier 3
            no shutdown
        exit
"""


def _tail(f: Facts) -> str:
    return f"""\
        autonomous-system {f.asn}
    exit
#--------------------------------------------------
echo "BGP Configuration"
#--------------------------------------------------
    router Base
        bgp
            group "SPINES"
{f.when("RTG-001", f'                authentication-key "{f.secret("bgp")}" hash2')}\
                peer-as 64500
                neighbor 10.0.{f.n % 250}.1
                exit
            exit
            no shutdown
        exit
    exit

exit all

# Finished {UPPER_CTIME} UTC
"""
