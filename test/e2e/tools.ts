// The witnesses of the end-to-end tests: the real `dig` and `curl`, installed from Debian where they are missing.

import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ran } from './devnet.ts'

const witnesses = { dig: 'dnsutils', curl: 'curl' }
const aptLock = join(tmpdir(), 'inxt-apt.lock')

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

/** False, or why the suite must be skipped: a program (by Debian package) is missing and cannot be installed. */
export function toolsMissing(packages: Readonly<Record<string, string>> = witnesses): false | string {
  const wanted = Object.entries(packages).filter(([program]) => !has(program))
  if (wanted.length === 0) return false
  const names = wanted.map(([, name]) => name)
  if (process.getuid?.() === 0 && has('apt-get')) {
    const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const
    // One at a time: apt fails beside another.
    const apt = (...words: string[]) => spawnSync('flock', [aptLock, 'apt-get', '-qq', ...words], options)
    apt('update')
    apt('install', '-y', '--no-install-recommends', ...names)
  }
  const left = wanted
    .filter(([program]) => !has(program))
    .map(([program, name]) => `${program} (Debian: ${name})`)
  return left.length === 0 ? false : `needs ${left.join(' and ')}; install it and run again`
}

/** The lines of `dig +short`, sorted. */
export async function digShort(server: string, port: number, ...words: string[]): Promise<string[]> {
  const { stdout } = await dig(server, port, '+short', ...words)
  return stdout.split('\n').filter(Boolean).sort()
}

export async function dig(
  server: string,
  port: number,
  ...words: string[]
): Promise<{ code: number; stdout: string }> {
  return ran('dig', [`@${server}`, '-p', `${port}`, '+tries=1', '+time=3', ...words])
}

/** curl for a name of ours at one edge; further words are curl's own. */
export function curlArgs(
  edge: { address: string; httpPort: number },
  host: string,
  path: string,
  ...words: string[]
): string[] {
  const url = `http://${host}:${edge.httpPort}${path}`
  return ['-sS', '--max-time', '60', '--resolve', `${host}:${edge.httpPort}:${edge.address}`, ...words, url]
}
