// The gateway behind the whole chain of an edge, over a small DAG that says which question it was asked.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utf8 } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { createMeter } from '../../base/meter.ts'
import { createIngress } from '../ingress.ts'
import type { IngressResponse } from '../message.ts'
import { fieldValue } from '../message.ts'
import { blockCid, content, request, routes, sites } from '../transcripts/world.ts'
import type { Dags, GatewayOptions } from './dags.ts'
import { labelOf } from './names.ts'
import { type Wanted, wantedOf } from './wanted.ts'

const folderCid = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'
const absentCid = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
const deniedCid = 'bafkqaaa'
/** SHA-512: 103 characters, of which no base makes 63. */
const longCid =
  'bafkrgqhhyivzstcz3hhswshfjgy6ertgmnqeleynhwt4dlfsthi4hn7zgh4uvlsb5xncykzapi3ocd4lzogukir6ksdy6wzrnz6ohnv4aglcs'

const dags: Dags = {
  async find(root, path) {
    if (root === absentCid) throw new Fault('content/missing', 'block')
    if (path === 'odd') throw new Fault('content/unsupported', 'codec 0x71')
    if (path === 'broken') throw new Fault('bytes/malformed', 'not a dag-pb node')
    if (path === 'hi') return { roots: [root, blockCid], sizeBytes: 5 }
    return path === '' ? { roots: [root], sizeBytes: undefined } : undefined
  },
  async *car(root, path, shape) {
    yield utf8(JSON.stringify([root, path, shape]))
    if (path === 'hi' && shape.duplicates) throw new Fault('content/missing', 'block')
  },
}

function ingressWith(gateway: GatewayOptions): ReturnType<typeof createIngress> {
  const resolve = gateway.isServed ? () => content.resolve('cid-root', 'letters.txt', never) : content.resolve
  return createIngress({
    ...{ suffixes: ['inxt'], ownHosts: ['127.0.0.1'], sites, routes, gateway, meter: createMeter() },
    content: { ...content, resolve },
  })
}

const never = new AbortController().signal
const denied: NonNullable<GatewayOptions['denied']> = cid => (cid === deniedCid ? 'legal' : undefined)

type Extra = Readonly<Record<string, string>>

async function asked(
  target: string,
  extra: Extra = {},
  options: GatewayOptions = { dags, denied },
): Promise<IngressResponse> {
  const { method = 'GET', Host = '127.0.0.1:8080', ...fields } = extra
  return ingressWith(options)(request({ method, target, fields: Object.entries({ Host, ...fields }) }))
}

const field = ({ fields }: IngressResponse, name: string): string | undefined => fieldValue(fields, name)

async function said({ body }: IngressResponse): Promise<unknown> {
  const parts: Uint8Array[] = []
  for await (const part of body instanceof Uint8Array ? [body] : body!) parts.push(part)
  return JSON.parse(Buffer.concat(parts).toString())
}

describe('a CAR', () => {
  test('says what it is, where it is from, and how long it holds', async () => {
    const car = await asked(`/ipfs/${folderCid}/hi?format=car`)
    assert.equal(car.status, 200)
    assert.equal(car.sizeBytes, undefined)
    for (const [name, value] of [
      ['content-type', 'application/vnd.ipld.car; version=1; order=dfs; dups=n'],
      ['content-disposition', `attachment; filename="${folderCid}.car"`],
      ['etag', `"all.dfs.n.${blockCid}.car"`],
      ['cache-control', 'public, max-age=29030400, immutable'],
      ['accept-ranges', 'none'],
      ['x-content-type-options', 'nosniff'],
      ['x-ipfs-path', `/ipfs/${folderCid}/hi`],
      ['x-ipfs-roots', `${folderCid},${blockCid}`],
      ['content-location', undefined],
      ['vary', 'Accept'],
    ] as const)
      assert.equal(field(car, name), value, name)
    assert.deepEqual(await said(car), [folderCid, 'hi', { scope: 'all', duplicates: false }])
  })

  test('by the Accept field, with another address for caches', async () => {
    const car = await asked(`/ipfs/${folderCid}/hi?dag-scope=block`, {
      Accept: 'application/vnd.ipld.car;dups=y',
    })
    const address = `/ipfs/${folderCid}/hi?dag-scope=block&format=car&car-dups=y`
    assert.equal(field(car, 'content-location'), address)
    assert.equal(field(car, 'etag'), `"block.dfs.y.${blockCid}.car"`)
  })

  test('each form has a tag of its own, and 304 for who has it', async () => {
    const queries = [
      'raw',
      'car',
      'car&dag-scope=entity',
      'car&car-dups=y',
      'car&entity-bytes=0:*',
      'car&entity-bytes=0:2',
    ]
    const tags = new Set<string>()
    for (const query of queries) {
      const target = `/ipfs/${folderCid}/hi?format=${query}`
      const tag = field(await asked(target, { method: 'HEAD' }), 'etag')!
      tags.add(tag)
      const again = await asked(target, { 'If-None-Match': `"other", ${tag}` })
      assert.deepEqual([again.status, field(again, 'etag'), again.body], [304, tag, undefined])
    }
    assert.equal(tags.size, queries.length)
  })

  test('a block that is missing in mid-stream ends it abnormally', async () => {
    const car = await asked(`/ipfs/${folderCid}/hi?format=car&car-dups=y`)
    assert.equal(car.status, 200)
    await assert.rejects(said(car), /block/)
  })
})

describe('statuses', () => {
  for (const [target, extra, status] of [
    [`/ipfs/${folderCid}/hi?format=raw`, {}, 200],
    [`/ipfs/${folderCid}/hi?format=car`, { method: 'HEAD' }, 200],
    [`/ipfs/${folderCid}/no?format=car`, {}, 404],
    [`/ipfs/${folderCid}/no?format=car`, { 'Cache-Control': 'only-if-cached' }, 404],
    [`/ipfs/${folderCid}/broken?format=car`, {}, 404],
    [`/ipfs/${folderCid}/odd?format=car`, {}, 400],
    [`/ipfs/${absentCid}?format=car`, {}, 404],
    [`/ipfs/${absentCid}?format=car`, { method: 'HEAD' }, 404],
    [`/ipfs/${absentCid}?format=car`, { 'Cache-Control': 'only-if-cached' }, 412],
    [`/ipfs/${deniedCid}?format=raw`, {}, 451],
    [`/ipfs/${folderCid}?format=tar`, {}, 406],
    [`/ipfs/${folderCid}?format=car&dag-scope=some`, {}, 400],
    [`/ipfs/${folderCid}?format=car&car-version=2`, {}, 400],
    [`/ipfs/${folderCid}?format=car&car-order=bfs`, {}, 400],
    [`/ipfs/${folderCid}?format=car&car-dups=maybe`, {}, 400],
    [`/ipfs/${folderCid}/hi?format=car&entity-bytes=1`, {}, 400],
    [`/ipfs/${folderCid}/hi?format=car&entity-bytes=5:*`, {}, 400],
    [`/ipfs/${folderCid}/hi?format=car&entity-bytes=0:-6`, {}, 400],
    [`/ipfs/${folderCid}/hi?format=car&entity-bytes=-9:-5`, {}, 200],
    [`/ipfs/${folderCid}/hi?format=car&entity-bytes=3:2`, {}, 200],
    [`/ipfs/${folderCid}?format=car&entity-bytes=5:*`, {}, 200],
    [`/ipfs/${folderCid}`, { Accept: '*/*' }, 406],
    [`/ipfs/${folderCid}`, {}, 400],
    [`/ipfs/${folderCid}`, { Accept: 'application/vnd.ipld.car;version=2' }, 406],
  ] as const) {
    test(`${JSON.stringify(extra)} ${target.replace(/baf\w+/, 'CID')} is ${status}`, async () => {
      assert.equal((await asked(target, extra)).status, status)
    })
  }
})

describe('what is wanted', () => {
  const wanted = (query: string, accept?: string): Wanted =>
    wantedOf(accept === undefined ? [] : [['Accept', accept]], query)
  const [raw, car] = ['application/vnd.ipld.raw', 'application/vnd.ipld.car']

  for (const [query, accept, form] of [
    ['?format=car', raw, 'car n'],
    ['?format=raw', car, 'raw'],
    ['?format=car', `${car}; version=1; order=dfs; dups=y`, 'car y'],
    ['?format=car&car-dups=n', `${car};dups=y`, 'car n'],
    ['?format=car&car-order=dfs', `${car};order=unk`, 'car n'],
    ['', `${car}, ${raw}`, 'car n'],
    ['', `${car};q=0.5, ${raw}`, 'raw'],
    ['', `${raw};q=0, ${car};q=0.1`, 'car n'],
    ['', `${car};order=foo, ${car};order=dfs;dups=y;q=0.5`, 'car y'],
    ['', `${car};dups="y"`, 'car y'],
    ['', `TEXT/HTML, ${raw.toUpperCase()};Q=0.1`, 'raw'],
    ['', `${raw};q=0`, 'refused'],
    ['', `${car};q=2`, 'page'],
    ['', 'text/html,application/xhtml+xml,*/*;q=0.8', 'page'],
    ['', undefined, 'silence'],
  ] as const) {
    test(`${query} ${accept} is ${form}`, () => {
      const found = wanted(query, accept)
      const dups = found.form === 'car' ? (found.shape.duplicates ? ' y' : ' n') : ''
      assert.equal(found.form + dups, form)
    })
  }

  test('entity-bytes make the scope that of the entity', () => {
    const found = wanted('?format=car&dag-scope=all&entity-bytes=-1024:*')
    assert.deepEqual(found.form === 'car' && found.shape, {
      ...{ scope: 'entity', duplicates: false },
      bytes: { first: -1024, last: undefined },
    })
  })
})

describe('each CID has a host of its own', () => {
  const isServed = (cid: string): boolean => cid === blockCid || cid === folderCid
  const pages = { dags, isServed, denied: (cid: string) => (cid === deniedCid ? 'gone' : undefined) } as const
  const label = labelOf(folderCid)!

  for (const [target, to] of [
    [`/ipfs/${folderCid}/a%20b/?x=1`, `http://${label}.ipfs.inxt:8080/a%20b/?x=1`],
    ['/ipfs/QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn', `http://${label}.ipfs.inxt:8080/`],
    [`/ipfs/?uri=ipfs%3A%2F%2F${folderCid}%2Fa%3Fb`, `/ipfs/${folderCid}/a?b`],
  ] as const) {
    test(`${target.slice(0, 24)}… leads to ${to.slice(0, 24)}…`, async () => {
      const moved = await asked(target, { Accept: 'text/html' }, pages)
      assert.deepEqual([moved.status, field(moved, 'location')], [301, to])
    })
  }

  test('a page is served there, for good, with no name of a site', async () => {
    const found = await asked('/letters.txt', { Host: `${labelOf(blockCid)}.ipfs.inxt` }, pages)
    assert.equal(found.status, 200)
    assert.equal(field(found, 'cache-control'), 'public, max-age=29030400, immutable')
    assert.equal(field(found, 'x-inxt-site'), undefined)
    assert.equal(field(found, 'origin-agent-cluster'), '?1')
    assert.equal(field(found, 'x-ipfs-path'), `/ipfs/${blockCid}/letters.txt`)
  })

  test('another spelling of the CID leads to the one that is used', async () => {
    const spelled = 'k2cwued9o1pvrtdyeqv3ov1f7v2eyx94t97ynadv3gahvoxaj99ik8h5'
    const moved = await asked('/x?y', { Host: `${spelled}.ipfs.inxt` }, pages)
    assert.deepEqual([moved.status, field(moved, 'location')], [301, `http://${blockCid}.ipfs.inxt/x?y`])
  })

  for (const [host, status] of [
    [`${absentCid}.ipfs.inxt`, 404],
    [`${deniedCid}.ipfs.inxt`, 410],
    ['no-cid.ipfs.inxt', 400],
    [`a.${folderCid}.ipfs.inxt`, 400],
    ['ipfs.inxt', 404],
  ] as const) {
    test(`${host.replace(/baf\w{8,}/, 'CID')} is ${status}`, async () => {
      assert.equal((await asked('/', { Host: host }, pages)).status, status)
    })
  }

  test('a CID that no label holds is refused with words', async () => {
    const refused = await asked(`/ipfs/${longCid}/`, { Accept: 'text/html' }, pages)
    assert.equal(refused.status, 400)
    assert.match(JSON.stringify(await said(refused)), /DNS label length limit of 63/)
  })

  test('an address of ipfs: that would lead out of here is refused', async () => {
    for (const uri of [
      'ipns://x',
      `ipfs://${folderCid}\\..`,
      'ipfs://no',
      'https://example.org',
      `ipfs://${folderCid}/\n`,
    ])
      assert.equal((await asked(`/ipfs/?uri=${encodeURIComponent(uri)}`, {}, pages)).status, 400, uri)
  })
})
