// The map: five edges, a reader, and the rules of the network in small. And the button that asks who answered.
//
// The rules are those of the real thing: the nearest living edge answers; what it does not hold it fetches from the
// nearest that does, and keeps. State is two sets; everything on the page is drawn from them again after each click.

const edges = [
  { name: 'edge 1', x: 250, y: 130, label: -34 },
  { name: 'edge 2', x: 490, y: 130, label: -34 },
  { name: 'edge 3', x: 360, y: 310, label: 46 },
  { name: 'edge 4', x: 610, y: 310, label: 46 },
  { name: 'edge 5', x: 830, y: 220, beside: true },
]
const places = { west: { x: 90, y: 230 }, north: { x: 660, y: 40, beside: true }, south: { x: 850, y: 375 } }

const closed = new Set()
const holders = new Set([0, 3])
let place = 'west'

const byId = id => document.getElementById(id)
const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y)

/** The numbers of the edges for which `keep` holds, nearest to `from` first. */
function nearest(from, keep) {
  return [...edges.keys()].filter(keep).sort((a, b) => distance(from, edges[a]) - distance(from, edges[b]))
}

/** Who answers, from whom it has to fetch first, and the sentence that says so. */
function decide() {
  const [answering] = nearest(places[place], i => !closed.has(i))
  if (answering === undefined) {
    return { said: 'All five are closed, so nobody answers. The name still stands on the chain: open one again.' }
  }
  const { name } = edges[answering]
  const near = closed.size === 0 ? 'the nearest' : 'the nearest that is open'
  if (holders.has(answering)) {
    return { answering, said: `Your request goes to ${name}, ${near}. It holds the site and answers at once.` }
  }
  const [source] = nearest(edges[answering], i => !closed.has(i) && holders.has(i))
  if (source === undefined) {
    return { answering, lost: true, said: `${capital(name)} answers with an error: every edge that holds the site is closed. Open one.` }
  }
  const from = edges[source].name
  return { answering, source, said: `Your request goes to ${name}, ${near}. It fetches the site from ${from}, checks it, and holds it from now on.` }
}

const capital = text => text[0].toUpperCase() + text.slice(1)

/** A way between two points with one diagonal at 45 degrees, as on a line map. */
function way(a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const diagonal = Math.min(Math.abs(dx), Math.abs(dy))
  const [sx, sy] = [Math.sign(dx), Math.sign(dy)]
  const [restX, restY] = [(Math.abs(dx) - diagonal) / 2, (Math.abs(dy) - diagonal) / 2]
  const c = { x: a.x + sx * restX, y: a.y + sy * restY }
  const d = { x: c.x + sx * diagonal, y: c.y + sy * diagonal }
  return `M${a.x} ${a.y}L${c.x} ${c.y}L${d.x} ${d.y}L${b.x} ${b.y}`
}

function svg(name, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

function stateOf(i) {
  if (closed.has(i)) return 'closed'
  return holders.has(i) ? 'holds the site' : 'holds nothing yet'
}

function drawStation(edge, i) {
  const { x, y } = edge
  const classes = ['station', closed.has(i) && 'closed', holders.has(i) && 'holds'].filter(Boolean).join(' ')
  const station = svg(
    'g',
    { class: classes },
    svg('circle', { class: 'hit', cx: x, cy: y, r: 46 }),
    svg('circle', { class: 'stop', cx: x, cy: y, r: 17 }),
    svg('path', { class: 'cross', d: `M${x - 15} ${y - 15}l30 30M${x + 15} ${y - 15}l-30 30` }),
    ...drawLabel(edge, stateOf(i)),
  )
  station.addEventListener('click', () => toggle(i))
  return station
}

/** Two lines of text where no rail runs: above or below the stop, or to its right. */
function drawLabel({ x, y, label, beside, name }, state) {
  if (beside) {
    return [
      svg('text', { class: 'beside', x: x + 32, y: y - 3 }, name),
      svg('text', { class: 'state beside', x: x + 32, y: y + 19 }, state),
    ]
  }
  const first = label < 0 ? y + label - 20 : y + label
  return [svg('text', { x, y: first }, name), svg('text', { class: 'state', x, y: first + 23 }, state)]
}

function drawYou() {
  const { x, y, beside } = places[place]
  const label = beside ? { class: 'beside', x: x + 26, y: y + 7 } : { x, y: y + 44 }
  return svg(
    'g',
    { class: 'you' },
    svg('circle', { class: 'stop', cx: x, cy: y, r: 15 }),
    svg('text', label, 'you'),
  )
}

function drawRoutes({ answering, source, lost }) {
  const legs = []
  if (answering !== undefined) {
    legs.push(svg('path', { class: lost ? 'leg' : 'leg new', pathLength: 1, d: way(places[place], edges[answering]) }))
  }
  if (source !== undefined) {
    legs.push(svg('path', { class: 'leg fetch new', pathLength: 1, d: way(edges[answering], edges[source]) }))
  }
  byId('routes').replaceChildren(...legs)
}

function boardRow(edge, i) {
  const button = document.createElement('button')
  button.type = 'button'
  button.addEventListener('click', () => toggle(i))
  const item = document.createElement('li')
  item.append(button)
  return item
}

/** The buttons stay the same elements, so that the one in focus keeps it. */
function fillBoard() {
  for (const [i, item] of [...byId('board').children].entries()) {
    const button = item.firstElementChild
    const name = document.createElement('b')
    name.textContent = capital(edges[i].name)
    const state = document.createElement('span')
    state.textContent = closed.has(i) ? 'closed: click to open' : stateOf(i)
    button.setAttribute('aria-pressed', String(closed.has(i)))
    button.setAttribute('aria-label', `Close ${edges[i].name}; now it ${closed.has(i) ? 'is closed' : stateOf(i)}`)
    button.replaceChildren(name, state)
  }
}

function draw() {
  const decision = decide()
  // Fetched content stays: an edge that has served a site holds it, also after it was closed and opened.
  if (decision.source !== undefined) holders.add(decision.answering)
  drawRoutes(decision)
  byId('stations').replaceChildren(...edges.map(drawStation), drawYou())
  fillBoard()
  byId('said').textContent = decision.said
}

function toggle(i) {
  if (!closed.delete(i)) closed.add(i)
  draw()
}

// Who answered: the header of this very page, asked for again and not from the browser's own store.

const told = {
  edge: headers => headers.get('x-inxt-edge') ?? headers.get('server'),
  site: headers => headers.get('x-inxt-site')?.replace(';sequence=', ', change '),
  tag: headers => headers.get('etag'),
  path: headers => headers.get('x-ipfs-path'),
}

async function ask() {
  const button = byId('ask')
  button.setAttribute('aria-busy', 'true')
  const startedAt = performance.now()
  try {
    const response = await fetch(location.href, { method: 'HEAD', cache: 'no-store' })
    const tookMs = performance.now() - startedAt
    for (const [field, read] of Object.entries(told)) tell(field, read(response.headers) ?? 'the answer does not say')
    tell('time', `${tookMs < 10 ? tookMs.toFixed(1) : Math.round(tookMs)} ms, status ${response.status}`)
    byId('asked').textContent = `Answered by ${told.edge(response.headers) ?? 'an edge that does not say its name'}.`
  } catch {
    tell('edge', 'nobody answered: the edge you were using is gone')
    tell('time', 'reload the page, and your browser tries the next address of the name')
    byId('asked').textContent = 'Nobody answered.'
  }
  button.removeAttribute('aria-busy')
}

function tell(field, text) {
  const cell = document.querySelector(`[data-field="${field}"]`)
  cell.textContent = text
  cell.classList.add('told')
}

byId('board').replaceChildren(...edges.map(boardRow))
for (const input of document.querySelectorAll('input[name="place"]')) {
  input.addEventListener('change', () => {
    place = input.value
    draw()
  })
  if (input.checked) place = input.value
}
byId('ask').addEventListener('click', ask)
draw()
