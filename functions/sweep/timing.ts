// How long a sweep works. Its function's timeout follows from this (functions/rules.ts).

/**
 * After that, no release is begun, and those under way have as long again to end: a call that AWS does not answer takes up to 25
 * seconds (`patience` in functions/instruments.ts, three attempts).
 */
export const sweepSeconds = 30
