// The cases that the three specifications describe, and what is said of a file that follows none of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTarget } from '../target.ts'
import { parseRedirects, type Redirects } from './redirects.ts'

/** The example of the IPFS specification, with a rule or two of the others' between. */
const site = `
# Comment, and an empty line

/redirect-one /one.html
/301-redirect-one /one.html 301
/302-redirect-two  \t /two.html   302 # and a comment
/200-index /index.html 200
/posts/:year/:month/:day/:title /articles/:year/:month/:day/:title 301
/splat/* /redirected-splat/:splat 301
/not-found/* /404.html 404
/gone/* /410.html 410
/unavail/* /451.html 451
/twice /:first 301
/twice /second 301
/same/:a /:a/:a/:a 308
/articles id=:id tag=:tag /posts/:tag/:id 301
/articles tag=news /news 302
/articles /posts 303
/code/:code /products?code=:code&x=1#top 307
/away/* https://example.org:8443/a/:splat 302
/time/12:30 /half-past
/api/* https://api.example:443/v1/:splat 200
/find/:what http://find.example:8080?q=:what 200
/exact https://api.example/one 200
/six http://[2606:4700::aBcd]:81/ 200
/old/x* https://api.example/p/:splat 200
/forced /index.html 200!
/* /index.html 200
`.replace('/twice /:first 301', '/twice /first 301')

const rows: [address: string, expected: string][] = [
  ['/redirect-one', '301 /one.html'],
  ['/301-redirect-one', '301 /one.html'],
  ['/302-redirect-two/', '302 /two.html'],
  ['/200-index', '200 index.html'],
  ['/posts/2022/06/15/hello-world', '301 /articles/2022/06/15/hello-world'],
  ['/posts/2022/06/15', '200 index.html'],
  ['/splat/one/two.html', '301 /redirected-splat/one/two.html'],
  ['/splat', '301 /redirected-splat/'],
  ['/not-found/x', '404 404.html'],
  ['/gone/x', '410 410.html'],
  ['/unavail/x', '451 451.html'],
  ['/twice', '301 /first'],
  ['/same/x%2e%20y', '308 /x.%20y/x.%20y/x.%20y'],
  ['/articles?id=7&tag=x%20y', '301 /posts/x%20y/7'],
  ['/articles?tag=news', '302 /news'],
  ['/articles?tag=other', '303 /posts?tag=other'],
  ['/code/a&b=c?ignored=1', '307 /products?code=a%26b%3Dc&x=1#top'],
  ['/away/x/y?q=1', '302 https://example.org:8443/a/x/y?q=1'],
  ['/time/12:30', '301 /half-past'],
  ['/api', 'https://api.example/v1/'],
  ['/api/a/b/?x=/y', 'https://api.example/v1/a/b/?x=/y'],
  ['/api/@a/b:c,d;e=f+g&h$/%20%25%23%3f', 'https://api.example/v1/@a/b:c,d;e=f+g&h$/%20%25%23%3F'],
  ['/find/a&b=c%2Bd?more', 'http://find.example:8080/?q=a%26b%3Dc%2Bd'],
  ['/six', 'http://[2606:4700::abcd]:81/'],
  ['/exact/?y', 'https://api.example/one?y'],
  ['/old/x..', '200 index.html'],
  ['/anything/else', '200 index.html'],
  ['/one.html?a', '200 index.html'],
]

test('the first rule that is about an address', () => {
  const { redirects, complaints } = parseRedirects(site.replaceAll('\n', '\r\n'))
  assert.deepEqual(complaints, [])
  for (const [address, expected] of rows) assert.equal(said(redirects, address), expected, address)
  assert.equal(said(redirects, '/forced', true), '200 index.html')
  assert.equal(said(redirects, '/redirect-one', true), undefined)
})

const wrong: [line: string, complaint: RegExp][] = [
  ['/a', /no address to lead to/],
  ['a /b', /the path does not begin with "\/"/],
  ['/a /b 200 Country=us', /"Country=us": conditions on the visitor/],
  ['/a /b Language=de', /"Language=de": conditions on the visitor/],
  ['/a /b 301 302', /"302" stands behind the status/],
  ['/a /b 999', /"999" is not one of 200, 301/],
  ['/a /b 500', /"500" is not one of/],
  ['/a /b 0301', /"0301" is not one of/],
  ['/a https://example.org/ 404', /file of the site itself/],
  ['/a https://me:secret@example.org/ 200', /no name and password/],
  ['/a https://me@example.org/ 200', /no name and password/],
  ['/:a https://:a.example.org/ 200', /cannot be part of a host/],
  ['/a https://:80x/ 200', /is no address/],
  ['/a https:// 200', /is no address/],
  ['/a https://example.org/#b 200', /never sent/],
  ['/a https://example.org/:b 200', /":b" is not part of the path/],
  ['/a https://example.org/a/../b 200', /"\." or "\.\." segment/],
  ['/a ftp://example.org/ 200', /neither a path nor an http address/],
  ['/a /b?c 200', /no "\?" or "#"/],
  ['/:a b=:a /:a', /stands for two things/],
  ['/a //evil.example', /neither a path nor an http address/],
  ['/a /\\evil.example', /neither a path nor an http address/],
  ['/a javascript:alert(1)', /neither a path nor an http address/],
  ['/:a https://:a/ 301', /cannot be part of a host/],
  ['/a https://:80x/', /is no address/],
  ['/a /:b', /":b" is not part of the path/],
  ['/a /x/:splat', /":splat" is not part of the path/],
  ['/a /../b', /the address to lead to has a "\." or ".." segment/],
  [`/a /${'b'.repeat(2000)}`, /more than 2000 characters/],
]

test('what is no rule, line by line', () => {
  const { complaints } = parseRedirects(wrong.map(([line]) => line).join('\n'))
  assert.equal(complaints.length, wrong.length)
  for (const [i, { line, what }] of complaints.entries()) {
    assert.equal(line, i + 1)
    assert.match(what, wrong[i]![1])
  }
})

test('more than can be looked through', () => {
  const lines = (count: number, from: string): string =>
    Array.from({ length: count }, (_, i) => `${from}${i} /b`).join('\n')
  assert.deepEqual(parseRedirects(`${lines(10_000, '/a')}\n${lines(500, '/:x/')}`).complaints, [])
  assert.match(parseRedirects(lines(10_001, '/a')).complaints[0]!.what, /10001 rules; 10000 are allowed/)
  assert.match(parseRedirects(lines(501, '/:x/')).complaints[0]!.what, /501 rules with/)
  const hosts = Array.from({ length: 9 }, (_, i) => `/${i} https://${i}.example/ 200`)
  assert.deepEqual(parseRedirects(hosts.slice(1).join('\n')).complaints, [])
  assert.match(parseRedirects(hosts.join('\n')).complaints[0]!.what, /9 other hosts to answer; 8 are allowed/)
})

test('no answer is longer than an address may be', () => {
  const { redirects } = parseRedirects(`/* /${':splat'.repeat(50)}`)
  assert.equal(said(redirects, `/${'x'.repeat(4000)}`), undefined)
  assert.ok(said(redirects, '/x'))
})

function said(redirects: Redirects, address: string, isForced = false): string | undefined {
  const outcome = redirects.find(parseTarget('GET', address), isForced)?.outcome
  if (outcome === undefined) return undefined
  if (outcome.kind === 'origin') return `${outcome.origin}${outcome.path}`
  const to = outcome.kind === 'redirect' ? outcome.location : outcome.target.segments.join('/')
  return `${outcome.status} ${to}`
}
