"""What a demand's category proposes is in the catalogue, and comes first."""

from renovation.imports.projects.catalogue import DATA, read_catalogue
from renovation.model.demands import DemandCategory
from renovation.rules.money import proposals


def test_every_category_proposes_items_of_the_catalogue() -> None:
    catalogue = read_catalogue((DATA / "items-catalogue.csv").read_bytes())
    known = {item.code for item in catalogue}
    assert proposals._ANSWERS.keys() == set(DemandCategory)
    assert {code for codes in proposals._ANSWERS.values() for code in codes} <= known
    found = proposals.proposed([DemandCategory.LIFT, DemandCategory.ACCESSIBILITY], catalogue)
    # An item that two categories propose stands once.
    assert [item.code for item in found] == ["W15", "W13", "W12", "W14"]
