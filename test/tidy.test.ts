// A rule that is not a test is a wish: the rules of docs/architecture.md, checked on every file of the tree.
// Function length, default exports and barrels are Biome's to check (biome.json).

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import { missingEntries } from './lock.ts'

const root = join(import.meta.dirname, '..')
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(Boolean)
const sources = tracked
  .filter(path => /\.(ts|mjs|sol)$/.test(path))
  .map(path => {
    const text = readFileSync(join(root, path), 'utf8')
    return {
      path,
      text,
      lines: text.split('\n'),
      folder: path.split('/')[0]!,
      isTest: /\.(test|bench)\.ts$/.test(path),
    }
  })

/** Which folders each folder may import, beside itself. */
const mayImport: Record<string, readonly string[]> = {
  base: [],
  config: ['base'],
  resolver: ['base'],
  edge: ['base'],
  content: ['base'],
  overlay: ['base'],
  'registry-contract': ['base'],
  sim: ['base', 'overlay', 'resolver', 'content'],
  cli: ['base', 'config', 'resolver', 'edge', 'content', 'overlay', 'registry-contract'],
  loadtests: ['base'],
  dashboard: ['base'],
}
const rimFolders = ['cli', 'test', 'loadtests', 'dashboard']

/** Every complaint of a rule at once, as `file:line what`. */
function expectNone(complaints: string[]): void {
  assert.equal(complaints.length, 0, `\n${complaints.join('\n')}`)
}

function linesMatching(pattern: RegExp, what: string, files: typeof sources): string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, i) =>
      pattern.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line) ? [`${path}:${i + 1} ${what}`] : [],
    ),
  )
}

describe('tidy', () => {
  test('folders import only what the table allows', () => {
    const complaints: string[] = []
    for (const { path, text, folder } of sources) {
      const allowed = mayImport[folder]
      if (allowed === undefined) continue
      for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)) {
        const other = normalize(join(dirname(path), target!)).split('/')[0]!
        if (other !== folder && other !== 'package.json' && !allowed.includes(other))
          complaints.push(`${path} imports ${other}/`)
      }
    }
    expectNone(complaints)
  })

  test('the world is touched in io/ only', () => {
    const pure = sources.filter(
      ({ path, folder, isTest }) =>
        !isTest && !rimFolders.includes(folder) && !path.includes('/io/') && !/\/main\.ts$/.test(path),
    )
    const clocks = 'Date\\.now|new Date\\(\\)|performance\\.now|setTimeout|setInterval|setImmediate'
    const chance = 'Math\\.random|randomBytes|getRandomValues|randomUUID'
    const world = new RegExp(`\\b(${clocks}|${chance}|process\\.)`)
    const nodeDoors = 'fs|net|dgram|http|https|tls|child_process|worker_threads|timers|os'
    const doors = new RegExp(`from '(node:(${nodeDoors})|undici|libp2p|@libp2p/tcp|pino|solc)\\b`)
    expectNone([
      ...linesMatching(world, 'time, chance and process are arguments outside io/', pure),
      ...linesMatching(doors, 'sockets, files and processes belong in io/', pure),
    ])
  })

  test('machines and steps do not wait', () => {
    const files = sources.filter(
      ({ path, isTest }) =>
        !isTest && /^resolver\/(wire|zone|steps)\/|^overlay\/(membership|coordinates|grid)\//.test(path),
    )
    expectNone(linesMatching(/\basync\b|\bawait\b|\bPromise</, 'this path is synchronous', files))
  })

  test('tests wait for events, not for the clock', () => {
    const tests = sources.filter(({ isTest, path }) => isTest && path !== 'test/tidy.test.ts')
    expectNone([
      ...linesMatching(/setTimeout\(|\bsleep\(/, 'wait for the event, with a deadline', tests),
      ...linesMatching(
        /\b(test|it|describe)\.(skip|todo|only)\b/,
        'no test is skipped or narrowed in the text',
        tests,
      ),
    ])
  })

  test('names say what a file is', () => {
    const banned = /^(utils?|helpers?|common|types?|manager|service|index|misc|shared|lib)\b/
    expectNone(
      sources.filter(({ path }) => banned.test(basename(path))).map(({ path }) => `${path}: name the idea`),
    )
  })

  test('files stay small, shallow and narrow', () => {
    const complaints: string[] = []
    for (const { path, lines } of sources) {
      if (path.startsWith('examples/')) continue
      if (lines.length > 401)
        complaints.push(`${path} has ${lines.length - 1} lines; 400 are enough for one idea`)
      if (path.split('/').length - 1 > 3) complaints.push(`${path} lies deeper than three folders`)
      lines.forEach((line, i) => {
        if (line.length > 120) complaints.push(`${path}:${i + 1} is ${line.length} wide; 120 at most`)
      })
    }
    expectNone(complaints)
  })

  test('a file opens with its idea, in at most 15 lines', () => {
    const complaints: string[] = []
    for (const { path, lines, isTest } of sources) {
      if (isTest || path.startsWith('examples/')) continue
      const start = lines[0]!.startsWith('#!') ? 1 : 0
      const length = lines.slice(start).findIndex(line => !line.startsWith('//'))
      if (length < 1 || length > 15) complaints.push(`${path} opens with ${length} lines of comment`)
    }
    expectNone(complaints)
  })

  test('nothing is left for later, and nothing points at one machine', () => {
    const others = sources.filter(({ path }) => path !== 'test/tidy.test.ts')
    const later = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`)
    expectNone([
      ...others.flatMap(({ path, lines }) =>
        lines.flatMap((line, i) => (later.test(line) ? [`${path}:${i + 1} do it or say it`] : [])),
      ),
      ...linesMatching(
        /\/(root|home)\/[a-z]|registry\.npmjs/,
        "a machine's path or a registry's host",
        others,
      ),
    ])
  })

  test('the lock file can be installed on every platform, and names no host', () => {
    const missing = Object.keys(missingEntries()).map(place => `${place} is missing: npm run lock`)
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
    expectNone([...missing, ...(lock.includes('"resolved"') ? ['package-lock.json names a host'] : [])])
  })

  test('a page of documentation has one title', () => {
    const complaints: string[] = []
    for (const path of tracked.filter(path => path.endsWith('.md'))) {
      const prose = readFileSync(join(root, path), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
      const titles = prose.split('\n').filter(line => /^# /.test(line)).length
      if (titles !== 1) complaints.push(`${path} has ${titles} titles`)
    }
    expectNone(complaints)
  })
})
