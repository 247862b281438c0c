"""A document as a pure function: where it stands, how it is made, and all that it is made from.

Because `render` is given `inputs` and nothing else, equal inputs mean equal bytes. A publisher
keeps the last inputs beside the last document and renders only what moved: five thousand pages of
history are made once.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.publish.documents import HTML, Effort, Source


@dataclass(frozen=True, slots=True)
class Part:
    """One document that has not been rendered yet.

    Attributes:
        path: Where it stands, such as `/es/history`.
        render: Makes its bytes from `inputs`; a module-level function.
        inputs: Everything it depends on, as frozen values; compare with `==`.
        media_type: What it is.
        effort: How hard to compress it.
    """

    path: str
    render: Callable[..., bytes]
    inputs: tuple[object, ...]
    media_type: str = HTML
    effort: Effort = Effort.BEST

    def source(self) -> Source:
        """Render it."""
        return Source(self.path, self.media_type, self.render(*self.inputs))
