// Which contracts must be created, in which order, at which addresses: decided before anything is sent.
//
// Some contracts know each other (the registry its registrar, and back), so an address must be known before there is
// code at it. CREATE makes that possible: an address is a hash of the deployer and its transaction number, so those
// of the next transactions are known. What was created before is kept while the chain still bears it and it is what
// would be created now; whatever depends on something that is new becomes new as well. So a deployment that broke
// off goes on where it stopped, and one that is complete is left alone. Rejected: CREATE2, whose address hashes the
// constructor's arguments and therefore cannot be known by both of two contracts.

import { createHash } from 'node:crypto'

export interface Created {
  /** Lower case, with 0x. */
  readonly address: string
  /** keccak256 of the code there. */
  readonly codeHash: string
  /** SHA-256 of the creation code with its arguments, to notice edited contracts and other parameters. */
  readonly creationHash: string
  readonly blockNumber: number
}

export interface Step<Name extends string> {
  readonly name: Name
  readonly address: string
  /** Creation code with its arguments; 0x and hexadecimal. */
  readonly creation: string
  readonly creationHash: string
  /** What is there already; undefined for what has to be created, in this order, without a transaction in between. */
  readonly kept: Created | undefined
}

export interface PlanOptions<Name extends string> {
  /** In the order of creation. */
  readonly names: readonly Name[]
  /** Creation code of one contract, when all stand at these addresses. */
  readonly creationOf: (name: Name, addresses: Readonly<Record<Name, string>>) => string
  /** What is there, as far as the chain bears it out now. */
  readonly kept: ReadonlyMap<Name, Created>
  /** The address of what the deployer's `k`-th transaction from now (0 is the next one) creates. */
  readonly addressOf: (k: number) => string
}

export function planSteps<Name extends string>(options: PlanOptions<Name>): Step<Name>[] {
  const { names, creationOf, addressOf } = options
  const kept = new Map(options.kept)
  // Every round drops something, so there are no more rounds than contracts and one.
  for (;;) {
    let next = 0
    const places = names.map(name => [name, kept.get(name)?.address ?? addressOf(next++)])
    const addresses = Object.fromEntries(places) as Record<Name, string>
    const steps = names.map(name => {
      const creation = creationOf(name, addresses)
      const creationHash = createHash('sha256').update(creation).digest('hex')
      return { name, address: addresses[name], creation, creationHash, kept: kept.get(name) }
    })
    const stale = steps.filter(step => step.kept && step.kept.creationHash !== step.creationHash)
    if (stale.length === 0) return steps
    for (const { name } of stale) kept.delete(name)
  }
}
