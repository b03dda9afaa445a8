/** docs/pytorch-names.md: PyTorch's names beside those that this library exports, and where they differ on purpose. */

export interface Pytorch {
  readonly torch: string
  readonly names: Readonly<Record<string, readonly string[]>>
}
/** What the packages export, by PyTorch's name of the place. */
export type Exported = Readonly<Record<string, ReadonlySet<string>>>

/** Names that are others here, or mean something else; with the reason or the use. By place and PyTorch's name. */
const DIFFERENCES: Readonly<Record<string, readonly [ours: string, note: string]>> = {
  'torch.Tensor/tolist': ['toArray', '`await x.toArray()`; `toArraySync()` where the backend can be read at once'],
  'torch.Tensor/item': ['item', '`await x.item()`; `itemSync()` where the backend can be read at once'],
  'torch.Tensor/equal': ['equal', 'waits for the answer'],
  'torch.Tensor/allclose': ['allclose', 'waits for the answer'],
  'torch.Tensor/nonzero': ['nonzero', 'waits: the shape of the result depends on the values'],
  'torch.Tensor/masked_select': ['maskedSelect', 'waits for the mask, or takes `{ count }` and does not'],
  'torch.Tensor/data': ['detach', '`data()` gives the elements as a typed array, after waiting'],
  'torch.Tensor/ndim': ['dim', '`x.dim()`'],
  'torch.Tensor/nelement': ['numel', ''],
  'torch.Tensor/ndimension': ['dim', ''],
  'torch.Tensor/type_as': ['typeAs', ''],
  'torch.Tensor/to': ['to', 'a dtype or a backend; `toAsync(device)` waits where the source cannot be read at once'],
  'torch.Tensor/long': ['long', 'int32: integers are int32 here'],
  'torch.Tensor/permute': [
    'permute',
    'dimensions as arguments, shapes as lists: `x.permute(1, 0)`, `x.reshape([2, 3])`',
  ],
  'torch.Tensor/sum': ['sum', 'options by name in all reductions: `x.sum({ dim: 1, keepdim: true })`'],
  'torch.Tensor/var': ['var', '`correction` instead of `unbiased`'],
  'torch.Tensor/std': ['std', '`correction` instead of `unbiased`'],
  'torch.Tensor/max': ['max', '`x.max({ dim })` gives `{ values, indices }`'],
  'torch.Tensor/clamp': ['clamp', '`x.clamp({ min, max })`'],
  'torch.Tensor/split_with_sizes': ['split', '`x.split([1, 2])`'],
  'torch.Tensor/broadcast_to': ['expand', ''],
  'torch/tensor': ['tensor', 'numbers make float32, also whole ones; `{ dtype: "int32" }` for integers'],
  'torch/arange': ['arange', 'int32 where start, end and step are whole (3.0 is 3 in JavaScript)'],
  'torch/multinomial': ['multinomial', 'waits: the host draws'],
  'torch/equal': ['equal', 'the method `await x.equal(y)`'],
  'torch.autograd/Function': ['customFunction', '`customFunction(name, { forward, backward })`'],
  'torch.autograd/backward': ['backward', 'the method `loss.backward()`'],
  'torch.autograd/gradcheck': ['gradcheck', 'waits for values'],
  'torch.autograd/gradgradcheck': ['gradgradcheck', 'waits for values'],
  'torch.autograd/set_detect_anomaly': ['setDetectAnomaly', 'needs a backend that can be read at once'],
  'torch.nn.functional/logsigmoid': ['logSigmoid', ''],
}

/** `masked_fill_` is maskedFill_, `functional.hvp` is hvp; classes keep their names. */
export const camelCase = (name: string): string =>
  name.slice(name.lastIndexOf('.') + 1).replaceAll(/_([a-z0-9])/gu, (_, letter: string) => letter.toUpperCase())

/** x[...] and what else has no name in Python. */
const SYNTAX: readonly (readonly [string, string])[] = [
  [
    '`x + y`, `x - y`, `x * y`, `x / y`, `x // y`, `x % y`, `x ** y`, `x @ y`',
    '`x.add(y)`, `sub`, `mul`, `div`, `floorDivide`, `remainder`, `pow`, `matmul`',
  ],
  ['`2 - x`, `2 / x`, `2 ** x`', '`sub(2, x)`, `div(2, x)`, `pow(2, x)`'],
  ['`x == y`, `!=`, `<`, `<=`, `>`, `>=`', '`x.eq(y)`, `ne`, `lt`, `le`, `gt`, `ge`'],
  ['`x & y`, `x \\| y`, `x ^ y`, `~x`', '`x.bitwiseAnd(y)`, `bitwiseOr`, `bitwiseXor`, `bitwiseNot`'],
  ['`x[0, 1:3, ..., None]`', "`x.at(0, slice(1, 3), '...', null)`"],
  ['`x[i, j]`, `x[mask]`', '`x.at(i, j)`, `await x.atAsync(mask)`'],
  ['`x[0, 1:3] = v`, `x[mask] = 0`', '`x.setAt([0, slice(1, 3)], v)`, `x.setAt([mask], 0)`'],
  ['`x += y`', '`x.add_(y)`'],
  ['`with torch.no_grad():`', '`noGrad(() => ...)`'],
  ['`print(x)`', '`console.log(String(x))`, or `await x.format()` on every backend'],
]

/** The page. Names that this library does not have are listed too. */
export function page({ torch, names }: Pytorch, exported: Exported): string {
  const lines = [
    "# PyTorch's names here",
    '',
    `Names are PyTorch's in camelCase, and mean the same. This page is made from what the packages export and from the names of PyTorch ${torch}`,
    '(`npx vitest run names -u` in `tools/parity`). Complex, sparse and quantised tensors, matrix decompositions and aliases are left out.',
    '',
    '## Syntax',
    '',
    '| Python | TypeScript |',
    '| --- | --- |',
    ...SYNTAX.map(([python, ours]) => `| ${python} | ${ours} |`),
  ]
  for (const [place, list] of Object.entries(names)) {
    const here = exported[place] ?? new Set()
    const ours = (name: string): string => DIFFERENCES[`${place}/${name}`]?.[0] ?? camelCase(name)
    const there = list.filter((name) => here.has(ours(name)))
    const told = there.filter((name) => `${place}/${name}` in DIFFERENCES)
    const absent = list.filter((name) => !there.includes(name))
    lines.push('', `## ${place}`, '', `${there.length} of ${list.length}.`, '')
    if (told.length > 0) {
      lines.push('| PyTorch | here | difference |', '| --- | --- | --- |')
      lines.push(
        ...told.map((name) => `| \`${name}\` | \`${ours(name)}\` | ${DIFFERENCES[`${place}/${name}`]![1]} |`),
        '',
      )
    }
    const same = there.filter((name) => !told.includes(name)).map((name) => `\`${ours(name)}\``)
    if (same.length > 0) lines.push(`${told.length > 0 ? 'As in PyTorch' : 'There'}: ${same.join(' ')}`, '')
    if (absent.length > 0) lines.push(`Not there: ${absent.map((name) => `\`${name}\``).join(' ')}`)
  }
  return `${lines.join('\n').replaceAll('\n\n\n', '\n\n').trimEnd()}\n`
}
