// A publisher who does not wait for peace: one site of his is published anew all the time, and new ones beside it.
//
// What breaks off is published again, as he would do it. An edge that suffers nothing holds all of it for some time:
// what is new has few holders, and would keep most faults from happening. Until every living edge has confirmed a
// version the one before may be read too, and for as long as an edge may be frozen after that; nothing older may.

import { isFault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import type { Published, Replica, ShakenNetwork } from './network.ts'
import { makeChapter, type Site, type SiteFile } from './sites.ts'

/** Who was frozen for as long as edges are reads the chain before it serves again, but not in no time. */
const staleMs = 30_000
/** Whoever began to read a version before its successor was confirmed has read it to its end. */
const readingMs = 10_000
/** Every how many publications are of a new site. */
const freshEvery = 3
/** After one that broke off. */
const againMs = 1000

export interface Publishing {
  readonly network: Pick<ShakenNetwork, 'publish'>
  /** New ones come to it. */
  readonly sites: Published[]
  readonly everyMs: number
  readonly signal: AbortSignal
}

export interface Publications {
  changes: number
  freshSites: number
  /** Attempts that broke off, by code of the fault. */
  readonly failed: Record<string, number>
  readonly tookMs: number[]
}

/** A site of one version. */
export function steadySite(site: Site, replica: Replica): Published {
  return { ...site, replicas: () => [replica], versionsSince: () => [site.files] }
}

export interface ChangingSite extends Published {
  /** To another version; rejects as `publish` does. */
  change(publish: ShakenNetwork['publish']): Promise<void>
}

interface Version {
  readonly files: readonly SiteFile[]
  /** From when the chain may name it. */
  replica?: Replica
  /** When its successor was confirmed. */
  supersededAt: number
}

/** Published for the first time by `change`. */
export function createChangingSite(name: string): ChangingSite {
  let chapter = 0
  let versions: Version[] = []
  const since = (at: number): Version[] => versions.filter(({ supersededAt }) => supersededAt > at)
  return {
    name,
    get files() {
      return versions.at(-1)!.files
    },
    replicas: () => since(performance.now() - readingMs).flatMap(({ replica }) => replica ?? []),
    versionsSince: at => since(at - staleMs).map(({ files }) => files),
    async change(publish) {
      const before = versions.at(-1)
      const version: Version = { files: makeChapter(chapter++), supersededAt: Number.POSITIVE_INFINITY }
      versions = [...since(performance.now() - 2 * staleMs), version]
      const onNamed = (replica: Replica): void => {
        version.replica = replica
      }
      await publish({ name, files: version.files }, { onNamed, isHarboured: true })
      if (before !== undefined) before.supersededAt = performance.now()
    },
  }
}

/** Until the signal; the last publication ends, well or not. */
export async function publishOn(options: Publishing, changing: ChangingSite): Promise<Publications> {
  const { network, sites, everyMs, signal } = options
  const figures: Publications = { changes: 0, freshSites: 0, failed: {}, tookMs: [] }
  const publish: ShakenNetwork['publish'] = async (site, options) => {
    const startedAt = performance.now()
    for (;;) {
      try {
        const replica = await network.publish(site, options)
        figures.tookMs.push(performance.now() - startedAt)
        return replica
      } catch (error) {
        if (!isFault(error)) throw error
        figures.failed[error.code] = (figures.failed[error.code] ?? 0) + 1
        if (signal.aborted) throw error
        await delay(againMs, signal)
      }
    }
  }
  for (let turn = 1; ; turn++) {
    await delay(everyMs, signal)
    if (signal.aborted) return figures
    try {
      if (turn % freshEvery > 0) {
        await changing.change(publish)
        figures.changes++
      } else {
        const site = { name: `fresh-${turn}`, files: makeChapter(1000 * turn) }
        sites.push(steadySite(site, await publish(site, { isHarboured: true })))
        figures.freshSites++
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
