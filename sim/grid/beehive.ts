// Beehive's closed form (Ramasubramanian and Sirer, NSDI 2004, §3.1): which share of all names goes to which level, so
// that look-ups of a Zipf load take a given mean of hops with the fewest copies.
//
// The product decides by a threshold that halves with each level (`overlay/grid/popularity.ts`); this is where its
// one number comes from, and what the measured copies are compared with.

export type Load = { base: number; exponent: number; names: number; peers: number; hops: number }

/** x_i: the share of names replicated at level i or wider, from i = 0; exponent below 1. */
export function sharesOf({ base, exponent, hops, names, peers }: Load): number[] {
  const power = 1 - exponent
  const ratio = base ** (power / exponent)
  const target = hops * (1 - 1 / names ** power)
  const depth = Math.ceil(Math.log(peers) / Math.log(base))
  for (let levels = depth; levels > 0; levels--) {
    let sum = 0
    for (let i = 0; i < levels; i++) sum += ratio ** i
    const shares = Array.from(
      { length: levels },
      (_, i) => ((ratio ** i * (levels - target)) / sum) ** (1 / power),
    )
    if (levels > target && shares.at(-1)! < 1) return shares
  }
  return []
}

/** Names each peer keeps, its own among them. */
export function namesPerPeer(load: Load): number {
  const { base, names } = load
  const shares = sharesOf(load)
  const levels = shares.reduce((sum, share, i) => sum + share / base ** i, 0)
  return names * ((1 - 1 / base) * levels + 1 / base ** shares.length)
}

/** The share of all look-ups that the last name on every peer has: the threshold at level 0. */
export function everywhereShareOf(load: Load): number {
  const rank = Math.max(1, (sharesOf(load)[0] ?? 1) * load.names)
  let sum = 0
  for (let i = 1; i <= load.names; i++) sum += i ** -load.exponent
  return rank ** -load.exponent / sum
}
