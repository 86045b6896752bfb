"""Which pots pay for what: an exact split of whole fen, kept while projects are added one by one.

Projects that the same pots may pay for are one *class of payers* (a frozenset of pot numbers). Whether a sum can be
paid is a flow from classes to pots; an augmenting path moves earlier payments to other pots where that helps. When a
sum cannot be paid, the pots reached on the way are all empty and prove it: whatever only they may pay for exceeds them.
"""

from __future__ import annotations

from collections.abc import Sequence

Payers = frozenset[int]


class Purse:
    """The pots of one year."""

    def __init__(self, amounts: Sequence[int]) -> None:
        self.left = list(amounts)
        self._paid: dict[Payers, dict[int, int]] = {}

    def pay(self, payers: Payers, amount: int) -> frozenset[int]:
        """Pay ``amount`` or nothing; return the empty pots that stand in the way (none when it is paid)."""
        flow = self._paid.setdefault(payers, {})
        if amount <= sum(self.left[pot] for pot in payers):
            for pot in sorted(payers):
                part = min(amount, self.left[pot])
                if part:
                    self.left[pot] -= part
                    flow[pot] = flow.get(pot, 0) + part
                    amount -= part
            return frozenset()
        before = (list(self.left), {key: dict(value) for key, value in self._paid.items()})
        while amount:
            path, reached = self._path(payers)
            if not path:
                self.left, self._paid = before
                return reached
            amount -= self._push(path, amount)
        return frozenset()

    def shortage(self, payers: Payers, amount: int) -> int:
        """Return how much of ``amount`` could not be paid now, moving earlier payments where that helps."""
        before = (list(self.left), {key: dict(value) for key, value in self._paid.items()})
        self._paid.setdefault(payers, {})
        while amount:
            path, _ = self._path(payers)
            if not path:
                break
            amount -= self._push(path, amount)
        self.left, self._paid = before
        return amount

    def refund(self, payers: Payers, amount: int) -> None:
        """Take a payment of a class back; which pot gets it back is free, because payments can be moved."""
        flow = self._paid[payers]
        for pot in sorted(flow):
            part = min(amount, flow[pot])
            flow[pot] -= part
            self.left[pot] += part
            amount -= part

    def payments(self, payers: Payers) -> dict[int, int]:
        """Return what each pot pays for a class of payers, in fen."""
        return {pot: amount for pot, amount in sorted(self._paid.get(payers, {}).items()) if amount}

    def _path(self, payers: Payers) -> tuple[list[tuple[Payers, int, int]], frozenset[int]]:
        """Find a chain of moves that frees money for ``payers``: (class, from pot, to pot), and the pots looked at.

        The last entry of the chain pays from a pot with money left; ``from pot`` is -1 where the new sum is paid.
        """
        came: dict[int, tuple[Payers, int]] = dict.fromkeys(sorted(payers), (payers, -1))
        waiting = sorted(payers)
        for pot in waiting:
            if self.left[pot]:
                chain = []
                at = pot
                while at != -1:
                    mover, origin = came[at]
                    chain.append((mover, origin, at))
                    at = origin
                return chain[::-1], frozenset()
            for mover, flow in self._paid.items():
                if flow.get(pot):
                    for other in sorted(mover):
                        if other not in came:
                            came[other] = (mover, pot)
                            waiting.append(other)
        return [], frozenset(came)

    def _push(self, path: list[tuple[Payers, int, int]], amount: int) -> int:
        part = min(amount, self.left[path[-1][2]])
        for mover, origin, _ in path:
            if origin != -1:
                part = min(part, self._paid[mover][origin])
        for mover, origin, target in path:
            flow = self._paid[mover]
            flow[target] = flow.get(target, 0) + part
            if origin != -1:
                flow[origin] -= part
        self.left[path[-1][2]] -= part
        return part
