"""The documents of an adopted programme: lists, notice, memo, maps and cards, all from one :class:`ProgrammeFile`."""
