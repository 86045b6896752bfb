"""A text field whose words reach the server while they are typed, so that the page can answer to them.

Streamlit sends a text when its field is left, or on Ctrl+Enter. A few lines of JavaScript press Ctrl+Enter whenever the
person pauses, and never in the middle of a word that an input method is still composing.
"""

from __future__ import annotations

import streamlit as st

#: A pause this long (ms) is taken as the end of a thought.
_PAUSE_MS = 600
#: Fewer characters say too little to be compared.
_LEAST = 4

_JS = """
const watched = new WeakSet()
export default function ({ data }) {
  const field = document.querySelector(`.st-key-${data.field} textarea`)
  if (!field || watched.has(field)) return
  watched.add(field)
  let timer, sent = ""
  field.addEventListener("input", (event) => {
    clearTimeout(timer)
    if (event.isComposing) return
    timer = setTimeout(send, data.pause)
  })
  field.addEventListener("compositionend", () => {
    clearTimeout(timer)
    timer = setTimeout(send, data.pause)
  })
  const send = () => {
    if (field.value === sent || field.value.trim().length < data.least) return
    sent = field.value
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true }))
  }
}
"""


def send_while_typing(key: str) -> None:
    """Send the text area of this key whenever its writer pauses; call it after drawing the field."""
    mount = st.components.v2.component("renovation_live_text", js=_JS)
    field = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in key)
    mount(key=f"{key}.live", data={"field": field, "pause": _PAUSE_MS, "least": _LEAST})
