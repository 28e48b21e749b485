import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mediaTypeOf } from './media.ts'

const rows: [fileName: string, expected: string][] = [
  ['index.html', 'text/html; charset=utf-8'],
  ['APP.JS', 'text/javascript; charset=utf-8'],
  ['style.css', 'text/css; charset=utf-8'],
  ['favicon.svg', 'image/svg+xml; charset=utf-8'],
  ['favicon.ico', 'image/x-icon'],
  ['site.webmanifest', 'application/manifest+json; charset=utf-8'],
  ['data.json', 'application/json'],
  ['source.ts', 'text/plain; charset=utf-8'],
  ['module.wasm', 'application/wasm'],
  ['photo.avif', 'image/avif'],
  ['archive.tar.gz', 'application/gzip'],
  ['README', 'application/octet-stream'],
  ['ends.', 'application/octet-stream'],
  ['a.unheard', 'application/octet-stream'],
  ['a.constructor', 'application/octet-stream'],
  ['a.__proto__', 'application/octet-stream'],
]

test('media types by name', () => {
  for (const [fileName, expected] of rows) assert.equal(mediaTypeOf(fileName), expected, fileName)
})
