"""The colours of a survey."""

import pytest

from surveys.theme import ink_on, luminance, stylesheet


@pytest.mark.parametrize(
    ("colour", "ink"), [((0, 0, 0), 255), ((255, 255, 255), 0), ((52, 84, 209), 255), ((255, 214, 0), 0)]
)
def test_ink_is_read_on_the_colour(colour, ink):
    """WCAG 2.2: at least 4.5 to 1."""
    found = ink_on(colour)

    lighter, darker = sorted((luminance(colour), luminance(found)), reverse=True)
    assert found == (ink,) * 3
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_the_stylesheet_has_a_colour_for_light_and_dark():
    assert stylesheet("3454d1") == (
        ".survey { --theme: light-dark(#3454d1, #7b90e1); --theme-ink: light-dark(#ffffff, #000000); }\n"
    )
