/* The framework draws its own buttons, menus and boxes in English. What it says is exchanged, wherever it appears, for
   the words of this tab's language, and back once somebody switches; data stay as they are. */
const ATTRIBUTES = ["aria-label", "aria-valuetext", "title", "placeholder", "alt"]
/* Where people's words and data stand, which may happen to read like the framework's; and icons, whose names are glyphs.
   The empty part of a date is the framework's. */
const DATA = 'style, script, noscript, textarea, [contenteditable]:not([data-placeholder="true"]), [data-testid="stIconMaterial"]'
const WORDS = `[data-testid="stSkipToContent"], [data-testid="stElementToolbar"], [data-testid="stDataFrameColumnMenu"],
  [data-testid^="stFileUploader"], [data-testid^="stDateInput"], [data-testid="stFileDropzoneInstructions"], [data-testid="InputInstructions"],
  [data-testid="stStatusWidget"], [data-testid="stDialog"] [role="alert"], [role="listbox"], [role="menu"],
  [role="tooltip"], [role="application"], [data-testid="stTooltipContent"], [id^="glide-cell"], .clip-region,
  [role="dialog"], [data-testid="portal"], #portal, [data-live-announcer], [id*="react-aria"]`
const MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
const ICON = /^\w+ icon$/
const DAY = new RegExp(`(?:\\w+day, )?((?:${MONTHS}) \\d{1,2}, \\d{4})`)
const MONTH = new RegExp(`^((?:${MONTHS})) (\\d{4})$`)

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1])

function compiled(pairs, from, to) {
  const exact = new Map()
  const shaped = []
  for (const pair of pairs) {
    const names = holes(pair[from])
    if (!names.length) exact.set(pair[from], pair[to])
    else {
      const shape = pair[from].split(/\{\w+\}/).map(escaped).join("(.+)")
      shaped.push({ shape: new RegExp(`^${shape}$`), names, to: pair[to] })
    }
  }
  return { exact, shaped, chinese: to === "zh" }
}

function day(text, said) {
  if (!said.chinese) return text
  const month = text.match(MONTH)
  if (month) return `${month[2]}年${MONTHS.split("|").indexOf(month[1]) + 1}月`
  return text.replace(DAY, (_, written) => {
    const found = new Date(written)
    return `${found.getFullYear()}年${found.getMonth() + 1}月${found.getDate()}日`
  })
}

function exchanged(text, said) {
  const bare = text.trim()
  if (!bare) return text
  let found = said.exact.get(ICON.test(bare) ? "icon" : bare)
  for (const one of found === undefined ? said.shaped : []) {
    const match = bare.match(one.shape)
    if (!match) continue
    found = one.names.reduce((so, name, at) => so.replace(`{${name}}`, () => exchanged(match[at + 1], said)), one.to)
    break
  }
  found = day(found === undefined ? bare : found, said)
  return found === bare ? text : text.replace(bare, () => found)
}

function speak(node, said) {
  if (node.nodeType === Node.TEXT_NODE) {
    const around = node.parentElement
    if (!around || around.closest(DATA) || !around.closest(WORDS)) return
    const after = exchanged(node.data, said)
    if (after !== node.data) node.data = after
    return
  }
  if (node.nodeType !== Node.ELEMENT_NODE) return
  for (const name of ATTRIBUTES) {
    const before = node.getAttribute(name)
    const after = before && exchanged(before, said)
    if (after && after !== before) node.setAttribute(name, after)
  }
  for (const child of node.childNodes) speak(child, said)
}

export default function ({ data }) {
  if (!data || !data.pairs) return
  const said = data.chinese ? compiled(data.pairs, "en", "zh") : compiled(data.pairs, "zh", "en")
  const kept = (window.renovationSaid = window.renovationSaid || {})
  kept.said = said
  speak(document.body, said)
  if (kept.watch) return
  kept.watch = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach((node) => speak(node, kept.said))
      else speak(change.target, kept.said)
    }
  })
  kept.watch.observe(document.body, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ATTRIBUTES,
  })
}
