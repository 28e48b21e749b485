// `inxt status`: what every edge sees, asked of each of them.

import { sizeText } from '../../base/bytes.ts'
import { askEdge, type EdgeStatus, statusPath } from '../edge-interface.ts'
import { readNetwork } from '../network.ts'
import { createTerminal, durationText } from '../terminal.ts'

interface StatusOptions {
  data: string
  json: boolean
}

export async function status(options: StatusOptions): Promise<void> {
  const network = await readNetwork(options.data)
  const seen = await Promise.all(
    network.edges.map(async edge => ({
      edge,
      status: await askEdge<EdgeStatus>(edge, statusPath, { timeoutMs: 3000 }).catch(() => undefined),
    })),
  )
  if (options.json) {
    const edges = seen.map(({ edge, status }) => ({
      ...edge,
      reachable: status !== undefined,
      members: [],
      ...status,
    }))
    process.stdout.write(`${JSON.stringify({ rpc: network.rpc, edges }, null, 2)}\n`)
    return
  }
  const terminal = createTerminal()
  terminal.line()
  terminal.table(
    ['edge', 'address', 'state', 'sees', 'block', 'names', 'sites held', 'blocks', 'memory', 'up'],
    seen.map(({ edge, status }) => {
      const head = [`${edge.number}`, edge.address]
      if (status === undefined) return [...head, terminal.paint('red', 'no answer')]
      const { content, chain } = status
      return [
        ...head,
        terminal.paint('green', 'serving'),
        `${status.serving.length} of ${network.edges.length}`,
        chain.healthy ? `${chain.height}` : terminal.paint('yellow', `${chain.height} (chain silent)`),
        `${status.names}`,
        `${content.holds.length}`,
        `${content.blocks} (${sizeText(content.bytes)})`,
        sizeText(status.memoryBytes),
        durationText(Date.now() - status.startedAt),
      ]
    }),
  )
  terminal.line()
}
