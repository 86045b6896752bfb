// Only adds: without it every page works. Written for old browsers, so no modules and no new words of the language.
(function () {
  "use strict"
  // Inside the app the frame around already names the page and the ways to others.
  if (window.top !== window) document.documentElement.className += " embedded"
  // A second press would do no harm, but it makes people wonder.
  document.addEventListener("submit", function (event) {
    var offline = event.target.getAttribute("data-offline")
    if (offline && navigator.onLine === false) {
      event.preventDefault()
      return alert(offline)
    }
    setTimeout(function () {
      var buttons = event.target.querySelectorAll("button")
      for (var i = 0; i < buttons.length; i++) buttons[i].disabled = true
    }, 0)
  })
  // What somebody writes stays in this tab for a quarter of an hour, should the network or the page go away.
  try {
    var gone = document.querySelector("[data-forget]"), kept = document.querySelector("[data-keep]")
    if (gone) sessionStorage.removeItem(gone.getAttribute("data-forget"))
    if (kept) keep(kept, kept.getAttribute("data-keep"))
  } catch (e) { /* a browser that keeps nothing */ }
  function keep(form, name) {
    var box = form.querySelector("textarea")
    var held = JSON.parse(sessionStorage.getItem(name) || "null")
    if (held && Date.now() - held.at > 9e5) held = sessionStorage.removeItem(name)
    if (held && !box.value) box.value = held.text
    box.addEventListener("input", function () {
      sessionStorage.setItem(name, JSON.stringify({ at: Date.now(), text: box.value }))
    })
  }
  window.addEventListener("pageshow", function (event) {
    var buttons = document.querySelectorAll("button[disabled]")
    for (var i = 0; i < buttons.length; i++) buttons[i].disabled = false
    // What the browser kept of a page that was left is nobody's who comes after.
    if (event.persisted) location.reload()
  })
})()
