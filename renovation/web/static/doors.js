// The collector's page: everything a phone keeps is one text, encrypted under a key from the collector's PIN.
(async function () {
  "use strict"
  const root = document.getElementById("doors"), screen = document.getElementById("screen")
  const bar = document.getElementById("unsent"), words = JSON.parse(root.dataset.words)
  const survey = root.dataset.survey, place = "renovation.doors." + survey
  const ROUNDS = 310000, AT_ONCE = 20, SETTLED = ["answered", "refused", "empty"]
  // Without https a browser encrypts nothing; then nothing is kept.
  const keeps = window.isSecureContext && !!(window.crypto && crypto.subtle)
  let key = null, salt = null, state = { pack: null, queue: [], told: [] }, where = "", chosen = null, asked = "", busy = false

  function say(name, fields) {
    return words[name].replace(/\{(\w+)\}/g, (whole, field) => fields && field in fields ? fields[field] : whole)
  }
  function made(tag, said, more) {
    const one = Object.assign(document.createElement(tag), more || {})
    if (said) one.textContent = said
    return one
  }
  function button(said, act, more) {
    const one = made("button", said, more)
    one.type = "button"
    one.addEventListener("click", act)
    return one
  }
  function show(...parts) {
    screen.replaceChildren(...parts.filter(Boolean))
  }
  function box(name, ...parts) {
    const one = made("div", "", { className: name })
    one.append(...parts.filter(Boolean))
    return one
  }
  function picture(path) {
    const drawn = ["svg", "path"].map(name => document.createElementNS("http://www.w3.org/2000/svg", name))
    const about = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.6", "aria-hidden": "true" }
    for (const name in about) drawn[0].setAttribute(name, about[name])
    drawn[1].setAttribute("d", path)
    drawn[0].append(drawn[1])
    return drawn[0]
  }
  function hex(bytes) {
    return Array.from(new Uint8Array(bytes), one => one.toString(16).padStart(2, "0")).join("")
  }
  function bytes(written) {
    return Uint8Array.from(written.match(/../g) || [], two => parseInt(two, 16))
  }

  async function keyOf(pin) {
    const from = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"])
    const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS }
    return crypto.subtle.deriveKey(how, from, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])
  }
  // One after the other: what was written last is what was last so.
  let last = Promise.resolve(true)
  function keep() {
    last = last.then(write, write)
    return last
  }
  async function write() {
    if (!keeps) return true
    const iv = crypto.getRandomValues(new Uint8Array(12))
    const held = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(state)))
    try {
      localStorage.setItem(place, JSON.stringify({ salt: hex(salt), iv: hex(iv), held: hex(held) }))
      return true
    } catch (error) {
      note(words.full)
      return false
    }
  }
  async function opened(pin) {
    const kept = JSON.parse(localStorage.getItem(place))
    salt = bytes(kept.salt)
    key = await keyOf(pin)
    const held = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(kept.iv) }, key, bytes(kept.held))
    state = JSON.parse(new TextDecoder().decode(held))
  }

  function note(said) {
    const one = made("p", said, { className: "note bad" })
    one.setAttribute("role", "alert")
    screen.prepend(one)
  }
  function tell() {
    const count = state.queue.length
    bar.className = count ? "note" : "note sent"
    bar.replaceChildren(made("span", count ? say("unsent", { count }) : words.all_sent))
    if (count && !busy) bar.append(" ", button(words.send, () => send()), keeps && button(words.save_file, save) || "")
    if (busy) bar.append(" ", made("span", words.sending))
    for (const one of state.told) bar.append(made("br"), made("span", one))
  }

  function askPin(said, again) {
    const field = made("input", "", { type: "password", inputMode: "numeric", autocomplete: "off", id: "pin" })
    const form = made("form"), label = made("label", said, { htmlFor: "pin" })
    form.append(label, field, made("button", words.pin_go))
    form.addEventListener("submit", async event => {
      event.preventDefault()
      if (!/^\d{6,}$/.test(field.value)) return askPin(words.pin_short, again)
      try {
        if (localStorage.getItem(place)) await opened(field.value)
        else {
          salt = crypto.getRandomValues(new Uint8Array(16))
          key = await keyOf(field.value)
          await keep()
        }
      } catch (error) {
        return askPin(words.pin_wrong, again)
      }
      begin()
    })
    show(form)
    field.focus()
  }

  async function post(fields) {
    const answer = await fetch(location.pathname + "?survey=" + survey, {
      method: "POST", body: new URLSearchParams(fields), credentials: "same-origin",
    })
    const said = await answer.json()
    if (!answer.ok) throw Object.assign(new Error(said.error), { told: said.code === "account.sign_in_first" ? words.sign_in : said.error })
    return said
  }
  async function begin() {
    tell()
    try {
      const pack = await post({ act: "pack" })
      if (!state.queue.length || state.pack.login === pack.login) state.pack = pack
      for (const one of state.queue) {
        const door = doorOf(one)
        if (door) Object.assign(door, { outcome: one.outcome, come_back: one.come_back, seen: true })
      }
      await keep()
      if (state.queue.length) await send()
    } catch (error) {
      if (!state.pack) return show(made("p", error.told || words.offline, { className: "note bad" }), app())
      if (error.told) state.told = [error.told]
    }
    tell()
    staircase()
  }
  function app() {
    return made("a", words.sign_in, { href: root.dataset.app, className: "button quiet" })
  }

  async function send() {
    if (busy) return
    busy = true
    state.told = []
    tell()
    let late = 0
    const refused = new Map()
    try {
      const mine = await post({ act: "pack" })
      if (mine.login !== state.pack.login) throw Object.assign(new Error(), { told: words.sign_in })
      const whole = state.queue.slice()
      for (let at = 0; at < whole.length; at += AT_ONCE) {
        const part = whole.slice(at, at + AT_ONCE)
        const arrived = await post({ act: "visits", visits: JSON.stringify(part) })
        const gone = new Set(arrived.filter(one => one.arrival !== "refused").map(one => one.id))
        late += arrived.filter(one => one.arrival === "late").length
        for (const one of arrived) if (one.error) refused.set(one.id, one.error)
        state.queue = state.queue.filter(one => !gone.has(one.id))
        await keep()
      }
    } catch (error) {
      state.told.push(error.told || words.offline)
    }
    if (late) state.told.push(say("late", { count: late }))
    for (const said of new Set(refused.values())) state.told.push(words.refused + said)
    busy = false
    await keep()
    tell()
  }
  async function save() {
    const signed = JSON.stringify({ survey: Number(survey), login: state.pack.login, visits: state.queue })
    const how = { name: "HMAC", hash: "SHA-256" }
    const with_ = await crypto.subtle.importKey("raw", bytes(state.pack.sign), how, false, ["sign"])
    const sign = hex(await crypto.subtle.sign("HMAC", with_, new TextEncoder().encode(signed)))
    const link = made("a", "", { download: "visits-" + survey + ".json" })
    link.href = URL.createObjectURL(new Blob([JSON.stringify({ signed, sign })], { type: "application/json" }))
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60000)
  }

  // Nobody refuses for a building: its survey asks of no door.
  function of_doors() {
    return state.pack.met.length > 0
  }
  function floorOf(one) {
    return /^\d+$/.test(one.number) ? Math.floor(one.number / 100) : 0
  }
  // From the top, as somebody goes down the stairs.
  function inStaircase() {
    return state.pack.doors.filter(one => one.at === where).sort((one, other) => floorOf(other) - floorOf(one))
  }
  function ahead() {
    return inStaircase().filter(one => !SETTLED.includes(one.outcome) && !one.seen)
  }
  function staircase() {
    const names = [...new Set(state.pack.doors.map(one => one.at))]
    if (!names.includes(where)) where = names[0] || ""
    const choice = made("select", "", { id: "where" })
    for (const one of names) choice.append(made("option", one, { value: one, selected: one === where }))
    choice.addEventListener("change", () => { where = choice.value; staircase() })
    const floors = [...new Set(inStaircase().map(floorOf))]
    const grid = box("grid", ...floors.map(floor => box("floor", ...inStaircase().filter(one => floorOf(one) === floor).map(one => {
      const pressed = button(one.number, () => visit(one), { className: SETTLED.includes(one.outcome) ? "quiet" : "" })
      pressed.append(made("small", one.come_back || (one.outcome ? words.outcomes[one.outcome] : words.not_yet)))
      return pressed
    }))))
    const all = inStaircase().length && !ahead().length && made("p", words.done, { className: "note good" })
    show(made("label", of_doors() ? words.staircase : words.estate, { htmlFor: "where" }), choice, all, grid, of_doors() && inStaircase().length && button(words.found, () => find(false), { className: "quiet" }), !keeps && made("p", words.insecure.replace(/\*\*/g, ""), { className: "note bad" }))
  }

  // A door that was found on the way has no number of the register's before it is sent.
  function doorOf(one) {
    const found = one.found, doors = state.pack.doors
    if (!found) return doors.find(held => held.id === one.door)
    let door = doors.find(held => held.at === found.at && held.number === found.number)
    if (!door) doors.push(door = { id: 0, at: found.at, number: found.number, building: found.building, stairwell: found.stairwell, found })
    return door
  }
  function find(bad) {
    const field = made("input", "", { id: "found", maxLength: 12, autocomplete: "off", inputMode: "numeric" }), form = made("form")
    form.append(made("label", say("found_number", { place: where }), { htmlFor: "found" }), field, bad ? made("p", words.found_bad, { className: "note bad" }) : "", made("button", words.found), button(words.other_door, staircase, { className: "quiet" }))
    form.addEventListener("submit", event => {
      event.preventDefault()
      const number = field.value.normalize("NFKC").trim(), near = inStaircase()[0]
      if (!number || /[\s,;、，；]|\d\D+\d/.test(number)) return find(true)
      visit(doorOf({ found: { at: where, number, building: near.building, stairwell: near.stairwell } }))
    })
    show(form)
    field.focus()
  }

  function visit(one) {
    chosen = { door: one, answers: {}, at: 0, began: new Date().toISOString() }
    ask()
  }
  function ask() {
    const { door, answers, at } = chosen, question = state.pack.questions[at], last = at === state.pack.questions.length - 1
    const given = answers[question.code] || []
    const named = of_doors() ? say("door", { number: door.number }) : door.number
    const parts = [made("p", door.at + " · " + named)]
    if (at === 0) parts.push(box("met", ...state.pack.met.map(met => button(words.outcomes[met], () => take(met))), state.pack.met.length && button(words.outcomes.come_back, come)))
    parts.push(made("h2", question.words + (question.most > 1 && question.most < question.options.length ? say("at_most", { most: question.most }) : "")))
    if (question.options.length) parts.push(options(question, given))
    else parts.push(...typed(question, given))
    const on = last ? words.save : given.length || question.kind === "words" ? words.next : words.skip
    parts.push(button(on, next), at > 0 && button(words.back, () => { chosen.at -= 1; ask() }, { className: "quiet" }), button(of_doors() ? words.other_door : words.other_building, staircase, { className: "quiet" }))
    show(...parts)
    // A long list of options is scrolled down: the next question begins at its words.
    const now = [question.code, door.at, door.number].join()
    if (asked !== now) scrollTo(0, 0)
    asked = now
  }
  function options(question, given) {
    return box("options", ...question.options.map(([code, said, path]) => {
      const one = button(said, () => {
        const held = new Set(given)
        if (question.most === 1) held.clear()
        held.has(code) ? held.delete(code) : held.size < question.most && held.add(code)
        chosen.answers[question.code] = [...held]
        // What is full needs no further press.
        const full = held.size === question.most && question.most < question.options.length
        full && chosen.at < state.pack.questions.length - 1 ? next() : ask()
      })
      one.setAttribute("aria-pressed", String(given.includes(code)))
      if (path) one.prepend(picture(path))
      return one
    }))
  }
  function typed(question, given) {
    const is_number = question.kind === "number"
    const field = made(is_number ? "input" : "textarea", "", { value: given[0] || "", id: "typed" })
    if (is_number) Object.assign(field, { type: "number", inputMode: "numeric", min: question.low, max: question.high })
    else field.maxLength = 300
    field.setAttribute("aria-label", question.words)
    const warning = made("p", "", { className: "note bad", hidden: true })
    field.addEventListener("input", () => {
      chosen.answers[question.code] = field.value.trim() ? [field.value.trim()] : []
      warn(warning, !is_number && field.value)
    })
    return [field, !is_number && made("p", words.words_hint, { className: "hint" }), warning]
  }
  // The server blacks out what it finds; here somebody is told while there is time to say it otherwise.
  function warn(warning, said) {
    const plain = (said || "").normalize("NFKC").replace(/[\s\-.·—_、,，/]/g, "")
    const personal = /\d{7,}|\d{6}[\dxX]|[〇零一二三四五六七八九幺两]{7,}|@|微信|wechat|姓名|我叫|联系人|户主|[一-鿿](先生|女士|小姐|师傅|阿姨|大爷|大妈|大姐|大哥|奶奶|爷爷|叔叔|老师|医生)/i.test(plain)
    warning.hidden = !personal
    warning.textContent = personal ? words.looks_personal : ""
  }
  function next() {
    if (chosen.at < state.pack.questions.length - 1) {
      chosen.at += 1
      return ask()
    }
    take("answered")
  }
  function come() {
    const field = made("input", "", { id: "when", maxLength: 40 }), warning = made("p", "", { className: "note bad", hidden: true })
    field.addEventListener("input", () => warn(warning, field.value))
    show(made("label", words.when, { htmlFor: "when" }), field, warning, button(words.save, () => take("come_back", field.value)), button(words.other_door, staircase, { className: "quiet" }))
    field.focus()
  }
  async function take(outcome, come_back) {
    const answers = {}
    if (outcome === "answered") for (const code in chosen.answers) if (chosen.answers[code].length) answers[code] = chosen.answers[code]
    if (outcome === "answered" && !Object.keys(answers).length) return staircase()
    const drawn = crypto.getRandomValues(new Uint8Array(12))
    state.queue.push({
      id: hex(drawn), door: chosen.door.id, outcome, version: state.pack.version, at: new Date().toISOString(),
      answers, come_back: come_back || "", found: chosen.door.found || null,
    })
    Object.assign(chosen.door, { outcome, come_back: come_back || "", seen: true })
    if (!await keep()) return
    tell()
    const left = ahead()
    left.length ? visit(left[0]) : staircase()
    if (!keeps || navigator.onLine !== false) send()
  }

  window.addEventListener("online", () => { if (state.pack && state.queue.length) send() })
  // Should somebody close the page with visits that are kept nowhere else.
  window.addEventListener("beforeunload", event => { if (!keeps && state.queue.length) event.preventDefault() })
  if (keeps && "serviceWorker" in navigator) {
    try {
      await navigator.serviceWorker.register(root.dataset.worker, { scope: root.dataset.scope })
      const shelf = await caches.open("renovation-doors")
      const parts = [...document.querySelectorAll("link[rel=stylesheet],script[src]")].map(one => one.href || one.src)
      await shelf.addAll([location.href, ...parts])
    } catch (error) { /* no network, or a browser without a shelf: what is kept is kept all the same */ }
  }
  if (!keeps) begin()
  else askPin(localStorage.getItem(place) ? words.pin : words.pin_new)
})()
