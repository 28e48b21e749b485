// One cache's memory for many sites: each has a store of its own, and all together no more than there is.
//
// No key of one site can lead into another's store, since they have none in common. While there is room a site may
// use all of it; once there is none, whoever has most gives way (max-min fairness). So a site that fills the memory
// drives out its own answers, and one with a few keeps them.

import { createStore, type Store } from './store.ts'

const empty = createStore(0)

export function createStores(bytesMax: number): (site: string) => Store {
  const stores = new Map<string, Store>()
  let total = 0
  /** A store with nothing in it is forgotten: anybody may ask for any number of sites. */
  const change = (site: string, store: Store, action: () => void): void => {
    const before = store.usage().bytes
    action()
    const { entries, bytes } = store.usage()
    total += bytes - before
    if (entries === 0) stores.delete(site)
    else stores.set(site, store)
  }
  const makeRoom = (): void => {
    while (total > bytesMax) {
      const [site, store] = [...stores].reduce((most, one) =>
        one[1].usage().bytes > most[1].usage().bytes ? one : most,
      )
      change(site, store, () => store.shrink(store.usage().bytes - (total - bytesMax)))
    }
  }
  return site => {
    const now = (): Store => stores.get(site) ?? empty
    return {
      find: (key, request) => now().find(key, request),
      has: key => now().has(key),
      put(key, stored) {
        const store = stores.get(site) ?? createStore(bytesMax)
        change(site, store, () => store.put(key, stored))
        makeRoom()
      },
      remove: key => change(site, now(), () => now().remove(key)),
      shrink: bytesLeft => change(site, now(), () => now().shrink(bytesLeft)),
      flightKey: (key, request) => now().flightKey(key, request),
      usage: () => now().usage(),
    }
  }
}
