// R's root finder (zeroin: Brent, Algorithms for Minimization without Derivatives, 1973, as in R's uniroot). The functions that
// it runs on here are step functions, so its path determines the result: another root finder would end elsewhere.

/** @param f has opposite signs at `low` and `high`. @returns where `f` crosses zero, to within `tolerance` */
export function zeroin(f: (x: number) => number, low: number, high: number, tolerance: number): number {
  let [a, b] = [low, high]
  let [fa, fb] = [f(a), f(b)]
  let [c, fc] = [a, fa]
  if (fa === 0) return a
  if (fb === 0) return b
  for (let round = 0; round <= 1000; round++) {
    const previous = b - a
    if (Math.abs(fc) < Math.abs(fb)) {
      ;[a, b, c] = [b, c, b]
      ;[fa, fb, fc] = [fb, fc, fb]
    }
    const close = 2 * Number.EPSILON * Math.abs(b) + tolerance / 2
    const half = (c - b) / 2
    if (Math.abs(half) <= close || fb === 0) return b
    let step = half
    if (Math.abs(previous) >= close && Math.abs(fa) > Math.abs(fb)) {
      step = interpolated({ a, b, c, fa, fb, fc }, previous, close) ?? half
    }
    if (Math.abs(step) < close) step = step > 0 ? close : -close
    a = b
    fa = fb
    b += step
    fb = f(b)
    if ((fb > 0 && fc > 0) || (fb < 0 && fc < 0)) [c, fc] = [a, fa]
  }
  return b
}

type Bracket = Readonly<Record<'a' | 'b' | 'c' | 'fa' | 'fb' | 'fc', number>>

/** Inverse quadratic interpolation, or linear if two points coincide; `undefined` if the step would be too long. */
function interpolated({ a, b, c, fa, fb, fc }: Bracket, previous: number, close: number): number | undefined {
  const cb = c - b
  let p: number
  let q: number
  if (a === c) {
    const t1 = fb / fa
    p = cb * t1
    q = 1 - t1
  } else {
    const t0 = fa / fc
    const t1 = fb / fc
    const t2 = fb / fa
    p = t2 * (cb * t0 * (t0 - t1) - (b - a) * (t1 - 1))
    q = (t0 - 1) * (t1 - 1) * (t2 - 1)
  }
  if (p > 0) q = -q
  else p = -p
  return p < 0.75 * cb * q - Math.abs(close * q) / 2 && p < Math.abs((previous * q) / 2) ? p / q : undefined
}
