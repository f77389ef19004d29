// Exact binomial odds: whether chance explains so many of so many, and between which shares the true one lies.

/** How likely at most `most` of `runs` are, each with this probability. */
export function atMost(most: number, runs: number, share: number): number {
  if (share <= 0) return 1
  if (share >= 1) return most >= runs ? 1 : 0
  let [sum, log] = [0, runs * Math.log1p(-share)]
  for (let count = 0; count <= most; count++) {
    sum += Math.exp(log)
    log += Math.log((runs - count) / (count + 1)) + Math.log(share / (1 - share))
  }
  return Math.min(1, sum)
}

/** The interval of Clopper and Pearson, at 95 %. */
export function between(count: number, runs: number): readonly [low: number, high: number] {
  const where = (isAbove: (share: number) => boolean): number => {
    let [low, high] = [0, 1]
    for (let halves = 0; halves < 40; halves++) {
      const middle = (low + high) / 2
      if (isAbove(middle)) high = middle
      else low = middle
    }
    return (low + high) / 2
  }
  return [
    count === 0 ? 0 : where((share) => 1 - atMost(count - 1, runs, share) > 0.025),
    count === runs ? 1 : where((share) => atMost(count, runs, share) < 0.025),
  ]
}
