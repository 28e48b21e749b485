// The compressed forms of files, made beside the answers and kept in memory: for an edge and for `--standalone` alike.

import { realClock } from '../../base/io/clock.ts'
import { createVariantMemory, createVariants, type Variants } from '../../edge/site/variants.ts'
import type { Ground } from '../parts/ground.ts'

/** Of one processor's time, what compressing may take. */
const share = 0.25

export function variantsFrom({ settings, meter, log }: Pick<Ground, 'settings' | 'meter' | 'log'>): Variants {
  return createVariants({
    store: createVariantMemory(settings['site.variantBytesMax']),
    clock: realClock,
    share,
    meter,
    onBug: error => log.error({ err: error }, 'a compressed form met a bug'),
  })
}
