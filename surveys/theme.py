"""The colours of a survey, from the one that its author chose, as a stylesheet: pages hold no styles."""

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
# How far it goes towards white where the device is dark.
LIGHTER = 0.35
# WCAG 2.2: of a channel of sRGB, and of each channel in what is seen.
DARKEST, LINEAR, WEIGHTS = 0.04045, 12.92, (0.2126, 0.7152, 0.0722)
Colour = tuple[int, int, int]


def stylesheet(colour: str) -> str:
    """`colour`: six hexadecimal digits."""
    light: Colour = tuple(bytes.fromhex(colour))  # type: ignore[assignment]
    dark: Colour = tuple(round(part + (255 - part) * LIGHTER) for part in light)  # type: ignore[assignment]
    return (
        f".survey {{ --theme: light-dark({_written(light)}, {_written(dark)}); "
        f"--theme-ink: light-dark({_written(ink_on(light))}, {_written(ink_on(dark))}); }}\n"
    )


def ink_on(colour: Colour) -> Colour:
    """Black or white: what is read better on it."""
    seen = luminance(colour) + 0.05
    return WHITE if 1.05 / seen >= seen / 0.05 else BLACK


def luminance(colour: Colour) -> float:
    """0 to 1."""
    return sum(weight * _linear(part / 255) for weight, part in zip(WEIGHTS, colour, strict=True))


def _linear(part: float) -> float:
    return part / LINEAR if part <= DARKEST else ((part + 0.055) / 1.055) ** 2.4


def _written(colour: Colour) -> str:
    return f"#{bytes(colour).hex()}"
