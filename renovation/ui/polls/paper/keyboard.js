// Keying paper ballots by the keyboard alone: digits choose, Enter keeps and goes on.
// Ballots wait in an outbox until the server says it has them, so fast typing loses nothing.
// A key is either understood, and what is understood stands in words, or refused, and then nothing goes on before
// Backspace: no key overwrites what was keyed, and a ballot is kept as the words said.

const held = new WeakMap()
const fresh = (position) => ({
  position, items: [], typing: "", score: null, long: false, ask: 0, mark: "", overwritten: false, stuck: "",
})
// Whoever has chosen a poll or a batch in its list goes on with its sheet: the list stands by, and what is typed while that
// sheet is being drawn waits for it. On a sheet of what was chosen before nothing lands.
let sheet = null, typed = null
const isList = (at) => Boolean(sheet) && at.role === "combobox" && at.ariaLabel in sheet.lists
const fits = () => !sheet.gone && Object.entries(sheet.lists).every(([name, shown]) =>
  [...document.querySelectorAll("[role=combobox]")].some((at) => at.ariaLabel === name && at.value === shown))
const hand = () => {
  if (!typed || !sheet || !fits()) return
  for (const key of typed.splice(0)) sheet.press(key)
  sheet.focus()
}
document.addEventListener("keydown", (event) => {
  const { key, target } = event
  if (!isList(target)) return
  const meant = /^[0-9+*.bf -]$/i.test(key) || (typed?.length && /^(Enter|Backspace|Escape)$/.test(key))
  if (!typed || !meant || event.ctrlKey || event.altKey || event.metaKey) {
    // Enter takes the line of an open list; any other key is the list's own.
    typed = key === "Enter" && (typed || target.ariaExpanded === "true") ? [] : null
    return
  }
  event.preventDefault()
  event.stopImmediatePropagation()
  typed.push(key)
  hand()
}, true)
document.addEventListener("click", (event) => {
  const line = event.target.closest?.("[role=option]")
  typed = line && isList(document.activeElement) ? [] : null
}, true)
document.addEventListener("focusout", (event) => {
  // Left for something else: whoever comes back to the list means the list.
  if (isList(event.target) && event.relatedTarget?.closest?.("input,textarea,button,a,summary")) typed = null
})

const copy = (now) => ({ ...now, items: now.items.map((item) => ({ ...item })) })
const filled = (words, fields) => words.replace(/\{(\w+)\}/g, (_, name) => fields[name])

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector("#paper")
  const words = data.words
  const last = data.projects.length ? Math.max(...data.projects.map((p) => p.number)) : 0
  const known = new Map(data.projects.map((p) => [p.number, p]))
  const order = [...known.keys()].sort((a, b) => a - b)
  const points = data.kind === "cumulative"
  const answers = data.kind === "yes-no"
  const open = (mine) => {
    const now = fresh(mine.position)
    const values = new Map(mine.numbers.map((number, at) => [number, mine.values[at] ?? null]))
    const all = answers && !mine.mark ? order : mine.numbers
    now.items = all.map((number) => ({ number, value: values.get(number) ?? (answers ? 0 : null) }))
    now.mark = mine.mark
    return now
  }
  let state = held.get(root)
  if (!state || state.desk !== data.desk) {
    state = { desk: data.desk, outbox: [], sent: data.acked, mine: new Map(), lost: new Set(), now: null, before: [] }
    if (data.position) state.now = fresh(data.position)
    held.set(root, state)
  }
  state.outbox = state.outbox.filter((entry) => entry.n > data.acked)
  for (const [position, entry] of Object.entries(data.readings)) {
    if (!state.mine.has(Number(position))) state.mine.set(Number(position), entry)
  }
  for (const [position, n] of data.refused) {
    if (state.lost.has(n)) continue
    state.lost.add(n)
    if (state.outbox.some((entry) => entry.position === position)) continue
    // It is to be keyed again: at once by whoever has nothing else before them, else when they come to it.
    const entry = data.readings[position]
    if (entry) state.mine.set(position, entry)
    else state.mine.delete(position)
    if (!state.now) state.now = fresh(position)
  }

  const limit = data.limit || Infinity
  const sum = (now, worth) => now.items.reduce((total, item) => total + worth(item), 0)
  const tooMany = (now) =>
    now.items.length > limit ||
    (data.budget !== null && sum(now, (item) => known.get(item.number).cost) > data.budget) ||
    (points && sum(now, (item) => item.value || 0) > data.points)
  const isBlank = (now) => now.mark === "blank" || (answers && now.items.length > 0 && now.items.every((item) => !item.value))
  const begun = (now) => now.items.length || now.typing || now.score !== null || now.mark

  // Each of these changes the ballot, or returns in words why it does not.
  const chosen = (now, number) => {
    if (!known.has(number)) return filled(words.unknown, { n: number })
    if (now.items.some((item) => item.number === number)) {
      if (!points) return filled(words.twice, { n: number })
      now.ask = number
      return ""
    }
    now.items.push({ number, value: null })
    return ""
  }
  const settle = (now) => {
    if (now.typing) {
      const number = Number(now.typing)
      now.typing = ""
      return chosen(now, number)
    }
    if (now.score === null) return ""
    if (!now.score) return filled(words.score_first, { n: now.items.at(-1).number })
    now.items.at(-1).value = Number(now.score)
    now.score = null
    now.long = false
    return ""
  }
  const answer = (now, key) => {
    if (now.items.length === order.length) return words.all_answered
    const value = { 1: 1, 2: -1, 0: 0, " ": 0 }[key]
    if (value === undefined) return words.answer_keys
    now.items.push({ number: order[now.items.length], value })
    return ""
  }
  const digit = (now, key) => {
    if (now.mark) return words.clear_first
    if (answers) return answer(now, key)
    if (now.score !== null) {
      if (!now.score && key === "0") return words.no_zero
      const longer = now.score + key
      // A score goes on while it can be one; a digit that would make it too high begins the next number.
      if (now.long || !now.score || Number(longer) <= data.points || key === "0") {
        if (longer.length > 4) return words.score_long
        now.score = longer
        return ""
      }
      settle(now)
    } else if (!now.typing && now.items.length && points && now.items.at(-1).value === null) {
      return filled(words.score_first, { n: now.items.at(-1).number })
    }
    if (key === "0" && !now.typing) {
      if (now.items.length) return words.clear_first
      now.mark = "blank"
      return ""
    }
    now.typing += key
    // One digit of a ballot with more than nine numbers may be the beginning of two.
    return Number(now.typing) * 10 > last || now.typing.length >= String(last).length ? settle(now) : ""
  }
  const star = (now) => {
    if (now.score === "" && !now.long) { now.long = true; return "" }
    if (now.score !== null) return filled(words.apart, { n: now.items.at(-1).number, points: now.score })
    const why = settle(now)
    if (why || now.ask) return why
    if (!now.items.length || now.items.at(-1).value !== null) return words.number_first
    now.score = ""
    return ""
  }
  const replace = (now) => {
    now.items = [...now.items.filter((item) => item.number !== now.ask), { number: now.ask, value: null }]
    now.ask = 0
    now.score = ""
    now.overwritten = true
    return ""
  }
  const marked = (now, mark) => {
    if (begun(now)) return words.clear_first
    now.mark = mark
    return ""
  }
  const complete = (now) => {
    const why = settle(now)
    if (why) return why
    const bare = points && now.items.find((item) => item.value === null)
    if (bare) return filled(words.score_first, { n: bare.number })
    if (now.ask) return asked(now)
    if (!now.items.length && !now.mark) return words.nothing
    if (answers && !now.mark && now.items.length < order.length) {
      return filled(words.not_all, { count: order.length - now.items.length })
    }
    return ""
  }
  const asked = (now) =>
    filled(words.ask, { n: now.ask, points: now.items.find((item) => item.number === now.ask).value })
  const understood = (now, key) => {
    if (now.ask) return key === "+" ? replace(now) : asked(now)
    if (/^[0-9]$/.test(key)) return digit(now, key)
    if (key === " " && answers && !now.mark) return answer(now, key)
    if (key === " " || key === "+" || key === ".") return settle(now)
    if (key === "*" && points && !now.mark) return star(now)
    if (key === "-" || key.toLowerCase() === "f") return marked(now, "spoiled")
    if (key.toLowerCase() === "b") return marked(now, "blank")
    if (key === "*") return words.unknown_key
    return undefined
  }

  const change = (act) => {
    const next = copy(state.now)
    const why = state.now.stuck || act(next)
    if (why) { state.now.stuck = why; flash("bad"); return false }
    state.before.push(state.now)
    state.now = next
    return true
  }
  const box = root.querySelector(".serial input")
  const turn = (now) => {
    state.now = now
    state.before = []
    box.value = (now && state.mine.get(now.position)?.serial) || ""
  }
  // The next sheet that is not keyed yet; one that was not kept may lie before.
  const following = (from) => {
    for (let step = 1; step < data.counted; step += 1) {
      const next = (from - 1 + step) % data.counted + 1
      if (!state.mine.has(next)) return fresh(next)
    }
    return null
  }
  const keep = () => {
    if (data.serials && !box.value.trim()) { flash("bad"); box.focus(); return }
    if (!change(complete)) return
    const now = state.now
    const none = isBlank(now) || now.mark
    const kept = none ? [] : now.items.filter((item) => !answers || item.value)
    const values = points || answers ? kept.map((item) => item.value) : []
    state.outbox.push({
      n: ++state.sent,
      position: now.position,
      choices: kept.map((item) => known.get(item.number).key),
      points: values,
      spoiled: now.mark === "spoiled",
      overwritten: now.overwritten,
      serial: data.serials ? box.value.trim() : "",
    })
    state.mine.set(now.position, {
      numbers: kept.map((item) => item.number), values, mark: now.mark || (isBlank(now) ? "blank" : ""),
      serial: box.value.trim(),
    })
    setStateValue("outbox", [...state.outbox])
    flash("good")
    turn(following(now.position))
    if (data.serials && state.now) box.focus()
  }

  const look = (position) => {
    if (position < 1 || position > data.counted) return
    const entry = state.mine.get(position)
    turn(entry ? open({ ...entry, position }) : fresh(position))
  }

  const onKey = (event) => {
    // While the page is drawn anew the one before may still listen: a key is one key, whoever hears it first.
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return
    // A scanner types the serial and Enter: then the sheet itself is keyed.
    if (event.target === box) {
      if (event.key === "Enter") { event.preventDefault(); root.focus() }
      event.stopPropagation()
      return
    }
    const now = state.now
    const key = event.key
    if (!now) { if (key === "ArrowUp" || key === "/") look(data.counted); else return }
    else if (key === "Enter") keep()
    else if (key === "Escape") turn(fresh(now.position))
    else if (key === "Backspace") { if (now.stuck) now.stuck = ""; else state.now = state.before.pop() || fresh(now.position) }
    else if (key === "ArrowUp" || key === "/") look(now.position - 1)
    else if (key === "ArrowDown") look(now.position + 1)
    else if (understood(copy(now), key) === undefined) return
    else change((next) => understood(next, key))
    event.preventDefault()
    event.stopPropagation()
    paint()
  }

  const flash = (kind) => {
    root.classList.remove("good", "bad")
    void root.offsetWidth
    root.classList.add(kind)
  }

  const tiles = root.querySelector(".tiles")
  const list = (numbers) => numbers.map((number) => filled(words.item, { n: number })).join(words.and)
  const told = (keyed) => {
    // What is still being typed stands there as Enter would keep it.
    const settled = copy(keyed)
    const now = settle(settled) ? keyed : settled
    if (isBlank(now) || now.mark) return words[now.mark || "blank"]
    if (answers) {
      const of = (value) => now.items.filter((item) => item.value === value).map((item) => item.number)
      return [["yes", 1], ["no", -1], ["none", 0]].filter(([, value]) => of(value).length)
        .map(([name, value]) => filled(words[name], { list: list(of(value)) })).join(words.then)
    }
    return now.items.map((item, at) => points
      ? filled(words.scored, { n: item.number, points: item.value ?? (at === now.items.length - 1 && now.score) ?? "" })
      : data.kind === "ordinal" ? filled(words.ranked, { n: item.number, place: at + 1 }) : filled(words.item, { n: item.number })
    ).join(words.and)
  }
  const paint = () => {
    const now = state.now
    const part = (name) => root.querySelector(name)
    part(".done").hidden = Boolean(now)
    part(".sheet").hidden = !now
    part(".waiting").textContent = state.outbox.length ? filled(words.waiting, { count: state.outbox.length }) : ""
    part(".said").textContent = now ? now.stuck && filled(words.stuck, { why: now.stuck }) || (now.ask ? asked(now) : "") : ""
    if (!now) { part(".done").textContent = words.done; return }
    const next = answers && !now.mark && order[now.items.length]
    part(".position").textContent = `${now.position} / ${data.counted}`
    part(".typing").textContent = next ? filled(words.next, { n: next }) : now.typing + (now.score === null ? "" : ` × ${now.score}`)
    part(".reading").textContent = told(now)
    const verdict = part(".verdict")
    const kind = isBlank(now) ? "blank" : now.mark || (tooMany(now) ? "over" : "valid")
    verdict.textContent = kind === "valid" ? (now.items.length ? filled(words.valid, { count: now.items.length }) : "") : words[kind]
    verdict.className = `verdict ${kind}`
    for (const tile of tiles.children) {
      const number = Number(tile.dataset.number)
      const place = now.items.findIndex((item) => item.number === number)
      const item = now.items[place]
      tile.setAttribute("aria-pressed", place >= 0 && (!answers || item.value !== 0))
      tile.querySelector(".extra").textContent = place < 0 ? "" : data.kind === "ordinal" ? `${place + 1}`
        : points ? `${item.value ?? "?"}` : answers ? { 1: "✓", "-1": "✗", 0: "○" }[item.value] : "✓"
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
    tile.onclick = () => {
      if (!state.now || answers) return
      change((next) => next.mark ? words.clear_first : settle(next) || chosen(next, Number(tile.dataset.number)))
      paint()
      root.focus()
    }
  }
  root.setAttribute("aria-label", words.label)
  root.querySelector(".serial").hidden = !data.serials
  root.querySelector(".serial span").textContent = words.serial
  root.querySelector(".help").textContent = words.help
  root.onkeydown = onKey
  // Keys pressed while nothing has the focus are meant for the ballot too.
  const onPage = (event) => { if (event.target === document.body) onKey(event) }
  document.addEventListener("keydown", onPage)
  paint()
  const mine = {
    lists: data.lists,
    press: (key) => onKey({ key, target: root, preventDefault() {}, stopPropagation() {} }),
    focus: () => root.focus(),
  }
  sheet = mine
  hand()
  return () => {
    document.removeEventListener("keydown", onPage)
    if (sheet === mine) sheet = { ...mine, gone: true }
  }
}
