"""Photos on screen: before and after side by side, adding and removing; and the field that takes them in."""

from __future__ import annotations

import streamlit as st

from renovation.imports.files.pictures.photos import MAX_BYTES
from renovation.model.accounts import Actor, may
from renovation.model.clock import today
from renovation.model.photos import MAX_CAPTION, Photo, PhotoKind, PhotoOwner
from renovation.services.register import photos
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.state import store
from renovation.ui.uploads import file_field
from renovation.ui.words import label, plain, say, told

_TYPES = ["jpg", "jpeg", "png", "webp"]


def photo_field(key: str, *, words: str, most: int | None = None) -> list[tuple[str, bytes]]:
    """Ask for photos and return (file name, content) of each.

    Parameters
    ----------
    most
        How many are taken, said beside the field.
    """
    megabytes = MAX_BYTES // (1024 * 1024)
    with st.container(key=f"photo_field_{key}"):
        # The button's words are the style sheet's; photos have a limit of their own.
        button = say("photo.button", limit=megabytes)
        st.html(f"<style>[class*='st-key-photo_field_'] {{ --choose-file: '{button}' }}</style>")
        given = file_field(words, type=_TYPES, accept_multiple_files=True, key=key, max_upload_size=megabytes)
    st.caption(say("photo.privacy"))
    if most is not None and len(given) > most:
        st.warning(told("photo.field_many", limit=most), icon=":material/photo_library:")
    return [(file.name, file.getvalue()) for file in given]


def gallery(actor: Actor, owner: PhotoOwner) -> None:
    """Show an owner's photos, one column per kind, and offer what the actor may do with them."""
    with refusals():
        found = photos.photos_of(store(), actor, owner)
        changing = may(actor, photos.may_change_photos(owner))
        kinds = [kind for kind in PhotoKind if any(photo.kind is kind for photo in found)]
        if kinds:
            for column, kind in zip(st.columns(max(len(kinds), 2)), kinds, strict=False):
                with column:
                    st.markdown(f"**{label('enum.PhotoKind', kind)}**")
                    for photo in found:
                        if photo.kind is kind:
                            _one(actor, photo, changing=changing)
        else:
            st.caption(say("photo.none"))
        if changing:
            _add_form(actor, owner, expanded=False)


def words_below(photo: Photo) -> str:
    """Return the line that stands under a photo: caption and day."""
    day = say("photo.taken", day=photo.taken_on) if photo.taken_on else ""
    return "　".join(part for part in (plain(photo.caption), day) if part)


def _one(actor: Actor, photo: Photo, *, changing: bool) -> None:
    with refusals():
        content = photos.photo_bytes(store(), actor, photo.id)
        st.image(
            content,
            caption=words_below(photo) or None,
            width="stretch",
            alt=photo.caption or label("enum.PhotoKind", photo.kind),
        )
        if not changing:
            return
        with st.popover(say("photo.remove"), icon=":material/delete:"):
            st.markdown(say("photo.remove_consequence"))
            if st.button(say("photo.remove_now"), key=f"photos.remove.{photo.id}", type="primary"):
                with refusals():
                    photos.remove_photo(store(), actor, photo.id)
                    st.rerun()


def _add_form(actor: Actor, owner: PhotoOwner, *, expanded: bool) -> None:
    name = f"photos.{owner.kind.value}.{owner.id}"
    with (
        st.expander(say("photo.add"), icon=":material/add_a_photo:", expanded=expanded or begun(actor, name)),
        draft(actor, name, has_files=True) as form,
    ):
        files = photo_field(form.key("files"), words=say("photo.field"))
        what, day = st.columns(2)
        kind = what.selectbox(
            say("photo.kind"),
            list(PhotoKind),
            format_func=lambda one: label("enum.PhotoKind", one),
            **form.field("kind", next(iter(PhotoKind))),
        )
        taken_on = day.date_input(
            say("photo.taken_on"),
            value=None,
            max_value=today(),
            format="YYYY-MM-DD",
            **form.field("day"),
            help=say("photo.taken_on_help"),
        )
        caption = st.text_input(say("photo.caption"), max_chars=MAX_CAPTION, **form.field("caption", ""))
        if st.button(
            say("photo.save"), type="primary", icon=":material/save:", key=form.key("save"), disabled=not files
        ):
            with form.saving():
                photos.add_photos(store(), actor, owner, files, kind, caption=caption, taken_on=taken_on)
                form.forget()
                st.rerun()
