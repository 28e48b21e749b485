import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { fieldLines } from './message.ts'
import { escapeHtml, page } from './page.ts'

const hostile = `<img src=x onerror="alert('1')">&`
const shown = page({ status: 404, title: hostile, what: hostile, meaning: hostile, hint: hostile })
const html = Buffer.from(shown.body as Uint8Array).toString()

test('every text is escaped', () => {
  assert.equal(escapeHtml(hostile), '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;')
  assert.equal(html.split(escapeHtml(hostile)).length - 1, 5) // in the title, the heading and three rows
  assert.ok(!html.includes('<img'))
})

test('the policy admits the style of the page and nothing else', () => {
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)![1]!
  const hash = createHash('sha256').update(style).digest('base64')
  const policy = fieldLines(shown.fields, 'content-security-policy')[0]!
  assert.ok(policy.includes(`style-src 'sha256-${hash}'`) && policy.includes("default-src 'none'"))
  assert.ok(!/\b(?:src|href|style)=/.test(html.replaceAll(escapeHtml(hostile), '')), 'nothing is loaded')
})
