# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks made of other checks."""

from __future__ import annotations

from dataclasses import replace

from ..answers import Answer, Item
from ..results import State
from ..rules.source import CheckSpec
from .base import Check, Maker, Place, Run, Usual


class All(Check):
    """All hold; what is not applicable does not count."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._checks = [maker.check(one) for one in spec.values["all"]]

    def _answer(self, run: Run, place: Place) -> Answer:
        answers = [check.answer(run, place) for check in self._checks]
        for state in (State.FAIL, State.UNKNOWN):
            if chosen := [answer for answer in answers if answer.state is state]:
                return _joined(state, chosen)
        held = [answer for answer in answers if answer.state is State.PASS]
        return _joined(State.PASS, held) if held else answers[0]


class Any_(Check):  # noqa: N801 - the key is `any`, and Any is taken
    """At least one holds; what is not applicable does not count."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._checks = [maker.check(one) for one in spec.values["any"]]

    def usual(self, run: Run) -> Usual | None:
        """That of the first, if it is enough."""
        usual = None if self._top else self._checks[0].usual(run)
        return usual if usual is not None and usual.answer.state is State.PASS else None

    def _answer(self, run: Run, place: Place) -> Answer:
        answers = []
        for check in self._checks:
            answer = check.answer(run, place)
            if answer.state is State.PASS:
                return answer
            answers.append(answer)
        for state in (State.UNKNOWN, State.FAIL):
            if chosen := [answer for answer in answers if answer.state is state]:
                return _joined(state, chosen, " and ")
        return answers[0]


class Not(Check):
    """It does not hold."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._check = maker.check(spec.values["not"])

    def _answer(self, run: Run, place: Place) -> Answer:
        answer = self._check.answer(run, place)
        if answer.state is State.FAIL:
            return replace(answer, state=State.PASS, items=())
        if answer.state is not State.PASS:
            return answer
        text = run.lookup.text
        items = [Item(place.bound, place.section, text(node), node) for node in answer.nodes]
        return replace(answer, state=State.FAIL, items=items or [Item(place.bound, place.section)])


def _joined(state: State, answers: list[Answer], between: str = "; ") -> Answer:
    """One answer that says what all of these say."""
    if len(answers) == 1:
        return answers[0]
    return Answer(
        state,
        between.join(dict.fromkeys(answer.message for answer in answers)),
        list(dict.fromkeys(node for answer in answers for node in answer.nodes)),
        [item for answer in answers for item in answer.items],
        any(answer.absent for answer in answers),
        [node for answer in answers for node in answer.origins],
    )
