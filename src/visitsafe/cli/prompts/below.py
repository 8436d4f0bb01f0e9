"""A line under a list that says when there is more of it below or above the screen.

Imports prompt_toolkit: import it inside the function that shows a list.
"""

from prompt_toolkit.layout import Dimension, UIContent, UIControl, Window

from visitsafe.cli.prompts.terminal import rows_if_low

AROUND = 12
"""Lines that a question and its keys need beside a list."""
MORE = {(True, True): "", (True, False): "more below", (False, True): "more above"}
BOTH = "more above and below"


class _Sign(UIControl):
    """Looks at the list when it is drawn itself, which is after the list."""

    def __init__(self, listed: Window) -> None:
        self._listed = listed

    def create_content(self, width: int, height: int) -> UIContent:  # noqa: ARG002 (the base class has it)
        """One line; blank if all of the list is on the screen."""
        seen = self._listed.render_info
        words = ""
        if seen is not None:
            words = MORE.get((seen.top_visible, seen.bottom_visible), BOTH)
        line = f"   ({words})"[:width] if words else ""
        return UIContent(get_line=lambda _: [("", line)], line_count=1)


def more_sign(listed: Window) -> Window:
    """The line for a list, to be put under it."""
    return Window(_Sign(listed), height=1, dont_extend_height=True)


def fit(listed: Window) -> Window:
    """The list itself; in a low window it leaves the question above it on the screen, and scrolls."""
    rows = rows_if_low()
    if rows is not None:
        listed.height = Dimension(max=max(4, rows - AROUND))
    return listed
