// Every command that a page or a comment names is one that the program takes: `inxt` by its own tree of commands and
// options, `npm run X -- …` by what X says it takes. An example of a block is whole, a mention in a sentence may be
// the bare words.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Command } from 'commander'
import { program } from '../cli/program.ts'
import packageJson from '../package.json' with { type: 'json' }
import { dnsTargets } from './fuzz/dns-targets.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const benches = globSync('**/*.bench.ts', { cwd: root, exclude: ['node_modules/**'] })
const runners: Readonly<Record<string, (words: readonly string[]) => Promise<string | undefined>>> = {
  async bench(words) {
    const [wanted, ...others] = benches.filter(path => path.includes(words[0] ?? ''))
    if (words.length === 0) return undefined
    if (wanted === undefined || others.length > 0) return `${1 + others.length} benchmarks, or none`
    return unsaid(words, read(wanted))
  },
  async sim([protocol = '', ...words]) {
    if (protocol === '') return undefined
    const files = protocol.split('|').map(name => `sim/io/${name}.ts`)
    const missing = files.find(file => !existsSync(join(root, file)))
    if (missing !== undefined) return `no ${missing}`
    const usages = await Promise.all(
      files.map(async file => (await import(join(root, file))).usage as string),
    )
    return unsaid(words, usages.join())
  },
  async fuzz(words) {
    const targets = words.filter(word => /^[a-z]+$/.test(word))
    const unknown = targets.find(name => name !== 'flood' && !Object.hasOwn(dnsTargets, name))
    return unknown ? `no target ${unknown}` : unsaid(words, read('test/fuzz/main.ts'))
  },
  chaos: async words => unsaid(words, read('test/chaos/main.ts')),
}

/** The first option that a program's text does not know. */
function unsaid(words: readonly string[], text: string): string | undefined {
  const names = words.flatMap(word => /^\[?--([a-z]+)/.exec(word)?.[1] ?? [])
  const name = names.find(name => !text.includes(`--${name}`) && !text.includes(` ${name}: {`))
  return name && `no --${name}`
}

/** What is wrong with the words behind `inxt`; nothing for what it would run. */
function refusal(command: Command, words: readonly string[], isWhole: boolean): string | undefined {
  const [first = '', ...rest] = words
  const names = command.commands.map(one => one.name())
  if (names.length > 0 && /^[a-z|]+$/.test(first)) {
    const chosen = first.split('|').map(name => command.commands.find(one => one.name() === name))
    const wrong = chosen.map(one => (one ? refusal(one, rest, isWhole) : `not one of ${names.join()}`))
    return wrong.find(Boolean)
  }
  const given = { positionals: 0, options: new Set<string>() }
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (word === '…' || word === '|') continue
    if (!word.startsWith('--')) given.positionals++
    else {
      const option = command.options.find(({ long }) => long === word)
      if (option === undefined) return `no ${word}`
      given.options.add(word)
      if (option.required) i++
    }
  }
  const { length } = command.registeredArguments
  if (given.positionals > length) return `takes ${length} arguments`
  if (!isWhole || words.includes('…')) return undefined
  if (given.positionals < length) return `needs ${length} arguments`
  return command.options.find(({ mandatory, long }) => mandatory && !given.options.has(long!))?.long
}

interface Said {
  readonly path: string
  readonly text: string
  readonly isWhole: boolean
}

/** What stands as code in a page or in a comment, with spaces and table bars made plain. */
function saidIn(path: string): Said[] {
  const text = read(path)
  const isPage = path.endsWith('.md')
  const block = /^```\w*\n(.*?)^```/gms
  const comment = /^\s*(?:\/\/|\/?\*+)(.*)/gm
  const comments = isPage ? [] : [...text.matchAll(comment)].map(([, line]) => line!)
  const examples = isPage
    ? [...text.matchAll(block)].map(([, lines]) => lines!).join('')
    : comments.map(line => line.trim()).join('\n')
  const prose = isPage ? text.replaceAll(block, '') : comments.join('\n')
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map(([, span]) => span!.replaceAll('\\', ''))
  const plain = (text: string): string => text.replace(/\s#.*/, '').replaceAll(/\s+/g, ' ').trimEnd()
  return [
    ...examples
      .replaceAll('\\\n', '')
      .split('\n')
      .map(line => ({ path, text: plain(line), isWhole: true })),
    ...spans.map(span => ({ path, text: plain(span), isWhole: false })),
  ]
}

const tracked = execFileSync('git', ['ls-files', '*.md', '*.ts', '*.sol'], { cwd: root, encoding: 'utf8' })
const said = tracked
  .split('\n')
  .filter(path => path !== '' && !/\.test\.ts$/.test(path))
  .flatMap(saidIn)

test('every inxt that is named is one that inxt takes', () => {
  const commands = said.flatMap(one => {
    const words = /^(?:\$ )?(?:npx )?inxt ([a-z].*?)(?: \| [a-z]+)?$/.exec(one.text)?.[1]
    return words === undefined || words.includes('${') ? [] : [{ ...one, words: words.split(' ') }]
  })
  assert.ok(commands.length > 80, `${commands.length} commands are named`)
  const wrong = commands.flatMap(({ path, text, words, isWhole }) => {
    const why = refusal(program, words, isWhole)
    return why === undefined ? [] : [`${path}: ${text}: ${why}`]
  })
  assert.deepEqual(wrong, [])
})

test('every npm run that is named has its script, and what is behind it', async () => {
  const wrong: string[] = []
  let count = 0
  for (const { path, text } of said) {
    const [, script, rest = ''] = /^(?:\w+=\w+ )?npm run ([a-z0-9:]+)(?: -- ([^$<]+))?$/.exec(text) ?? []
    if (script === undefined) continue
    count++
    const words = rest.split(' ').filter(Boolean)
    const why = Object.hasOwn(packageJson.scripts, script) ? await runners[script]?.(words) : 'no such script'
    if (why !== undefined) wrong.push(`${path}: ${text}: ${why}`)
  }
  assert.ok(count > 50, `${count} commands are named`)
  assert.deepEqual(wrong, [])
})
