"""What members are told while a name of the MLS is on its way here or back: until when some do not see it."""

from app.domain.failover import Pointing, Side
from app.publish.language import Language, when
from app.publish.snapshot import PublicSnapshot


def pointing_lines(snapshot: PublicSnapshot, language: Language) -> list[str]:
    """One sentence for each name that some resolver may still lead elsewhere; none once nobody can."""
    moving = (pointing for pointing in snapshot.pointings if pointing.everyone_by > snapshot.as_of)
    return [_line(pointing, language, snapshot) for pointing in moving]


def _line(pointing: Pointing, language: Language, snapshot: PublicSnapshot) -> str:
    time = when(pointing.everyone_by, language, snapshot.as_of)
    if pointing.to is Side.FAILOVER:
        return language.gettext(
            "%(name)s leads to this page for now. Some members may still see the old page until %(time)s.",
            name=pointing.name,
            time=time,
        )
    return language.gettext(
        "%(name)s leads to its usual place again. Some members may still land here until %(time)s.",
        name=pointing.name,
        time=time,
    )
