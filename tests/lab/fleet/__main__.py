"""The simulated fleet from the command line: python -m tests.lab.fleet --help."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .control import LabError, down, find, prepare, up
from .dialects import DIALECTS
from .faults import CHANGE_FAULTS, FAULTS
from .plan import PROFILES, Request, sequence


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0, or 1 with the reason on standard error."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (LabError, ValueError, KeyError, OSError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    faults, changes = (
        "\n".join(f"  {name:17} {text}" for name, text in known.items())
        for known in (FAULTS, CHANGE_FAULTS)
    )
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab.fleet",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"faults (name, or name:times for that many connections):\n{faults}\n\n"
        f"faults in a change, by override of `change_fault`:\n{changes}\n\n"
        f"platforms: {', '.join(DIALECTS)}",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, about in (
        ("serve", _serve, "run a lab here until Ctrl-C"),
        ("up", _up, "start a lab in the background, once"),
        ("down", _down, "stop it"),
        ("set", _set, "change a device of a running lab"),
        ("counters", _counters, "show what the devices have seen"),
    ):
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(run=run)
        command.add_argument("--state", type=Path, required=True, help="the lab's directory")
        if name in {"serve", "up"}:
            _add_request(command)
        if name == "set":
            command.add_argument("device")
            command.add_argument(
                "change",
                nargs="+",
                metavar="KEY=VALUE",
                help="revision=2, fault=drop:1, fault=, latency=0.5",
            )
    internal = commands.add_parser("run")
    internal.set_defaults(run=_run)
    internal.add_argument("state", type=Path)
    internal.add_argument("--until-eof", action="store_true")
    return parser


def _add_request(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--devices", type=int, help="how many (default: 25 embedded, else 3)")
    add("--profile", choices=PROFILES, default="embedded")
    add("--platforms", type=sequence, default=(), help="by turns, separated by commas")
    add("--latency", type=float, default=0.0, help="seconds a command line")
    add("--aaa-latency", type=float, default=0.0, help="seconds a login")
    add("--lockout", type=int, default=0, help="bad logins that lock an account everywhere")
    add("--size", type=int, default=0, help="KB of configuration (default: 5 to 60)")
    add("--fault", action="append", default=[], metavar="DEVICE=FAULT", help="r2=drop:1, say")
    add("--connection", choices=["network_cli"], help="set ansible_connection as well")


def _request(options: argparse.Namespace) -> Request:
    return Request(
        devices=options.devices or (25 if options.profile == "embedded" else 3),
        profile=options.profile,
        platforms=tuple(options.platforms),
        latency=options.latency,
        aaa_latency=options.aaa_latency,
        lockout=options.lockout,
        size_kb=options.size,
        faults=dict(_pair(text) for text in options.fault),
        connection=options.connection,
    )


def _serve(options: argparse.Namespace) -> int:
    from . import server  # asyncssh takes half a second, which only the server needs

    plan = prepare(_request(options), options.state)
    about = (
        f"{len(plan.devices)} devices listen on port {plan.port}.\n"
        f"Inventory: {options.state / 'inventory.yml'}\nCtrl-C stops the lab."
    )
    server.run(options.state, lambda: print(about, flush=True), until_eof=False)
    return 0


def _up(options: argparse.Namespace) -> int:
    lab = up(_request(options), options.state)
    print(lab.inventory)
    return 0


def _down(options: argparse.Namespace) -> int:
    print("stopped" if down(options.state) else "no lab was running")
    return 0


def _set(options: argparse.Namespace) -> int:
    changes = {
        key: (json.loads(value) if key in {"revision", "latency", "cut"} else value or None)
        for key, value in map(_pair, options.change)
    }
    find(options.state).override(options.device, **changes)
    return 0


def _counters(options: argparse.Namespace) -> int:
    print(json.dumps(find(options.state).counters(), indent=2))
    return 0


def _run(options: argparse.Namespace) -> int:
    from . import server

    server.run(options.state, lambda: print("ready", flush=True), options.until_eof)
    return 0


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise ValueError(f"{text!r} is not KEY=VALUE")
    return key, value


if __name__ == "__main__":
    sys.exit(main())
