"""How the command line of each platform behaves, as data.

Written from the vendors' documentation and from transcripts of real sessions, on purpose without a
look at the collection's own platform files: a mistake there must not be repeated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Say:
    """Print a text. `{host}`, `{user}`, `{clock}` and `{n}` (the argument) are filled in."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Show:
    """Print the configuration, in one of the forms its generator knows."""

    form: str = "native"


@dataclass(frozen=True, slots=True)
class Tell:
    """Print what the platform's generator makes besides the configuration."""

    form: str


@dataclass(frozen=True, slots=True)
class Set:
    """Change the session: `paging` (bool), `width` or `length` (None: the argument), `form`."""

    name: str
    value: bool | int | str | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class Enter:
    """Change the mode, and with it prompt and commands."""

    mode: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Enable:
    """Ask for the enable password; the right one leads to mode `exec`."""


@dataclass(frozen=True, slots=True)
class Bye:
    """End the session."""


@dataclass(frozen=True, slots=True)
class Configure:
    """Enter configuration mode of a kind, with a timer of `{n}` minutes if `timed`."""

    kind: str
    says: str = ""
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """Deal with a change that is to be confirmed: `confirm`, `revert`; `save`; or show the
    `archive`."""

    verb: str
    says: str = ""


Action = Say | Show | Tell | Set | Enter | Enable | Bye | Configure | Pending


@dataclass(frozen=True, slots=True)
class Dialect:
    """One platform's command line. `prompts` and `commands` go by mode (`exec`, `user`, ...)."""

    name: str
    network_os: str
    prompts: Mapping[str, str]
    commands: Mapping[str, Mapping[str, Action]]
    error: str
    greeting: str = ""
    unprivileged: str | None = None
    length: int = 24
    more: str = " --More-- "
    erase: str = "\b" * 10 + " " * 10 + "\b" * 10
    before: str = ""
    after: str = ""
    limit: str = "% Session limit exceeded: all VTY lines are in use"
    syslog: str = "%SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.10)"
    abbreviates: bool = True
    scrolls: bool = False
    repaints: bool = False
    console: str = "session"
    kex: tuple[str, ...] = field(
        default=(
            "curve25519-sha256",
            "curve25519-sha256@libssh.org",
            "ecdh-sha2-nistp256",
            "diffie-hellman-group14-sha256",
        )
    )


_BYE: dict[str, Action] = {"exit": Bye(), "quit": Bye(), "logout": Bye()}
_TERMINAL: dict[str, Action] = {
    "terminal length {n}": Set("length"),
    "terminal width {n}": Set("width"),
}
_CARET = "{caret}^\n% Invalid input detected at '^' marker.\n"

_IOS_VERSION = """\
Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E8, \
RELEASE SOFTWARE (fc3)
Technical Support: http://www.cisco.com/techsupport
Copyright (c) 1986-2023 by Cisco Systems, Inc.
Compiled Fri 10-Mar-23 11:03 by prod_rel_team

ROM: Bootstrap program is C2960X boot loader
BOOTLDR: C2960X Boot Loader (C2960X-HBOOT-M) Version 15.2(7r)E2, RELEASE SOFTWARE (fc1)

{host} uptime is 31 weeks, 2 days, 4 hours, 11 minutes
System returned to ROM by power-on
System restarted at 04:20:11 UTC Tue Apr 14 2026
System image file is "flash:/c2960x-universalk9-mz.152-7.E8.bin"
Last reload reason: Unknown reason

cisco WS-C2960X-24TS-L (APM86XXX) processor (revision B0) with 524288K bytes of memory.
Processor board ID FCW1932A{n:04d}
Last reset from power-on
2 Virtual Ethernet interfaces
24 Gigabit Ethernet interfaces
The password-recovery mechanism is enabled.

512K bytes of flash-simulated non-volatile configuration memory.
Base ethernet MAC Address       : 50:1C:BF:00:00:01

Switch Ports Model                     SW Version            SW Image
------ ----- -----                     ----------            ----------
*    1 28    WS-C2960X-24TS-L          15.2(7)E8             C2960X-UNIVERSALK9-M

Configuration register is 0xF
"""
_XE_VERSION = """\
Cisco IOS XE Software, Version 17.09.04a
Cisco IOS Software [Cupertino], ISR Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 17.9.4a, \
RELEASE SOFTWARE (fc3)
Technical Support: http://www.cisco.com/techsupport
Copyright (c) 1986-2023 by Cisco Systems, Inc.

ROM: 17.3(4.1r)

{host} uptime is 12 weeks, 1 day, 6 hours, 3 minutes
Uptime for this control processor is 12 weeks, 1 day, 6 hours, 5 minutes
System returned to ROM by reload
System image file is "bootflash:isr4300-universalk9.17.09.04a.SPA.bin"
Last reload reason: Reload Command

cisco ISR4331/K9 (1RU) processor with 1694893K/6147K bytes of memory.
Processor board ID FDO2150A{n:04d}
Router operating mode: Autonomous
3 Gigabit Ethernet interfaces
32768K bytes of non-volatile configuration memory.
4194304K bytes of physical memory.

Configuration register is 0x2102
"""
_INTERFACES = """\
Interface              IP-Address      OK? Method Status                Protocol
Vlan1                  unassigned      YES NVRAM  administratively down down
Vlan10                 10.10.0.1       YES NVRAM  up                    up
GigabitEthernet1/0/1   unassigned      YES unset  up                    up
GigabitEthernet1/0/2   unassigned      YES unset  down                  down
"""


_CONFIGURE = "Enter configuration commands, one per line.  End with CNTL/Z."


def _ios(version: str) -> dict[str, dict[str, Action]]:
    user: dict[str, Action] = {
        **_BYE,
        **_TERMINAL,
        "enable": Enable(),
        "show version": Say(version),
        "show clock": Say("*{clock}"),
        "show ip interface brief": Say(_INTERFACES),
        "show privilege": Say("Current privilege level is 1"),
    }
    privileged: dict[str, Action] = {
        **user,
        "enable": Say(),
        "disable": Enter("user"),
        "show privilege": Say("Current privilege level is 15"),
        "show running-config": Show(),
        "show startup-config": Show(),
        "show snmp user": Tell("snmp users"),
        "write terminal": Show(),
        "show archive": Pending(
            "archive",
            "The maximum archive configurations allowed is 10.\n"
            "The next archive file will be named flash:archive-1\n",
        ),
        "configure terminal": Configure("ios", _CONFIGURE),
        "configure terminal revert timer {n}": Configure(
            "ios",
            "Rollback Confirmed Change: Backing up current running config to flash:archive-1\n\n"
            + _CONFIGURE,
            timed=True,
        ),
        "configure confirm": Pending("confirm"),
        "configure revert now": Pending("revert", "\nTotal number of passes: 1\nRollback Done\n"),
        "write memory": Pending("save", "Building configuration...\n[OK]"),
    }
    return {"user": user, "exec": privileged}


IOS = Dialect(
    name="cisco_ios",
    network_os="cisco.ios.ios",
    prompts={"user": "{host}>", "exec": "{host}#"},
    unprivileged="user",
    commands=_ios(_IOS_VERSION),
    error=_CARET,
    greeting="\n",
    scrolls=True,
)
XE = Dialect(
    name="cisco_xe",
    network_os="cisco.ios.ios",
    prompts=IOS.prompts,
    unprivileged="user",
    commands=_ios(_XE_VERSION),
    error=_CARET,
    greeting="\n",
    scrolls=True,
)
NXOS = Dialect(
    name="cisco_nxos",
    network_os="cisco.nxos.nxos",
    prompts={"exec": "{host}# "},
    commands={
        "exec": {
            **_BYE,
            **_TERMINAL,
            "show running-config": Show(),
            "show startup-config": Show(),
            "show privilege": Say(
                "User name: {user}\nCurrent privilege level: -1\nFeature privilege: Disabled"
            ),
            "show clock": Say("{clock}\nTime source is NTP"),
            "show version": Say("""\
Cisco Nexus Operating System (NX-OS) Software
TAC support: http://www.cisco.com/tac

Software
  BIOS: version 08.40
  NXOS: version 9.3(10)
  BIOS compile time:  03/09/2022
  NXOS image file is: bootflash:///nxos.9.3.10.bin
  NXOS compile time:  6/7/2022 23:00:00 [06/08/2022 04:11:17]

Hardware
  cisco Nexus9000 C93180YC-EX chassis
  Intel(R) Xeon(R) CPU  @ 1.80GHz with 24632700 kB of memory.
  Processor Board ID FDO2102{n:04d}

  Device name: {host}
  bootflash:   53298520 kB
Kernel uptime is 210 day(s), 5 hour(s), 20 minute(s), 11 second(s)

Last reset at 303441 usecs after Mon Apr 27 03:11:05 2026
  Reason: Reset Requested by CLI command reload
  System version: 9.3(10)
  Service:
"""),
        }
    },
    error="{caret}^\n% Invalid command at '^' marker.",
    greeting="""\
Cisco Nexus Operating System (NX-OS) Software
TAC support: http://www.cisco.com/tac
Copyright (C) 2002-2022, Cisco and/or its affiliates.
All rights reserved.
""",
    more="--More--",
    erase="\r        \r",
    limit="Connection refused: maximum number of VTY sessions reached",
)
XR = Dialect(
    name="cisco_xr",
    network_os="cisco.iosxr.iosxr",
    prompts={"exec": "RP/0/RP0/CPU0:{host}#"},
    commands={
        "exec": {
            **_BYE,
            "terminal length {n}": Set("length"),
            "terminal width {n}": Set("width"),
            "show running-config": Show(),
            "show clock": Say("{clock}"),
            "show version": Say("""\
Cisco IOS XR Software, Version 7.5.2
Copyright (c) 2013-2022 by Cisco Systems, Inc.

Build Information:
 Built By     : ingunawa
 Built On     : Tue Apr 26 16:48:17 PDT 2022
 Version      : 7.5.2
 Location     : /opt/cisco/XR/packages/

cisco NCS-5500 () processor
System uptime is 30 weeks 4 days 2 hours 1 minute
"""),
        }
    },
    error=_CARET,
    greeting="\n\n",
    before="{stamp}\n",
    limit="% Maximum number of VTY sessions reached, connection refused",
)
EOS = Dialect(
    name="arista_eos",
    network_os="arista.eos.eos",
    prompts={"user": "{host}>", "exec": "{host}#"},
    unprivileged="user",
    commands={
        "user": {
            **_BYE,
            "enable": Enable(),
            "terminal length {n}": Set("length", says="Pagination disabled."),
            "terminal width {n}": Set("width", says="Width set to {n} columns."),
        },
        "exec": {
            **_BYE,
            "enable": Say(),
            "disable": Enter("user"),
            "terminal length {n}": Set("length", says="Pagination disabled."),
            "terminal width {n}": Set("width", says="Width set to {n} columns."),
            "show running-config": Show(),
            "show startup-config": Show(),
            "configure session {w}": Configure("eos"),
            "configure session {w} commit": Pending("confirm"),
            "configure session {w} abort": Pending("revert"),
            "write memory": Pending("save", "Copy completed successfully."),
            "show privilege": Say("Current privilege level is 15"),
            "show clock": Say("{clock}\nTimezone: UTC\nClock source: NTP server (10.0.0.1)"),
            "show version": Say("""\
Arista DCS-7050SX3-48YC8-F
Hardware version: 11.00
Serial number: JPE2103{n:04d}
Hardware MAC address: c0d6.8200.0001
System MAC address: c0d6.8200.0001

Software image version: 4.28.3M
Architecture: i686
Internal build version: 4.28.3M-28837868.4283M
Internal build ID: 1a0e4b3b-8b4a-4ee1-a0d1-0a9b2d1d9a3f
Image format version: 3.0
Image optimization: Strata-4GB

Uptime: 29 weeks, 3 days, 1 hour and 17 minutes
Total memory: 3952972 kB
Free memory: 2479288 kB
"""),
        },
    },
    error="% Invalid input",
    greeting="Last login: Mon Nov 23 06:00:01 2026 from 192.0.2.10\n",
    more=" --More-- ",
    erase="\r\x1b[K",
    limit="% Connection limit reached: too many sessions",
)
JUNOS = Dialect(
    name="juniper_junos",
    network_os="junipernetworks.junos.junos",
    prompts={"exec": "{user}@{host}> "},
    commands={
        "exec": {
            **_BYE,
            "set cli screen-width {n}": Set("width", says="Screen width set to {n}"),
            "set cli screen-length {n}": Set("length", says="Screen length set to {n}"),
            "set cli complete-on-space off": Say("Disabling complete-on-space"),
            "set cli prompt {n}": Say(),
            "show configuration": Show(),
            "configure exclusive": Configure(
                "junos",
                "warning: uncommitted changes will be discarded on exit\n"
                "Entering configuration mode\n\n",
            ),
            "show system uptime": Say("Current time: {clock}"),
            "show version": Say("""\
Hostname: {host}
Model: mx204
Junos: 21.4R3-S5.4
JUNOS OS Kernel 64-bit  [20230607.5a1b2c3_builder_stable_12_214]
JUNOS OS libs [20230607.5a1b2c3_builder_stable_12_214]
"""),
        }
    },
    error="{caret}^\nunknown command.",
    greeting="""\
--- JUNOS 21.4R3-S5.4 Kernel 64-bit  JNPR-12.1-20230607.5a1b2c3_buil
""",
    after="\n",
    more="---(more)---",
    erase="\r" + " " * 40 + "\r",
    limit="error: the maximum number of concurrent sessions has been reached",
)
SROS = Dialect(
    name="nokia_sros",
    network_os="nokia.sros.classic",
    prompts={"exec": "A:{host}# "},
    commands={
        "exec": {
            "logout": Bye(),
            "exit all": Say(),
            "exit": Say(),
            "environment no more": Set("paging", value=False),
            "admin display-config": Show(),
            "show version": Say(
                "TiMOS-C-20.10.R12 cpm/hops64 Nokia 7750 SR Copyright (c) 2000-2022 "
                "Nokia.\nAll rights reserved. All use subject to applicable license "
                "agreements."
            ),
            "show time": Say("{clock}"),
        }
    },
    error="{caret}^\nError: Bad command.",
    greeting="\n",
    more="Press any key to continue (Q to quit)",
    erase="\r" + " " * 38 + "\r",
    limit="MINOR: CLI Maximum number of sessions reached.",
)
VRP = Dialect(
    name="huawei_vrp",
    network_os="community.network.ce",
    prompts={"exec": "<{host}>"},
    commands={
        "exec": {
            **_BYE,
            "screen-length {n} temporary": Set(
                "length",
                says="Info: The configuration takes effect on the current user terminal "
                "interface only.",
            ),
            "screen-width {n}": Set("width"),
            "display current-configuration": Show(),
            "display saved-configuration": Show(),
            "display clock": Say("{clock}"),
            "display version": Say("""\
Huawei Versatile Routing Platform Software
VRP (R) software, Version 8.191 (CE6857EI V200R019C10SPC500)
Copyright (C) 2012-2020 Huawei Technologies Co., Ltd.
HUAWEI CE6857-48S6CQ-EI uptime is 201 days, 3 hours, 12 minutes
"""),
        }
    },
    error="{caret}^\nError: Unrecognized command found at '^' position.",
    greeting="\nWarning: The initial password poses security risks.\n"
    "Info: The max number of VTY users is 21, the number of current VTY users online is 1, "
    "and total number of terminal users online is 1.\n"
    "      The current login time is 2026-11-23 06:00:01.\n",
    more="  ---- More ----",
    erase="\x1b[42D" + " " * 42 + "\x1b[42D",
    limit="Error: The number of VTY users has reached the maximum.",
)
FORTIOS = Dialect(
    name="fortinet",
    network_os="fortinet.fortios.fortios",
    prompts={"exec": "{host} # ", "console": "{host} (console) # "},
    commands={
        "exec": {
            **_BYE,
            "get system status": Say("""\
Version: FortiGate-60F v7.2.8,build1639,240313 (GA.M)
Virus-DB: 92.01000(2024-01-22 12:26)
Serial-Number: FGT60FTK2{n:07d}
Log hard disk: Not available
Hostname: {host}
Operation Mode: NAT
Current virtual domain: root
Max number of virtual domains: 10
Virtual domains status: 1 in NAT mode, 0 in TP mode
Virtual domain configuration: disable
FIPS-CC mode: disable
Current HA mode: standalone
System time: {clock}
"""),
            "get system console": Say("""\
baudrate            : 9600
login               : enable
mode                : line
output              : {output}
"""),
            "config system console": Enter("console"),
            "show": Show(),
            "show full-configuration": Show("full"),
        },
        "console": {
            "set output standard": Set("paging", value=False),
            "set output more": Set("paging", value=True),
            "end": Enter("exec"),
            "next": Enter("exec"),
            "abort": Enter("exec"),
        },
    },
    error="command parse error before '{command}'\nCommand fail. Return code -61",
    after="\n",
    more="--More-- ",
    erase="\r         \r",
    limit="Too many concurrent admin sessions. Connection refused.",
    abbreviates=False,
    console="device",
    # netmiko's driver for FortiOS offers finite-field groups only
    kex=(
        "curve25519-sha256",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group14-sha1",
    ),
)
PANOS = Dialect(
    name="paloalto_panos",
    network_os="paloaltonetworks.panos.panos",
    prompts={"exec": "{user}@{host}> "},
    commands={
        "exec": {
            **_BYE,
            "set cli scripting-mode on": Say(),
            "set cli scripting-mode off": Say(),
            "set cli terminal width {n}": Set("width"),
            "set cli pager off": Set("paging", value=False),
            "set cli pager on": Set("paging", value=True),
            "set cli config-output-format set": Set("form", "set"),
            "set cli config-output-format xml": Set("form", "xml"),
            "set cli config-output-format default": Set("form", "native"),
            "show config running": Show(),
            "show clock": Say("\n{clock}"),
            "show system info": Say(
                "hostname: {host}\nmodel: PA-440\nserial: 0211010{n:05d}\n"
                "sw-version: 10.2.8\noperational-mode: normal\ntime: {clock}"
            ),
        }
    },
    error="\nUnknown command: {command}\nInvalid syntax.",
    greeting="Number of failed attempts since last successful login: 0\n\n\n",
    after="\n",
    more="lines 1-23 ",
    erase="\r\x1b[K",
    repaints=True,
    abbreviates=False,
    limit="Maximum number of concurrent administrator sessions reached. Connection refused.",
)
ROUTEROS = Dialect(
    name="mikrotik_routeros",
    network_os="community.routeros.routeros",
    prompts={"exec": "[{user}@{host}] > "},
    commands={
        "exec": {
            **_BYE,
            "/export": Show(),
            "/export terse": Show("terse"),
            "/export show-sensitive": Show(),
            "/export show-sensitive terse": Show("terse"),
            "/export terse show-sensitive": Show("terse"),
            "/export verbose": Show(),
            "export": Show(),
            "/system resource print": Say("""\
                   uptime: 28w1d4h11m2s
                  version: 7.14.2 (stable)
              free-memory: 801.5MiB
             total-memory: 1024.0MiB
        architecture-name: arm64
               board-name: RB5009UG+S+
                 platform: MikroTik
"""),
            "/system clock print": Say("{clock}"),
        }
    },
    error="bad command name {command} (line 1 column 1)",
    greeting="""\


  MMM      MMM       KKK                          TTTTTTTTTTT      KKK
  MMMM    MMMM       KKK                          TTTTTTTTTTT      KKK
  MMM MMMM MMM  III  KKK  KKK  RRRRRR     OOOOOO      TTT     III  KKK  KKK

  MikroTik RouterOS 7.14.2 (c) 1999-2024       https://www.mikrotik.com/

""",
    abbreviates=False,
    repaints=True,
    length=0,
    limit="login failure: maximum number of sessions reached",
)
VYOS = Dialect(
    name="vyos",
    network_os="vyos.vyos.vyos",
    prompts={"exec": "{user}@{host}:~$ "},
    commands={
        "exec": {
            **_BYE,
            "set terminal length {n}": Set("length"),
            "set terminal width {n}": Set("width"),
            "show configuration": Show(),
            "show configuration commands": Show("set"),
            "show date": Say("{clock}"),
            "show version": Say("""\
Version:          VyOS 1.3.6
Release train:    equuleus

Built by:         Sentrium S.L.
Built on:         Wed 13 Dec 2023 12:27 UTC

Architecture:     x86_64
Boot via:         installed image
System type:      KVM guest

Hardware model:   Standard PC (Q35 + ICH9, 2009)
Hardware S/N:     {n:08d}
"""),
        }
    },
    error="\n  Invalid command: [{command}]\n",
    greeting="Welcome to VyOS!\n\nLast login: Mon Nov 23 06:00:01 2026 from 192.0.2.10\n",
    more=":",
    erase="\r\x1b[K",
    limit="There were too many logins for '{user}'.",
)
FRR = Dialect(
    name="frr",
    network_os="frr.frr.frr",
    prompts={"exec": "{host}# "},
    commands={
        "exec": {
            **_BYE,
            "terminal length 0": Say(),
            "terminal length {n}": Say(
                '% The "terminal length" command is deprecated and its value is ignored.\n'
                '% Please use "terminal paginate" instead with OS TTY length handling.'
            ),
            "show running-config": Show(),
            "write terminal": Show(),
            "show version": Say(
                "FRRouting 8.4.4 ({host}) on Linux(6.1.0-18-amd64).\n"
                "Copyright 1996-2005 Kunihiro Ishiguro, et al."
            ),
        }
    },
    error="% Unknown command: {line}",
    greeting="\nHello, this is FRRouting (version 8.4.4).\n"
    "Copyright 1996-2005 Kunihiro Ishiguro, et al.\n\n",
    length=0,
    limit="Vty connection refused: too many sessions",
)

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (IOS, XE, NXOS, XR, EOS, JUNOS, SROS, VRP, FORTIOS, PANOS, ROUTEROS, VYOS, FRR)
}
