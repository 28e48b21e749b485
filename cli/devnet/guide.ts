// What the devnet prints when it is up: a table of what runs where, and commands to try, ready to be pasted.

import { join, relative } from 'node:path'
import type { Network } from '../network.ts'
import type { Terminal } from '../terminal.ts'
import type { DevnetPlan } from './plan.ts'

export function printGuide(terminal: Terminal, network: Network, plan: DevnetPlan): void {
  const { edges, suffix } = network
  const first = edges[0]!
  const last = edges.at(-1)!
  const host = `welcome.${suffix}`
  // The usual folder needs no flag; any other must be named in every command.
  const data = plan.data === '.inxt' ? '' : ` --data ${relative('.', plan.data) || '.'}`
  const at = `${host}:${last.httpsPort}:${last.address}`
  const authority = relative('.', join(plan.authorityFolder, 'local-authority.pem'))
  terminal.line()
  terminal.table(
    ['edge', 'DNS (UDP, TCP)', 'HTTP', 'HTTPS', 'overlay (UDP, TCP)', 'process'],
    edges.map(edge => [
      `${edge.number}`,
      `${edge.address}:${edge.dnsPort}`,
      `${edge.address}:${edge.httpPort}`,
      `${edge.address}:${edge.httpsPort}`,
      `${edge.address}:${edge.overlayPort}`,
      `${edge.pid}`,
    ]),
  )
  const tries: [what: string, command: string][] = [
    ['resolve a site', `dig @${first.address} -p ${first.dnsPort} ${host}`],
    ['see its content', `dig @${first.address} -p ${first.dnsPort} _dnslink.${host} TXT +short`],
    ['fetch it', `curl --resolve ${host}:${last.httpPort}:${last.address} http://${host}:${last.httpPort}/`],
    ['with TLS', `curl --cacert ${authority} --resolve ${at} https://${host}:${last.httpsPort}/`],
    ['publish your own', `npx inxt publish ./folder mysite${data}`],
    ['look inside', `npx inxt status${data}`],
    ['kill an edge', `kill -9 ${edges[Math.min(2, edges.length - 1)]!.pid}`],
  ]
  terminal.line()
  for (const [what, command] of tries) {
    terminal.line(`  ${terminal.paint('dim', `${what}:`.padEnd(18))} ${terminal.paint('cyan', command)}`)
  }
  terminal.line()
  terminal.line(
    `  In a browser: put "${first.address} ${host}" into /etc/hosts, then http://${host}:${first.httpPort}/`,
  )
  terminal.line(
    `  For https://${host}:${first.httpsPort}/ let the browser trust ${authority} as an authority.`,
  )
  terminal.line(`  Ctrl-C stops everything; ${plan.data} keeps it for the next start.`)
  terminal.line()
}
