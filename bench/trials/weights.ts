// Plans of an hour: the candidate's weight in each minute, in basis points.

export const stepMinutes = 20

/** 10 % for as long as the release takes. */
export const flat = (): number => 1000

/** Weights in per cent, 20 minutes each; the last one stays. */
const inThirds =
  (...percents: readonly number[]) =>
  (minute: number): number =>
    100 * (percents[Math.min(percents.length - 1, Math.floor(minute / stepMinutes))] ?? 0)

export const toAll = inThirds(10, 50, 100)
/** The last step holds some of the traffic back on stable: 5, 10 or 20 %. */
export const to95 = inThirds(10, 50, 95)
export const to90 = inThirds(10, 50, 90)
export const to80 = inThirds(10, 50, 80)
/** In which minute the last of three steps begins. */
export const lastStep = 2 * stepMinutes
