import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Content } from '../questions.ts'
import { parseTarget } from '../target.ts'
import { type Located, locate } from './path.ts'
import { rememberPaths } from './remembered.ts'
import { readRules } from './rules.ts'

const files = [
  ...['index.html', 'both.html', 'both/index.html', 'page.html', 'folder/index.html', 'bare/x', 'style.css'],
  ...['exact', 'exact.html', '404.html', 'deep/404.html', 'app/start.html', 'old/kept.txt', '_redirects'],
]

const rules = `
/old/* /new/:splat
/app/* /app/start
/page /never
/forced /both 200!
/rules /_redirects 200
`.replace('/app/start', '/app/start 200')

const rows: [address: string, expected: string][] = [
  ['/', '200 index.html'],
  ['/index.html', '200 index.html'],
  ['/page', '200 page.html'],
  ['/page.html', '200 page.html'],
  ['/page/', '301 /page'],
  ['/page/?q', '301 /page?q'],
  ['/folder', '301 /folder/'],
  ['/folder/', '200 folder/index.html'],
  ['/both', '200 both.html'],
  ['/both/', '200 both/index.html'],
  ['/exact', '200 exact'],
  ['/exact/', '301 /exact'],
  ['/style.css/', '404 404.html'],
  ['/bare', '404 404.html'],
  ['/bare/', '404 404.html'],
  ['/deep/er/still', '404 deep/404.html'],
  ['/a//b', '404 404.html'],
  ['/old/x', '301 /new/x'],
  ['/old/kept.txt', '200 old/kept.txt'],
  ['/app', '200 app/start.html'],
  ['/app/', '200 app/start.html'],
  ['/app/a/b', '200 app/start.html'],
  ['/forced', '200 both.html'],
  ['/_redirects', '404 404.html'],
  ['/rules', '404 404.html'],
]

const content: Pick<Content, 'resolve'> & { asked: string[] } = {
  asked: [],
  async resolve(_root, path) {
    this.asked.push(path)
    if (files.includes(path)) return { kind: 'file', cid: path, sizeBytes: 1 }
    const isDirectory = path === '' || files.some(one => one.startsWith(`${path}/`))
    return isDirectory ? { kind: 'directory', cid: path } : { kind: 'missing' }
  },
}

test('forced rule, file, rule, the nearest page for the missing', async () => {
  const read = readRules({ _redirects: new TextEncoder().encode(rules) })
  assert.deepEqual(read.complaints, [])
  const { signal } = new AbortController()
  for (const [address, expected] of rows) {
    const target = parseTarget('GET', address)
    assert.equal(
      said(await locate({ content, root: 'r', rules: read.rules, signal }, target)),
      expected,
      address,
    )
  }
})

test('what is there is looked for once, what is missing each time', async () => {
  content.asked = []
  const known = rememberPaths({ ...content, resolve: content.resolve.bind(content) } as unknown as Content)
  const { signal } = new AbortController()
  for (const path of ['style.css', 'style.css', 'bare', 'bare', 'nowhere', 'nowhere'])
    await known.resolve('r', path, signal)
  await known.resolve('another', 'style.css', signal)
  assert.deepEqual(content.asked, ['style.css', 'bare', 'nowhere', 'nowhere', 'style.css'])
})

function said(located: Located): string {
  if (located.kind === 'file') return `${located.file.status} ${located.file.segments.join('/')}`
  if (located.kind === 'origin') return `${located.origin}${located.path}`
  return located.kind === 'redirect' ? `${located.status} ${located.location}` : `${located.status}`
}
