import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHashed } from './lasting.ts'

const hashed = [
  'app.3f9a1c2b.js',
  'static/js/main.3f9a1c2b.chunk.js',
  'main.3f9a1c2b3f9a1c2b3f9a.css',
  'main.3f9a1c2b.js.map',
  'assets/index-BqX1a9Zc.js',
  'assets/logo-D8fj2Kp_.svg',
  'chunk-4XZKQWER.js',
  'font.2a1B3c4D.woff2',
  'vendor-5d41402abc4b2a76b9719d911017c592.js',
  '_app/immutable/entry/start.BqX1.js',
  '_next/static/chunks/pages/index.js',
  '_astro/hoisted.Cx9x.js',
]

const named = [
  'app.js',
  'index-BqX1.js',
  'jquery-3.7.1.min.js',
  'photo-20240115.jpg',
  'IMG_20240115.jpg',
  'logo-facebook.svg',
  'logo-deadbeef.svg',
  'widget-HomePage.js',
  'widget-MyAppBar.js',
  'font-Awesome5.woff2',
  'chapter-Version12.pdf',
  'release-1234567890.zip',
  'icon-MacOSX10.png',
  '3f9a1c2b.js',
  'page.3f9a1c2b.html',
  'manifest.3f9a1c2b.json',
  '_app/version.json',
  '_next/data/build/index.json',
  'README',
  '',
]

test('names that bear a hash', () => {
  for (const path of hashed) assert.equal(isHashed(path.split('/')), true, path)
})

test('names that only look so', () => {
  for (const path of named) assert.equal(isHashed(path.split('/')), false, path)
})
