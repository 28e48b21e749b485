// What `--standalone --site FOLDER` serves: a folder as it was when it was read, by the chain of an edge's sites.
//
// The folder becomes blocks in a store of its own below the temporary folder of the machine, as a publication would
// make them: clean addresses, tags, ranges and rules are those that the site will have when it is published. SIGHUP
// reads the folder again; answers under way end with the old one.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CID } from 'multiformats/cid'
import { Fault, isFault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import type { Log } from '../../base/io/log.ts'
import type { Meter } from '../../base/meter.ts'
import { createSieve } from '../../base/sieve.ts'
import type { Settings } from '../../config/knobs.ts'
import { formatCid, parseCid } from '../../content/identifier.ts'
import { openBlockFolder } from '../../content/io/blocks.ts'
import { importFolder } from '../../content/io/folder.ts'
import { type GetBlock, resolvePath } from '../../content/path.ts'
import { readFile } from '../../content/reader.ts'
import type { Store } from '../../content/store.ts'
import { createIngress } from '../../edge/ingress.ts'
import type { Ingress } from '../../edge/message.ts'
import type { Content } from '../../edge/questions.ts'
import { variantsFrom } from '../http/variants.ts'
import { openOrigins } from '../parts/origins.ts'
import { measure, requireFolder } from '../publish/import.ts'
import { checkRules } from '../publish/rules.ts'

export interface SiteOptions {
  readonly folder: string
  readonly settings: Settings
  readonly meter: Meter
  readonly log: Log
  readonly stack: AsyncDisposableStack
}

/** Every host is this label, and no host is the edge's own. */
const label = 'site'

/** Throws what the import throws, config/unreadable, content/unsupported, store/full, and config/invalid for rules. */
export async function siteFor(options: SiteOptions): Promise<Ingress> {
  const { folder, settings, meter, log, stack } = options
  const place = await mkdtemp(join(tmpdir(), 'inxt-site-'))
  stack.defer(() => rm(place, { recursive: true, force: true }))
  const store = await openBlockFolder({
    folder: place,
    bytesMax: settings['store.bytesMax'],
    fsync: false,
    meter,
  })
  const read = async (): Promise<CID> => {
    requireFolder(folder)
    await checkRules(folder, (await measure(folder, false)).files)
    return (await importFolder({ path: folder, sink: store.put })).cid
  }
  let root = await read()
  let sequence = 1
  const again = async (): Promise<void> => {
    try {
      root = await read()
      sequence++
      log.info({ root: formatCid(root) }, 'SIGHUP: the folder is read again')
    } catch (error) {
      if (!isFault(error)) throw error
      log.error({ what: error.message }, 'the folder is served as it was')
    }
  }
  const onSignal = (): void => void again()
  process.on('SIGHUP', onSignal)
  stack.defer(() => void process.off('SIGHUP', onSignal))
  return createIngress({
    suffixes: ['invalid'],
    ownHosts: [],
    sites: { find: () => ({ root: formatCid(root), sequence }), bound: () => label },
    pull: openOrigins(options, { suffix: 'invalid', isOurs: () => false, isSite: () => false }),
    content: contentOver(store, settings['store.memoryBytesMax']),
    routes: {},
    meter,
    variants: variantsFrom({ settings, meter, log }),
    hstsS: settings['site.hstsS'],
  })
}

/** Content that is all here. */
export function contentOver(store: Pick<Store, 'get'>, memoryBytesMax: number): Content {
  const memory = createSieve<Uint8Array>({ bytesMax: memoryBytesMax, bytesOf: ({ length }) => length })
  const get: GetBlock = async cid => {
    const key = formatCid(cid)
    const bytes = memory.get(key) ?? (await store.get(cid))
    if (bytes === undefined) throw new Fault('content/missing', `The block ${key} is not there any more.`)
    if (!memory.has(key)) memory.set(key, bytes)
    return bytes
  }
  return {
    async resolve(root, path) {
      const found = await resolvePath(get, parseCid(root), path)
      if (found.kind === 'file') return { ...found, cid: formatCid(found.cid) }
      return found.kind === 'directory' ? { ...found, cid: formatCid(found.cid) } : { kind: 'missing' }
    },
    read: (_root, cid, { start, end }, signal) =>
      readFile({ get, now: realClock.now, cid: parseCid(cid), start, end, signal }),
    block: async cid => store.get(parseCid(cid)),
  }
}
