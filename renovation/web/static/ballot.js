// Only adds to the ballot: keys, the running count, reading aloud, the camera, and noticing that nobody is there.
// Nothing is stored, nothing leaves the machine. For old browsers: no modules and no new words of the language.
(function () {
  "use strict"
  var root = document.documentElement, body = document.body, data = body.dataset
  var form = document.getElementById("ballot"), step = data.step
  var QUIET_MS = 400, PAUSE_MS = 2500, FRAME_WIDTH = 960, LONGEST_READING_MS = 300000
  var shown = Date.now()
  var one = function (what, within) { return (within || document).querySelector(what) }
  var all = function (what, within) { return [].slice.call((within || document).querySelectorAll(what)) }
  var swallow = function (event) { event.preventDefault(); event.stopImmediatePropagation() }
  var isField = function (at) { return at && at.matches && at.matches("input:not([type=checkbox]):not([type=radio]),textarea") }
  var ring = document.getElementById("ring"), lost = document.getElementById("lost")

  // Whoever touches anything is there, whatever becomes of the key; so this listens before all others.
  // A browser also tells of a mouse that only lies there, when the page below it is drawn anew; a hand moves it.
  var touched = Date.now(), armed = !!data.armed, spot = ""
  var lies = function (event) {
    var at = event.screenX + "," + event.screenY, still = !spot || at === spot
    spot = at
    return still
  }
  ;["pointerdown", "pointermove", "mousemove", "keydown", "wheel", "touchstart", "input"].forEach(function (name) {
    addEventListener(name, function (event) {
      if (!ring.hidden || (/move$/.test(name) && lies(event))) return
      if (name === "input") armed = true
      touched = Date.now()
    }, true)
  })

  // One press is one step: a key held down, a scanner that ends with two Enters, a hand that trembles walk nowhere.
  var soon = function () { return Date.now() - shown < QUIET_MS }
  setTimeout(function () { root.dataset.ready = step }, QUIET_MS)
  addEventListener("keydown", function (event) {
    if (!ring.hidden || !/^(Enter|Escape|[0-9]|-)$/.test(event.key)) return
    var steps = event.key === "Enter" || event.key === "Escape", writes = isField(event.target)
    if (event.repeat ? steps || !writes : steps && soon() && !(writes && step === "welcome")) swallow(event)
  }, true)
  addEventListener("click", function (event) { if (event.detail > 1 && soon()) swallow(event) }, true)

  // What cannot be sent now stays on the screen, with a sentence; it is sent again by the next press.
  var pressed = null
  addEventListener("click", function (event) {
    // Walked up by hand: an old phone's browser neither finds the nearest button nor says which one sends.
    var at = event.target
    while (at && at.tagName !== "BUTTON") at = at.parentNode
    if (at && at.type === "submit") pressed = at
  }, true)
  var ask = function (done) {
    var link = new XMLHttpRequest()
    link.open("GET", data.home + "/alive")
    link.timeout = 8000
    link.onloadend = function () { done(link.status === 204) }
    link.send()
  }
  var sending = false
  addEventListener("submit", function (event) {
    var from = event.target, button = event.submitter || pressed
    if (event.defaultPrevented) return
    event.preventDefault()
    if (sending) return
    sending = true
    ask(function (there) {
      lost.hidden = there
      if (!there) { sending = false; hope(); all("button[disabled]").forEach(function (at) { at.disabled = false }); return }
      if (button && button.name && from.contains(button)) {
        var said = document.createElement("input")
        said.type = "hidden"; said.name = button.name; said.value = button.value
        from.appendChild(said)
      }
      document.getElementById("saving").hidden = !(button && button.dataset.saves)
      from.submit()
    })
  })
  var hoping = 0
  var hope = function () {
    clearTimeout(hoping)
    hoping = setTimeout(function () { ask(function (there) { lost.hidden = there; if (!there) hope() }) }, 3000)
  }
  addEventListener("pageshow", function (event) { if (event.persisted) sending = false })

  // Keys of the buttons, wherever the cursor is not.
  addEventListener("keydown", function (event) {
    if (!ring.hidden || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return
    var at = event.target
    if (isField(at) && event.key !== "Escape") return
    if (event.key === "Enter" && at.matches && at.matches("button,a,summary")) return
    var found = one('[data-key~="' + event.key.replace(/["\\]/g, "") + '"]:not([hidden])', form)
    if (found && !found.disabled) { swallow(event); if (!typed()) found.click() }
  })

  // Choosing: the count in the bar, what is not possible any more, and the numbers of the cards as keys.
  var cards = all("article[data-number]"), bar = one(".foot .status"), state = { typed: "", last: 0, timer: 0, wrong: false }
  var typed = function () { return state.typed }
  if (step === "choose") choosing(bar.dataset)
  function choosing(rule) {
    all(".foot .status, .foot progress").forEach(function (one) { one.hidden = false })
    var limit = Number(rule.limit), budget = Number(rule.budget), points = Number(rule.points)
    var isRank = rule.kind === "ordinal", isSum = rule.kind === "cumulative", isOne = rule.kind === "choose-1"
    var isAnswer = rule.kind === "yes-no", answer = function (card, value) { return one('.do input[value="' + value + '"]', card) }
    var wan = function (fen) {
      if (root.lang !== "zh-CN") return "¥" + Math.round(fen / 100).toLocaleString("en")
      if (fen && fen < 50000) return (fen / 100).toLocaleString("en") + " 元"
      return (fen / 1e6).toFixed(1) + " 万元"
    }
    var HOLE = "\ue010"
    var fill = function (said, number, sum) { return said.replace(HOLE + HOLE, sum).replace(HOLE, number) }
    var tally = function (wanted) { return cards.filter(function (card) { return amount(card) === wanted }).length }
    var input = function (card) { return one(".do input", card) }
    var amount = function (card) {
      var at = input(card)
      if (isAnswer) return answer(card, 1).checked ? 1 : answer(card, -1).checked ? -1 : 0
      return at.type === "number" ? Math.max(0, parseInt(at.value, 10) || 0) : at.checked ? 1 : 0
    }
    var ranked = function () {
      return cards.filter(amount).sort(function (a, b) { return amount(a) - amount(b) })
    }
    var draw = function () {
      var chosen = cards.filter(amount), cost = 0, given = 0
      chosen.forEach(function (card) { cost += Number(card.dataset.cost); given += amount(card) })
      if (isAnswer) bar.textContent = [1, -1, 0].map(tally).reduce(function (said, count) { return fill(said, count) }, rule.status)
      else bar.textContent = fill(rule.status, isSum ? Math.max(0, points - given) : chosen.length, wan(Math.max(0, budget - cost)))
      var meter = one("progress")
      if (meter) meter.value = cost
      one(".blank").hidden = chosen.length > 0
      cards.forEach(function (card) {
        var mine = amount(card), why = ""
        if (!isOne && limit && !mine && chosen.length >= limit) why = rule.barrierFull
        else if (budget && !mine && cost + Number(card.dataset.cost) > budget) {
          why = fill(rule.barrierOver_budget, "", wan(cost + Number(card.dataset.cost) - budget))
        } else if (isSum && given >= points) why = rule.barrierNo_points
        card.classList[mine ? "add" : "remove"]("chosen")
        card.classList[why && !mine ? "add" : "remove"]("full")
        var words = one(".barrier", card), more = one(".more", card), less = one(".less", card)
        words.textContent = why
        words.hidden = !why || !!mine
        if (input(card).type !== "number") input(card).disabled = !!why
        if (more) {
          more.disabled = !!why
          less.disabled = !mine
          if (isRank) { more.hidden = !!mine; less.hidden = !mine; less.textContent = rule.off }
        }
      })
    }
    var put = function (card, value) { input(card).value = value || "" }
    var press = function (card, change) {
      var mine = amount(card), more = one(".more", card)
      if (isAnswer) answer(card, mine === change ? "" : change).checked = true
      else if (isSum) {
        if (change < 0 || !more.disabled) put(card, Math.max(0, mine + change))
      } else if (isRank) {
        if (!mine && change > 0 && !more.disabled) put(card, ranked().length + 1)
        else if (mine) { put(card, 0); ranked().forEach(function (other, at) { put(other, at + 1) }) }
      } else if (!input(card).disabled) {
        input(card).checked = isOne ? !mine : !input(card).checked
      }
      draw()
    }
    cards.forEach(function (card) {
      var more = one(".more", card), less = one(".less", card)
      if (!more) return
      more.hidden = less.hidden = false
      if (isRank) input(card).readOnly = true
      more.onclick = function () { press(card, 1) }
      less.onclick = function () { press(card, -1) }
    })
    form.addEventListener("input", draw)
    form.addEventListener("change", draw)
    draw()

    var numbers = cards.map(function (card) { return Number(card.dataset.number) })
    var most = String(Math.max.apply(null, numbers)).length, box = document.getElementById("typed")
    var card = function (number) { return document.getElementById("p" + number) }
    var tell = function (said) {
      box.hidden = !state.typed
      one("b", box).textContent = state.typed
      one("span", box).textContent = said || box.dataset.more
    }
    var forget = function () { clearTimeout(state.timer); state.typed = ""; state.wrong = false; tell() }
    var find = function (number) {
      state.last = number
      card(number).scrollIntoView({ block: "center", behavior: "auto" })
    }
    var settle = function () {
      clearTimeout(state.timer)
      var number = Number(state.typed)
      if (numbers.indexOf(number) < 0) {
        tell(box.dataset.unknown); state.wrong = true; state.timer = setTimeout(forget, PAUSE_MS)
        return
      }
      forget(); find(number); press(card(number), 1)
    }
    addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.altKey || event.metaKey || !ring.hidden || isField(event.target)) return
      if (/^[0-9]$/.test(event.key)) {
        swallow(event)
        clearTimeout(state.timer)
        if (state.wrong) { state.typed = ""; state.wrong = false }
        if (event.key === "0" && !state.typed) return
        state.typed += event.key
        tell()
        var further = numbers.some(function (number) {
          return String(number).indexOf(state.typed) === 0 && String(number) !== state.typed
        })
        if (!further || state.typed.length >= most) settle()
        else state.timer = setTimeout(settle, PAUSE_MS)
      } else if (event.key === "-") {
        var number = Number(state.typed) || state.last
        forget()
        if (numbers.indexOf(number) >= 0 && (isSum || isRank || isAnswer)) {
          find(number)
          if (isAnswer || amount(card(number))) press(card(number), -1)
        }
        swallow(event)
      } else if (state.typed && /^(Enter|Escape|Backspace)$/.test(event.key)) {
        if (event.key === "Enter" && !state.wrong) settle()
        else forget()
        swallow(event)
      }
    }, true)
  }

  // What can be chosen only under the fixed bar is counted, and with it a card that the bar cuts in two.
  var below = one(".below")
  var look = function () {
    var top = one(".foot").getBoundingClientRect().top
    var under = all("article").filter(function (at) {
      return (at.querySelector(".do") || at).getBoundingClientRect().bottom > top
    }).length
    below.hidden = !under
    below.textContent = below.dataset.say.replace("\ue010", under)
    body.style.paddingBottom = one(".foot").offsetHeight + 32 + "px"
  }
  below.onclick = function () { scrollBy(0, innerHeight / 2) }
  addEventListener("scroll", look, { passive: true })
  addEventListener("resize", look)
  addEventListener("load", look)
  look()

  // Reading aloud, with a voice of this machine alone.
  var reader = one(".read"), voices = window.speechSynthesis, begun = 0
  var voice = function () {
    return voices && voices.getVoices().filter(function (at) {
      return at.localService && at.lang.toLowerCase().replace("_", "-").indexOf(root.lang.slice(0, 2)) === 0
    })[0]
  }
  var offer = function () { reader.hidden = !voice() }
  if (voices) { offer(); if (voices.addEventListener) voices.addEventListener("voiceschanged", offer); voices.cancel() }
  reader.onclick = function () {
    if (voices.speaking) { voices.cancel(); return }
    var said = new SpeechSynthesisUtterance(all(".said").map(function (at) { return at.dataset.said || at.textContent }).join("。"))
    said.voice = voice(); said.lang = root.lang; said.rate = 0.9
    begun = Date.now()
    voices.speak(said)
  }

  // Nobody there: it is asked first, then everything of this voter goes.
  var leaving = false, before = null, idle = Number(data.idle), wait = Number(data.ring)
  var away = function () {
    leaving = true
    document.getElementById("question").textContent = document.getElementById("question").dataset.clearing
    document.getElementById("left").hidden = document.getElementById("stay").hidden = true
    ring.hidden = false
    if (voices) voices.cancel()
    var out = document.createElement("form"), act = document.createElement("input")
    out.method = "post"; out.action = data.home
    act.type = "hidden"; act.name = "act"; act.value = "leave"
    out.appendChild(act); body.appendChild(out)
    var go = function () { ask(function (there) { if (there) out.submit(); else setTimeout(go, 3000) }) }
    go()
  }
  var stay = function () {
    if (leaving) return
    ring.hidden = true
    touched = Date.now()
    if (before && before.focus) before.focus()
  }
  ring.onclick = stay
  addEventListener("keydown", function (event) { if (!ring.hidden) { swallow(event); stay() } }, true)
  var counter = one(".countdown")
  setInterval(function () {
    if (leaving || !idle) return
    armed = armed || all("input[type=text],input:not([type]),input[type=password]").some(function (at) { return at.value })
    if (!armed) return
    if (voices && voices.speaking && Date.now() - begun < LONGEST_READING_MS) touched = Date.now()
    var left = Math.ceil(idle + wait - (Date.now() - touched) / 1000)
    if (counter) counter.textContent = counter.dataset.say.replace("\ue010", Math.max(0, left))
    if (left <= 0) { away(); return }
    if (left > wait || !wait) return
    if (ring.hidden) { before = document.activeElement; ring.hidden = false; document.getElementById("stay").focus() }
    document.getElementById("left").textContent = left
  }, 500)

  var printer = one(".print")
  if (printer) { printer.hidden = false; printer.onclick = function () { print() } }

  // The code: from behind the # of a slip's address, from a scanner's keys wherever the cursor is, or through the camera.
  var box = document.getElementById("code")
  if (!box) return
  if (location.hash.length > 1) {
    box.value = decodeURIComponent(location.hash.slice(1))
    history.replaceState(null, "", location.pathname + location.search)
  } else if (window.matchMedia && matchMedia("(hover: hover)").matches && window.top === window) box.focus()
  // A code that has to wait is tried again, unless whoever typed it changes it.
  var queue = document.getElementById("again")
  if (queue) {
    queue.hidden = false
    var due = Date.now() + 1000 * queue.dataset.seconds
    var waits = setInterval(function () {
      var left = Math.max(0, Math.ceil((due - Date.now()) / 1000))
      queue.textContent = queue.dataset.say.replace("\ue010", left)
      if (left || leaving || !ring.hidden) return
      clearInterval(waits)
      one(".next").click()
    }, 250)
    box.addEventListener("input", function () { clearInterval(waits); queue.hidden = true })
  }
  var camera = document.getElementById("camera"), part = function (name) { return one(name, camera) }
  addEventListener("keydown", function (event) {
    if (event.key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey || event.key === " ") return
    if (!isField(document.activeElement) && part(".look").hidden) box.focus()
  }, true)
  var stream = null, video = part("video"), until = 0, detector = null
  var stop = function () {
    if (stream) stream.getTracks().forEach(function (track) { track.stop() })
    stream = video.srcObject = null
    part(".look").hidden = true
  }
  var give = function (code) {
    if (!stream) return
    stop()
    box.value = code
    one(".next").click()
  }
  var again = function () { if (stream && Date.now() < until) setTimeout(frame, 250); else stop() }
  var frame = function () {
    if (!stream) return
    if (!video.videoWidth) { again(); return }
    if (detector) {
      detector.detect(video).then(function (found) { if (found.length) give(found[0].rawValue); else again() }, again)
      return
    }
    var scale = Math.min(1, FRAME_WIDTH / video.videoWidth), canvas = document.createElement("canvas")
    canvas.width = Math.round(video.videoWidth * scale)
    canvas.height = Math.round(video.videoHeight * scale)
    var brush = canvas.getContext("2d")
    brush.drawImage(video, 0, 0, canvas.width, canvas.height)
    var colours = brush.getImageData(0, 0, canvas.width, canvas.height).data, grey = new Uint8Array(colours.length / 4)
    for (var at = 0; at < grey.length; at++) {
      grey[at] = (colours[4 * at] * 77 + colours[4 * at + 1] * 150 + colours[4 * at + 2] * 29) >> 8
    }
    var link = new XMLHttpRequest()
    link.open("POST", camera.dataset.path + "?width=" + canvas.width)
    link.onloadend = function () {
      if (link.status === 200) give(JSON.parse(link.responseText).code)
      else again()
    }
    link.send(grey)
  }
  part(".open").onclick = function () {
    part(".failed").hidden = true
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } }).then(function (got) {
      stream = got
      until = Date.now() + Number(camera.dataset.seconds) * 1000
      part(".look").hidden = false
      part(".close").focus()
      video.srcObject = stream
      video.play()
      frame()
    }, function () { part(".open").hidden = true; part(".failed").hidden = false })
  }
  part(".close").onclick = stop
  if (window.BarcodeDetector) BarcodeDetector.getSupportedFormats().then(function (formats) {
    if (formats.indexOf("qr_code") >= 0) detector = new BarcodeDetector({ formats: ["qr_code"] })
  }, function () {})
  // Browsers offer cameras to pages of this machine and to encrypted ones only.
  if (navigator.mediaDevices && navigator.mediaDevices.enumerateDevices) {
    navigator.mediaDevices.enumerateDevices().then(function (found) {
      part(".open").hidden = !found.some(function (device) { return device.kind === "videoinput" })
    }, function () {})
  }
})()
