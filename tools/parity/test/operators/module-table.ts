/** Where a module of PyTorch differs from the rule of `bind.ts`. */
import * as nn from '@glissade/core/nn'
import { resampling } from './table.ts'
import type { ModuleRule } from './module-run.ts'

export const MODULES: Readonly<Record<string, ModuleRule>> = {
  Hardshrink: { names: { lambd: 'lambda' } },
  Softshrink: { names: { lambd: 'lambda' } },
  MultiheadAttention: { places: 3 },
  TransformerEncoderLayer: { places: 1 },
  TransformerEncoder: {
    places: 1,
    given: ({ encoder_layer, norm, ...rest }) => {
      const [dModel, nhead, dimFeedforward, dropout] = encoder_layer as number[]
      const layer = new nn.TransformerEncoderLayer(dModel!, nhead!, {
        dimFeedforward: dimFeedforward!,
        dropout: dropout!,
      })
      return {
        encoder_layer: layer,
        ...rest,
        ...(norm === undefined ? {} : { norm: new nn.LayerNorm(norm as number) }),
      }
    },
  },
  Upsample: { given: resampling },
}
