import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const main = join(import.meta.dirname, '..', 'main.ts')

test('what cannot be played is said in a line, with how to ask, and is exit code 2', () => {
  const rows: [asked: string, says: RegExp][] = [
    ['', /^npm run sim -- clients\|content\|/],
    ['nothing', /^npm run sim -- clients\|content\|/],
    ['content --seeds few', /^as many seeds .*\nnpm run sim -- content /],
    ['swim --scenario none', /^scenarios: load, .*\nnpm run sim -- swim /],
    ['grid --none', /^Unknown option '--none'.*\nnpm run sim -- grid /],
  ]
  for (const [asked, says] of rows) {
    const args = [main, ...asked.split(' ').filter(Boolean)]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    assert.match(stderr, says, asked)
    assert.equal(status, 2, asked)
    assert.equal(stdout, '', asked)
  }
})
