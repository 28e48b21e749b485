import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { createLog } from './log.ts'

const full = '/dev/full'

test('a disk without room ends nobody', { skip: !existsSync(full) && `there is no ${full}` }, () => {
  const log = createLog({ name: 'test', file: full })
  for (let i = 0; i < 1000; i++) assert.doesNotThrow(() => log.info('nobody reads this'))
})
