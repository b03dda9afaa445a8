/** Kinds of argument that files have. */
import { kind, object, type Kind } from '@glissade/core/signature'
import type { Store } from './store.ts'

export const bytes: Kind<Uint8Array> = /* @__PURE__ */ kind(
  'a Uint8Array with the bytes of the file',
  (value) => Object.prototype.toString.call(value) === '[object Uint8Array]',
  (value) => {
    if (Object.prototype.toString.call(value) === '[object ArrayBuffer]') return 'wrap it: new Uint8Array(buffer)'
    return typeof value === 'string' ? 'read the file first' : null
  },
)
/** Values under names: a Map or a plain object. */
export const named: Kind<object> = /* @__PURE__ */ kind(
  'a Map or an object with values under names',
  (value) => value instanceof Map || object().accepts(value),
)
export const store: Kind<Store> = /* @__PURE__ */ kind(
  'a store, as folderStore or opfsStore make it',
  (value) =>
    typeof (value as Partial<Store> | null)?.read === 'function' && typeof (value as Store).write === 'function',
)
