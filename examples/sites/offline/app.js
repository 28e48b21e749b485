// Counts the visits in a cookie, and has a service worker keep the page.
//
// Both belong to this site alone: every name is an origin of its own, whoever else is served by the same edge. The
// cookie says no Domain, so no other name is ever sent it; the worker's scope is this site, its caches are too.

const cookieName = 'visits'
const yearS = 365 * 24 * 3600

function visitsSoFar() {
  const found = document.cookie.split('; ').find(pair => pair.startsWith(`${cookieName}=`))
  return Number(found?.slice(cookieName.length + 1) ?? 0)
}

function times(count) {
  return count === 1 ? 'for the first time' : `${count} times`
}

const visits = visitsSoFar() + 1
document.cookie = `${cookieName}=${visits}; Max-Age=${yearS}; Path=/; SameSite=Strict; Secure`
document.getElementById('visits').textContent = times(visits)

async function keep() {
  const state = document.getElementById('state')
  if (!('serviceWorker' in navigator)) {
    state.textContent = 'This browser keeps nothing here: service workers need HTTPS.'
    return
  }
  await navigator.serviceWorker.register('/worker.js')
  await navigator.serviceWorker.ready
  state.textContent = `The worker of ${location.hostname} keeps this page.`
}

await keep()
