"""Pieces of an HTML page: escaped text, tables, folded parts, pictures in it. No scripts, nothing from outside.

Every text goes through `text`, since what firmware says may be anything.
"""

from __future__ import annotations

import html
from base64 import b64encode
from collections.abc import Iterable, Sequence

from korgm1.board.lcd_picture import Image, png_bytes

Html = str
"""Marked-up text, safe to put into a page."""

STYLE = """
:root { color-scheme: light dark; --ground: #fbfbf9; --ink: #1d1f20; --soft: #5d6468; --line: #d5d8d6; --panel: #f1f2ef;
  --a: #9a3412; --b: #1d4e89; --new: #dcefdc; --gone: #f6dedb; --good: #2f6b3a; --link: #1d4e89; }
@media (prefers-color-scheme: dark) { :root { --ground: #17191a; --ink: #e6e7e5; --soft: #a0a7aa; --line: #3a3f41;
  --panel: #202425; --a: #f2a37b; --b: #8fbdf0; --new: #1f3a26; --gone: #4a2522; --good: #8fd19e; --link: #8fbdf0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 2rem 4rem; max-width: 78rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-bottom: .25rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
a { color: var(--link); }
p { margin: .5rem 0; max-width: 60rem; }
.soft { color: var(--soft); }
.verdict { font-size: 1.15rem; padding: .75rem 1rem; background: var(--panel); border-left: .4rem solid var(--b);
  margin: 1rem 0; max-width: none; }
.verdict.same { border-color: var(--good); }
nav ol { columns: 3 16rem; padding-left: 1.5rem; margin: .5rem 0; }
nav li { break-inside: avoid; }
table { border-collapse: collapse; margin: .5rem 0 1rem; width: 100%; font-size: .93rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.a { color: var(--a); } .b { color: var(--b); }
code, pre, .mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .88em; white-space: pre-wrap; }
pre { background: var(--panel); padding: .6rem .8rem; overflow-x: auto; margin: .4rem 0; }
table { table-layout: fixed; }
table.findings th:nth-child(1) { width: 26%; }
table.findings th:nth-child(2), table.findings th:nth-child(3) { width: 18%; }
table.findings th:nth-child(5) { width: 9%; }
table.consequences th:nth-child(1) { width: 14%; }
table.consequences th:nth-child(2) { width: 26%; }
table.consequences th:nth-child(3), table.consequences th:nth-child(4) { width: 20%; }
table.firmware th:nth-child(1) { width: 2.5rem; }
table.firmware th:nth-child(3) { width: 36%; }
table.sides th:nth-child(1) { width: 16%; }
table.lcd th:nth-child(1) { width: 5rem; }
u { text-decoration: underline 2px; font-weight: 700; }
table.texts th:nth-child(1), table.texts th:nth-child(2) { width: 6rem; }
tr.new td, tr.changed td { background: var(--new); } tr.gone td { background: var(--gone); }
details { margin: .4rem 0; border: 1px solid var(--line); border-radius: 4px; padding: 0 .8rem; }
summary { cursor: pointer; padding: .4rem 0; font-weight: 600; }
details[open] > summary { border-bottom: 1px solid var(--line); margin-bottom: .5rem; }
img { max-width: 100%; height: auto; display: block; }
img.map { image-rendering: pixelated; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
.key { display: inline-block; width: .9em; height: .9em; margin-right: .3em; border: 1px solid var(--line); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; font-size: .9rem; }
.diff td { padding: .05rem .6rem; border: 0; white-space: pre-wrap; }
@media screen and (max-width: 46rem) { body { padding: 1rem 1rem 3rem; } .pair { grid-template-columns: 1fr; }
  table:not(.diff) thead { display: none; } table:not(.diff) tr { display: block; padding: .4rem 0;
  border-bottom: 1px solid var(--line); } table:not(.diff) td { display: block; border: 0; padding: .1rem 0;
  text-align: left; } table:not(.diff) td:empty { display: none; }
  table:not(.diff) td::before { content: attr(data-h); color: var(--soft); font-size: .85em; margin-right: .6em; } }
@media print { details::details-content { content-visibility: visible; }
  body { max-width: none; padding: 0; font-size: 11px; } nav { display: none; } details { border: 0; }
  h2, h3 { break-after: avoid; } tr, img { break-inside: avoid; } }
"""


def text(value: object) -> Html:
    """Any text, made safe; what cannot be shown as a question mark.

    >>> text('<b>"\\x00')
    '&lt;b&gt;&quot;?'
    """
    return html.escape("".join(c if c.isprintable() or c == "\n" else "?" for c in str(value)))


def code(value: object) -> Html:
    """A text in the letters of code; "" is a dash."""
    return f"<code>{text(value)}</code>" if str(value) else '<span class="soft">-</span>'


def picture(image: Image, alt: str, kind: str = "", width: int = 0) -> Html:
    """A picture that is part of the page.

    Args:
        image: RGB.
        alt: what it shows.
        kind: its class in `STYLE`.
        width: in CSS pixels; 0: its own.
    """
    tall, wide = image.shape[:2]
    size = f'width="{width or wide}" height="{round(tall * (width or wide) / wide)}"'
    data = b64encode(png_bytes(image)).decode("ascii")
    return f'<img class="{text(kind)}" {size} alt="{text(alt)}" src="data:image/png;base64,{data}">'


def table(heads: Sequence[str], rows: Iterable[Sequence[Html]], kind: str = "", classes: Sequence[str] = ()) -> Html:
    """A table; its cells are marked up already, its heads are not.

    Args:
        heads: of the columns.
        rows: cells.
        kind: class of the table.
        classes: one for each column's cells.
    """
    marks = [*classes, *[""] * len(heads)]
    head = "".join(f"<th{_class(marks[n])}>{text(name)}</th>" for n, name in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(
            f'<td{_class(marks[n])} data-h="{text(heads[n])}">{cell}</td>' for n, cell in enumerate(row)
        ) + "</tr>\n" for row in rows
    )
    return f"<table{_class(kind)}><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>\n"


def _class(name: str) -> Html:
    return f' class="{name}"' if name else ""


def folded(title: str, content: Html, opened: bool = False) -> Html:
    """A part that opens on a click, without a script; the title is plain text."""
    return f"<details{' open' if opened else ''}><summary>{text(title)}</summary>\n{content}</details>\n"


def page(title: str, sections: Sequence[tuple[str, str, Html]], head: Html, foot: Html) -> str:
    """The whole page.

    Args:
        title: plain text.
        sections: (anchor, heading, content); headings are plain text.
        head: what stands before the table of contents.
        foot: what stands last.
    """
    contents = "".join(f'<li><a href="#{anchor}">{text(name)}</a></li>' for anchor, name, _ in sections)
    body = "".join(
        f'<section id="{anchor}"><h2>{text(name)}</h2>\n{what}</section>\n' for anchor, name, what in sections
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        'style-src \'unsafe-inline\'">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style></head>\n<body>\n<header>{head}</header>\n"
        f'<nav aria-label="Contents"><h2>Contents</h2><ol>{contents}</ol></nav>\n<main>{body}</main>\n'
        f"<footer>{foot}</footer>\n</body></html>\n"
    )
