// The number printed on a card is what a voter types. Where numbers have two digits the first waits for the second, or
// for Enter; what is typed stands large on the screen meanwhile.

const PAUSE_MS = 2500
const held = new WeakMap()

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector("#numbers")
  const known = new Set(data.numbers)
  const most = String(Math.max(0, ...data.numbers)).length
  const state = held.get(root) || { typed: "", last: 0, timer: 0 }
  held.set(root, state)

  const card = (number) => document.querySelector(`.${CSS.escape(data.card + number)}`)
  const press = (name, number) => {
    const button = document.querySelector(`.${CSS.escape(name + number)} button`)
    if (button && !button.disabled) button.click()
  }
  const show = (words = data.more) => {
    root.hidden = !state.typed
    root.querySelector(".typed").textContent = state.typed
    root.querySelector(".what").textContent = words
  }
  const forget = () => {
    clearTimeout(state.timer)
    state.typed = ""
    show()
  }
  // The bar at the bottom covers what lies under it, so the middle of the screen is the place to be seen.
  const find = (number) => {
    state.last = number
    card(number)?.scrollIntoView({ block: "center", behavior: "smooth" })
  }
  const settle = () => {
    clearTimeout(state.timer)
    const number = Number(state.typed)
    if (!known.has(number)) {
      show(data.unknown)
      state.timer = setTimeout(forget, PAUSE_MS)
      state.wrong = true
      return
    }
    forget()
    find(number)
    press(data.press, number)
  }

  const digit = (key) => {
    clearTimeout(state.timer)
    if (state.wrong) { state.typed = ""; state.wrong = false }
    if (key === "0" && !state.typed) return
    state.typed += key
    show()
    const further = [...known].some((number) => String(number).startsWith(state.typed) && String(number) !== state.typed)
    if (!further || state.typed.length >= most) settle()
    else state.timer = setTimeout(settle, PAUSE_MS)
  }

  const swallow = (event) => { event.preventDefault(); event.stopImmediatePropagation() }
  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || document.documentElement.dataset.kioskAsks) return
    if (event.target instanceof Element && event.target.matches("input, textarea, [contenteditable]")) return
    if (/^[0-9]$/.test(event.key)) {
      if (data.one_key_each) { if (known.has(Number(event.key))) find(Number(event.key)); return }
      swallow(event)
      digit(event.key)
      return
    }
    if (event.key === "-" && data.less) {
      const number = Number(state.typed) || state.last
      forget()
      if (known.has(number)) { find(number); press(data.less, number) }
      swallow(event)
      return
    }
    if (!state.typed) return
    // Enter and Escape belong to what is being typed before they belong to the screen.
    if (event.key === "Enter" && !state.wrong) settle()
    else if (["Enter", "Escape", "Backspace"].includes(event.key)) forget()
    else return
    swallow(event)
  }
  window.addEventListener("keydown", onKey, true)
  show()
  return () => window.removeEventListener("keydown", onKey, true)
}
