"""Fills the empty NetBox of NETBOX_ROOT and DJANGO_SETTINGS_MODULE: python seed DEVICES"""

from __future__ import annotations

import sys

import django


def main(devices: int) -> None:
    """Models can be imported only once Django is set up."""
    django.setup()
    from fill import fill

    fill(devices)


if __name__ == "__main__":
    main(int(sys.argv[1]))
