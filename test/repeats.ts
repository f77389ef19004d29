// How often a test repeats one property with other seeds, sizes or moments: `npm test` does so a few times, and `npm run e2e` as
// often as is worth while (TIDEGATE_TESTS=all).
export const areAll = process.env['TIDEGATE_TESTS'] === 'all'

export const repeats = (all: number, some: number): number => (areAll ? all : some)
