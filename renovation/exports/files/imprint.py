"""Who issues a paper, on every paper: the one function that marks pages, Word files and workbooks with the office.

Data for other programs (CSV, places, ``.pb``, packages under a checksum) stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from renovation.exports.files.tables import Exported
from renovation.model.canonical import pack
from renovation.model.localities import Office
from renovation.text import Language, text

#: Excel cuts what is longer off a footer, in all its parts.
_FOOTER = 200
#: In the flow, at the end of each sheet: what stands in a page's margin boxes some browsers leave out.
_PAGE_STYLE = (
    "<style>footer.imprint { font-size: 7.5pt; line-height: 1.2; text-align: center; margin: 1mm 0 0; "
    "break-before: avoid; break-inside: avoid; } @media screen { footer.imprint { font-size: 9pt; } }</style>"
)
#: Sheets that are handed out one by one; a grid is cut into slips, and each names its office itself.
_SHEET = re.compile(r'(<section class="sheet(?![^"]*\bgrid\b)[^"]*">.*?)(</section>)', re.DOTALL)
_WORD = (
    '<w:p><w:pPr><w:spacing w:before="240"/></w:pPr><w:r><w:rPr><w:rFonts w:eastAsia="仿宋"/><w:sz w:val="18"/></w:rPr>'
    '<w:t xml:space="preserve">{words}</w:t></w:r></w:p>'
)
_ODD = re.compile(r"<oddFooter>(.*?)</oddFooter>", re.DOTALL)
#: What stands right before the footer in a worksheet, the later the better.
_BEFORE = (re.compile(r"<pageSetup\b[^>]*/>"), re.compile(r"<pageMargins\b[^>]*/>"))


def imprint(office: Office, language: Language | str) -> str:
    """Return who issues a paper and where people reach them, in one line; empty where nobody has said."""
    contacts = ((name, getattr(office, name)) for name in ("address", "phone", "person", "hours"))
    said = [text(f"imprint.{name}", language, value=value) for name, value in contacts if value]
    return "　".join(part for part in (office.name, *said) if part)


def marked(made: Exported, office: Office, language: Language | str) -> Exported:
    """Return a file as it leaves: papers with the office on them, everything else as it is; equal ones stay equal."""
    words = imprint(office, language)
    name, mime, content = made
    mark = {".html": _page, ".docx": _document, ".xlsx": _workbook}.get(Path(name).suffix.lower())
    return made if not words or mark is None else (name, mime, mark(content, words))


def _page(content: bytes, words: str) -> bytes:
    foot = f'<footer class="imprint">{escape(words)}</footer>'
    head, _, rest = content.decode("utf-8").partition("</head>")
    body, _, tail = rest.rpartition("</body>")
    if not tail and not body:
        return content
    signed, sheets = _SHEET.subn(lambda found: f"{found[1]}{foot}{found[2]}", body)
    return f"{head}{_PAGE_STYLE}</head>{signed if sheets else body + foot}</body>{tail}".encode()


def _document(content: bytes, words: str) -> bytes:
    def told(name: str, part: bytes) -> bytes:
        if name != "word/document.xml":
            return part
        before, mark, after = part.decode().rpartition("<w:sectPr")
        return f"{before}{_WORD.format(words=escape(words, quote=False))}{mark}{after}".encode()

    return _rewritten(content, told)


def _workbook(content: bytes, words: str) -> bytes:
    # In a footer "&" begins a command, and a figure behind "&L" would be a size of type.
    foot = escape(f"&L {words[:_FOOTER].replace('&', '&&')}", quote=False)

    def told(name: str, part: bytes) -> bytes:
        if not re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
            return part
        sheet = part.decode()
        if _ODD.search(sheet):
            return _ODD.sub(lambda found: f"<oddFooter>{foot}{found[1]}</oddFooter>", sheet, count=1).encode()
        for pattern in _BEFORE:
            if found := pattern.search(sheet):
                footer = f"<headerFooter><oddFooter>{foot}&amp;R&amp;P / &amp;N</oddFooter></headerFooter>"
                return f"{sheet[: found.end()]}{footer}{sheet[found.end() :]}".encode()
        return part

    return _rewritten(content, told)


def _rewritten(content: bytes, told: Callable[[str, bytes], bytes]) -> bytes:
    with ZipFile(BytesIO(content)) as source:
        return pack({name: told(name, source.read(name)) for name in source.namelist()}, compressed=True)
