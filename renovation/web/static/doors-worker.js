// Lets the collector's page open without a network: the newest copy of what was fetched, the network first.
"use strict"
self.addEventListener("install", () => self.skipWaiting())
self.addEventListener("activate", event => event.waitUntil(self.clients.claim()))
self.addEventListener("fetch", event => {
  const asked = event.request
  if (asked.method !== "GET") return
  event.respondWith((async () => {
    const kept = await caches.open("renovation-doors")
    try {
      const answer = await fetch(asked)
      if (answer.ok) await kept.put(asked, answer.clone())
      return answer
    } catch (error) {
      const held = await kept.match(asked)
      if (held) return held
      throw error
    }
  })())
})
