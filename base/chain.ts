// The order of a request is a list in one file; this folds the list into one function.
//
// A step gets the input and the rest of the chain, and returns the answer: its own, or the rest's. Nobody writes
// to the wire inside a step, so nobody has to ask whether somebody else already did.

export type Step<In, Out> = (input: In, next: (input: In) => Out) => Out

/** Folds from the end, once, at start: calling the result costs one call per step that is reached. */
export function chain<In, Out>(steps: readonly Step<In, Out>[], end: (input: In) => Out): (input: In) => Out {
  return steps.reduceRight<(input: In) => Out>((next, step) => input => step(input, next), end)
}
