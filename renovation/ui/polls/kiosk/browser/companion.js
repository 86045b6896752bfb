// Beside the voting page: asks an idle voter, reads aloud with this machine's own voices, prints the receipt, and lets
// one press be one step.
// Nothing is stored, nothing leaves the machine.

const LONGEST_READING_MS = 300_000

const QUIET_MS = 400
const ONE_STEP = /^(Enter|Escape|[0-9]|-)$/

// A key held down, a scanner that ends with two Enters, a hand that trembles: none may walk on through the screens, for
// at their end a ballot is cast. So held keys count once, and for a moment a new screen takes no second press.
const pace = () => {
  if (window.renovationPace) return window.renovationPace
  const state = { screen: "", title: "", shown: 0, calm: false, timer: 0 }
  const title = () => document.querySelector("h1.kiosk-title")?.textContent ?? ""
  const ready = document.documentElement.dataset
  state.begin = (screen, calm) => {
    // Drawn again, in another language perhaps.
    if (screen === state.screen) { state.title = title(); return }
    Object.assign(state, { screen, title: title(), shown: performance.now(), calm })
    clearTimeout(state.timer)
    delete ready.kioskReady
    state.timer = setTimeout(() => { ready.kioskReady = screen }, QUIET_MS)
  }
  const tooSoon = () => {
    // The next screen may stand before this has heard of it.
    if (title() !== state.title) Object.assign(state, { title: title(), shown: performance.now(), calm: true })
    return state.calm && performance.now() - state.shown < QUIET_MS
  }
  const onPage = () => document.querySelector('[class*="st-key-kiosk_top_"]')
  const swallow = (event) => { event.preventDefault(); event.stopImmediatePropagation() }
  window.addEventListener("keydown", (event) => {
    if (!ONE_STEP.test(event.key) || !onPage()) return
    const writes = event.target instanceof Element && event.target.matches("input, textarea")
    const steps = event.key === "Enter" || event.key === "Escape"
    // A code's own Enter is never too soon: it comes from the box on the first screen.
    if (event.repeat ? steps || !writes : steps && !writes && tooSoon()) swallow(event)
  }, true)
  window.addEventListener("click", (event) => {
    if (event.detail > 1 && onPage() && tooSoon()) swallow(event)
  }, true)
  window.renovationPace = state
  return state
}

const localVoice = (lang) =>
  window.speechSynthesis
    ? window.speechSynthesis.getVoices().find(
        (voice) => voice.localService && voice.lang.toLowerCase().replace("_", "-").startsWith(lang.slice(0, 2)))
    : undefined

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector("#companion")
  const reader = root.querySelector(".read")
  const printer = root.querySelector(".print")
  const ring = root.querySelector(".ring")
  const stay = root.querySelector(".stay")
  const count = root.querySelector(".count")
  const synthesis = window.speechSynthesis

  root.querySelector(".question").textContent = data.still_there
  stay.textContent = data.stay
  reader.textContent = data.read
  printer.textContent = data.print
  printer.hidden = !data.can_print
  printer.onclick = () => window.print()

  // A machine without a voice of its own stays quiet: the button is not shown.
  const showReader = () => { reader.hidden = !localVoice(data.lang) }
  showReader()
  if (synthesis) synthesis.addEventListener("voiceschanged", showReader)
  let begun = 0
  reader.onclick = () => {
    if (synthesis.speaking) { synthesis.cancel(); return }
    const said = new SpeechSynthesisUtterance(data.text)
    said.voice = localVoice(data.lang)
    said.lang = data.lang
    said.rate = 0.9
    begun = Date.now()
    synthesis.speak(said)
  }

  pace().begin(data.screen, data.calm)

  let touched = Date.now()
  let over = false
  // An untouched first screen has nobody to ask; typing arms it, which the server cannot see.
  let armed = data.armed
  const touch = (event) => {
    // While it is asked, a finger or a key answers the question and does nothing to what lies beneath it.
    if (over || !ring.hidden) return
    if (event.type === "input") armed = true
    touched = Date.now()
  }
  const events = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "input"]
  events.forEach((name) => document.addEventListener(name, touch, { capture: true, passive: true }))
  let before = null
  const ask = () => {
    before = document.activeElement
    ring.hidden = false
    document.documentElement.dataset.kioskAsks = "yes"
    stay.focus()
  }
  // Nobody answered: what stands on the screen is covered until the next one comes, however long the server takes.
  let leaving = false
  const cover = () => {
    leaving = true
    root.querySelector(".question").textContent = data.clearing
    count.hidden = stay.hidden = true
    ring.hidden = false
    document.documentElement.dataset.kioskAsks = "yes"
  }
  const hide = () => {
    ring.hidden = true
    delete document.documentElement.dataset.kioskAsks
  }
  const answered = () => {
    if (leaving) return
    hide()
    touched = Date.now()
    if (before && before.isConnected) before.focus()
  }
  ring.onclick = answered
  const swallow = (event) => {
    if (ring.hidden) return
    event.preventDefault()
    event.stopImmediatePropagation()
    answered()
  }
  window.addEventListener("keydown", swallow, true)

  const tick = setInterval(() => {
    if (over) return
    // Typed before this was mounted counts too.
    armed = armed || [...document.querySelectorAll("input")].some((input) => input.value)
    if (!armed) return
    // Whoever listens to a long list is there, if not for ever: a voice may hang.
    if (synthesis && synthesis.speaking && Date.now() - begun < LONGEST_READING_MS) touched = Date.now()
    const idle = (Date.now() - touched) / 1000
    const limit = data.idle_seconds
    if (!limit || idle < limit) return
    const left = Math.ceil(limit + data.ring_seconds - idle)
    if (left > 0 && data.ring_seconds > 0) {
      if (ring.hidden) ask()
      count.textContent = left
      return
    }
    over = true
    cover()
    if (synthesis) synthesis.cancel()
    setTriggerValue("gone", data.epoch)
    // If the answer got lost this screen still stands, and is asked for again.
    setTimeout(() => { over = false }, 5000)
  }, 500)

  return () => {
    clearInterval(tick)
    delete document.documentElement.dataset.kioskAsks
    window.removeEventListener("keydown", swallow, true)
    events.forEach((name) => document.removeEventListener(name, touch, { capture: true }))
    if (synthesis) {
      synthesis.removeEventListener("voiceschanged", showReader)
      synthesis.cancel()
    }
  }
}
