// Only adds: without it every page works. Written for old browsers, so no modules and no new words of the language.
(function () {
  "use strict"
  // Inside the app the frame around already names the page and the ways to others.
  if (window.top !== window) document.documentElement.className += " embedded"
  // A second press would do no harm, but it makes people wonder.
  document.addEventListener("submit", function (event) {
    setTimeout(function () {
      var buttons = event.target.querySelectorAll("button")
      for (var i = 0; i < buttons.length; i++) buttons[i].disabled = true
    }, 0)
  })
  window.addEventListener("pageshow", function (event) {
    var buttons = document.querySelectorAll("button[disabled]")
    for (var i = 0; i < buttons.length; i++) buttons[i].disabled = false
    // What the browser kept of a page that was left is nobody's who comes after.
    if (event.persisted) location.reload()
  })
})()
