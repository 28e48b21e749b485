// The pages that are generated are fresh, and what the others say of files and links is true.
// `UPDATE=1 npm run test:unit` rewrites the generated pages.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import { sizeText } from '../base/bytes.ts'
import { faultCodes } from '../base/fault.ts'
import type { Knob } from '../config/knob.ts'
import { knobs } from '../config/knobs.ts'
import { presets } from '../config/presets.ts'

const root = join(import.meta.dirname, '..')
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
})
  .toString()
  .split('\n')
  .filter(Boolean)

function knobsPage(): string {
  const value = (knob: Knob, value: unknown): string =>
    value === '' ? '(nothing)' : knob.unit === 'bytes' ? sizeText(value as number) : `${value}`
  const rows = Object.entries(knobs as Record<string, Knob>).map(([name, knob]) => {
    const devnet = (presets.devnet as Record<string, unknown>)[name]
    const limits = 'form' in knob ? knob.says : `${value(knob, knob.min)} … ${value(knob, knob.max)}`
    const cells = [`\`${name}\``, value(knob, knob.default), devnet === undefined ? '' : value(knob, devnet)]
    return `| ${[...cells, knob.unit, limits, knob.why].join(' | ')} |`
  })
  return `# Knobs

Generated from \`config/knobs.ts\`; \`inxt edge\` takes them from \`--config FILE\` (JSON, nested or
flat) and \`--set name=value\`.
The third column is what \`--preset devnet\` changes.

| knob | default | devnet | unit | limits | why |
|---|---|---|---|---|---|
${rows.join('\n')}
`
}

function faultsPage(): string {
  const rows = Object.entries(faultCodes).map(
    ([code, [meaning, hint]]) => `| \`${code}\` | ${meaning} | ${hint} |`,
  )
  return `# Faults

Generated from \`base/fault.ts\`: everything that may go wrong outside our own code, with what it means and what to try.

| code | what it means | what to try |
|---|---|---|
${rows.join('\n')}
`
}

describe('docs', () => {
  for (const [path, text] of [
    ['docs/knobs.md', knobsPage()],
    ['docs/faults.md', faultsPage()],
  ] as const) {
    test(`${path} is fresh`, () => {
      const file = join(root, path)
      if (process.env['UPDATE'] === '1') writeFileSync(file, text)
      assert.equal(existsSync(file) ? readFileSync(file, 'utf8') : '', text, 'run UPDATE=1 npm run test:unit')
    })
  }

  test('every link to a file of the project leads somewhere', () => {
    const broken = pages.flatMap(page => {
      const text = readFileSync(join(root, page), 'utf8')
      return [...text.matchAll(/\]\(([^)#:\s]+)(#[^)]*)?\)/g)]
        .map(([, target]) => normalize(join(dirname(page), target!)))
        .filter(target => !existsSync(join(root, target)))
        .map(target => `${page} → ${target}`)
    })
    assert.deepEqual(broken, [])
  })

  test('every file that a page names in code exists', () => {
    const complaints: string[] = []
    for (const page of pages) {
      const text = readFileSync(join(root, page), 'utf8')
      const folders =
        'base|config|resolver|edge|content|overlay|registry-contract|sim|cli|loadtests|examples|docs|test'
      for (const [, path] of text.matchAll(new RegExp(`\`((?:${folders})/[\\w./-]+\\.\\w+)\``, 'g'))) {
        if (!existsSync(join(root, path!))) complaints.push(`${page}: ${path}`)
      }
    }
    assert.deepEqual(complaints, [])
  })
})
