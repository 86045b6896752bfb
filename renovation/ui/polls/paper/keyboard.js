// Keying paper ballots by the keyboard alone: digits toggle, Enter keeps and goes on.
// Ballots wait in an outbox until the server says it has them, so fast typing loses nothing.

const held = new WeakMap()

const fresh = (position) => ({ position, chosen: [], points: {}, buffer: "", factor: false, mark: "", warned: false })

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector("#paper")
  const last = data.projects.length ? Math.max(...data.projects.map((p) => p.number)) : 0
  const known = new Map(data.projects.map((p) => [p.number, p]))
  let state = held.get(root)
  if (!state || state.desk !== data.desk) {
    state = { desk: data.desk, outbox: [], sent: data.acked, mine: new Map(), now: fresh(data.position || 1) }
    held.set(root, state)
    if (!data.position) state.now = null
  }
  state.outbox = state.outbox.filter((entry) => entry.n > data.acked)
  for (const [position, entry] of Object.entries(data.readings)) {
    if (!state.mine.has(Number(position))) state.mine.set(Number(position), entry)
  }

  const limit = data.limit || Infinity
  const tooMany = (now) =>
    now.chosen.length > limit ||
    (data.budget && now.chosen.reduce((sum, n) => sum + known.get(n).cost, 0) > data.budget) ||
    (data.points && now.chosen.reduce((sum, n) => sum + (now.points[n] || 0), 0) > data.points)

  const toggle = (now, number) => {
    if (!known.has(number)) { flash("bad"); say(data.words.unknown.replace("{count}", number)); return false }
    now.mark = ""
    const place = now.chosen.indexOf(number)
    if (place < 0) now.chosen.push(number)
    else { now.chosen.splice(place, 1); delete now.points[number] }
    return true
  }

  // One digit of a ballot with more than nine numbers may be the beginning of two. Tells whether the number was good:
  // with a wrong one typed, Enter must not keep the ballot as if it had never been pressed.
  const settle = (now) => {
    if (!now.buffer) return true
    const typed = Number(now.buffer)
    now.buffer = ""
    if (!now.factor) return toggle(now, typed)
    const number = now.chosen[now.chosen.length - 1]
    if (number !== undefined) now.points[number] = typed
    now.factor = false
    return true
  }

  const digit = (now, key) => {
    if (key === "0" && !now.buffer && !now.factor) { now.chosen = []; now.points = {}; now.mark = "blank"; return }
    now.buffer += key
    if (now.factor) { if (now.buffer.length >= 4) settle(now); return }
    const typed = Number(now.buffer)
    if (typed * 10 > last || now.buffer.length >= String(last).length) settle(now)
  }

  const keep = (now) => {
    if (!settle(now)) return
    if (data.points && now.chosen.some((n) => !now.points[n])) { flash("bad"); say(data.words.points_missing); return }
    if (!now.chosen.length && !now.mark) { flash("bad"); say(data.words.nothing); return }
    const entry = {
      n: ++state.sent,
      position: now.position,
      choices: now.mark ? [] : now.chosen.map((n) => known.get(n).key),
      points: data.yes_no && !now.mark ? now.chosen.map(() => 1) : data.points && !now.mark ? now.chosen.map((n) => now.points[n]) : [],
      spoiled: now.mark === "spoiled",
    }
    state.outbox.push(entry)
    state.mine.set(now.position, { numbers: now.mark ? [] : [...now.chosen], points: { ...now.points }, mark: now.mark })
    setStateValue("outbox", [...state.outbox])
    flash("good")
    let next = now.position + 1
    while (next <= data.counted && state.mine.has(next)) next += 1
    state.now = next <= data.counted ? fresh(next) : null
    say("")
  }

  const look = (position) => {
    if (position < 1 || position > data.counted) return
    const entry = state.mine.get(position)
    state.now = fresh(position)
    if (entry) {
      state.now.chosen = [...entry.numbers]
      state.now.points = { ...entry.points }
      state.now.mark = entry.mark
    }
  }

  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const now = state.now
    const key = event.key
    say("")
    if (!now) { if (key === "ArrowUp" || key === "/") look(data.counted); else return }
    else if (/^[0-9]$/.test(key)) digit(now, key)
    else if (key === "Enter") keep(now)
    else if (key === " " || key === "+" || key === ".") settle(now)
    else if (key === "*" && data.points) { settle(now); now.factor = true }
    else if (key === "-" || key.toLowerCase() === "f") { now.chosen = []; now.points = {}; now.buffer = ""; now.mark = now.mark === "spoiled" ? "" : "spoiled" }
    else if (key.toLowerCase() === "b") { now.chosen = []; now.points = {}; now.buffer = ""; now.mark = "blank" }
    else if (key === "Backspace" || key === "Escape") { state.now = fresh(now.position) }
    else if (key === "ArrowUp" || key === "/") look(now.position - 1)
    else if (key === "ArrowDown") look(now.position + 1)
    else return
    event.preventDefault()
    event.stopPropagation()
    paint()
  }

  const said = root.querySelector(".said")
  const say = (words) => { said.textContent = words }
  const flash = (kind) => {
    root.classList.remove("good", "bad")
    void root.offsetWidth
    root.classList.add(kind)
  }

  const tiles = root.querySelector(".tiles")
  const paint = () => {
    const now = state.now
    root.querySelector(".done").hidden = Boolean(now)
    root.querySelector(".sheet").hidden = !now
    root.querySelector(".waiting").textContent =
      state.outbox.length ? data.words.waiting.replace("{count}", state.outbox.length) : ""
    if (!now) { root.querySelector(".done").textContent = data.words.done; return }
    root.querySelector(".position").textContent = `${now.position} / ${data.counted}`
    root.querySelector(".typing").textContent = now.buffer + (now.factor ? " ×" : "")
    const verdict = root.querySelector(".verdict")
    verdict.textContent = now.mark ? data.words[now.mark]
      : tooMany(now) ? data.words.over
        : now.chosen.length ? data.words.valid.replace("{count}", now.chosen.length) : ""
    verdict.className = `verdict ${now.mark || (tooMany(now) ? "over" : "valid")}`
    for (const tile of tiles.children) {
      const number = Number(tile.dataset.number)
      const place = now.chosen.indexOf(number)
      tile.setAttribute("aria-pressed", place >= 0)
      tile.querySelector(".extra").textContent =
        place < 0 ? "" : data.ranking ? `${place + 1}` : data.points ? `${now.points[number] ?? "?"}` : "✓"
    }
  }

  if (tiles.dataset.desk !== data.desk) {
    tiles.dataset.desk = data.desk
    tiles.replaceChildren(...data.projects.map((project) => {
      const tile = document.createElement("button")
      tile.type = "button"
      tile.tabIndex = -1
      tile.dataset.number = project.number
      for (const [name, words] of [["number", project.number], ["name", project.name], ["extra", ""]]) {
        const part = document.createElement("span")
        part.className = name
        part.textContent = words
        tile.append(part)
      }
      return tile
    }))
    root.focus()
  }
  for (const tile of tiles.children) {
    tile.onclick = () => { if (state.now) { toggle(state.now, Number(tile.dataset.number)); paint(); root.focus() } }
  }
  root.setAttribute("aria-label", data.words.label)
  root.querySelector(".help").textContent = data.words.help
  root.onkeydown = onKey
  // Keys pressed while nothing has the focus are meant for the ballot too.
  const onPage = (event) => { if (event.target === document.body) onKey(event) }
  document.addEventListener("keydown", onPage)
  paint()
  return () => document.removeEventListener("keydown", onPage)
}
