"""No file that came in is kept as it came, so none can be handed on with what somebody hid in it."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.store.schema.base import metadata

#: Pictures are drawn anew from their pixels (``imports/files/pictures/``); a publication is the program's own file, and
#: what is sealed are codes that it has drawn, and choices made on its own pages; doors are whole numbers. Only
#: a list that waits for a town's process for long work lies there as it came, sealed, until the work is done.
DRAWN_HERE = {
    "photo.jpeg",
    "photo.thumbnail",
    "publication.content",
    "fresh_slip.sealed",
    "ballot_draft.sealed",
    "survey_part.doors",
    "job_paper.sealed",
}


def test_the_store_keeps_no_file_as_it_came() -> None:
    kept = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if type(column.type) is sa.LargeBinary
    }
    assert kept == DRAWN_HERE
