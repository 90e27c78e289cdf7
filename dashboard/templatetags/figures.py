"""How the board writes figures. What is not known is said in words and never as a number."""

from django import template

register = template.Library()

NO_DATA = "no data yet"


@register.filter
def ms(value: float | None) -> str:
    if value is None:
        return NO_DATA
    if value < 10:
        return f"{value:.1f} ms"
    if value < 1_000:
        return f"{value:.0f} ms"
    return age(value / 1_000)


@register.filter
def per_second(value: float | None) -> str:
    if value is None:
        return NO_DATA
    return f"{value:,.0f}/s" if value >= 100 or value == 0 else f"{value:.1f}/s" if value >= 1 else f"{value:.2f}/s"


@register.filter
def size(value: float | None) -> str:
    if value is None:
        return NO_DATA
    for unit in ("B", "kB", "MB"):
        if value < 1_000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1_000
    return f"{value:,.1f} GB"


@register.filter
def age(seconds: float | None) -> str:
    if seconds is None:
        return NO_DATA
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


@register.filter
def percent(share: float | None) -> str:
    return NO_DATA if share is None else f"{100 * share:.1f} %"


@register.filter
def whole(value: float | None) -> str:
    return NO_DATA if value is None else f"{value:,.0f}"
