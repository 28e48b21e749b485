// Answers a second over UDP beside NSD and Knot: the same zone, one thread for UDP each, asked by dnsperf one
// after the other. `npm run bench -- loadtests/dns`; what is not installed is named and left out.
//
// dnsperf works on the same machine and takes its share of the cores, so a figure is of use only beside the others of
// its run: the ratios are what to look at.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { delay } from '../base/io/clock.ts'

const spanS = 6
const namesCount = 10_000
const address = '127.0.93.1'
const door = join(import.meta.dirname, '..', 'cli', 'inxt.mjs')
const folder = mkdtempSync(join(tmpdir(), 'inxt-dns-bench-'))
const zoneFile = join(folder, 'zone')
const questionsFile = join(folder, 'questions')

interface Server {
  readonly name: string
  readonly port: number
  readonly command: string
  readonly words: readonly string[]
}

function written(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

function writeZone(): void {
  const names = Array.from({ length: namesCount }, (_, i) => `n${i}`)
  const hosts = names.map((name, i) => `${name} A 192.0.${(i >> 8) & 255}.${i & 255}\n`)
  const head = `$ORIGIN example.com.\n$TTL 3600\n@ SOA ns hostmaster 1 7200 3600 1209600 60\n@ NS ns\nns A ${address}\n`
  written('zone', head + hosts.join(''))
  written('questions', names.map(name => `${name}.example.com A\n`).join(''))
}

function servers(): Server[] {
  const open = ['--set', 'dns.answersPerS=0', '--set', 'dns.prefixAnswersPerS=0']
  const words = [
    door,
    'edge',
    '--standalone',
    '--zone',
    `example.com=${zoneFile}`,
    '--dns',
    `${address}:5401`,
    ...open,
  ]
  const nsd = `server:
  ip-address: ${address}@5402
  username: ""
  chroot: ""
  zonesdir: ""
  database: ""
  server-count: 1
  rrl-ratelimit: 0
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/nsd.xfrd"
  zonelistfile: "${folder}/nsd.zonelist"
  xfrdir: "${folder}"
remote-control:
  control-enable: no
zone:
  name: example.com
  zonefile: "${zoneFile}"
`
  const knot = `server:
    listen: ${address}@5403
    rundir: "${folder}"
    udp-workers: 1
database:
    storage: "${folder}"
template:
  - id: default
    zonefile-sync: -1
    journal-content: none
zone:
  - domain: example.com
    file: "${zoneFile}"
`
  return [
    { name: 'ours', port: 5401, command: process.execPath, words },
    { name: 'NSD', port: 5402, command: 'nsd', words: ['-d', '-c', written('nsd.conf', nsd)] },
    { name: 'Knot', port: 5403, command: 'knotd', words: ['-c', written('knot.conf', knot)] },
  ]
}

/** An A query for n0.example.com. */
const probe = Buffer.from('000100000001000000000000026e30076578616d706c6503636f6d0000010001', 'hex')

async function whenUp({ name, port }: Server, child: ChildProcess): Promise<void> {
  const socket = createSocket('udp4')
  let isUp = false
  socket
    .on('error', () => {})
    .on('message', () => {
      isUp = true
    })
  for (let tries = 0; !isUp; tries++) {
    if (tries > 50 || child.exitCode !== null) throw new Error(`${name} does not answer`)
    socket.send(probe, port, address)
    await delay(100)
  }
  socket.close()
}

/** Answers a second, and the share of questions that got none. */
async function measure(server: Server): Promise<{ perS: number; lostPercent: number }> {
  const child = spawn(server.command, server.words, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  try {
    await whenUp(server, child)
    const words = ['-s', address, '-p', `${server.port}`, '-d', questionsFile, '-l', `${spanS}`, '-t', '1']
    const { stdout } = await promisify(execFile)('dnsperf', [...words, '-c', '10', '-q', '200'])
    if (!/Response codes:\s+NOERROR \d+ \(100\.00%\)/.test(stdout))
      throw new Error(`${server.name} answers otherwise:\n${stdout}`)
    const perS = Number(/Queries per second:\s+([\d.]+)/.exec(stdout)?.[1])
    return { perS, lostPercent: Number(/Queries lost:\s+\d+ \(([\d.]+)%\)/.exec(stdout)?.[1]) }
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

function isInstalled(command: string): boolean {
  return spawnSync('which', [command]).status === 0
}

async function run(): Promise<void> {
  if (!isInstalled('dnsperf')) return console.log('  dnsperf is not installed (apt: dnsperf)')
  writeZone()
  const figures = new Map<string, number>()
  for (const server of servers()) {
    if (server.name !== 'ours' && !isInstalled(server.command)) {
      console.log(`  ${server.name.padEnd(5)} is not installed (${server.command})`)
      continue
    }
    const { perS, lostPercent } = await measure(server)
    figures.set(server.name, perS)
    console.log(`  ${server.name.padEnd(5)}${perS.toFixed(0).padStart(8)} answers/s, ${lostPercent} % lost`)
  }
  const ours = figures.get('ours')!
  for (const [name, perS] of figures) {
    if (name !== 'ours') console.log(`  ours / ${name}: ${(ours / perS).toFixed(2)}`)
  }
}

try {
  await run()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
