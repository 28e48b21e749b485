// What a knob is, and the forms that several share.

export interface NumberKnob {
  readonly default: number
  readonly unit: 'ms' | 's' | 'bytes' | 'count' | 'port' | 'blocks' | 'INXT'
  readonly min: number
  readonly max: number
  readonly why: string
}

export interface TextKnob {
  readonly default: string
  readonly unit: 'address' | 'url' | 'path' | 'label' | 'level' | 'endpoint' | 'list' | 'switch'
  /** What a value must look like, anchored; and the same in words. */
  readonly form: RegExp
  readonly says: string
  readonly why: string
}

export type Knob = NumberKnob | TextKnob

export const address = { unit: 'address', form: /^(\d{1,3}\.){3}\d{1,3}$/, says: 'an IPv4 address' } as const
export const address6 = {
  unit: 'address',
  form: /^$|^(?!.*::.*::)([\da-f]{0,4}:){2,7}[\da-f]{0,4}$/,
  says: 'an IPv6 address in lower case, or nothing',
} as const
export const port = { unit: 'port', min: 0, max: 65_535 } as const
export const kib = 1024
export const mib = 1024 * kib
export const gib = 1024 * mib
