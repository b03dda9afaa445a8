/**
 * The error function, to about 1e-15 relative. Formulas and coefficients: W. J. Cody, "Rational Chebyshev Approximations
 * for the Error Function", Mathematics of Computation 23 (1969), 631-637, in the digits of its implementation `CALERF`
 * (netlib, specfun/erf). Not here: erfc, whose tail needs more care than 1 - erf.
 */

/** erf(x) is 1 from here on, in double: erfc(6) is 2.2e-17. */
const ONE = 6
const SQRT_PI_INVERSE = 0.56418958354775628695

/** |x| <= 0.46875: erf(x) = x P(x^2) / Q(x^2). */
function near(x: number): number {
  const t = x * x
  const p =
    (((1.85777706184603153e-1 * t + 3.1611237438705656) * t + 1.13864154151050156e2) * t + 3.77485237685302021e2) * t +
    3.20937758913846947e3
  const q =
    (((t + 2.36012909523441209e1) * t + 2.44024637934444173e2) * t + 1.28261652607737228e3) * t + 2.84423683343917062e3
  return (x * p) / q
}

/** 0.46875 <= y <= 4: erfc(y) = exp(-y^2) P(y) / Q(y). */
function middle(y: number): number {
  const p =
    (((((((2.15311535474403846e-8 * y + 5.64188496988670089e-1) * y + 8.88314979438837594) * y +
      6.61191906371416295e1) *
      y +
      2.98635138197400131e2) *
      y +
      8.8195222124176909e2) *
      y +
      1.71204761263407058e3) *
      y +
      2.05107837782607147e3) *
      y +
    1.23033935479799725e3
  const q =
    (((((((y + 1.57449261107098347e1) * y + 1.17693950891312499e2) * y + 5.37181101862009858e2) * y +
      1.62138957456669019e3) *
      y +
      3.29079923573345963e3) *
      y +
      4.36261909014324716e3) *
      y +
      3.43936767414372164e3) *
      y +
    1.23033935480374942e3
  return (Math.exp(-y * y) * p) / q
}

/** y >= 4: erfc(y) = exp(-y^2) / y (1 / sqrt(pi) - P(1 / y^2) / (y^2 Q(1 / y^2))). */
function far(y: number): number {
  const t = 1 / (y * y)
  const p =
    ((((1.63153871373020978e-2 * t + 3.05326634961232344e-1) * t + 3.60344899949804439e-1) * t +
      1.25781726111229246e-1) *
      t +
      1.60837851487422766e-2) *
      t +
    6.58749161529837803e-4
  const q =
    ((((t + 2.56852019228982242) * t + 1.87295284992346047) * t + 5.27905102951428412e-1) * t +
      6.05183413124413191e-2) *
      t +
    2.33520497626869185e-3
  return (Math.exp(-y * y) / y) * (SQRT_PI_INVERSE - (t * p) / q)
}

export function erf(x: number): number {
  const y = Math.abs(x)
  if (y <= 0.46875) return near(x)
  if (y >= ONE) return x > 0 ? 1 : -1
  // NaN comes here too, and stays NaN.
  const rest = y <= 4 ? middle(y) : far(y)
  return x > 0 ? 1 - rest : rest - 1
}
