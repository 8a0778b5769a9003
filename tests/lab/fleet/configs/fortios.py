"""Fortinet FortiOS."""

from __future__ import annotations

from .facts import BANNER, Facts
from .text import SALT


def make(f: Facts, form: str) -> str:
    """The text of `show`; form `full` is `show full-configuration`, with defaults."""
    head, tail = _head(f, form), _tail(f)
    rules = f.fill(head + tail, lambda i: _policy(f, i, form))
    return f"{head}config firewall policy\n{rules}end\n{tail}"


def _enc(f: Facts, *parts: str) -> str:
    """A secret that is encrypted with a new salt at every show; the last part is its label."""
    return f"ENC {''.join(parts[:-1])}{f.secret(parts[-1])}{SALT}"


def _remote_admins(f: Facts, trusted: str) -> str:
    return f.when(
        "AAA-002",
        f'''    edit "tacacs-admins"
        set remote-auth enable
        set accprofile "super_admin"
        set vdom "root"{trusted}
        set wildcard enable
        set remote-group "NETOPS"
    next''',
    )


def _password_policy(f: Facts) -> str:
    return f.when(
        "PWD-004",
        (
            "config system password-policy",
            "    set status enable",
            "    set minimum-length 15",
            "end",
        ),
    )


def _time_server(f: Facts, number: int) -> str:
    lines = (
        f"        edit {number}",
        f'            set server "{f.ntp[number - 1]}"',
        *(
            (
                "            set authentication enable",
                f"            set key {_enc(f, 'ntp')}",
                "            set key-id 1",
            )
            if f.ok("NTP-002")
            else ()
        ),
        "        next",
    )
    return "".join(f"{line}\n" for line in lines)


def _head(f: Facts, form: str) -> str:
    trusted = (
        f"\n        set trusthost1 10.{f.site_number}.0.0 255.255.255.0" if f.ok("VTY-001") else ""
    )
    mode = "\n    set mode udp" if form == "full" else ""
    return f"""\
#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin
#conf_file_ver=1822335{f.n:07d}
#buildno=1639
#global_vdom=1
config system global
{f.when("VTY-004", "    set admin-login-max 10")}\
{f.when("SSH-003", "    set admin-ssh-grace-time 60")}\
    set admintimeout {5 if f.ok("VTY-002") else 480}
    set alias "{f.note()}"
    set hostname "{f.host}"
{f.when("BAN-001", "    set pre-login-banner enable")}\
{f.when("SSH-001", "    set admin-telnet disable")}    set timezone "UTC"
end
config system interface
    edit "mgmt"
        set vdom "root"
        set ip {f.management} 255.255.255.0
        set allowaccess ping {"ssh https" if f.ok("SSH-001") else "ssh https telnet http"}
        set type physical
    next
    edit "wan1"
        set vdom "root"
        set ip 198.51.100.{f.n % 250 + 1} 255.255.255.252
        set allowaccess ping
    next
end
config system admin
    edit "admin"
        set accprofile "super_admin"
        set vdom "root"{trusted}
        set password {_enc(f, "SH2", "admin")}
    next
{_remote_admins(f, trusted)}\
end
{_password_policy(f)}\
config system replacemsg admin "pre_admin-disclaimer-text"
    set buffer "{BANNER}"
end
config system ha
    set group-name "{f.spec.site}"
    set mode a-p
    set password {_enc(f, "ha")}
end
config system ntp
    set ntpsync enable
    set type custom
    config ntpserver
{_time_server(f, 1)}\
{_time_server(f, 2) if f.ok("NTP-001") else ""}\
    end
end
config log syslogd setting
    set status enable
    set server "{f.syslog[0]}"{mode}
end
{f.when("LOG-001", _second_syslog(f))}\
config user tacacs+
    edit "tac1"
        set server "{f.tacacs[0]}"
        set key {_enc(f, "tacacs")}
    next
{
        f.when(
            "AAA-003",
            f'''    edit "tac2"
        set server "{f.tacacs[1]}"
        set key {_enc(f, "tacacs")}
    next''',
        )
    }\
end
config system snmp community
    edit 1
        set name "{f.secret("ro") if f.ok("SNM-001") else "public"}"
        config hosts
            edit 1
                set ip 10.{f.site_number}.0.0 255.255.255.0
            next
        end
    next
end
config vpn ipsec phase1-interface
    edit "hq"
        set interface "wan1"
        set peertype any
        set proposal aes256-sha256
        set remote-gw 203.0.113.{f.n % 250 + 1}
        set psksecret {_enc(f, "psk")}
    next
end
config vpn certificate local
    edit "{f.host}"
        set password {_enc(f, "cert")}
        set private-key "-----BEGIN ENCRYPTED PRIVATE KEY-----
{f.secret("pem")}MIIFHDBOBgkqhkiG9w0BBQ0wQTApBgkqhkiG9w0BBQwwHAQIz1
-----END ENCRYPTED PRIVATE KEY-----"
    next
end
"""


def _second_syslog(f: Facts) -> tuple[str, ...]:
    return (
        "config log syslogd2 setting",
        "    set status enable",
        f'    set server "{f.syslog[1]}"',
        "end",
    )


def _policy(f: Facts, i: int, form: str) -> str:
    full = (
        "        set auto-asic-offload enable\n        set tcp-mss-sender 0\n"
        if form == "full"
        else ""
    )
    return f"""\
    edit {i}
        set name "zone {i % 20} to {i % 7} rule {i}"
        set uuid 6f1b{f.n:04d}-9c1e-51ec-0000-{i:012d}
        set srcintf "mgmt"
        set dstintf "wan1"
        set action accept
        set srcaddr "net-{i % 50:03d}"
        set dstaddr "all"
        set schedule "always"
        set service "HTTPS" "SSH"
        set utm-status enable
        set logtraffic all
{full}    next
"""


def _tail(f: Facts) -> str:
    return f"""\
config router bgp
    set as {f.asn}
    set router-id 10.255.{f.n // 250}.{f.n % 250 + 1}
    config neighbor
        edit "10.0.{f.n % 250}.1"
            set remote-as 64500
{f.when("RTG-001", f"            set password {_enc(f, 'bgp')}")}\
        next
    end
end
"""
