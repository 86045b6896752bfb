"""Every document of a programme in one ZIP, with a manifest of SHA-256 checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from renovation.exports.files.imprint import marked
from renovation.exports.files.tables import Exported, csv_table, file_stem
from renovation.exports.programme.case_card import CaseFacts, case_card
from renovation.exports.programme.estate_map import MapSurroundings, estate_map
from renovation.exports.programme.layers import works_layers
from renovation.exports.programme.meeting import memo, notice
from renovation.exports.programme.sheets import roll_up, works_list
from renovation.exports.programme.source import ProgrammeFile
from renovation.model.canonical import pack

ZIP = "application/zip"


def programme_files(
    paper: ProgrammeFile,
    *,
    surroundings: Mapping[str, MapSurroundings] | None = None,
    cases: Mapping[str, CaseFacts] | None = None,
) -> dict[str, bytes]:
    """Return every document by its path in the package.

    Parameters
    ----------
    surroundings
        By estate key: what its map shows besides the works.
    cases
        By project id: pictures and voices of its card.
    """
    files = {name: data for name, _, data in (make(paper) for make in (works_list, roll_up, notice, memo))}
    files[paper.phrase("package.about")] = _about(paper)
    name, _, data = works_layers(paper)
    files[name] = data
    for estate in paper.estates:
        drawn = estate_map(paper, estate, (surroundings or {}).get(estate.key))
        if drawn is not None:
            # Two estates may bear one name; the key tells them apart.
            files[f"{paper.phrase('package.maps')}/{file_stem(estate.key)}_{drawn[0]}"] = drawn[2]
    for line in paper.works:
        name, _, data = case_card(paper, line, (cases or {}).get(line.facts.id))
        files[f"{paper.phrase('package.cards')}/{name}"] = data
    issuer = paper.details.issuer
    return {name: marked((name, "", data), issuer, paper.language)[2] for name, data in files.items()}


def _about(paper: ProgrammeFile) -> bytes:
    """Say which scenario this is, and of which day its figures are."""
    details = paper.details

    def said(key: str, /, **fields: object) -> str:
        return paper.phrase(f"about.{key}", **fields)

    lines = [
        paper.warning,
        said("scenario", name=paper.name, state=said("draft" if paper.is_draft else "adopted")),
        said("office", office=details.office or paper.phrase("office_default"), day=details.day),
        said("digest", digest=paper.digest, version=paper.rules_version),
        said("frozen", facts=paper.facts_day),
        said("live", day=details.day),
        said("manifest", name=paper.phrase("package.manifest")),
    ]
    # A byte order mark and these line ends, so that Notepad shows it as it is.
    return "".join(f"{line}\r\n" for line in lines if line).encode("utf-8-sig")


def programme_package(
    paper: ProgrammeFile,
    *,
    surroundings: Mapping[str, MapSurroundings] | None = None,
    cases: Mapping[str, CaseFacts] | None = None,
) -> Exported:
    """Return the package; equal programmes give equal bytes."""
    files = programme_files(paper, surroundings=surroundings, cases=cases)
    headings = [paper.phrase(f"package.{name}") for name in ("file", "bytes", "digest")]
    rows = [[name, len(data), hashlib.sha256(data).hexdigest()] for name, data in sorted(files.items())]
    manifest = csv_table("manifest", headings, rows)[2]
    title = paper.phrase("package.name", span=paper.span, city=paper.details.city)
    return f"{file_stem(title)}.zip", ZIP, pack({paper.phrase("package.manifest"): manifest, **files}, compressed=True)
