// `npm run sim -- <protocol> [options]`: hands over to the protocol's own file, loaded only then, since the worlds of
// one protocol are of no use to another. What cannot be played as it was asked for is told here, for all of them.

import { isFault } from '../../base/fault.ts'

interface Protocol {
  readonly usage: string
  /** `args` is what follows the protocol's name. Throws Faults, and what `parseArgs` throws. */
  run(args: readonly string[]): void | Promise<void>
}

const protocols: { readonly [protocol: string]: () => Promise<Protocol> } = {
  clients: () => import('./clients.ts'),
  content: () => import('./content.ts'),
  coordinates: () => import('./coordinates.ts'),
  grid: () => import('./grid.ts'),
  swim: () => import('./swim.ts'),
  lifeguard: () => import('./lifeguard.ts'),
}

export async function runCommand(): Promise<void> {
  const [protocol = '', ...args] = process.argv.slice(2)
  const load = Object.hasOwn(protocols, protocol) ? protocols[protocol] : undefined
  if (load === undefined) return refuse(`npm run sim -- ${Object.keys(protocols).join('|')} [options]`)
  const { usage, run } = await load()
  try {
    await run(args)
  } catch (error) {
    if (!isFault(error) && !(error instanceof TypeError && 'code' in error)) throw error
    refuse(`${error.message}\n${usage}`)
  }
}

function refuse(why: string): void {
  process.stderr.write(`${why}\n`)
  process.exitCode = 2
}
