"""A browser in words, from what it says of itself: "Chrome on Android". A help to recognise one's own, no proof."""

from collections.abc import Mapping

_BROWSERS: Mapping[str, str] = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
"""In this order: nearly every browser also calls itself Safari, and many Chrome."""

_SYSTEMS: Mapping[str, str] = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


def browser_in_words(user_agent: str) -> str:
    """What the User-Agent header tells: "Safari on iPhone", "Firefox", "Unknown browser"."""
    browser = next((name for sign, name in _BROWSERS.items() if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS.items() if sign in user_agent), "")
    if not system:
        return browser or "Unknown browser"
    return f"{browser or 'Unknown browser'} on {system}"
