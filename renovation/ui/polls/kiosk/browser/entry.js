// Beside the box for the voting code. Frames of the camera are read in the browser where it can, else by the computer
// that serves the tool; nothing is kept.

const FRAME_WIDTH = 960
const PAUSE_MS = 250

const ownReader = async () => {
  if (!("BarcodeDetector" in window)) return null
  const formats = await window.BarcodeDetector.getSupportedFormats().catch(() => [])
  return formats.includes("qr_code") ? new window.BarcodeDetector({ formats: ["qr_code"] }) : null
}

const hasCamera = async () => {
  // Browsers offer cameras to pages of this machine and to encrypted ones only.
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return false
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => [])
  return devices.some((device) => device.kind === "videoinput")
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector("#entry")
  const part = (name) => root.querySelector(name)
  const [open, failed, look, close, video] = [".open", ".failed", ".look", ".close", "video"].map(part)
  open.textContent = data.open
  close.textContent = data.close
  failed.textContent = data.failed
  part(".hint").textContent = data.hint
  look.setAttribute("aria-label", data.open)

  const box = () => document.querySelector(`input[aria-label="${data.label}"]`)
  const isTyping = () => {
    const at = document.activeElement
    return at && (at.matches("input, textarea, [contenteditable]"))
  }
  // A scanner types like a keyboard, wherever the cursor is; on this screen there is one place for it to go.
  const catchKey = (event) => {
    if (event.key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey || event.key === " ") return
    if (!isTyping() && look.hidden && box()) box().focus()
  }
  document.addEventListener("keydown", catchKey, true)

  let stream = null
  let alive = true
  // This part may stand on the page before the box does.
  const begin = () => {
    if (!alive || isTyping()) return
    if (box()) box().focus()
    else requestAnimationFrame(begin)
  }
  // On a phone the cursor would bring up the keyboard and hide what is said above it.
  if (window.matchMedia("(hover: hover)").matches) begin()
  const stop = () => {
    if (stream) stream.getTracks().forEach((track) => track.stop())
    stream = null
    video.srcObject = null
    look.hidden = true
  }
  const give = (code) => {
    stop()
    setTriggerValue("scanned", code)
  }

  const canvas = document.createElement("canvas")
  const frame = () => {
    const scale = Math.min(1, FRAME_WIDTH / video.videoWidth)
    canvas.width = Math.round(video.videoWidth * scale)
    canvas.height = Math.round(video.videoHeight * scale)
    const brush = canvas.getContext("2d", { willReadFrequently: true })
    brush.drawImage(video, 0, 0, canvas.width, canvas.height)
    return brush
  }
  const askServer = async () => {
    const { data: colours, width } = frame().getImageData(0, 0, canvas.width, canvas.height)
    const grey = new Uint8Array(colours.length / 4)
    for (let i = 0; i < grey.length; i++) {
      grey[i] = (colours[4 * i] * 77 + colours[4 * i + 1] * 150 + colours[4 * i + 2] * 29) >> 8
    }
    const address = new URL(data.path, document.baseURI)
    address.searchParams.set("width", width)
    const answer = await fetch(address, { method: "POST", body: grey, credentials: "same-origin" })
    return answer.status === 200 ? (await answer.json()).code : ""
  }
  const watch = async () => {
    const reader = await ownReader()
    const until = Date.now() + data.seconds * 1000
    while (alive && stream && Date.now() < until) {
      if (video.videoWidth) {
        const code = reader
          ? await reader.detect(video).then((found) => (found.length ? found[0].rawValue : ""), () => "")
          : await askServer().catch(() => "")
        if (code && alive && stream) { give(code); return }
      }
      await new Promise((done) => setTimeout(done, PAUSE_MS))
    }
    stop()
  }
  open.onclick = async () => {
    failed.hidden = true
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } })
      if (!alive) { stop(); return }
      look.hidden = false
      close.focus()
      video.srcObject = stream
      await video.play()
    } catch {
      stop()
      open.hidden = true
      failed.hidden = false
      return
    }
    watch()
  }
  close.onclick = stop
  look.onkeydown = (event) => { if (event.key === "Escape") { event.stopPropagation(); stop() } }
  hasCamera().then((there) => { if (alive && there) open.hidden = false })

  return () => {
    alive = false
    document.removeEventListener("keydown", catchKey, true)
    stop()
  }
}
