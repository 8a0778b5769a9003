# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ends an inventory run. Each message says what is wrong, where, and what to do about it."""

from __future__ import annotations


class NetBoxProblem(Exception):
    """The inventory cannot be told, or not in full. Nothing less than that becomes an inventory."""


class BadOption(NetBoxProblem):
    """An option of the inventory file does not hold."""


class TokenRefused(NetBoxProblem):
    """NetBox does not accept the token, or there is none to send."""


class Forbidden(NetBoxProblem):
    """The token is good, and its owner may not see what is asked for."""


class OutOfReach(NetBoxProblem):
    """NetBox does not answer, or answers that it cannot (5xx). An older cache may stand in."""


class BadAnswer(NetBoxProblem):
    """Something answered, and it was not the JSON that NetBox would have sent."""


class Rejected(BadAnswer):
    """NetBox understood the request and will not have it: 400, or errors of GraphQL."""


class UnknownFilter(BadOption):
    """A filter that NetBox does not know and would ignore without a word."""


class NotComplete(NetBoxProblem):
    """Fewer or more objects came than NetBox counts."""


class DuplicateName(NetBoxProblem):
    """Two hosts would have one name, and the second would replace the first."""
