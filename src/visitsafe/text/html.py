"""A markdown page as one self-contained HTML file that a manager with nothing installed can read and print.

Rules: no script, no image, nothing from elsewhere, and a policy in the page that forbids them all; HTML in
the markdown stays text. Readable on a telephone, printable on A4.
"""

from html import escape

_STYLE = """\
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --quiet: #4a4a4a; --line: #767676; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f0f0f0; --paper: #161616; --quiet: #c4c4c4; --line: #9a9a9a; }
}
html { background: var(--paper); -webkit-text-size-adjust: 100%; }
body { color: var(--ink); font: 1.05rem/1.5 system-ui, "Segoe UI", Roboto, Arial, sans-serif;
  max-width: 42rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0 1rem; }
h1 + p { border-left: 0.3rem solid var(--line); padding: 0.2rem 0 0.2rem 0.9rem; font-size: 1.15rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.2rem 0 0.6rem; border-top: 1px solid var(--line);
  padding-top: 0.9rem; }
h3 { font-size: 1.05rem; margin: 1.4rem 0 0.4rem; }
ul, ol { padding-left: 1.4rem; }
li { margin: 0.45rem 0; }
li li { margin: 0.15rem 0; color: var(--quiet); }
em { font-style: normal; font-size: 0.85em; color: var(--quiet); }
blockquote { margin: 0.6rem 0; padding: 0.1rem 0 0.1rem 0.9rem; border-left: 0.2rem solid var(--line); }
blockquote p { margin: 0.4rem 0; }
pre { white-space: pre-wrap; margin: 0.6rem 0; }
code { font-family: ui-monospace, Consolas, Menlo, monospace; font-size: 0.95em; }
hr { border: 0; border-top: 1px solid var(--line); margin: 2.2rem 0 0; }
@page { size: A4; margin: 18mm 16mm; }
@media print {
  :root { color-scheme: light; --ink: #000; --paper: #fff; --quiet: #222; --line: #666; }
  body { font-size: 10pt; line-height: 1.4; max-width: none; padding: 0; }
  h2 { margin-top: 1.4rem; }
  hr { margin-top: 1.8rem; }
  h1, h2, h3 { break-after: avoid; }
  li, blockquote, pre { break-inside: avoid; }
  p { orphans: 3; widows: 3; }
}
"""
FAMILY = """\
body { font-size: 1.2rem; line-height: 1.55; }
h1 { font-size: 1.9rem; }
h1 + p { border: 0; padding: 0; font-size: inherit; }
h2 { font-size: 1.4rem; border: 0; margin-top: 1.6rem; padding-top: 0; }
li { margin: 0.35rem 0; }
hr { margin: 2.4rem 0 1.2rem; }
em { font-size: 0.75em; }
@page { margin: 10mm 16mm; }
@media print {
  body { font-size: 12pt; line-height: 1.22; }
  h1 { font-size: 18pt; margin: 0 0 1mm; }
  h2 { font-size: 13pt; margin: 2.2mm 0 0.6mm; }
  p, ul { margin: 0.6mm 0; }
  li { margin: 0.2mm 0; }
  hr { margin: 5mm 0 1mm; }
  h2:last-of-type ~ * { break-before: avoid; }
}
"""
"""Besides the usual style: larger type and less of an office, for a page that a family is handed."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def html_page(markdown_text: str, title: str, style: str = "") -> str:
    """The page.

    Args:
        markdown_text: CommonMark; HTML in it is shown, not used.
        title: What the browser calls it.
        style: CSS that comes after the usual one; ours, never from a record.
    """
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False, "linkify": False})
    body = reader.disable(["image", "link", "autolink", "html_block", "html_inline"]).render(markdown_text)
    return document(body, title, style)


def document(body: str, title: str, style: str = "") -> str:
    """The page around what is in it.

    Args:
        body: HTML that holds no text of anybody's unescaped.
        title: What the browser calls it.
        style: Rules of CSS behind those of every page.
    """
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
