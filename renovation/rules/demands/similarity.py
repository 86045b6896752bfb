"""Find demands that say the same: cosine of TF-IDF over single characters and pairs of characters.

On short Chinese texts character pairs find more of the same wishes than word segmentation does, and a locality's own
list of synonyms (路灯, 楼道灯 → 灯) adds more than any finer scorer. Texts are normalised first, so that punctuation,
building numbers and polite filler do not count.

Reference: Manning, Raghavan, Schütze, *Introduction to Information Retrieval* (2008), §6.2-6.3.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from renovation.model.demands import DemandCategory

_NOT_WORDS = re.compile(r"[^\w]|[\d_]")
#: Unicode has fewer than 2^21 code points; a pair of them fits one integer.
_PAIR_SHIFT = 21
#: What is shown as perhaps the same; below it, suggestions are noise.
_LEAST_SIMILAR = 0.22
#: Another category weakens, but does not rule out, that two texts mean the same.
_OTHER_CATEGORY = 0.75


def normaliser(synonyms: Mapping[str, str]) -> Callable[[str], str]:
    """Return the function that reduces a text to what it is about.

    Parameters
    ----------
    synonyms
        Written form → what it means; an empty meaning drops filler. Longer forms win.
    """
    wordings = sorted((word for word in synonyms if word), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, wordings))) if wordings else None

    def normalise(text: str) -> str:
        plain = _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).casefold())
        return pattern.sub(lambda found: synonyms[found.group()], plain) if pattern else plain

    return normalise


def _grams(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (text number, gram) of every character and every pair of neighbours within a text."""
    joined = "".join(texts)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    lengths = np.fromiter((len(text) for text in texts), dtype=np.int64, count=len(texts))
    owner = np.repeat(np.arange(len(texts)), lengths)
    neighbours = owner[1:] == owner[:-1]
    pairs = (points[:-1] << _PAIR_SHIFT | points[1:])[neighbours]
    return np.concatenate([owner, owner[1:][neighbours]]), np.concatenate([points, pairs])


class TextIndex:
    """Texts ready to be asked which of them is nearest to a new one.

    Parameters
    ----------
    texts
        Normalised already (:func:`normaliser`); an empty one is near to nothing.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._count = len(texts)
        owner, gram = _grams(texts)
        self._vocabulary, column = np.unique(gram, return_inverse=True)
        width = max(len(self._vocabulary), 1)
        # One sort brings every posting list together; equal keys are one gram written several times in one text.
        cell, times = np.unique(column.astype(np.int64) * max(self._count, 1) + owner, return_counts=True)
        column, self._owner = np.divmod(cell, max(self._count, 1))
        self._starts = np.searchsorted(column, np.arange(width + 1))
        in_texts = np.diff(self._starts)
        self._weight_of = np.log((1 + self._count) / (1 + in_texts)) + 1.0
        weights = times * self._weight_of[column] if len(column) else np.zeros(0)
        norms = np.sqrt(np.bincount(self._owner, weights**2, minlength=self._count))
        self._weights = weights / np.where(norms > 0, norms, 1.0)[self._owner] if len(column) else weights

    def similarities(self, text: str) -> NDArray[np.float64]:
        """Return the cosine of a normalised text with each indexed one, in their order."""
        scores = np.zeros(self._count)
        _, gram = _grams([text])
        wanted, times = np.unique(gram, return_counts=True)
        place = np.searchsorted(self._vocabulary, wanted)
        place[place == len(self._vocabulary)] = 0
        known = self._vocabulary[place] == wanted if len(self._vocabulary) else np.zeros(len(wanted), dtype=bool)
        unseen = np.log(1 + self._count) + 1.0
        weights = times * np.where(known, self._weight_of[place], unseen)
        norm = float(np.sqrt((weights**2).sum()))
        if norm == 0.0:
            return scores
        for column, weight in zip(place[known], weights[known] / norm, strict=True):
            span = slice(self._starts[column], self._starts[column + 1])
            scores[self._owner[span]] += weight * self._weights[span]
        return scores


def most_similar(
    scores: Iterable[float], rows: Sequence[tuple[int, DemandCategory]], category: DemandCategory | None, *, limit: int
) -> dict[int, float]:
    """Return up to ``limit`` demands that perhaps say the same, as id → likeness, nearest first and newer before older.

    Parameters
    ----------
    scores
        Cosine of the new text with each row.
    rows
        Id and category of each demand.
    category
        Of the new text, ``None`` while nobody has chosen one.
    """
    ranked = sorted(
        (
            (score if category in (None, other) else score * _OTHER_CATEGORY, key)
            for score, (key, other) in zip(scores, rows, strict=True)
        ),
        key=lambda one: (-one[0], -one[1]),
    )
    return {key: min(score, 1.0) for score, key in ranked[:limit] if score >= _LEAST_SIMILAR}
