// Keeps the page when it is installed, and answers with it when the network does not.

const cacheName = 'page-1'
const kept = ['/', '/app.js', '/style.css']

self.addEventListener('install', event => {
  event.waitUntil(caches.open(cacheName).then(cache => cache.addAll(kept)))
})

self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', event => {
  if (event.request.method !== 'GET') return
  event.respondWith(fetch(event.request).catch(async () => (await caches.match(event.request)) ?? Response.error()))
})
