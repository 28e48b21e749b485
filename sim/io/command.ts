// `npm run sim -- <protocol> [options]`: hands over to the protocol's own file, loaded only then, since the worlds of
// one protocol are of no use to another.

const protocols: { readonly [protocol: string]: () => Promise<(args: readonly string[]) => void> } = {
  clients: async () => (await import('./clients.ts')).runClients,
  content: async () => (await import('./content.ts')).runContent,
  coordinates: async () => (await import('./coordinates.ts')).runCoordinates,
  grid: async () => (await import('./grid.ts')).runGrid,
  swim: async () => (await import('./swim.ts')).runSwim,
  lifeguard: async () => (await import('./lifeguard.ts')).runLifeguard,
}

export async function runCommand(): Promise<void> {
  const [protocol = '', ...args] = process.argv.slice(2)
  const load = Object.hasOwn(protocols, protocol) ? protocols[protocol] : undefined
  if (load) return (await load())(args)
  process.stderr.write(`npm run sim -- ${Object.keys(protocols).join('|')} [options]\n`)
  process.exitCode = 2
}
