// The sample output in README.md, compared with what was printed, but for the numbers and for what `…` says is left out.
import { textOf } from './pages.ts'

/** Ids and numbers differ from run to run. */
const general = (line: string): string =>
  line
    .replaceAll(/[0-9a-f]{20,}/g, 'ID')
    .replaceAll(/\d+(\.\d+)?/g, 'N')
    .replaceAll(/ +/g, ' ')
    .trim()

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map(general)
    .filter((line) => line !== '')

/** The output that README.md shows of `npm start -- --once`. */
export const sample = (): readonly string[] =>
  linesOf(/^It prints, .*\n\n((?: {4}.*\n|\n)+)/m.exec(textOf('README.md'))?.[1] ?? '')

/** Within a line, `…` stands for any words. */
function says(sample: string, printed: string): boolean {
  const pattern = sample.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${pattern.join('.*')}$`, 'u').test(printed)
}

/**
 * @param text what was printed after the first line, which has the port
 * @returns the first line of the sample that is not printed where it should be, with what is printed there
 */
export function firstDifference(text: string) {
  const [shown, printed] = [sample(), linesOf(text)]
  let at = 0
  for (const [index, line] of shown.entries()) {
    if (line === '…') continue
    const found = printed.findIndex((one, place) => place >= at && says(line, one))
    if (found === -1 || (found > at && shown[index - 1] !== '…')) return { readme: line, printed: printed[at] }
    at = found + 1
  }
  return at === printed.length ? undefined : { readme: undefined, printed: printed[at] }
}
