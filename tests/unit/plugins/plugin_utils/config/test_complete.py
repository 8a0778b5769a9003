# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A truncated text, an error text or a broken session never passes for a configuration."""

from __future__ import annotations

from contextlib import suppress

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.config.complete import prove_complete
from ansible_collections.prime.netops.plugins.plugin_utils.errors import (
    CommandRejected,
    IncompleteOutput,
    NetopsError,
)
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load, names
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fixtures.configs.samples import SECRET, Sample, error_texts, sample, samples

ALL = pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.platform.name)
MARKED = [s for s in samples() if s.platform.complete.end]
UNMARKED = [s for s in samples() if not s.platform.complete.end]


def proved(text: str, sample: Sample, last: int | None = None, *, prompt: bool = False) -> bool:
    """Whether the text is proved; anything but the documented errors fails the test."""
    try:
        prove_complete(text, sample.platform, last, prompt_seen=prompt)
    except (CommandRejected, IncompleteOutput):
        return False
    return True


@ALL
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r\r\n"])
def test_a_whole_text_is_proved(sample: Sample, newline: str) -> None:
    """What a device prints is accepted, whichever line ends the terminal makes of it."""
    prove_complete(sample.raw.replace("\n", newline), sample.platform)


@ALL
def test_a_whole_text_is_proved_without_its_prompt(sample: Sample) -> None:
    """A caller that cut the prompt off says that it was there."""
    body = sample.raw.removesuffix(sample.prompt)
    prove_complete(body, sample.platform, prompt_seen=True)
    assert proved(body, sample) == (sample.last is not None)


@ALL
def test_a_text_cut_anywhere_is_refused(sample: Sample) -> None:
    """The session dies at any byte: the last good copy stays."""
    accepted = [cut for cut in range(sample.whole) if proved(sample.raw[:cut], sample)]
    assert accepted == []


@ALL
def test_everything_after_the_proof_may_be_lost(sample: Sample) -> None:
    """The text is whole from the proving line on, be the prompt cut or not."""
    for cut in range(sample.whole, len(sample.raw) + 1):
        if sample.last is None or sample.raw[:cut].endswith(("\n", sample.prompt)):
            prove_complete(sample.raw[:cut], sample.platform)


@pytest.mark.parametrize("sample", MARKED, ids=lambda sample: sample.platform.name)
def test_a_device_that_stops_early_and_prompts_is_found_out(sample: Sample) -> None:
    """Where the format has an end marker, a prompt after half a text proves nothing."""
    lines = sample.raw[: sample.whole].splitlines(keepends=True)[:-1]
    for count in range(1, len(lines)):
        assert not proved("".join(lines[:count]) + sample.prompt, sample), lines[count - 1]


@pytest.mark.parametrize("name", ["fortinet", "juniper_junos"])
def test_a_prompt_inside_a_block_proves_nothing(name: str) -> None:
    """Without an end marker, an open block betrays the cut."""
    it = sample(name)
    deep = it.raw.index("\n        ", len(it.raw) // 2) + 1
    assert not proved(it.raw[:deep] + it.prompt, it)


@pytest.mark.parametrize("sample", UNMARKED, ids=lambda sample: sample.platform.name)
def test_without_an_end_marker_a_small_text_is_held_against_the_last_good_copy(
    sample: Sample,
) -> None:
    """Less than half of what was there is not believed; half of it is."""
    size = len(sample.raw)
    prove_complete(sample.raw, sample.platform, size)
    prove_complete(sample.raw, sample.platform, size * 3 // 2)
    with pytest.raises(
        IncompleteOutput, match=f"less than half of the last good copy's {size * 3}"
    ):
        prove_complete(sample.raw, sample.platform, size * 3)


@pytest.mark.parametrize("sample", MARKED, ids=lambda sample: sample.platform.name)
def test_with_an_end_marker_any_size_is_believed(sample: Sample) -> None:
    """A router that was reset to a tenth of its configuration is still backed up."""
    prove_complete(sample.raw, sample.platform, len(sample.raw) * 10)


@pytest.mark.parametrize(("name", "text"), error_texts("rejected"))
@pytest.mark.parametrize("echo", [True, False])
def test_a_refusal_is_not_a_configuration(name: str, text: str, *, echo: bool) -> None:
    """The device's own words are in the message."""
    it = sample(name)
    command = it.platform.config.commands[0]
    raw = f"{command}\n{text}{it.prompt}" if echo else f"{text}{it.prompt}"
    with pytest.raises(CommandRejected) as caught:
        prove_complete(raw, it.platform)
    assert command in str(caught.value)
    assert any(line.strip() in str(caught.value) for line in text.splitlines() if line.strip())


@pytest.mark.parametrize(("name", "text"), error_texts("broken"))
def test_a_broken_output_is_tried_again(name: str, text: str) -> None:
    """What is not the user's fault is transient."""
    it = sample(name)
    with pytest.raises(IncompleteOutput):
        prove_complete(f"{it.platform.config.commands[0]}\n{text}{it.prompt}", it.platform)


@ALL
@pytest.mark.parametrize("text", ["", "\n", " \r\n \n", "\0\0", "x", "hello world\n" * 100])
def test_nothing_and_nonsense_are_refused(sample: Sample, text: str) -> None:
    """An empty configuration never replaces a good one."""
    with pytest.raises(IncompleteOutput):
        prove_complete(text, sample.platform)
    with pytest.raises(IncompleteOutput):
        prove_complete(text + sample.prompt, sample.platform)


@ALL
def test_a_text_without_its_beginning_is_refused(sample: Sample) -> None:
    """A terminal's buffer that overflowed lost the head, not the tail."""
    lines = sample.raw.splitlines(keepends=True)
    middle = len(lines) // 2
    assert sample.platform.name == "vyos" or not proved("".join(lines[middle:]), sample)


def test_the_end_of_a_block_is_not_the_end_of_the_text() -> None:
    """IOS XR closes blocks by ``end-set``; cut after three letters that looks like the end."""
    it = sample("cisco_xr")
    cut = it.raw.index("end-set") + len("end")
    assert it.raw[:cut].endswith("\nend")
    assert not proved(it.raw[:cut], it)


def test_the_end_marker_in_an_open_banner_proves_nothing() -> None:
    """A banner may hold a line that reads ``end``."""
    it = sample("cisco_ios")
    cut = it.raw.index("key 1\nend\n^C") + len("key 1\nend\n")
    with pytest.raises(IncompleteOutput, match="'banner motd \\^C' is not closed"):
        prove_complete(it.raw[:cut] + it.prompt, it.platform)


def test_error_texts_inside_a_proved_configuration_are_text() -> None:
    """A banner may quote an error message."""
    text = (
        "version 15.7\nhostname a\nservice password-encryption\nbanner motd ^C\n"
        "% Invalid input detected\nConnection closed by foreign host.\n^C\nend\na#"
    )
    prove_complete(text, load("cisco_ios"))


def test_a_proof_that_fails_quotes_no_secret() -> None:
    """The cut may go through a secret; the message must not carry what stands there."""
    for it in samples():
        for cut in range(0, it.whole, 7):
            with pytest.raises(NetopsError) as caught:
                prove_complete(it.raw[:cut], it.platform)
            assert SECRET not in str(caught.value)


PIECES = st.sampled_from(
    [
        *(
            "\r",
            "\n",
            "\r\n",
            "\n\r",
            "\0",
            "\b",
            "\x1b[2K",
            "\x1b[",
            "--More--",
            " ",
            "é",
            "\ud800",
        ),
        *("end\n", "return\n", "#\n", "}\n", "{\n", '"', "\\", "next\n", "config x\n", "^C"),
        *("banner motd ^C\n", "version 15\n", "set a b\n", "</response>\n", "# Finished \n"),
        *("a# ", "admin@a> ", "<a>", "[a@b] > ", "show running-config\n", "password x\n"),
    ]
)


@given(st.sampled_from(names()), st.lists(st.one_of(PIECES, st.text()), max_size=30))
def test_hostile_text_raises_only_what_is_documented(name: str, pieces: list[str]) -> None:
    """Whatever a device prints, it is refused or proved; nothing crashes."""
    with suppress(CommandRejected, IncompleteOutput):
        prove_complete("".join(pieces), load(name))
