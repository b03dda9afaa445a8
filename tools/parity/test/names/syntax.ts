/** What has no name in Python: operators, brackets and statements. */
export const SYNTAX: readonly (readonly [python: string, here: string])[] = [
  [
    '`x + y`, `x - y`, `x * y`, `x / y`, `x // y`, `x % y`, `x ** y`, `x @ y`',
    '`x.add(y)`, `sub`, `mul`, `div`, `floorDivide`, `remainder`, `pow`, `matmul`',
  ],
  ['`-x`, `abs(x)`, `round(x)`', '`x.neg()`, `x.abs()`, `x.round()`'],
  ['`2 - x`, `2 / x`, `2 ** x`', '`sub(2, x)`, `div(2, x)`, `pow(2, x)`'],
  ['`x == y`, `!=`, `<`, `<=`, `>`, `>=`', '`x.eq(y)`, `ne`, `lt`, `le`, `gt`, `ge`'],
  ['`x & y`, `x \\| y`, `x ^ y`, `~x`', '`x.bitwiseAnd(y)`, `bitwiseOr`, `bitwiseXor`, `bitwiseNot`'],
  ['`x[0, 1:3, ..., None]`', "`x.at(0, slice(1, 3), '...', null)`"],
  ['`x[i, j]`, `x[mask]`', '`x.at(i, j)`, `await x.atAsync(mask)`'],
  ['`x[0, 1:3] = v`, `x[mask] = 0`', '`x.setAt([0, slice(1, 3)], v)`, `x.setAt([mask], 0)`'],
  ['`x += y`', '`x.add_(y)`'],
  ['`len(x)`, `float(x)`, `for row in x`', '`x.size(0)`, `await x.item()`, `for (const row of x.unbind())`'],
  ['`with torch.no_grad():`', '`noGrad(() => ...)`'],
  ['`print(x)`', '`console.log(String(x))`, or `await x.format()` on every backend'],
]
