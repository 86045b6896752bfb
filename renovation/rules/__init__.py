"""Pure decisions: no clock, disk, network or unseeded chance."""

#: Stands in every allocation, so that a reader of an old one can tell that a method has changed since.
RULES_VERSION = "1.1"
