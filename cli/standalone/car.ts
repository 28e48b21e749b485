// What `--standalone --car FILE …` serves: a trustless gateway over CAR files, and each root as a site of its own.
//
// `/ipfs/<cid>` of whatever host gives blocks and CARs. Pages are under `<cid>.ipfs.localhost`, a name that browsers
// lead to the machine that they run on (RFC 6761 §6.3), so that no two roots share an origin.

import { CID } from 'multiformats/cid'
import type { Log } from '../../base/io/log.ts'
import type { Meter } from '../../base/meter.ts'
import type { Settings } from '../../config/knobs.ts'
import { openCarFiles } from '../../content/io/car-files.ts'
import { createIngress } from '../../edge/ingress.ts'
import { problem } from '../../edge/json.ts'
import type { Ingress } from '../../edge/message.ts'
import { page } from '../../edge/page.ts'
import { dagsOver } from '../http/dags.ts'
import { createTerminal } from '../terminal.ts'
import { contentOver } from './site.ts'

export interface CarOptions {
  readonly files: readonly string[]
  readonly settings: Settings
  readonly meter: Meter
  readonly log: Log
  readonly stack: AsyncDisposableStack
}

/** More roots than this are not for reading. */
const rootsTold = 16

/** Prints the roots. Throws what `openCarFiles` throws. */
export async function carsFor({ files, settings, meter, log, stack }: CarOptions): Promise<Ingress> {
  const cars = await openCarFiles(files)
  stack.defer(cars.close)
  const terminal = createTerminal()
  for (const root of cars.roots.slice(0, rootsTold)) terminal.line(`root: ${root}`)
  if (cars.roots.length > rootsTold) terminal.line(`and ${cars.roots.length - rootsTold} more roots`)
  log.info({ files: files.length, blocks: cars.blocks }, 'the CAR files are read')
  const content = contentOver(cars, settings['store.memoryBytesMax'])
  return createIngress({
    suffixes: ['localhost'],
    ownHosts: 'others',
    sites: { find: () => 'unknown' },
    content: { ...content, block: cid => cars.get(CID.parse(cid)) },
    routes: {},
    gateway: { dags: dagsOver(cars.get), isServed: root => cars.has(CID.parse(root)) },
    welcome: async ({ target }) =>
      target!.segments.length === 0
        ? page({
            status: 200,
            title: 'This is a trustless gateway',
            what: `It gives ${cars.blocks} blocks out of CAR files.`,
            meaning: 'Who asks by CID can check what comes, and need not trust this machine.',
            hint: 'Ask for /ipfs/<cid>?format=raw or ?format=car, or open /ipfs/<cid>/ for pages.',
          })
        : problem(404, {
            what: 'There is nothing at this address.',
            meaning: 'What is here begins with /ipfs/.',
            hint: 'Ask for /ipfs/<cid>?format=raw or ?format=car.',
          }),
    meter,
  })
}
