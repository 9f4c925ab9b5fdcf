"""The live page's text. It is made of the same modules as a report, and loads nothing besides itself."""

from twin.report.page_script import filled_page


def page_html() -> str:
    """The page."""
    return filled_page("The line, live", "null", "live", 'modules.live.openLive(document.getElementById("report"));')
